#include "support.h"

ASYNC int fetch(int x);
int plain(int x);

static ASYNC int app(int x)
{
    return AWAIT_THREAD(fetch(x)) + AWAIT_THREAD(x) + AWAIT_THREAD(plain(fetch(x)));
}

int outside(int x)
{
    return AWAIT_THREAD(plain(x));
}

// error: 8:25: AWAIT_THREAD of an ASYNC function: call it with AWAIT
// error: 8:50: AWAIT_THREAD needs a call of a plain function
// error: 8:74: 'fetch' is an ASYNC function: call it with AWAIT, SPAWN or START
// error: 13:12: AWAIT_THREAD outside an ASYNC function
