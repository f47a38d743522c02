#include "support.h"

ASYNC int main(void)
{
    AWAIT(brio_sleep(1));
    return 0;
}

// error: 3:11: 'main' cannot be ASYNC: let it call RUN
