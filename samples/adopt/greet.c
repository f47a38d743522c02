#include "greet.h"

#include <stdio.h>

ASYNC int greet(const char *name, double seconds)
{
    static int greeted;
    AWAIT(brio_sleep(seconds));
    printf("hello, %s\n", name);
    return ++greeted;
}
