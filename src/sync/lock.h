/* sync/lock.h - what conditions need of their lock. */
#ifndef SYNC_LOCK_H
#define SYNC_LOCK_H

#include <brio/sync.h>

#include "core/queue.h"

/* A task that wants a lock: it acquires it, or is on its way back from a condition. */
struct brio__lock_waiter {
    struct brio__waiter waiter;
    struct brio_lock *lock;
    struct brio_condition *condition; /* NULL: it acquires */
    bool notified;                    /* in the condition; it is in the lock's queue since */
    bool cancelled;                   /* in the condition: its await is cancelled once it has the lock */
};

/* Whether the current task owns it. */
bool brio__lock_is_mine(const struct brio_lock *lock);
/* The owner gives it up: the first in line owns it and runs. */
void brio__lock_pass_on(struct brio_lock *lock);
/* The waiter, who slept in a condition and is in no line now, owns the lock and runs if it is free, else goes to the end of the line. The
 * lock is not broken: that would have ended the sleep. */
void brio__lock_enter(struct brio_lock *lock, struct brio__lock_waiter *waiter);
/* A condition with sleepers shares the fate of its lock: forget says that it has none any more, and does nothing where it was not added. */
void brio__lock_add_condition(struct brio_lock *lock, struct brio_condition *condition);
void brio__lock_forget_condition(struct brio_lock *lock, struct brio_condition *condition);

#endif
