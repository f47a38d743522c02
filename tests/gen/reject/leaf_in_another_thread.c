#include "support.h"

struct brio_portal;
struct operations {
    ASYNC_LEAF int (*get)(int key);
};

static int from_thread(struct brio_portal *portal, const struct operations *operations)
{
    int value;
    SPAWN_ON(portal, brio_sleep(1));
    return RUN_ON(portal, &value, operations->get(3)) + RUN_ON(portal, NULL, (brio_sleep)(2));
}

int main(void)
{
    return from_thread(NULL, NULL);
}

// error: 11:22: 'brio_sleep' is ASYNC_LEAF, which runs in the thread that calls it: give SPAWN_ON an ASYNC function that AWAITs it
// error: 12:35: 'get' is ASYNC_LEAF, which runs in the thread that calls it: give RUN_ON an ASYNC function that AWAITs it
// error: 12:78: 'brio_sleep' is ASYNC_LEAF, which runs in the thread that calls it: give RUN_ON an ASYNC function that AWAITs it
