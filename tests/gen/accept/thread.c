/* AWAIT_THREAD: operands are evaluated here, the call is made by a worker from the frame alone. */
#include <brio.h>

int compute(const char *text, int rounds);
void store(long value);

ASYNC int entry(int x)
{
    char text[8] = "abc";
    int result = AWAIT_THREAD(compute(text, x + 1), .abandon_on_cancel = 1);

    AWAIT_THREAD(store(result));
    return result;
}
