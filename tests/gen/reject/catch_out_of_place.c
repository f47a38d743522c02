#include "support.h"

static ASYNC void app(void)
{
    TRY {
        AWAIT(brio_sleep(1));
    }
    AWAIT(brio_sleep(2));
    CATCH (e) {
        AWAIT(brio_sleep(3));
    }
    FINALLY {
        AWAIT(brio_sleep(4));
    }
}

// error: 5:5: TRY without a CATCH or FINALLY
// error: 9:5: CATCH without a TRY before it
// error: 12:5: FINALLY without a TRY before it
