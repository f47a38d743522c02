#include "support.h"

struct brio_portal;

static ASYNC void sleep_there(double seconds)
{
    AWAIT(brio_sleep(seconds));
}

static int from_thread(struct brio_portal *portal)
{
    /* the pointer does not tell that it is a leaf; the call is refused then */
    ASYNC void (*pointer)(double) = brio_sleep;
    SPAWN_ON(portal, sleep_there(1));
    return RUN_ON(portal, NULL, (sleep_there)(2)) + RUN_ON(portal, NULL, pointer(3));
}

static ASYNC void from_here(void)
{
    NURSERY (n) {
        SPAWN(n, brio_sleep(1));
        START(n, brio_sleep(2));
    }
}

int main(void)
{
    return from_thread(NULL) + RUN(NULL, from_here()) + RUN(NULL, brio_sleep(3));
}
