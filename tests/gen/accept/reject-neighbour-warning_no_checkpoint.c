#include "support.h"

int step(void);
void later(double number);
void exit(int status);
double brio_effective_deadline(void);

static ASYNC void app(int limit)
{
    MOVE_ON_AFTER(1) {
        if (step())
            AWAIT(brio_sleep(0));
    }
    CANCEL_SCOPE(s) {
        later(brio_effective_deadline());
    }
    SHIELD {
        later(1);
    }
    while (1) {
        switch (step()) {
        case 1: continue;
        }
        if (step())
            break;
    }
    do {
        if (step())
            goto out;
    } while (1);
out:
    while (limit)
        limit -= step();
    do
        step();
    while (0);
    for (;;) {
        if (step() == 2)
            RAISE(EINVAL, "two");
        if (step() == 3)
            exit(3);
    }
    for (;;)
        AWAIT(brio_sleep(0));
}

ASYNC void start(void);
ASYNC void start(void)
{
    AWAIT(app(1));
}

/* No business of ours. */
void plain(void)
{
    for (;;)
        step();
}
