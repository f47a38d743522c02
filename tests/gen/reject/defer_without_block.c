#include "support.h"

static ASYNC void app(int x)
{
    if (x)
        DEFER x--;
    AWAIT(brio_sleep(1));
    NURSERY (n)
        DEFER x++;
}

// error: 6:9: DEFER needs a block around it: it runs when that block is left
// error: 9:9: DEFER needs a block around it: it runs when that block is left
