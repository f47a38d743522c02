#include "support.h"

#include <errno.h>

ASYNC int fetch(int x);
int plain(void);

static ASYNC int app(int x)
{
    AWAIT(fetch(1));
    errno = 0;
    if (plain() < 0 && errno == EINTR)
        return 1;
    if (x)
        AWAIT(fetch(2));
    else if (errno)
        return 2;
    AWAIT(fetch(3));
    if (plain() < 0)
        RAISE_ERRNO("plain");
    return 3;
}
