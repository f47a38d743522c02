#include "support.h"

static ASYNC int fetch(int x)
{
    AWAIT(brio_sleep(x));
    return x;
}

static ASYNC int app(void)
{
    int a = fetch(1) + AWAIT(fetch(2));
    return a + (fetch)(3);
}

int main(void)
{
    return fetch(4);
}

// error: 11:13: 'fetch' is an ASYNC function: call it with AWAIT, SPAWN or START
// error: 12:16: 'fetch' is an ASYNC function: call it with AWAIT, SPAWN or START
// error: 17:12: 'fetch' is an ASYNC function: in a plain function it can be called with SPAWN, RUN or GUEST
