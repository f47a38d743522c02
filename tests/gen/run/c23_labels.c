/* std: gnu2x. Labels before declarations and at the end of blocks. */
#include "run.h"

static ASYNC int labels(int x)
{
    if (x > 1)
        goto end;
start:
    int first = V(x);
    x += first;
    if (x < 8)
        goto start;
    for (int i = V(0); i < 3; i++) {
        if (i == 1)
            goto next;
        x += V(i);
    next:
    }
    switch (V(1)) {
    case 0:
        break;
    case 1:
        int second = V(5);
        x += second;
    default:
    }
end:
    return x;
}

static ASYNC int attributed(int x)
{
    switch (V(x)) {
    case 1:
        x++;
        break;
    default:
        [[maybe_unused]] int inner = V(3), other = V(4);
        x += inner;
    }
    PAUSE();
    return x;
}

static ASYNC void app(void)
{
    printf("%d\n", AWAIT(labels(1)));
    printf("%d\n", AWAIT(labels(2)));
    printf("%d %d\n", AWAIT(attributed(1)), AWAIT(attributed(5)));
}
