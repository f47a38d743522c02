#include "support.h"

static int helper(int x, int y)
{
    return x + y;
}

static ASYNC int app(int x)
{
    int helper(int, int);
    AWAIT(brio_sleep(1));
    return helper(x, 1);
}
