#include "support.h"

ASYNC int child(int x);

static ASYNC void app(void)
{
    NURSERY (n)
        for (int i = 0; i < 3; i++)
            SPAWN(n, child(i));
}
