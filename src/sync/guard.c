/* guard.c - see brio/sync.h. */
#include <brio/sync.h>

void brio_guard_init(struct brio_guard *guard)
{
    guard->entered_ = false;
}

int brio_guard_enter(struct brio_guard *guard)
{
    if (guard->entered_)
        return -EBUSY;
    guard->entered_ = true;
    return 0;
}

int brio_guard_leave(struct brio_guard *guard)
{
    if (!guard->entered_)
        return -EPERM;
    guard->entered_ = false;
    return 0;
}
