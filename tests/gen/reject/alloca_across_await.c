#include "support.h"

static ASYNC void app(int n)
{
    char *text = __builtin_alloca(n);
    AWAIT(brio_sleep(1));
    text[0] = 0;
}

static ASYNC void loop(int n)
{
    for (int i = 0; i < n; i++) {
        AWAIT(brio_sleep(1));
        char *text = __builtin_alloca(n);
        text[0] = 0;
    }
}

// error: 5:18: memory of alloca would have to live across a suspension of the function
// error: 14:22: memory of alloca would have to live across a suspension of the function
