/* What C sequences stays so: &&, ||, ?:, the comma, full expressions, and nothing that C would not evaluate is. */
#include "run.h"

static ASYNC void logical(void)
{
    printf("%d\n", T(0) && T(1));
    printf("%d\n", T(1) && T(2));
    printf("%d\n", T(0) || T(3));
    printf("%d\n", T(1) || T(2));
    printf("%d\n", (T(0) && T(1)) || (T(2) && T(0)) || T(5));
    printf("%d\n", !(T(1) && !(T(0) || T(0))));
    printf("%d\n", 0 && T(1));
    printf("%d\n", 1 || T(1));
    printf("%d\n", 1 && T(7));
    int x = 0;
    if (x++ == 0 && T(4) && x++ == 1)
        printf("x %d\n", x);
    if (T(0) || x == 2 || T(9))
        puts("or");
    bool b = T(1) && T(2), c = b && T(0);
    printf("%d %d\n", b, c);
}

static ASYNC void conditional(void)
{
    int x = 1;

    printf("%d\n", T(1) ? T(2) : T(3));
    printf("%d\n", T(0) ? T(2) : T(3));
    printf("%d\n", x ? T(4) : 5);
    printf("%d\n", !x ? T(4) : 5);
    printf("%d\n", T(0) ? 1 : T(0) ? 2 : T(1) ? T(3) : 4);
    printf("%.1f\n", T(1) ? T(2) : 0.5);
    printf("%.1f\n", T(0) ? T(2) : 0.5);
    const char *s = T(1) ? "yes" : NULL;
    puts(s);
    int a = 1, b = 2;
    *(T(0) ? &a : &b) = x + 6;
    *(x ? &a : &b) = T(9) ? x + 8 : 0;
    printf("%d %d\n", a, b);
    (void)(T(1) ? T(2) : T(3));
    T(0) ? (void)T(1) : (void)puts("void arm");
    puts("");
}

static ASYNC void comma(void)
{
    int x = (T(1), T(2), T(3));

    printf("%d\n", x);
    x = 0;
    printf("%d\n", (x += T(4), x += T(5), x * 2));
    for (int i = (T(0), 0), j = 3; T(i), i < j; i++, T(10 + i))
        ;
    puts("");
}

static int count;

static int tick(void)
{
    return ++count;
}

/* Calls of plain functions beside AWAIT in an operator that sequences. */
static ASYNC void mixed(void)
{
    count = 0;
    printf("%d", tick() == 1 && T(1) && tick() == 2 ? T(8) : tick());
    printf(" %d\n", count);
    printf("%d", T(0) && tick() ? tick() : (tick(), T(6)));
    printf(" %d\n", count);
    int i = 0, a[3] = {0};
    a[(i++, T(1))] = 7;
    a[2] = (i++, T(8));
    printf("%d %d %d\n", a[1], a[2], i);
}

/* A value read before an AWAIT to its right is what C reads first where C says so. */
static ASYNC void full_expressions(void)
{
    int x = 1;

    x = x + 1, T(x), x = x * 10, T(x);
    puts("");
    int y = x++ + 0, z = T(x);
    printf("%d %d\n", y, z);
}

static ASYNC void app(void)
{
    AWAIT(logical());
    AWAIT(conditional());
    AWAIT(comma());
    AWAIT(mixed());
    AWAIT(full_expressions());
}
