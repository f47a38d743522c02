/* Values that cannot be assigned: const ones, records with const members; and parameters that may not be null. */
#include "run.h"

struct fixed {
    const int a;
    int rest[6];
};

static ASYNC const struct fixed make(int x)
{
    const struct fixed made = {.a = V(x), .rest = {x, V(x + 1)}};

    PAUSE();
    return made;
}

static ASYNC const int number(const int x)
{
    PAUSE();
    return x;
}

static ASYNC int *const pointer(int *const p)
{
    PAUSE();
    return p;
}

typedef const struct fixed const_fixed;

static ASYNC const_fixed same(const_fixed x, bool again)
{
    if (again)
        return AWAIT(same(x, false));
    PAUSE();
    return x;
}

static ASYNC int sum(const struct fixed *f, const int numbers[static 2]) __attribute__((nonnull(1, 2)));
static ASYNC int sum(const struct fixed *f, const int numbers[static 2])
{
    PAUSE();
    return f->a + numbers[1];
}

static ASYNC int at_once(struct fixed f, const struct fixed g)
{
    return f.a + g.rest[0];
}

static ASYNC void app(void)
{
    int x = 4;
    const struct fixed one = AWAIT(make(3));
    const struct fixed two = V(1) ? AWAIT(make(5)) : AWAIT(make(6));
    const int numbers[] = {V(1), V(2)};

    PAUSE();
    printf("%d %d %d %d\n", one.a, one.rest[1], two.a, two.rest[0]);
    printf("%d %d\n", AWAIT(make(7)).a + AWAIT(make(8)).rest[1], AWAIT(number(9)));
    printf("%d\n", *AWAIT(pointer(&x)) + AWAIT(same(one, true)).a);
    printf("%d\n", ({ PAUSE(); AWAIT(make(10)); }).rest[1]);
    printf("%d\n", AWAIT(sum(&one, numbers)));
    printf("%d\n", AWAIT(at_once(one, two)));
    for (const struct fixed each = AWAIT(make(1)); x < 6; x++)
        printf("%d", each.a + V(x));
    puts("");
}
