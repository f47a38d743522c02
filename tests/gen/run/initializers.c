/* Initializers of every shape, with AWAIT in them and with what they set living across others. */
#include "run.h"

struct point {
    int x, y;
};

struct shape {
    const char *name;
    struct point corners[3];
    union {
        int i;
        double d;
    } extra;
    unsigned flags : 4;
};

static ASYNC struct point point(int x, int y)
{
    PAUSE();
    return (struct point){.x = x, .y = y};
}

static void show(const struct shape *s)
{
    printf("%s", s->name ? s->name : "(none)");
    for (int i = 0; i < 3; i++)
        printf(" %d,%d", s->corners[i].x, s->corners[i].y);
    printf(" %d %d\n", s->extra.i, s->flags);
}

static ASYNC void designated(void)
{
    struct shape a = {"a", {{1, V(2)}, {V(3), 4}}, .flags = (unsigned)V(5)};
    struct shape b = {.corners[1].y = V(6), .name = "b", .extra = {.i = V(7)}};
    struct shape c = {.corners = {[2] = {.y = V(8)}}, .corners[0] = {V(9), V(10)}};
    struct shape d = {.corners = {AWAIT(point(1, 2)), [2] = AWAIT(point(V(3), V(4)))}};
    struct shape e = a, *f = &(struct shape){"f", .flags = 3};
    struct shape zero = {0};

    PAUSE();
    show(&a), show(&b), show(&c), show(&d), show(&e), show(f), show(&zero);
}

static ASYNC void arrays(void)
{
    int sized[] = {[5] = V(1), [2] = 7, V(3)};
    int ranges[8] = {[0 ... 2] = 4, [5 ... 6] = 5};
    int two[][3] = {{V(1)}, {V(2), V(3)}, {[2] = V(4)}};
    int flat[2][2] = {1, V(2), 3};
    struct point points[] = {{1, V(2)}, AWAIT(point(3, 4)), {.y = 5}};

    PAUSE();
    printf("%zu:", sizeof sized / sizeof *sized);
    for (size_t i = 0; i < sizeof sized / sizeof *sized; i++)
        printf(" %d", sized[i]);
    printf("; ");
    for (int i = 0; i < 8; i++)
        printf("%d", ranges[i]);
    printf("; %zu %d%d%d %d%d", sizeof two / sizeof *two, two[0][0], two[1][1], two[2][2], flat[0][1], flat[1][1]);
    printf("; %zu %d %d %d\n", sizeof points / sizeof *points, points[0].y, points[1].x, points[2].y);
}

static ASYNC void strings(void)
{
    char a[] = "abc", b[8] = "de", c[3] = "xyz", d[] = {"braced"}, e[] = "con" "cat" "enated";
    char f[2][4] = {"one", "two"};
    const char *g = "pointer", *h[] = {"p", "q"};
    unsigned char u[] = "unsigned";
    static const char kept[] = "static";
    const char *name = __func__;

    a[0] = (char)V('A');
    PAUSE();
    printf("%s %zu %s %zu %.3s %s %s %s\n", a, sizeof a, b, sizeof b, c, d, e, f[1]);
    printf("%s %s %s %zu %s %s\n", g, h[V(1)], (char *)u, sizeof u, kept, name);
}

static ASYNC void chains(void)
{
    int a = V(1), b = a + V(1), c = b * V(2), *p = &c, d = *p + 1, e[] = {a, b, c, d}, n = (int)(sizeof e / sizeof *e);
    int self = (int)sizeof self, (*array)[4] = &e, (*function)(const char *) = puts;
    PAUSE();
    printf("%d %d %d %d %d %d %d\n", a, b, c, d, n, self, (*array)[V(2)]);
    function("called");
}

static ASYNC void scalars_in_braces(void)
{
    int a = {V(1)};
    const double d = {2};
    _Bool b = V(5);
    void *null = 0;
    char character = {'c'};
    unsigned long long big = 1ull << V(40);
    float f = V(3);

    PAUSE();
    printf("%d %.1f %d %d %c %llu %.1f\n", a, d, b, null == NULL, character, big, f);
}

static ASYNC void only_in_one_branch(int x)
{
    if (x) {
        const struct point p = AWAIT(point(x, V(2)));
        PAUSE();
        printf("%d %d\n", p.x, p.y);
        return;
    }
    struct point late, other = {V(1), V(2)};
    late = other;
    PAUSE();
    printf("%d %d\n", late.x, late.y);
}

static ASYNC void anonymous_members(void)
{
    struct {
        int tag;
        union {
            int number;
            struct { char first, second; };
        };
    } v = {.tag = V(1), .first = (char)V('f'), .second = 's'}, w = {2, {.number = V(3)}};

    PAUSE();
    v.second = (char)(v.second + V(1));
    printf("%d %c%c %d\n", v.tag, v.first, v.second, w.number);
}

static ASYNC void app(void)
{
    AWAIT(designated());
    AWAIT(arrays());
    AWAIT(strings());
    AWAIT(chains());
    AWAIT(scalars_in_braces());
    AWAIT(only_in_one_branch(0));
    AWAIT(only_in_one_branch(1));
    AWAIT(anonymous_members());
}
