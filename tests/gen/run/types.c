/* Types that frames and suspensions must not bend: over-aligned, flexible, packed, wide, complex, vectors; large values through several frames. */
#include "run.h"

typedef int four_ints __attribute__((vector_size(16)));
typedef unsigned char bytes __attribute__((vector_size(32)));

/* ---- alignment ---- */

static bool is_aligned(const void *p, size_t alignment)
{
    return (uintptr_t)p % alignment == 0;
}

struct lines {
    _Alignas(64) char line[60];
    char more;
};

static ASYNC int over_aligned(int x)
{
    _Alignas(64) char buffer[10] = "ab";
    _Alignas(128) int number = V(x);
    _Alignas(double) char scalar = (char)V(7);
    struct lines lines = {"line", 1};
    long double wide = V(3) / 2.0L;

    PAUSE();
    printf("%d%d%d %s %d %d %s %d %.1Lf\n", is_aligned(buffer, 64), is_aligned(&number, 128), is_aligned(&lines, 64), buffer, number, scalar,
           lines.line, lines.more, wide);
    if (x > 0)
        return AWAIT(over_aligned(x - 1)) + number;
    return is_aligned(&wide, _Alignof(long double));
}

static ASYNC struct lines pass_lines(struct lines lines, int depth)
{
    lines.more = (char)(lines.more + V(1));
    if (depth == 0)
        return lines;
    return AWAIT(pass_lines(lines, depth - 1));
}

static ASYNC long double pass_wide(long double x, int depth)
{
    return depth ? AWAIT(pass_wide(x + V(1), depth - 1)) : x;
}

static ASYNC void aligned(void)
{
    printf("%d\n", AWAIT(over_aligned(3)));
    struct lines lines = AWAIT(pass_lines((struct lines){"text", 5}, 4));
    printf("%s %d %d\n", lines.line, lines.more, is_aligned(&lines, 64));
    printf("%.2Lf\n", AWAIT(pass_wide(0.25L, 5)));
}

/* ---- records ---- */

struct flexible {
    int count;
    short items[];
};

struct __attribute__((packed)) packed {
    char c;
    int i;
    long long l;
};

struct bits {
    unsigned a : 3, : 2, b : 7;
    signed c : 5;
    unsigned : 0;
    _Bool d : 1;
    unsigned long long e : 40;
};

union any {
    int i;
    double d;
    char text[8];
};

struct handler {
    ASYNC int (*handle)(struct handler *self, int x);
    int sum;
};

static ASYNC int add_to(struct handler *self, int x)
{
    PAUSE();
    return self->sum += x;
}

static ASYNC int twice(struct handler *self, int x)
{
    int first = AWAIT(self->handle(self, x));
    return first + AWAIT((*self->handle)(self, x));
}

static ASYNC struct packed packed(int x)
{
    PAUSE();
    return (struct packed){(char)x, x * 2, x * 3LL};
}

static ASYNC struct bits bits(unsigned x)
{
    struct bits b = {.a = (unsigned)V(5), .c = -3};

    b.b += x;
    b.b *= (unsigned)V(3);
    b.d = V(1);
    b.e = 1ULL << V(35);
    b.c = (signed)(b.c - V(4));
    return b;
}

static ASYNC void records(void)
{
    struct flexible *f = malloc(sizeof *f + 3 * sizeof *f->items);
    f->count = V(3);
    for (int i = 0; i < f->count; i++)
        f->items[V(i)] = (short)V(i * 7);
    printf("%d %d %d\n", f->items[0], f->items[V(1)], f->items[2]);
    free(f);
    struct packed p = AWAIT(packed(4));
    p.i += V(1);
    printf("%d %d %lld\n", p.c, p.i, p.l);
    struct bits b = AWAIT(bits(9));
    printf("%u %u %d %d %llu\n", b.a, b.b, b.c, b.d, (unsigned long long)b.e);
    printf("%u\n", AWAIT(bits(1)).b);
    union any any = {.d = V(3)};
    PAUSE();
    any.d /= 2;
    printf("%.1f\n", any.d);
    struct handler adder = {add_to, 0}, *pointer = &adder, table[2] = {{add_to, 10}, {twice, 20}};
    printf("%d ", AWAIT(adder.handle(&adder, V(2))));
    printf("%d\n", AWAIT(pointer->handle(pointer, V(3))));
    table[1].handle = table[V(0)].handle;
    for (int i = 0; i < 2; i++)
        printf("%d ", AWAIT(table[i].handle(&table[V(i)], 1)));
    printf("%d\n", AWAIT(twice(table, 4)));
}

/* ---- numbers ---- */

static ASYNC _Complex double rotate(_Complex double z, int times)
{
    _Complex double i = __extension__ 1.0i;

    for (; times > 0; times--) {
        z *= i;
        PAUSE();
    }
    return z;
}

static ASYNC void numbers(void)
{
    _Complex double z = AWAIT(rotate(V(1) + __extension__ 2.0i, 3));
    __real__ z += V(10);
    printf("%.0f %.0f\n", __real__ z, __imag__ z);
    __extension__ __int128 large = V(1);
    large <<= 100;
    PAUSE();
    printf("%d\n", (int)(large >> V(99)));
    _Bool yes = V(0);
    yes = V(256);
    unsigned char small = (unsigned char)V(255);
    small++;
    printf("%d %d %g\n", yes, small, (float)V(3) / 2);
    four_ints a = {1, 2, 3, 4}, b = a + V(10);
    PAUSE();
    b *= a;
    b[V(1)] += 100;
    printf("%d %d %d %d\n", b[0], b[1], b[2], b[V(3)]);
    bytes many = {0};
    for (int i = 0; i < 32; i++)
        many[i] = (unsigned char)V(i);
    printf("%d\n", many[31] + many[V(30)]);
}

/* ---- arrays ---- */

static ASYNC int numbers_of(int n)
{
    int sum = 0;

    {
        int squares[n]; /* ends before anything suspends */
        for (int i = 0; i < n; i++)
            squares[i] = i * i;
        for (int i = 0; i < n; i++)
            sum += squares[i];
    }
    sum += V(n);
    for (int round = 0; round < 2; round++) {
        {
            char text[n + 1];
            memset(text, 'x', (size_t)n);
            text[n] = '\0';
            sum += (int)strlen(text);
        }
        PAUSE();
    }
    return sum;
}

static ASYNC void arrays(void)
{
    int sized[] = {V(1), V(2), [4] = V(5)}, nested[][2] = {{V(1)}, {2, V(3)}};
    char text[] = "hello", *words[] = {text, &text[V(1)], V(1) ? "yes" : "no"};
    __typeof__(sized) copy;
    __typeof__(sized[0]) first = sized[V(0)];
    __typeof__(words) other = {words[2]};

    memcpy(copy, sized, sizeof copy);
    PAUSE();
    printf("%zu %zu %zu %d %d\n", sizeof sized / sizeof *sized, sizeof nested, sizeof copy, copy[4], first);
    printf("%d %d %d\n", nested[0][0], nested[0][1], nested[1][V(1)]);
    printf("%zu %s %s %s %s\n", sizeof text, words[0], words[V(1)], words[2], other[0]);
    printf("%d\n", AWAIT(numbers_of(5)));
    int matrix[3][4] = {{0}}, (*row)[4] = &matrix[V(1)];
    (*row)[V(2)] = V(6);
    row++;
    (*row)[0] = 7;
    PAUSE();
    printf("%d %d %d\n", matrix[1][2], matrix[2][0], (int)(row - matrix));
}

/* ---- spelling ---- */

static ASYNC int digraphs(int x)
<%
    int items<:3:> = <%V(x), 2, 3%>;

    items<:V(1):> += 10;
    if (x) <% PAUSE(); %>
    return items<:0:> + items<:V(1):>;
%>

static ASYNC int labels(int x)
{
    if (x > 2)
        goto out;
again:;
    int y = V(x);
    x++;
    if (y < 2)
        goto again;
    {
    inner:;
        int z = V(y);
        if (z-- > 100)
            goto inner;
        x += z;
    }
out:
    return x;
}

/* ---- vectors come and go like other values ---- */

static ASYNC four_ints doubled(four_ints v, float last __attribute__((unused)))
{
    four_ints twice = v + v;
    PAUSE();
    return twice + v * 0;
}

static ASYNC int dot(const four_ints a, __typeof__(a) b, unsigned char many __attribute__((vector_size(16))))
{
    four_ints products = a * b;
    int sum = 0;
    for (int i = 0; i < 4; i++)
        sum += products[V(i)];
    return sum + many[V(15)];
}

static ASYNC void vectors(void)
{
    four_ints a = {1, 2, 3, 4};
    unsigned char many __attribute__((vector_size(16))) = {5};
    many[15] = many[0];
    four_ints b = AWAIT(doubled(a, 1.5f)) * AWAIT(doubled(a + 1, 0));
    printf("%d %d %d\n", b[0], b[3], AWAIT(dot(b, AWAIT(doubled(b, 0)), many)));
}

static ASYNC int tight(int x){return(V(x))?-V(x)+-V(1):!V(x)&&V(1);}
static ASYNC int tighter(int x){if(x)return({int y=V(x);y;});else return-V(2);}

static ASYNC int deep(int n)
{
    int here = n;

    if (n % 1000 == 0)
        PAUSE();
    return n ? AWAIT(deep(n - 1)) + (here == n) : 0;
}

static ASYNC void app(void)
{
    AWAIT(aligned());
    AWAIT(records());
    AWAIT(numbers());
    AWAIT(arrays());
    AWAIT(vectors());
    printf("%d %d %d\n", AWAIT(digraphs(4)), AWAIT(labels(0)), AWAIT(labels(3)));
    printf("%d %d %d %d\n", AWAIT(tight(3)), AWAIT(tight(0)), AWAIT(tighter(0)), AWAIT(tighter(6)));
    printf("%d\n", AWAIT(deep(10000)));
}
