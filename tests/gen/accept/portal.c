/* RUN_ON and SPAWN_ON are plain calls between two functions of the runtime, in plain functions and in ASYNC ones. */
#include <brio.h>

ASYNC int add(int a, int b);
ASYNC void tell(const char *text);

int from_a_thread(struct brio_portal *portal)
{
    int sum = 0;
    int code = RUN_ON(portal, &sum, add(1, 2), .name = "sum");

    if (code == 0)
        code = SPAWN_ON(portal, tell("done"));
    return code == 0 ? sum : RUN_ON(portal, (void *)0, tell("failed"));
}

ASYNC void from_another_loop(struct brio_portal *portal, int x)
{
    AWAIT(brio_checkpoint());
    if (SPAWN_ON(portal, tell("here")) == 0)
        SPAWN_ON(portal, add(x, 1), .name = "there");
}
