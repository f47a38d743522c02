#include "support.h"

ASYNC int fetch(int x);

static ASYNC void app(struct brio_nursery *given)
{
    struct brio_nursery *outer = given;
    NURSERY (n) {
        struct brio_nursery *inner;
        inner = n;
        SPAWN(inner, fetch(1));
    }
    SPAWN(outer, fetch(2));
}
