/* Labels as values, and AWAIT in the operand of goto. */
#include "run.h"

static ASYNC void computed_goto(const unsigned char *program)
{
    static void *const table[] = {&&stop, &&push, &&add};
    int stack[8], top = 0;

    goto *table[*program++];
push:
    stack[top++] = V(*program++);
    goto *table[*program++];
add:
    PAUSE();
    top--, stack[top - 1] += stack[top];
    goto *table[V(*program++)];
stop:
    printf("%d\n", stack[0]);
}

static ASYNC void app(void)
{
    AWAIT(computed_goto((const unsigned char[]){1, 3, 1, 4, 2, 1, 5, 2, 0}));
}
