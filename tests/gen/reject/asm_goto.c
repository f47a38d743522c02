#include "support.h"

static ASYNC void app(void)
{
    AWAIT(brio_sleep(1));
    asm goto ("" : : : : out);
out:;
}

// error: 6:5: asm goto in an ASYNC function that suspends
