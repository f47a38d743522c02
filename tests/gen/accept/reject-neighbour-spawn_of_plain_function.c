#include "support.h"

ASYNC int child(int x);
int plain(int x);

static ASYNC void app(void)
{
    int result;
    NURSERY (n) {
        SPAWN(n, child(plain(1)));
        SPAWN_INTO(n, &result, child(2));
        START(n, child(AWAIT(child(3))));
    }
}
