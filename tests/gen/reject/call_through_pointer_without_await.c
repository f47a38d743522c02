#include "support.h"

typedef ASYNC int handler(int);
struct operations {
    ASYNC int (*open)(int);
    int (*close)(int);
    handler *more;
};

static ASYNC int app(const struct operations *o, handler *h, ASYNC int (*table[2])(void))
{
    AWAIT(brio_sleep(1));
    int a = o->open(1) + o->close(2);
    a += h(3) + (*h)(4) + table[0]();
    a += o->more(5);
    __typeof__(o->open) copy = o->open;
    return a + copy(6);
}

// error: 13:13: 'open' is an ASYNC function: call it with AWAIT, SPAWN or START
// error: 14:10: 'h' is an ASYNC function: call it with AWAIT, SPAWN or START
// error: 14:17: this is an ASYNC function: call it with AWAIT, SPAWN or START
// error: 14:27: this is an ASYNC function: call it with AWAIT, SPAWN or START
// error: 15:10: 'more' is an ASYNC function: call it with AWAIT, SPAWN or START
// error: 17:16: 'copy' is an ASYNC function: call it with AWAIT, SPAWN or START
