#include "support.h"

static ASYNC int add(a, b)
    int a, b;
{
    return a + b;
}

static ASYNC int none()
{
    return 1;
}

// error: 3:18: an ASYNC function needs a prototype, its parameters with their types
