#include "support.h"

static ASYNC int app(int x)
{
    int helper(int y)
    {
        return x + y;
    }
    AWAIT(brio_sleep(1));
    return helper(1);
}

// error: 5:9: nested function 'helper' in an ASYNC function
