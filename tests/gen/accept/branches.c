/* What C evaluates only sometimes is evaluated only then. */
#include <brio.h>

ASYNC int fetch(int number);
ASYNC _Bool ready(void);

ASYNC int entry(int x)
{
    if (x > 0 && AWAIT(ready()))
        x = 1;
    else if (AWAIT(ready()))
        x = 2;
    x += x ? AWAIT(fetch(1)) : 5;
    x = (AWAIT(ready()), AWAIT(fetch(2)));
    switch (AWAIT(fetch(x))) {
    case 1:
        AWAIT(ready());
        /* fall through */
    case 2:
        return 0;
    default:
        break;
    }
    return !(x || AWAIT(ready()));
}
