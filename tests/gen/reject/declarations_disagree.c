#include "support.h"

ASYNC int first(int);
int first(int x)
{
    return x;
}

int second(int);
ASYNC int second(int x)
{
    AWAIT(brio_sleep(1));
    return x;
}

// error: 4:5: 'first' was declared ASYNC: this declaration has to say it too
// error: 10:11: 'second' is ASYNC here, but was declared without
