#include "support.h"

ASYNC int counter;

static ASYNC int app(void)
{
    AWAIT(brio_sleep(1));
    ASYNC int x = 3;
    return x + counter;
}

// error: 3:11: 'counter' is no function: ASYNC has no meaning here
// error: 8:15: 'x' is no function: ASYNC has no meaning here
