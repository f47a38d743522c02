#include "support.h"

static ASYNC int fetch(int x)
{
    AWAIT(brio_sleep(x));
    return x;
}

static ASYNC int app(void)
{
    ASYNC int (*pointer)(int) = fetch;
    int a = (int)sizeof fetch(1) + AWAIT(fetch(2));
    return a + AWAIT((fetch)(3)) + AWAIT(pointer(4)) + AWAIT((*pointer)(5));
}

int main(void)
{
    return RUN(NULL, app());
}
