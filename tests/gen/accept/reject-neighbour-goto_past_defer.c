#include "support.h"

static ASYNC void app(int x)
{
before:
    DEFER x++;
    AWAIT(brio_sleep(1));
again:
    if (x < 3)
        goto again;
    if (x < 4)
        goto before;
    goto behind;
behind:
    x++;
}
