#include "support.h"

static ASYNC void app(int x)
{
    if (x)
        goto behind;
    DEFER x++;
    AWAIT(brio_sleep(1));
behind:
    x++;
}

// error: 6:9: 'goto' past a DEFER into its block: on that way it would not have been reached
