#include "support.h"

ASYNC int fetch(int x);
void fail(void);
#define assert(e) ((void)sizeof((e) ? 1 : 0), __extension__({ if (e) ; else fail(); }))

static ASYNC int app(void)
{
    int a = (int)sizeof(fetch(1));
    __typeof__(fetch(2)) b = 0;
    static int c = 3;
    c = AWAIT(fetch(3));
    int d = _Generic(a, int: 1, default: AWAIT(fetch(5)));
    assert(AWAIT(fetch(6)) == 6);
    return a + b + c + d;
}
