#include "support.h"

ASYNC int fetch(int x);

static ASYNC int app(void)
{
    int a = (int)sizeof(AWAIT(fetch(1)));
    __typeof__(AWAIT(fetch(2))) b = 0;
    static int c = AWAIT(fetch(3));
    int d = _Generic(AWAIT(fetch(4)), int: 1, default: AWAIT(fetch(5)));
    __asm__("" : : "r"(AWAIT(fetch(6))));
    switch (a) {
    case AWAIT(fetch(7)):
        break;
    }
    return b + c + d;
}

// error: 7:25: AWAIT in sizeof, which does not evaluate it
// error: 8:16: AWAIT in typeof, which does not evaluate it
// error: 9:20: AWAIT in the initializer of a static object
// error: 10:22: AWAIT in the controlling expression of _Generic, which is not evaluated
// error: 11:24: AWAIT in an asm operand
// error: 13:10: AWAIT in a constant expression
