#include "support.h"

ASYNC int fetch(int x);
ASYNC int other(int x);

static ASYNC int app(int x)
{
    int a = AWAIT((fetch(1))) + 2;
    return (x ? AWAIT(fetch(1)) : AWAIT(fetch(2))) + AWAIT((x ? fetch : other)(3)) + a;
}
