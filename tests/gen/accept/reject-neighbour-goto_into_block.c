#include "support.h"

static ASYNC void app(int x)
{
again:
    NURSERY (n) {
        if (x == 1)
            goto within;
        if (x == 2)
            goto again;
    within:
        x++;
    }
    SHIELD {
        TRY {
            AWAIT(brio_sleep(1));
            goto out;
        } CATCH (e) {
            goto again;
        }
    }
out:
    x++;
}
