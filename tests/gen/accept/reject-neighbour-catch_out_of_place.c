#include "support.h"

static ASYNC void app(void)
{
    TRY {
        AWAIT(brio_sleep(1));
    } CATCH (e, 5) {
        AWAIT(brio_sleep(2));
    } CATCH (e) {
        AWAIT(brio_sleep(3));
    } FINALLY {
        AWAIT(brio_sleep(4));
    }
    TRY AWAIT(brio_sleep(5)); FINALLY AWAIT(brio_sleep(6));
}
