#include "support.h"

static ASYNC void app(int x)
{
    if (x) {
        DEFER x--;
    }
    AWAIT(brio_sleep(1));
    NURSERY (n) {
        DEFER x++;
    }
}
