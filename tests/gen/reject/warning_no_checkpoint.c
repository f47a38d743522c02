#include "support.h"

int step(void);
void later(int number);

static ASYNC void app(int limit)
{
    MOVE_ON_AFTER(1) {
        step();
    }
    CANCEL_SCOPE(s) {
        for (int i = 0; i < limit; i++)
            later(i);
    }
    if (limit)
        while (1) {
            switch (step()) {
            case 1: break;
            }
        }
    AWAIT(brio_sleep(0));
    do
        step();
    while (true);
    for (;;)
        for (int i = 0; i < limit; i++)
            if (step())
                break;
}

// warning: 8:5: nothing in this block can suspend, so nothing in it can be cancelled [-Wbrio-no-checkpoint]
// warning: 11:5: nothing in this block can suspend, so nothing in it can be cancelled [-Wbrio-no-checkpoint]
// warning: 16:9: this loop has no end and nothing in it that suspends: no other task would ever run [-Wbrio-no-checkpoint]
// warning: 22:5: this loop has no end and nothing in it that suspends: no other task would ever run [-Wbrio-no-checkpoint]
// warning: 25:5: this loop has no end and nothing in it that suspends: no other task would ever run [-Wbrio-no-checkpoint]
