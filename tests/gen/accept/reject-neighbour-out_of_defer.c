#include "support.h"

static ASYNC int app(int x)
{
    for (;;) {
        DEFER {
            for (int i = 0; i < 3; i++) {
                if (i == x)
                    break;
                if (i == 2)
                    goto end;
            }
        end:
            x++;
        }
        TRY {
            if (x)
                break;
            AWAIT(brio_sleep(1));
            continue;
        } FINALLY {
            while (x)
                x--;
        }
    }
    return x;
}
