/* lock.c - see brio/sync.h. Release makes the first waiter the owner before that task runs, so that nobody can overtake it.
 *
 * A lock may outlive its owner, and an owner may outlive a lock that it never released. So neither keeps a pointer to the other that it
 * would follow later, with one exception: locks that tasks wait for, which by contract stay, are on a list of their owner's, and break when
 * it ends. (They are `watched_`; so are those in whose conditions tasks sleep, which nobody could wake any more.) The others break when
 * somebody finds that their owner is gone: it was in another loop, or its number is no higher than that of the newest task that ended with
 * locks of its own, and a search through the tasks does not find it. The search costs only programs in which that has happened.
 *
 * Rejected: the owner keeping a list of all its locks. A lock in a frame that was left without a release would be followed at the end.
 */
#include "sync/lock.h"

#include <assert.h>
#include <brio/error.h>
#include <stdatomic.h>

#include "core/ready.h"

static const char broken_text[] = "the task that owned the lock ended without releasing it";

void brio_lock_init(struct brio_lock *lock)
{
    *lock = (struct brio_lock)BRIO_LOCK_INIT;
}

/* ---- owners ---- */

static struct brio__owner *owner_of(const struct brio_lock *lock)
{
    return &brio__task(lock->owner_)->extra->owner;
}

/* `task` may be NULL. */
static bool is_owner(const struct brio_lock *lock, const struct brio_task *task)
{
    if (lock->owner_ != task || task == NULL)
        return false;
    const struct brio__extra *extra = brio__task(task)->extra;
    return lock->owner_id_ == brio__task(task)->id && extra && extra->owner.run == lock->run_;
}

static void watch(struct brio_lock *lock)
{
    if (lock->watched_ || lock->owner_ == NULL || (lock->waiters_.first == NULL && lock->conditions_ == NULL))
        return;
    struct brio__owner *owner = owner_of(lock);
    lock->watched_ = true;
    lock->previous_ = NULL;
    lock->next_ = owner->wanted;
    if (owner->wanted)
        owner->wanted->previous_ = lock;
    owner->wanted = lock;
}

static void unwatch(struct brio_lock *lock)
{
    if (!lock->watched_)
        return;
    lock->watched_ = false;
    *(lock->previous_ ? &lock->previous_->next_ : &owner_of(lock)->wanted) = lock->next_;
    if (lock->next_)
        lock->next_->previous_ = lock->previous_;
}

static void unwatch_if_unwanted(struct brio_lock *lock)
{
    if (lock->waiters_.first == NULL && lock->conditions_ == NULL)
        unwatch(lock);
}

/* The task has an owner record: see prepare. */
static void set_owner(struct brio_lock *lock, struct brio_task *task)
{
    struct brio__owner *owner = &brio__task(task)->extra->owner;
    lock->owner_ = task;
    lock->owner_id_ = brio__task(task)->id;
    lock->run_ = owner->run;
    owner->held++;
    watch(lock);
}

static void clear_owner(struct brio_lock *lock)
{
    unwatch(lock);
    owner_of(lock)->held--;
    lock->owner_ = NULL;
}

static void break_lock(struct brio_lock *lock)
{
    struct brio_condition *condition;
    clear_owner(lock);
    lock->broken_ = true;
    brio__queue_fail_all(&lock->waiters_, BRIO_EBROKEN, broken_text);
    while ((condition = lock->conditions_)) {
        brio__lock_forget_condition(lock, condition);
        brio__queue_fail_all(&condition->sleepers_, BRIO_EBROKEN, broken_text);
    }
}

static void owner_ended(struct brio_task *task)
{
    struct brio__owner *owner = &brio__task(task)->extra->owner;
    struct brio__scheduler *scheduler = brio__task_scheduler(brio__task(task));
    while (owner->wanted)
        break_lock(owner->wanted);
    if (owner->held && scheduler->last_dead_owner < brio_task_id(task))
        scheduler->last_dead_owner = brio_task_id(task);
}

/* A number for the loop that none had before it. */
static uint64_t new_run(void)
{
    static _Atomic uint64_t last;
    return atomic_fetch_add(&last, 1) + 1;
}

/* Makes the task one that can own locks. False: no memory. */
static bool prepare_slowly(struct brio_task *task)
{
    struct brio__extra *extra = brio__task_extra(brio__task(task));
    if (extra == NULL)
        return false;
    struct brio__scheduler *scheduler = brio__task_scheduler(brio__task(task));
    if (scheduler->lock_run == 0)
        scheduler->lock_run = new_run();
    extra->owner.run = scheduler->lock_run;
    extra->owner.ended = owner_ended;
    return true;
}

static bool prepare(struct brio_task *task)
{
    const struct brio__extra *extra = brio__task(task)->extra;
    return brio_likely(extra && extra->owner.ended) || prepare_slowly(task);
}

static bool owner_lives(const struct brio_lock *lock)
{
    struct brio__loop *loop = brio__loop_current();
    if (loop == NULL || brio__scheduler(loop)->lock_run != lock->run_)
        return false;
    if (lock->owner_id_ > brio__scheduler(loop)->last_dead_owner)
        return true;
    for (struct brio_task *task = brio_task_first(); task; task = brio_task_next(task))
        if (brio_task_id(task) == lock->owner_id_)
            return true;
    return false;
}

static bool is_broken(const struct brio_lock *lock)
{
    return lock->broken_ || (lock->owner_ && !lock->watched_ && !owner_lives(lock));
}

/* The same for good. */
static bool find_broken(struct brio_lock *lock)
{
    if (brio_likely(!is_broken(lock)))
        return false;
    lock->owner_ = NULL;
    lock->broken_ = true;
    return true;
}

/* ---- waiting ---- */

static void wake(struct brio__lock_waiter *waiter)
{
    if (waiter->cancelled)
        brio_unpark_cancelled(waiter->waiter.task);
    else
        brio__unpark_small(waiter->waiter.task, NULL, 0);
}

void brio__lock_enter(struct brio_lock *lock, struct brio__lock_waiter *waiter)
{
    assert(!lock->broken_);
    if (lock->owner_) {
        brio__queue_append(&lock->waiters_, &waiter->waiter);
        watch(lock);
    } else {
        set_owner(lock, waiter->waiter.task);
        wake(waiter);
    }
}

void brio__lock_pass_on(struct brio_lock *lock)
{
    clear_owner(lock);
    struct brio__waiter *first = lock->waiters_.first;
    if (first == NULL)
        return;
    brio__queue_remove(first);
    set_owner(lock, first->task);
    wake(brio__container(first, struct brio__lock_waiter, waiter));
}

static enum brio_abort_result leave_line(struct brio_task *task, void *arg)
{
    struct brio__lock_waiter *waiter = arg;
    (void)task;
    brio__queue_remove(&waiter->waiter);
    unwatch_if_unwanted(waiter->lock);
    return BRIO_ABORTED;
}

static void wait_in_line(struct brio_lock *lock)
{
    struct brio__lock_waiter *waiter = brio__waiter_new(sizeof *waiter);
    if (waiter == NULL)
        return;
    waiter->lock = lock;
    waiter->condition = NULL;
    waiter->notified = waiter->cancelled = false;
    brio__queue_append(&lock->waiters_, &waiter->waiter);
    watch(lock);
    brio__park(leave_line, waiter);
}

/* ---- the lock ---- */

/* 0; -EAGAIN: another task owns it; or why not. */
static int take(struct brio_lock *lock, struct brio_task *task)
{
    if (brio_unlikely(lock->owner_ || lock->broken_)) {
        if (is_owner(lock, task))
            return -EDEADLK;
        return find_broken(lock) ? -BRIO_EBROKEN : -EAGAIN;
    }
    if (!prepare(task))
        return -ENOMEM;
    set_owner(lock, task);
    return 0;
}

static void raise_code(struct brio_task *task, int code)
{
    if (code == -EDEADLK)
        brio__raise_text(brio__task(task), EDEADLK, "the task owns the lock already");
    else if (code == -BRIO_EBROKEN)
        brio__raise_text(brio__task(task), BRIO_EBROKEN, broken_text);
    else
        brio__raise_code(brio__task(task), -code);
}

void brio_lock_acquire(struct brio_lock *lock)
{
    if (brio__checkpoint_fails())
        return;
    struct brio_task *task = brio__current;
    int code = take(lock, task);
    if (brio_likely(code == 0))
        brio__leaf_done(NULL, 0);
    else if (code != -EAGAIN)
        raise_code(task, code);
    else if (prepare(task))
        wait_in_line(lock);
    else
        raise_code(task, -ENOMEM);
}

int brio_lock_try_acquire(struct brio_lock *lock)
{
    struct brio_task *task = brio__task_running();
    int code = task ? take(lock, task) : -EPERM;
    return code == -BRIO_EBROKEN ? -EAGAIN : code;
}

int brio_lock_release(struct brio_lock *lock)
{
    if (!is_owner(lock, brio__task_running()))
        return -EPERM;
    brio__lock_pass_on(lock);
    return 0;
}

bool brio__lock_is_mine(const struct brio_lock *lock)
{
    return is_owner(lock, brio__task_running());
}

bool brio_lock_is_mine(const struct brio_lock *lock)
{
    return brio__lock_is_mine(lock);
}

bool brio_lock_is_locked(const struct brio_lock *lock)
{
    return lock->owner_ || lock->broken_;
}

size_t brio_lock_waiting(const struct brio_lock *lock)
{
    return brio__queue_length(&lock->waiters_);
}

void brio_lock_statistics(const struct brio_lock *lock, struct brio_lock_statistics *statistics)
{
    bool broken = is_broken(lock);
    *statistics = (struct brio_lock_statistics){
        .owner = broken ? NULL : lock->owner_,
        .locked = brio_lock_is_locked(lock),
        .broken = broken,
        .waiting = brio__queue_length(&lock->waiters_),
    };
}

/* ---- its conditions ---- */

void brio__lock_add_condition(struct brio_lock *lock, struct brio_condition *condition)
{
    condition->previous_ = NULL;
    condition->next_ = lock->conditions_;
    if (lock->conditions_)
        lock->conditions_->previous_ = condition;
    lock->conditions_ = condition;
    watch(lock);
}

void brio__lock_forget_condition(struct brio_lock *lock, struct brio_condition *condition)
{
    *(condition->previous_ ? &condition->previous_->next_ : &lock->conditions_) = condition->next_;
    if (condition->next_)
        condition->next_->previous_ = condition->previous_;
    unwatch_if_unwanted(lock);
}
