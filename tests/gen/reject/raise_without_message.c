#include "support.h"

#include <errno.h>

static ASYNC void app(void)
{
    RAISE(5);
    RAISE_ERRNO();
}

// error: 7:5: RAISE needs a code and a message: RAISE(EINVAL, "no such port: %d", port)
// error: 8:5: RAISE_ERRNO needs a message: RAISE_ERRNO("open %s", path)
