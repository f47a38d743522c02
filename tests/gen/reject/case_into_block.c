#include "support.h"

static ASYNC void app(int x)
{
    switch (x) {
    case 1:
        NURSERY (n) {
        case 2:
            AWAIT(brio_sleep(1));
        }
        break;
    case 3:
        DEFER x++;
        break;
    default:
        break;
    }
}

// error: 8:9: 'case' label inside a NURSERY
// error: 15:5: 'default' label behind a DEFER of the same block: put braces around the case that has the DEFER
