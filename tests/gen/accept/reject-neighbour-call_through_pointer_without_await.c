#include "support.h"

typedef ASYNC int handler(int);
struct operations {
    ASYNC int (*open)(int);
    int (*close)(int);
    handler *more;
};
struct other {
    int (*open)(int);
};

static ASYNC int app(const struct operations *o, handler *h, ASYNC int (*table[2])(void), struct other *other)
{
    int a = AWAIT(o->open(1)) + o->close(2) + other->open(3);
    a += AWAIT(h(3)) + AWAIT((*h)(4)) + AWAIT(table[0]());
    a += AWAIT(o->more(5));
    __typeof__(o->open) copy = o->open;
    return a + AWAIT(copy(6));
}
