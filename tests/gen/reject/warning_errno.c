#include "support.h"

#include <errno.h>

ASYNC int fetch(int x);

static ASYNC int app(void)
{
    if (AWAIT(fetch(1)) < 0 && errno == EINTR)
        return 1;
    AWAIT(fetch(2));
    if (errno)
        return 2;
    AWAIT(fetch(3));
    RAISE_ERRNO("fetch");
    return 3;
}

// warning: 9:32: errno after an AWAIT is what other tasks have left in it [-Wbrio-errno]
// warning: 12:9: errno after an AWAIT is what other tasks have left in it [-Wbrio-errno]
// warning: 15:16: errno after an AWAIT is what other tasks have left in it [-Wbrio-errno]
