/* Loops: AWAIT in each clause and in the body, with break and continue. */
#include "run.h"

static ASYNC void while_loops(void)
{
    int i = 0;

    while (T(i) < 3)
        i++;
    while (i > 0) {
        if (V(i--) == 2)
            continue;
        printf("(%d)", i);
        PAUSE();
    }
    while (1) {
        if (T(i++) == 2)
            break;
    }
    while (V(0))
        puts("never");
    while (T(i) && T(i - 1) && i-- > 1)
        printf(".");
    puts("");
}

static ASYNC void do_loops(void)
{
    int i = 0;

    do
        printf("%d ", i);
    while (V(++i) < 3);
    do {
        if (i == 4)
            continue; /* goes to the condition */
        printf("[%d]", V(i));
    } while (T(++i) < 6);
    do {
        PAUSE();
        if (V(1))
            break;
    } while (T(1));
    do
        T(7);
    while (0);
    puts("");
}

static ASYNC void for_loops(void)
{
    for (int i = T(0); T(i) < 2; T(i++))
        printf("%d;", i);
    for (int i = 0, n = V(4); i < n; i++) {
        if (V(i) == 1)
            continue; /* goes to the step */
        if (V(i) == 3)
            break;
        printf("%d,", i);
    }
    int i = V(3);
    for (;;) {
        if (!V(i--))
            break;
    }
    for (; V(i) < 1;)
        i++;
    for (i = 0; i < 3; i += V(2))
        printf("%d'", i);
    for (T(1); V(0); T(2))
        ;
    printf(" %d\n", i);
}

static ASYNC void nested(void)
{
    for (int i = 0; i < 3; i++) {
        for (int j = 0; V(j) < 3; j++) {
            int k = 0;
            while (V(1)) {
                if (V(k++) == j)
                    break;
                if (i == 1)
                    continue;
                printf("%d%d%d ", i, j, k);
            }
            if (i == V(j))
                continue;
            printf("%d%d ", i, j);
            if (i == 2)
                break;
        }
        PAUSE();
    }
    puts("");
}

static ASYNC void ifs(int x)
{
    if (V(x) == 0)
        printf("zero ");
    else if (V(x) == 1)
        printf("one ");
    else {
        PAUSE();
        printf("many ");
    }
    if (x) {
        if (V(x) > 1)
            printf("big ");
        else
            printf("small ");
    }
    if (V(1))
        ;
    else
        T(1);
}

/* Sums so that a wrongly saved counter shows. */
static ASYNC void counters(void)
{
    long sum = 0;

    for (int i = 0; i < 100; i++)
        for (int j = i; j < 100; j += 1 + V(j) % 3)
            sum = sum * 31 % 1000003 + V(i) * j;
    printf("%ld\n", sum);
}

static ASYNC void app(void)
{
    AWAIT(while_loops());
    AWAIT(do_loops());
    AWAIT(for_loops());
    AWAIT(nested());
    for (int i = 0; i < 3; i++)
        AWAIT(ifs(i));
    puts("");
    AWAIT(counters());
}
