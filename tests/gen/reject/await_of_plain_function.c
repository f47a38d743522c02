#include "support.h"

int plain(int x);
struct ops { int (*go)(void); };

static ASYNC int app(struct ops *ops, int (*pointer)(void))
{
    int a = AWAIT(plain(1));
    a += AWAIT(ops->go()) + AWAIT(pointer());
    return a + AWAIT(__builtin_abs(a));
}

// error: 8:19: 'plain' is not an ASYNC function, AWAIT needs one
// error: 9:16: 'go' is not an ASYNC function, AWAIT needs one
// error: 9:35: 'pointer' is not an ASYNC function, AWAIT needs one
// error: 10:22: '__builtin_abs' is not an ASYNC function, AWAIT needs one
