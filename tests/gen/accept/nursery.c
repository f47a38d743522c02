/* A nursery that is left on every way: its children are waited for on each. */
#include <brio.h>

ASYNC int fetch(int number);

static ASYNC int all_ways(int x)
{
again:
    for (int i = 0; i < 3; i++) {
        NURSERY(n) {
            SPAWN(n, fetch(i));
            if (x == 1)
                return i;
            if (x == 2)
                break;
            if (x == 3)
                continue;
            if (x == 4)
                goto again;
            if (x == 5)
                RAISE(x, "five of %d", i);
            AWAIT(fetch(i));
        }
    }
    return -1;
}

static ASYNC void first_of_two(void)
{
    RACE(n) {
        SPAWN(n, fetch(1));
        SPAWN(n, fetch(2), .name = "second");
    }
}

ASYNC void entry(int x)
{
    AWAIT(all_ways(x));
    AWAIT(first_of_two());
}
