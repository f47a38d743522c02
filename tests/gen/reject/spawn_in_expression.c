#include "support.h"

ASYNC int child(int x);

static ASYNC void app(void)
{
    NURSERY (n) {
        int r = SPAWN(n, child(1));
        if (SPAWN(n, child(2)) < 0)
            return;
    }
}

// error: 8:17: SPAWN in an expression: in an ASYNC function it is a statement, which raises when it fails
// error: 9:13: SPAWN in an expression: in an ASYNC function it is a statement, which raises when it fails
