#include "support.h"

static ASYNC int app(void)
{
    return AWAIT(brio_slep(1));
}

// error: 5:18: 'brio_slep' is not declared: AWAIT needs an ASYNC function
