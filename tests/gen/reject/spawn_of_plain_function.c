#include "support.h"

int plain(int x);

static ASYNC void app(void)
{
    int result;
    NURSERY (n) {
        SPAWN(n, plain(1));
        SPAWN_INTO(n, &result, plain(2));
        START(n, plain(3));
        SPAWN(n, result);
    }
}

int main(void)
{
    return RUN(NULL, plain(4));
}

// error: 9:18: 'plain' is not an ASYNC function, SPAWN needs one
// error: 10:32: 'plain' is not an ASYNC function, SPAWN_INTO needs one
// error: 11:18: 'plain' is not an ASYNC function, START needs one
// error: 12:18: SPAWN needs a call of an ASYNC function
// error: 18:22: 'plain' is not an ASYNC function, RUN needs one
