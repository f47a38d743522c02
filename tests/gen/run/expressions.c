/* AWAIT in every place where an expression may stand. Values only: the order of operands is in order.c. */
#include "run.h"

struct pair {
    int a, b;
};

static ASYNC struct pair pair(int a, int b)
{
    PAUSE();
    return (struct pair){a, b};
}

static ASYNC int *slot(int *array, int i)
{
    PAUSE();
    return &array[i];
}

static ASYNC const char *text(const char *s)
{
    PAUSE();
    return s;
}

static int add3(int a, int b, int c)
{
    return 100 * a + 10 * b + c;
}

static ASYNC int returned(int x)
{
    return V(x) + 1;
}

static ASYNC int returned_nested(int x)
{
    return V(V(x) + V(V(1) + V(2)));
}

static ASYNC void statement(void)
{
    V(1);
    (void)V(2);
    V(3), V(4);
    (V(5));
}

static ASYNC void arithmetic(void)
{
    int x = V(7), y = -V(3);

    printf("%d %d %d %d %d\n", x + V(1), V(1) + x, x - V(2) * y, (V(20) - x) / V(3), V(20) % V(7));
    printf("%d %d %d %d\n", V(1) << V(4), V(256) >> 2, V(12) & V(10), V(12) | (V(3) ^ V(1)));
    printf("%d %d %d %d %d %d\n", V(1) < 2, V(1) > V(2), V(1) <= V(1), 2 >= V(3), V(4) == V(4), V(4) != 4);
    printf("%d %d %d %d\n", !V(0), ~V(5), -V(6), +V(7));
    printf("%d %d\n", (char)V(300), (int)(V(5) * 1.5));
    printf("%.2f\n", V(1) / 4.0 + V(3));
}

static ASYNC void assignment(void)
{
    int a[4] = {1, 2, 3, 4}, i = 0, *p = a;
    struct pair s = {1, 2};

    a[V(1)] = V(20);
    a[i++] += V(5);
    a[V(2)] *= V(3);
    a[3] <<= V(2);
    printf("%d %d %d %d, i %d\n", a[0], a[1], a[2], a[3], i);
    *AWAIT(slot(a, 0)) = 11;
    *AWAIT(slot(a, V(1))) -= V(1);
    (*AWAIT(slot(a, 2)))++;
    --*AWAIT(slot(a, 3));
    printf("%d %d %d %d\n", a[0], a[1], a[2], a[3]);
    s.a = V(9), s.b += V(3);
    (&s)->a %= V(5);
    printf("%d %d\n", s.a, s.b);
    a[0] = a[1] = a[2] = V(6);
    i = (a[3] = V(8)) + 1;
    printf("%d %d %d %d %d\n", a[0], a[1], a[2], a[3], i);
    *p++ = V(1);
    *++p = V(2);
    printf("%d %d %d, %d\n", a[0], a[1], a[2], (int)(p - a));
    p = a;
    p += V(2);
    p -= V(1);
    printf("%d\n", (int)(p - a));
    unsigned char narrow = 250;
    narrow += V(10);
    printf("%d\n", narrow);
    double d = 10;
    d /= V(4);
    printf("%.2f\n", d);
    i = 3;
    bool flag = V(42);
    printf("%d\n", flag);
}

static ASYNC void arguments(void)
{
    printf("%d\n", add3(V(1), 2, 3));
    printf("%d\n", add3(1, V(2), V(3)));
    printf("%d\n", add3(V(1), V(2), V(3)));
    printf("%d\n", add3(add3(V(0), V(0), V(1)), add3(0, 0, V(2)), 3));
    printf("%d %d\n", AWAIT(returned(V(4))), AWAIT(returned_nested(V(5))));
    printf("%s %c\n", AWAIT(text("text")), AWAIT(text("abc"))[V(1)]);
    puts(AWAIT(text("puts")));
}

static ASYNC void members(void)
{
    struct pair array[2] = {{1, 2}, {3, 4}}, *p = array;

    printf("%d %d\n", AWAIT(pair(5, 6)).a, AWAIT(pair(V(7), V(8))).b);
    printf("%d %d\n", array[V(1)].a, (&array[V(0)])->b);
    printf("%d %d\n", V(1)[array].b, p[V(1)].a);
    array[V(0)] = AWAIT(pair(9, 10));
    *(p + V(1)) = array[V(0)];
    printf("%d %d\n", array[0].a, array[1].b);
    p = &array[V(1)];
    printf("%d\n", (int)(p - array));
    struct pair copy = AWAIT(pair(1, 2)), other = copy;
    copy = other = AWAIT(pair(V(3), V(4)));
    printf("%d %d %d %d\n", copy.a, copy.b, other.a, other.b);
}

static ASYNC void initializers(void)
{
    int a = V(1), b = a + V(2), c[] = {V(3), V(4), V(5)}, d[4] = {[2] = V(6)};
    struct pair p = {.b = V(7)}, q = {V(8), V(9)};
    struct { struct pair in[2]; int n; } nested = {{{1, V(2)}, {V(3), 4}}, V(5)};
    const struct pair *literal = &(struct pair){V(10), V(11)};

    PAUSE();
    printf("%d %d %d%d%d %d%d%d%d %zu\n", a, b, c[0], c[1], c[2], d[0], d[1], d[2], d[3], sizeof c / sizeof *c);
    printf("%d%d %d%d %d%d%d%d%d\n", p.a, p.b, q.a, q.b, nested.in[0].a, nested.in[0].b, nested.in[1].a, nested.in[1].b, nested.n);
    printf("%d %d\n", literal->a, literal->b);
    printf("%d\n", ((int[]){V(1), V(2), V(3)})[V(1)]);
    printf("%d\n", (struct pair){V(1), V(2)}.b);
}

static ASYNC void unevaluated(void)
{
    int n = 0;

    printf("%d %d\n", sizeof(n++) == sizeof(int), n);
    printf("%d\n", (int)sizeof(int[3]) / V(4));
}

static ASYNC void app(void)
{
    AWAIT(statement());
    AWAIT(arithmetic());
    AWAIT(assignment());
    AWAIT(arguments());
    AWAIT(members());
    AWAIT(initializers());
    AWAIT(unevaluated());
}
