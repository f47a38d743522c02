/* AWAIT in an initializer, in an operand, as a statement; what a call returns. */
#include <brio.h>

ASYNC int fetch(int number);
ASYNC void flush(void);

static ASYNC int twice(int x)
{
    int first = AWAIT(fetch(x));

    AWAIT(flush());
    return first + AWAIT(fetch(x));
}

ASYNC void nothing_to_wait_for(int x)
{
    (void)x;
}

ASYNC int entry(int x)
{
    AWAIT(nothing_to_wait_for(x));
    return AWAIT(twice(AWAIT(fetch(x))));
}
