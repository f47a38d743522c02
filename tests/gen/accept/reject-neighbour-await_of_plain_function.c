#include "support.h"

int plain(int x);
ASYNC int async(int x);

static ASYNC int app(void)
{
    int a = AWAIT(async(plain(1)));
    return a + plain(a);
}
