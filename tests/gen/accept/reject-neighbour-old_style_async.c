#include "support.h"

static int add(a, b)
    int a, b;
{
    return a + b;
}

ASYNC int none();
ASYNC int none()
{
    AWAIT(brio_sleep(1));
    return add(1, 2);
}
