#include "support.h"

#include <errno.h>

static ASYNC void app(void)
{
    if (errno)
        RAISE_ERRNO("open %s", "x");
    RAISE(5, "%d", 5);
}
