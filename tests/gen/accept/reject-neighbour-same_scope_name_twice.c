#include "support.h"

static ASYNC int app(int x)
{
    if (x)
        MOVE_ON_AFTER (1, s)
            AWAIT(brio_sleep(1));
    MOVE_ON_AFTER (2, s)
        AWAIT(brio_sleep(2));
    {
        MOVE_ON_AFTER (3, s)
            AWAIT(brio_sleep(3));
        x = s != 0;
    }
    return s != 0;
}
