#include "support.h"

int main(void)
{
    AWAIT(brio_sleep(1));
    return 0;
}

// error: 5:5: AWAIT outside an ASYNC function
