#include "support.h"

ASYNC int outer(int a);
ASYNC int outer(int a)
{
    return a;
}

static ASYNC int handler(int a)
{
    return a;
}

static ASYNC void empty(void)
{
}

static ASYNC void raises(int x)
{
    if (x)
        RAISE(1, "text");
}

ASYNC int (*table[])(int) = { handler };

static ASYNC int app(void)
{
    AWAIT(empty());
    AWAIT(raises(1));
    return AWAIT(outer(1));
}
