#include "support.h"

static ASYNC int app(int x)
{
    for (;;) {
        DEFER return 1;
        DEFER {
            if (x)
                break;
            continue;
        }
        TRY {
            AWAIT(brio_sleep(1));
        } FINALLY {
            goto out;
        }
    }
out:
    return x;
}

// error: 6:15: 'return' out of a DEFER
// error: 9:17: 'break' out of a DEFER
// error: 10:13: 'continue' out of a DEFER
// error: 15:13: 'goto' out of a FINALLY
