#include "support.h"

static ASYNC void child(void) { AWAIT(brio_sleep(1)); }

int plain(struct brio_nursery *given)
{
    return SPAWN(given, child()) + SPAWN(given, child(), .name = "x");
}
