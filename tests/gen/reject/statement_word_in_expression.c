#include "support.h"

static ASYNC int app(int x)
{
    return x ? x : RAISE(1, "no");
}

// error: 5:20: 'RAISE' is a statement, it cannot stand in an expression
