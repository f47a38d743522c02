#include "support.h"

static ASYNC void app(void)
{
    TRY {
        AWAIT(brio_sleep(1));
    } CATCH (e) {
        SHIELD {
            AWAIT(brio_sleep(2));
            RERAISE();
        }
    }
}
