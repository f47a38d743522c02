#include "support.h"

static ASYNC void app(void)
{
    MOVE_ON_AFTER (1, s)
        AWAIT(brio_sleep(1));
    MOVE_ON_AFTER (2, s)
        AWAIT(brio_sleep(2));
}

// error: 7:23: 's' is declared already in this block
