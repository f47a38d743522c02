/* condition.c - see brio/sync.h.
 *
 * To notify is to move a sleeper from the condition's queue to its lock's: it runs when it owns the lock, and no earlier. Cancellation does
 * the same with it, but its await is cancelled then. A notification that reached a sleeper which is cancelled before it has the lock
 * would be lost; so it goes on to the next one.
 */
#include <brio/error.h>

#include "sync/lock.h"

void brio_condition_init(struct brio_condition *condition, struct brio_lock *lock)
{
    *condition = (struct brio_condition)BRIO_CONDITION_INIT;
    condition->lock_ = lock;
}

static struct brio_lock *lock_of(struct brio_condition *condition)
{
    return condition->lock_ ? condition->lock_ : &condition->own_;
}

/* Takes a sleeper out of the condition's queue. */
static void rouse(struct brio_condition *condition, struct brio__lock_waiter *waiter)
{
    brio__queue_remove(&waiter->waiter);
    if (condition->sleepers_.first == NULL)
        brio__lock_forget_condition(lock_of(condition), condition);
}

static void notify_first(struct brio_condition *condition)
{
    struct brio__waiter *first = condition->sleepers_.first;
    if (first == NULL)
        return;
    struct brio__lock_waiter *waiter = brio__container(first, struct brio__lock_waiter, waiter);
    rouse(condition, waiter);
    waiter->notified = true;
    brio__lock_enter(waiter->lock, waiter);
}

static enum brio_abort_result interrupt(struct brio_task *task, void *arg)
{
    struct brio__lock_waiter *waiter = arg;
    (void)task;
    waiter->cancelled = true;
    if (waiter->notified) {
        notify_first(waiter->condition);
    } else {
        rouse(waiter->condition, waiter);
        brio__lock_enter(waiter->lock, waiter);
    }
    return BRIO_ABORT_PENDING;
}

void brio_condition_wait(struct brio_condition *condition)
{
    struct brio_lock *lock = lock_of(condition);
    if (brio__checkpoint_fails())
        return;
    if (!brio__lock_is_mine(lock)) {
        brio__raise_text(brio__task(brio__current), EPERM, "the task does not own the condition's lock");
        return;
    }
    struct brio__lock_waiter *waiter = brio__waiter_new(sizeof *waiter);
    if (waiter == NULL)
        return;
    waiter->lock = lock;
    waiter->condition = condition;
    waiter->notified = waiter->cancelled = false;
    bool first = condition->sleepers_.first == NULL;
    brio__queue_append(&condition->sleepers_, &waiter->waiter);
    brio__lock_pass_on(lock);
    if (first)
        brio__lock_add_condition(lock, condition);
    brio__park(interrupt, waiter);
}

int brio_condition_notify(struct brio_condition *condition, size_t count)
{
    if (!brio__lock_is_mine(lock_of(condition)))
        return -EPERM;
    for (; count && condition->sleepers_.first; count--)
        notify_first(condition);
    return 0;
}

int brio_condition_notify_all(struct brio_condition *condition)
{
    return brio_condition_notify(condition, SIZE_MAX);
}

void brio_condition_acquire(struct brio_condition *condition)
{
    brio_lock_acquire(lock_of(condition));
}

int brio_condition_try_acquire(struct brio_condition *condition)
{
    return brio_lock_try_acquire(lock_of(condition));
}

int brio_condition_release(struct brio_condition *condition)
{
    return brio_lock_release(lock_of(condition));
}

void brio_condition_statistics(const struct brio_condition *condition, struct brio_condition_statistics *statistics)
{
    statistics->waiting = brio__queue_length(&condition->sleepers_);
    brio_lock_statistics(condition->lock_ ? condition->lock_ : &condition->own_, &statistics->lock);
}
