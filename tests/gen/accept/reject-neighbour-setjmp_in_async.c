#include "support.h"

#include <setjmp.h>
#include <unistd.h>

static jmp_buf place;

static int plain(void)
{
    return setjmp(place);
}

static ASYNC int app(void)
{
    AWAIT(brio_sleep(1));
    return plain() + fork();
}
