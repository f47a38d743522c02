#include "support.h"

static ASYNC int app(int x)
{
    if (!x)
        RAISE(1, "no");
    return x;
}
