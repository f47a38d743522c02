#include "support.h"

ASYNC int fetch(int x);

static ASYNC void app(void)
{
    struct brio_nursery *outer = NULL;
    NURSERY (n) {
        outer = n;
        SPAWN(n, fetch(1));
    }
    SPAWN(outer, fetch(2));
}

// warning: 12:11: the nursery 'n' has been left when this is reached [-Wbrio-nursery-closed]
