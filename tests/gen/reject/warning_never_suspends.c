#include "support.h"

static ASYNC int add(int a, int b)
{
    return a + b;
}

static ASYNC int app(void)
{
    return AWAIT(add(1, 2));
}

// warning: 3:18: 'add' is ASYNC and has nothing in it that can suspend [-Wbrio-never-suspends]
