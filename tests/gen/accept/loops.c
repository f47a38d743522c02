/* What a loop carries from one turn to the next is saved around the suspension; what it does not is left alone. */
#include <brio.h>

ASYNC int fetch(int number);

static ASYNC int sum(int count)
{
    int total = 0, steps = 0;
    for (int i = 0; i < count; i++) {
        int doubled = i * 2;
        total += AWAIT(fetch(i));
        steps += doubled;
    }
    return total + steps;
}

static ASYNC int until_zero(int x)
{
    while (AWAIT(fetch(x)) > 0) {
        if (x == 7)
            continue;
        x--;
    }
    do {
        if (x == 3)
            continue;
        x++;
    } while (AWAIT(fetch(x)));
    for (;; AWAIT(fetch(1)))
        if (x++ > 10)
            break;
    return x;
}

ASYNC int entry(void)
{
    return AWAIT(sum(3)) + AWAIT(until_zero(2));
}
