#include "support.h"

static int jump(void)
{
    asm goto ("" : : : : out);
    return 1;
out:
    return 0;
}

ASYNC void app(void);
ASYNC void app(void)
{
    asm volatile ("" : : : "memory");
    AWAIT(brio_sleep(jump()));
    TRY {
        AWAIT(brio_sleep(2));
    } CATCH (e) {
        RERAISE();
    }
}
