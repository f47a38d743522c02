/* Cancel scopes: with a deadline, with options, shielded, read afterwards. */
#include <brio.h>

ASYNC int fetch(int number);

ASYNC int entry(double seconds)
{
    int x = 0;
    MOVE_ON_AFTER(seconds, slow) {
        x = AWAIT(fetch(1));
    }
    CANCEL_SCOPE(inner, .shield = 1) {
        if (slow->cancelled_caught)
            brio_scope_cancel(inner, "too slow");
        AWAIT(fetch(2));
    }
    FAIL_AFTER(seconds * 2)
        SHIELD {
            AWAIT(fetch(3));
        }
    return x;
}
