#include "support.h"

ASYNC int first(int);
ASYNC int first(int x)
{
    AWAIT(brio_sleep(1));
    return x;
}

ASYNC_LEAF int leaf(int);
int leaf(int x)
{
    return x;
}
