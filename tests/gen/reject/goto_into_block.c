#include "support.h"

static ASYNC void app(int x)
{
    if (x == 1)
        goto inside_nursery;
    if (x == 2)
        goto inside_scope;
    if (x == 3)
        goto inside_catch;
    NURSERY (n) {
    inside_nursery:
        x++;
    }
    SHIELD {
    inside_scope:
        AWAIT(brio_sleep(1));
    }
    TRY {
        AWAIT(brio_sleep(1));
    } CATCH (e) {
    inside_catch:
        x++;
    }
}

// error: 6:9: 'goto' into a NURSERY
// error: 8:9: 'goto' into a SHIELD
// error: 10:9: 'goto' into a CATCH
