#include "support.h"

#include <unistd.h>

ASYNC int fetch(int x);
int plain(int x);

static ASYNC int app(int (*pointer)(int))
{
    AWAIT_THREAD(sleep(1));
    return AWAIT_THREAD(pointer(AWAIT(fetch(1))), .abandon_on_cancel = 1) + AWAIT_THREAD(plain(2));
}
