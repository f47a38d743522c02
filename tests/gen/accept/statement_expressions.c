/* A statement expression that suspends is a block and a temporary; one that does not stays. */
#include <brio.h>

ASYNC int fetch(int number);

ASYNC int entry(int x)
{
    int plain = ({ int twice = 2 * x; twice + 1; });
    int y = 1 + ({
        int first = AWAIT(fetch(x)), second = AWAIT(fetch(plain));
        first > second ? first : second;
    });

    return({ AWAIT(fetch(y)); });
}
