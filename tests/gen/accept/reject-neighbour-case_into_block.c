#include "support.h"

static ASYNC void app(int x)
{
    switch (x) {
    case 1:
        NURSERY (n) {
            switch (x + 1) {
            case 2:
                AWAIT(brio_sleep(1));
            }
        }
        break;
    case 3: {
        DEFER x++;
        break;
    }
    default:
        break;
    }
}
