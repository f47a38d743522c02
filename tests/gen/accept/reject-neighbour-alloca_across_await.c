#include "support.h"

static ASYNC void app(int n)
{
    AWAIT(brio_sleep(1));
    char *text = __builtin_alloca(n);
    text[0] = 0;
}
