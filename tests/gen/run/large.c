/* Much of it: many suspension points, deep nesting, wide frames, long chains of operators. */
#include "run.h"

#define TEN(x) x x x x x x x x x x
#define HUNDRED(x) TEN(TEN(x))

static ASYNC int many_points(void)
{
    int sum = 0;

    HUNDRED(sum += V(1); if (sum % 7 == 0) PAUSE();)
    HUNDRED(sum += V(2) * (V(sum) & 1);)
    return sum;
}

static ASYNC int deep_blocks(void)
{
    int sum = 0;

    /* 60 blocks, each with a local of its own */
#define OPEN { int local = V(sum + 1); for (int i = 0; i < 1; i++) { sum += local; PAUSE();
#define CLOSE sum += local; } }
    TEN(OPEN) TEN(OPEN) TEN(OPEN)
    PAUSE();
    TEN(CLOSE) TEN(CLOSE) TEN(CLOSE)
    return sum;
}

static ASYNC int long_chain(void)
{
    return HUNDRED(V(1) +) 0;
}

static ASYNC int long_logic(void)
{
    return TEN(TEN(V(1) &&)) V(0) || TEN(V(0) ||) V(1);
}

static ASYNC int nested_conditionals(int x)
{
    return V(x) == 0   ? 10
           : V(x) == 1 ? V(11)
           : V(x) == 2 ? (V(x) ? V(12) : V(13))
           : V(x) == 3 ? V(14) + (V(0) ? V(15) : V(16))
                       : TEN(V(0) ?) V(17) TEN(: V(18));
}

struct wide {
    int items[500];
};

static ASYNC struct wide make_wide(int from)
{
    struct wide wide;

    for (int i = 0; i < 500; i++)
        wide.items[i] = from + i;
    PAUSE();
    return wide;
}

static ASYNC long wide_frames(void)
{
    long sum = 0;
    struct wide a = AWAIT(make_wide(1)), b[2] = {AWAIT(make_wide(2)), AWAIT(make_wide(3))};
    int grid[40][40];

    for (int i = 0; i < 40; i++)
        for (int j = 0; j < 40; j++)
            grid[i][j] = i * j;
    PAUSE();
    a = V(1) ? b[V(1)] : AWAIT(make_wide(4));
    for (int i = 0; i < 500; i += V(99))
        sum += a.items[i] + b[0].items[i] + AWAIT(make_wide(i)).items[499] + grid[i % 40][i / 40];
    return sum;
}

/* One local for each of many blocks: they share room in the frame. */
static ASYNC int siblings(void)
{
    int sum = 0;
#define SIBLING { int a[20] = {[19] = V(1)}; PAUSE(); int *p = &a[19]; PAUSE(); sum += *p; }
    TEN(SIBLING)
    return sum;
}

static ASYNC void app(void)
{
    printf("%d\n", AWAIT(many_points()));
    printf("%d\n", AWAIT(deep_blocks()));
    printf("%d %d\n", AWAIT(long_chain()), AWAIT(long_logic()));
    for (int i = 0; i < 5; i++)
        printf("%d ", AWAIT(nested_conditionals(i)));
    printf("\n%ld\n", AWAIT(wide_frames()));
    printf("%d\n", AWAIT(siblings()));
}
