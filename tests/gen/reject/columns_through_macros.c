#include "support.h"

ASYNC int fetch(int x);
int plain(int x);
#define TWICE(x) ((x) * 2) + (x)
#define both(a, b) a b

static ASYNC int app(void)
{
	int tabbed = AWAIT(plain(1)); /* a tab */
    int a = TWICE(3) + AWAIT(plain(
        TWICE(4)));
    both(int b = AWAIT(fetch(1
         ) + a);, a++;) a = plain(AWAIT(plain(2)));
    return a + tabbed;
}

// error: 10:28: 'plain' is not an ASYNC function, AWAIT needs one
// error: 11:30: 'plain' is not an ASYNC function, AWAIT needs one
// error: 13:24: AWAIT needs a call of an ASYNC function
// error: 14:41: 'plain' is not an ASYNC function, AWAIT needs one
