#include "support.h"

#include <setjmp.h>
#include <unistd.h>

static jmp_buf place;

static ASYNC int app(void)
{
    if (setjmp(place))
        return 1;
    AWAIT(brio_sleep(1));
    return vfork();
}

// error: 10:9: 'setjmp' in an ASYNC function: what it returns to may no longer be there
// error: 13:12: 'vfork' in an ASYNC function: what it returns to may no longer be there
