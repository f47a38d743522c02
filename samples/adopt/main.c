/* The program that each folder here builds in its own way. */
#include "greet.h"

#include <stdio.h>

static ASYNC void greet_all(void)
{
    NURSERY(n) {
        SPAWN(n, greet("second", 0.02));
        SPAWN(n, greet("first", 0.01));
    }
    printf("%d greeted\n", AWAIT(greet("third", 0)));
}

int main(void)
{
    return RUN(NULL, greet_all());
}
