/* lock.c - see brio/sync.h. Release makes the first waiter the owner before that task runs, so that nobody can overtake it. */
#include <brio/sync.h>

#include <brio/error.h>

#include "core/queue.h"

void brio_lock_init(struct brio_lock *lock)
{
    *lock = (struct brio_lock)BRIO_LOCK_INIT;
}

static void set_owner(struct brio_lock *lock, struct brio_task *task)
{
    lock->owner_ = task;
    lock->owner_id_ = task ? brio_task_id(task) : 0;
}

static bool is_owner(const struct brio_lock *lock, const struct brio_task *task)
{
    return task && lock->owner_ == task && lock->owner_id_ == brio_task_id(task);
}

void brio_lock_acquire(struct brio_lock *lock)
{
    if (brio_checkpoint_fails())
        return;
    struct brio_task *task = brio_task_current();
    if (is_owner(lock, task)) {
        brio_leaf_fail(EDEADLK, "the task owns the lock already");
    } else if (lock->owner_) {
        brio__queue_wait(&lock->waiters_);
    } else {
        set_owner(lock, task);
        brio_leaf_done(NULL, 0);
    }
}

int brio_lock_try_acquire(struct brio_lock *lock)
{
    struct brio_task *task = brio_task_current();
    if (task == NULL)
        return -EPERM;
    if (lock->owner_)
        return is_owner(lock, task) ? -EDEADLK : -EAGAIN;
    set_owner(lock, task);
    return 0;
}

int brio_lock_release(struct brio_lock *lock)
{
    if (!is_owner(lock, brio_task_current()))
        return -EPERM;
    struct brio_task *next = brio__queue_take(&lock->waiters_);
    set_owner(lock, next);
    if (next)
        brio_unpark(next);
    return 0;
}

bool brio_lock_is_locked(const struct brio_lock *lock)
{
    return lock->owner_ != NULL;
}

bool brio_lock_is_mine(const struct brio_lock *lock)
{
    return is_owner(lock, brio_task_current());
}

size_t brio_lock_waiting(const struct brio_lock *lock)
{
    return brio__queue_length(&lock->waiters_);
}
