#include "support.h"

static ASYNC void app(int x)
{
    void *targets[] = { &&one, &&two };
    goto *targets[x];
one:
    NURSERY (n) {
    two:
        x++;
    }
}

static ASYNC void leaves(int x)
{
    void *targets[] = { &&out };
    SHIELD {
        AWAIT(brio_sleep(1));
        goto *targets[x];
    }
out:
    x++;
}

// error: 6:5: computed goto that may go to 'two', in or out of a block of the language
// error: 19:9: computed goto that may go to 'out', in or out of a block of the language
