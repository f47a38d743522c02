/* HOLD of a lock, and an early way out of it. */
#include <brio.h>

ASYNC int fetch(int number);

ASYNC int entry(struct brio_lock *lock, int x)
{
    HOLD(lock) {
        if (AWAIT(fetch(x)))
            return 1;
    }
    return 0;
}
