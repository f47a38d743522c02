#include "support.h"

ASYNC int fetch(int x);

static ASYNC int app(int x)
{
    int a = AWAIT(x);
    a += AWAIT(fetch);
    return AWAIT(fetch(1) + 2) + AWAIT(x ? fetch(1) : fetch(2)) + a;
}

// error: 7:19: AWAIT needs a call of an ASYNC function
// error: 8:16: AWAIT needs a call of an ASYNC function
// error: 9:18: AWAIT needs a call of an ASYNC function
// error: 9:40: AWAIT needs a call of an ASYNC function
