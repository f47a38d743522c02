/* A local keeps its value and its address for as long as its block is open. */
#include "run.h"

static ASYNC void shadowing(int x)
{
    T(x);
    {
        int x = V(2);
        PAUSE();
        {
            int x = V(3);
            T(x);
        }
        T(x);
        {
            long x = V(4);
            T((int)x);
            PAUSE();
            T((int)x + (int)sizeof x);
        }
    }
    for (int x = 10; x < 12; x++) {
        int y = x;
        PAUSE();
        {
            int x = y * 2;
            PAUSE();
            T(x);
        }
        T(x);
    }
    T(x);
    puts("");
}

/* Sibling blocks with the same names and other types. */
static ASYNC void siblings(void)
{
    {
        int a = V(1);
        char b[] = "one";
        PAUSE();
        printf("%d %s ", a, b);
    }
    {
        double a = V(2) / 4.0;
        char b[] = "twelve";
        PAUSE();
        printf("%.1f %s %zu ", a, b, sizeof b);
    }
    {
        struct { int a; } a = {V(3)};
        char *b = "pointer";
        PAUSE();
        printf("%d %s\n", a.a, b);
    }
}

static ASYNC void initialized_each_time(void)
{
    for (int i = 0; i < 3; i++) {
        int a = 5, b[3] = {i}, c[] = {1, 2};
        struct { int x, y; } s = {.y = i};
        a += V(i), b[1] += V(i), b[2]++, c[0] += a, s.x += V(1), s.y++;
        PAUSE();
        printf("%d %d%d%d %d%d %d%d  ", a, b[0], b[1], b[2], c[0], c[1], s.x, s.y);
    }
    puts("");
}

static void increment(int *p)
{
    ++*p;
}

static ASYNC void increment_later(int *p)
{
    PAUSE();
    ++*p;
    PAUSE();
}

static ASYNC void addresses(int parameter)
{
    int a = V(1), *p = &a, **pp = &p;
    int b[3] = {1, 2, 3}, *q = b + 1;
    bool same = true;

    for (int i = 0; i < 3; i++) {
        PAUSE();
        same = same && p == &a && *pp == p && q == &b[1];
        increment(&a);
        AWAIT(increment_later(&a));
        AWAIT(increment_later(&b[i]));
        AWAIT(increment_later(&parameter));
        ++**pp;
        ++*q;
    }
    printf("%d %d%d%d %d %d\n", a, b[0], b[1], b[2], parameter, same);
    {
        int *inner = &parameter;
        PAUSE();
        *inner = 42;
    }
    T(parameter);
    puts("");
}

static ASYNC void fill(char *buffer, size_t size)
{
    for (size_t i = 0; i + 1 < size; i++) {
        buffer[i] = (char)('a' + V((int)i) % 26);
    }
    buffer[size - 1] = 0;
}

static ASYNC void arrays(int parameter[3], int n, int matrix[][2])
{
    char buffer[32], other[8] = "other";
    int grid[2][3] = {{1, 2, 3}, {4, 5, 6}};

    AWAIT(fill(buffer, sizeof buffer));
    printf("%s %s %zu %zu\n", buffer, other, sizeof parameter, sizeof grid);
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 3; j++)
            grid[i][j] *= V(j + 1);
    for (int i = 0; i < n; i++)
        parameter[i] += V(matrix[i % 2][1]);
    parameter += V(1);
    PAUSE();
    printf("%d %d %d, %d\n", grid[0][2], grid[1][0], grid[1][2], parameter[1]);
}

static ASYNC void qualified(const int parameter)
{
    const int a = V(7);
    static int kept = 1;
    static const char table[] = {1, 2, 3};
    volatile int v = V(3);
    register int r = V(4);
    _Alignas(64) char aligned[3] = {1, 2, 3};
    const char *const strings[] = {"s", "t"};
    int *restrict q = &(int){V(5)};

    PAUSE();
    kept += V(1);
    v += a;
    r += parameter;
    printf("%d %d %d %d %d %d %s %d\n", a, table[V(1)], v, r, aligned[2], (int)((uintptr_t)aligned % 64), strings[1], *q);
    PAUSE();
    printf("%d\n", kept > 1);
}

static ASYNC void own_types(void)
{
    typedef struct point { int x, y; } point;
    enum { FIRST = 3, SECOND };
    enum level { LOW, HIGH } level = HIGH;
    union { int i; unsigned char bytes[4]; } u = {V(0x01020304)};
    typedef int (*function)(int);
    function f = abs;
    struct node { struct node *next; point at; } a = {NULL, {V(1), 2}}, b = {&a, {3, V(4)}};

    PAUSE();
    printf("%d %d %d %d %d\n", b.next->at.x, b.at.y, SECOND, level, u.bytes[0] + u.bytes[3]);
    point p = b.at;
    PAUSE();
    printf("%d %d %d\n", p.x + V(1), f(V(-9)), (int)sizeof(point));
    {
        struct point { double d; } p = {V(1) / 2.0};
        PAUSE();
        printf("%.1f\n", p.d);
    }
}

static ASYNC void bit_fields(void)
{
    struct { unsigned a : 3, b : 5; int c : 4; bool d : 1; } s = {.a = 9 & 7, .c = -1};

    s.b = (unsigned)V(37) & 31;
    PAUSE();
    s.a += (unsigned)V(8);
    s.c -= V(1);
    s.d = V(2);
    printf("%d %d %d %d\n", s.a, s.b, s.c, s.d);
}

struct flexible {
    int size;
    int items[];
};

static ASYNC void compound_literals(void)
{
    int *p = (int[]){1, 2, V(3)};
    struct { int a[2]; } *s = (void *)&(struct { int a[2]; }){{V(4), 5}};
    const char *text = (char[]){"literal"};
    struct flexible *f = malloc(sizeof *f + 2 * sizeof(int));

    f->size = V(2);
    PAUSE();
    f->items[0] = V(1), f->items[V(1)] = 2;
    p[0] += V(1);
    PAUSE();
    printf("%d%d%d %d%d %s %d%d\n", p[0], p[1], p[2], s->a[0], s->a[1], text, f->items[0], f->items[1]);
    free(f);
    for (int i = 0; i < 3; i++) {
        int *fresh = &(int){i};
        PAUSE();
        *fresh += V(10);
        T(*fresh);
    }
    puts("");
}

static ASYNC void variable_length(int n)
{
    PAUSE();
    { /* no AWAIT in here: it may live */
        int row[n];
        for (int i = 0; i < n; i++)
            row[i] = i * i;
        printf("%d %zu\n", row[n - 1], sizeof row / sizeof *row);
    }
    PAUSE();
}

static ASYNC void unnamed(int, int b);
static ASYNC void unnamed(int a, int b)
{
    PAUSE();
    printf("%d %d\n", a, b);
    a = V(b);
    b = V(7);
    printf("%d %d\n", a, b);
}

static ASYNC void app(void)
{
    AWAIT(shadowing(1));
    AWAIT(siblings());
    AWAIT(initialized_each_time());
    AWAIT(addresses(7));
    AWAIT(arrays((int[]){1, 2, 3}, 3, (int[][2]){{1, 2}, {3, 4}}));
    AWAIT(qualified(3));
    AWAIT(own_types());
    AWAIT(bit_fields());
    AWAIT(compound_literals());
    AWAIT(variable_length(4));
    AWAIT(unnamed(1, 2));
}
