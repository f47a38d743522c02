#include "support.h"

static ASYNC void app(void)
{
    RERAISE();
    TRY {
        AWAIT(brio_sleep(1));
        RERAISE();
    } CATCH (e) {
        DEFER RERAISE();
    } FINALLY {
        RERAISE();
    }
}

// error: 5:5: RERAISE outside a CATCH
// error: 8:9: RERAISE outside a CATCH
// error: 10:15: RERAISE in a DEFER or FINALLY: it can only stand in a CATCH
// error: 12:9: RERAISE in a DEFER or FINALLY: it can only stand in a CATCH
