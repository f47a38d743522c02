#include "support.h"

static ASYNC void app(int x)
{
    void *targets[] = { &&one, &&two };
    goto *targets[x];
one:
    AWAIT(brio_sleep(1));
two:
    NURSERY (n)
        x++;
}
