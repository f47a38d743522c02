/* Macros of libc that name their argument where it is not evaluated, too; arrays of a parameter's length. */
#include <assert.h>
#include <ctype.h>

#include "run.h"

static ASYNC int last(int count, int numbers[count])
{
    PAUSE();
    return numbers[count - 1] + V(1);
}

static ASYNC void app(void)
{
    int numbers[] = {1, 2, 3};

    assert(V(1) == 1);
    printf("%c%c%c\n", toupper(V('a')), tolower(V('B')), toupper(T('c')));
    printf("%d\n", AWAIT(last(3, numbers)));
}
