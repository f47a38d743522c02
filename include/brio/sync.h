/* brio/sync.h - for the tasks of one loop: event, lock, condition, semaphore, limiter, guard, future. Not for threads.
 *
 * All-zero objects and the INIT constants are ready for use, and none needs to be released, save where it says so; none may go away while a
 * task waits for it. Waits are served in order; what is handed to a waiter is its own from then on, and nobody can overtake it. The
 * awaitable functions are checkpoints, always; cancelled, they have taken nothing. They raise ENOMEM when there is no room to wait. The
 * others never wait, and may be called from plain code on the loop's thread, save those that are about the current task.
 *
 * HOLD(&x) { … } acquires and releases a lock, condition, semaphore or limiter.
 */
#ifndef BRIO_SYNC_H
#define BRIO_SYNC_H

#include <brio/language.h>
#include <brio/leaf.h>
#include <brio/nursery.h>

#ifdef __cplusplus
extern "C" {
#endif

/* clang-format off */
#define BRIO__QUEUE_INIT {NULL, NULL}
/* clang-format on */

/* ---- event: set once, for good ---- */

struct brio_event {
    bool set_;
    struct brio__queue waiters_;
};
/* clang-format off */
#define BRIO_EVENT_INIT {false, BRIO__QUEUE_INIT}
/* clang-format on */

struct brio_event_statistics {
    size_t waiting; /* tasks in brio_event_wait */
};

void brio_event_init(struct brio_event *event);
/* Wakes all that wait. Again: no effect. */
void brio_event_set(struct brio_event *event);
bool brio_event_is_set(const struct brio_event *event);
BRIO_ASYNC_LEAF void brio_event_wait(struct brio_event *event);
size_t brio_event_waiting(const struct brio_event *event);
void brio_event_statistics(const struct brio_event *event, struct brio_event_statistics *statistics);

/* ---- lock: owned by one task ---- */

/* A lock whose owner ends without releasing it is broken for good (until brio_lock_init): what it guards may be half done. */
struct brio_lock {
    struct brio_task *owner_;
    uint64_t owner_id_; /* with run_, tells a later task in the same memory from the owner */
    uint64_t run_;
    struct brio__queue waiters_;
    struct brio_condition *conditions_;  /* those of this lock in which tasks sleep */
    struct brio_lock *next_, *previous_; /* the owner's locks that are watched */
    bool watched_, broken_;
};
/* clang-format off */
#define BRIO_LOCK_INIT {NULL, 0, 0, BRIO__QUEUE_INIT, NULL, NULL, NULL, false, false}
/* clang-format on */

struct brio_lock_statistics {
    struct brio_task *owner; /* NULL: nobody */
    bool locked;             /* also when it is broken */
    bool broken;
    size_t waiting; /* tasks in brio_lock_acquire, and those that a condition of this lock has woken */
};

void brio_lock_init(struct brio_lock *lock);
/* Raises EDEADLK when the task owns it already, BRIO_EBROKEN when it is broken or breaks meanwhile. */
BRIO_ASYNC_LEAF void brio_lock_acquire(struct brio_lock *lock);
/* 0; -EAGAIN when another task owns it, or it is broken; -EDEADLK; -EPERM outside of any task; -ENOMEM. */
int brio_lock_try_acquire(struct brio_lock *lock);
/* Hands it to the first that waits. 0; -EPERM when the task does not own it. */
int brio_lock_release(struct brio_lock *lock);
/* Also true when it is broken. */
bool brio_lock_is_locked(const struct brio_lock *lock);
/* Whether the current task owns it. */
bool brio_lock_is_mine(const struct brio_lock *lock);
size_t brio_lock_waiting(const struct brio_lock *lock);
void brio_lock_statistics(const struct brio_lock *lock, struct brio_lock_statistics *statistics);

/* ---- condition: sleep until another task says that something under a lock has changed ----
 *
 *     HOLD(&condition) {
 *         while (!what_i_wait_for)
 *             AWAIT(brio_condition_wait(&condition));
 *         …
 *     }
 */

struct brio_condition {
    struct brio_lock own_;
    struct brio_lock *lock_; /* NULL: own_ */
    struct brio__queue sleepers_;
    struct brio_condition *next_, *previous_; /* in conditions_ of the lock */
};
/* With a lock of its own. */
/* clang-format off */
#define BRIO_CONDITION_INIT {BRIO_LOCK_INIT, NULL, BRIO__QUEUE_INIT, NULL, NULL}
/* clang-format on */

struct brio_condition_statistics {
    size_t waiting; /* tasks that no notification has reached yet */
    struct brio_lock_statistics lock;
};

/* `lock` is borrowed, and several conditions may share it; NULL: the condition has its own. */
void brio_condition_init(struct brio_condition *condition, struct brio_lock *lock);
/* Those of its lock. */
BRIO_ASYNC_LEAF void brio_condition_acquire(struct brio_condition *condition);
int brio_condition_try_acquire(struct brio_condition *condition);
int brio_condition_release(struct brio_condition *condition);
/* Releases the lock, sleeps until it is notified, and has the lock again when it returns, in order with others that want it. So it has when
 * it is cancelled; a notification that had reached it then goes on to the next sleeper. Raises EPERM when the task does not own the lock,
 * BRIO_EBROKEN when the lock breaks meanwhile: then the task does not have it. */
BRIO_ASYNC_LEAF void brio_condition_wait(struct brio_condition *condition);
/* Wakes the first `count` sleepers, or all: they get the lock one after the other, once the task has released it. 0; -EPERM when the
 * task does not own the lock. */
int brio_condition_notify(struct brio_condition *condition, size_t count);
int brio_condition_notify_all(struct brio_condition *condition);
void brio_condition_statistics(const struct brio_condition *condition, struct brio_condition_statistics *statistics);

/* ---- semaphore: so many may pass; units belong to nobody ---- */

struct brio_semaphore {
    size_t value_;
    size_t max_; /* 0: none */
    struct brio__queue waiters_;
};
/* clang-format off */
#define BRIO_SEMAPHORE_INIT(initial, max) {(initial), (max), BRIO__QUEUE_INIT}
/* clang-format on */

struct brio_semaphore_statistics {
    size_t value;
    size_t max; /* 0: none */
    size_t waiting;
};

/* 0; -EINVAL when the initial value is above `max` (0: no maximum). */
int brio_semaphore_init(struct brio_semaphore *semaphore, size_t initial, size_t max);
BRIO_ASYNC_LEAF void brio_semaphore_acquire(struct brio_semaphore *semaphore);
/* 0 or -EAGAIN. */
int brio_semaphore_try_acquire(struct brio_semaphore *semaphore);
/* Hands the unit to the first that waits; the value stays 0 then. 0; -EOVERFLOW when it is at its maximum. */
int brio_semaphore_release(struct brio_semaphore *semaphore);
size_t brio_semaphore_value(const struct brio_semaphore *semaphore);
size_t brio_semaphore_waiting(const struct brio_semaphore *semaphore);
void brio_semaphore_statistics(const struct brio_semaphore *semaphore, struct brio_semaphore_statistics *statistics);

/* ---- limiter: so many tokens, at most one for each borrower ----
 *
 * A borrower is a task, or whatever the pointer given to the _for functions stands for: it is compared, and not followed. A token that a
 * task does not give back is gone.
 */

struct brio__borrower {
    uint64_t key;
    uint32_t kind; /* 0: no entry */
};

enum { BRIO__LIMITER_ROOM = 8 };

struct brio_limiter {
    size_t total_;
    size_t borrowed_;
    size_t waiting_;
    struct brio__queue waiters_;
    struct brio__borrower *table_; /* of room_ entries; NULL: first_ */
    size_t room_;
    struct brio__borrower first_[BRIO__LIMITER_ROOM];
};
/* clang-format off */
#define BRIO_LIMITER_INIT(tokens) {(tokens), 0, 0, BRIO__QUEUE_INIT, NULL, 0, {{0, 0}}}
/* clang-format on */

struct brio_limiter_statistics {
    size_t total;    /* SIZE_MAX: no limit */
    size_t borrowed; /* above the total, if that was lowered meanwhile */
    size_t waiting;
};

/* SIZE_MAX: no limit. */
void brio_limiter_init(struct brio_limiter *limiter, size_t tokens);
/* Only needed where tokens are still out: frees what is kept about their borrowers. No task may wait. All-zero afterwards. */
void brio_limiter_deinit(struct brio_limiter *limiter);
/* Raises EDEADLK when the borrower has a token already. */
BRIO_ASYNC_LEAF void brio_limiter_acquire(struct brio_limiter *limiter);
BRIO_ASYNC_LEAF void brio_limiter_acquire_for(struct brio_limiter *limiter, const void *borrower);
/* 0; -EAGAIN when no token is free; -EDEADLK; -EPERM outside of any task (not for _for); -ENOMEM. */
int brio_limiter_try_acquire(struct brio_limiter *limiter);
int brio_limiter_try_acquire_for(struct brio_limiter *limiter, const void *borrower);
/* 0; -EPERM when the borrower has no token. */
int brio_limiter_release(struct brio_limiter *limiter);
int brio_limiter_release_for(struct brio_limiter *limiter, const void *borrower);
/* Raised: lets as many in as then fit. Lowered: nobody loses a token. */
void brio_limiter_set_total(struct brio_limiter *limiter, size_t tokens);
/* Whether the current task has a token; whether that borrower has. */
bool brio_limiter_is_mine(const struct brio_limiter *limiter);
bool brio_limiter_is_borrower(const struct brio_limiter *limiter, const void *borrower);
void brio_limiter_statistics(const struct brio_limiter *limiter, struct brio_limiter_statistics *statistics);

/* ---- guard: for what is not made for two tasks at once ---- */

struct brio_guard {
    bool entered_;
};
/* clang-format off */
#define BRIO_GUARD_INIT {false}
/* clang-format on */

void brio_guard_init(struct brio_guard *guard);
/* 0; -EBUSY when somebody is inside. */
int brio_guard_enter(struct brio_guard *guard);
/* 0; -EPERM when nobody is. */
int brio_guard_leave(struct brio_guard *guard);

/* ---- future: a value, an error or a cancellation that comes once, for any number of tasks ---- */

enum brio_future_status { BRIO_FUTURE_PENDING, BRIO_FUTURE_DONE, BRIO_FUTURE_FAILED, BRIO_FUTURE_CANCELLED };

struct brio_future {
    enum brio_future_status status_;
    size_t size_;
    union {
        char small_[32];
        void *large_;
    } value_;
    const struct brio_error *error_;
    struct brio__queue waiters_;
};
/* clang-format off */
#define BRIO_FUTURE_INIT {BRIO_FUTURE_PENDING, 0, {{0}}, NULL, BRIO__QUEUE_INIT}
/* clang-format on */

struct brio_future_statistics {
    enum brio_future_status status;
    size_t waiting;
};

void brio_future_init(struct brio_future *future);
/* Frees the value or error. No task may wait. Pending again afterwards. */
void brio_future_deinit(struct brio_future *future);

/* All four settle it, once, and wake all that wait. 0; -EALREADY when it has a value or an error, -ECANCELED when it was cancelled. */

/* `size` bytes are copied from `value`. Also -ENOMEM, with the future still pending. */
int brio_future_set(struct brio_future *future, const void *value, size_t size);
/* Where there is no memory for the error, it fails with ENOMEM. */
int brio_future_fail(struct brio_future *future, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* With an error that is there already, of which it takes a reference of its own. */
int brio_future_fail_with(struct brio_future *future, const struct brio_error *error);
int brio_future_cancel(struct brio_future *future);

/* Copies the value, of the size it was set with, to `value` (or not: NULL). Raises the future's error as it is; ECANCELED when it was
 * cancelled. A waiter that is cancelled leaves the future as it is. */
BRIO_ASYNC_LEAF void brio_future_wait(struct brio_future *future, void *value);
/* 0, with the value copied; -EAGAIN while it is pending; the error's code, negative; -ECANCELED. */
int brio_future_try_wait(const struct brio_future *future, void *value);
enum brio_future_status brio_future_status(const struct brio_future *future);
/* Of a future that has failed, borrowed from it; else NULL. */
const struct brio_error *brio_future_error(const struct brio_future *future);
void brio_future_statistics(const struct brio_future *future, struct brio_future_statistics *statistics);

/* ---- HOLD(x): the functions that acquire and release what `x` points to ---- */

/* clang-format off */
#define BRIO__ACQUIRE(x) _Generic((x), \
    struct brio_lock *: brio_lock_acquire, \
    struct brio_condition *: brio_condition_acquire, \
    struct brio_semaphore *: brio_semaphore_acquire, \
    struct brio_limiter *: brio_limiter_acquire)
#define BRIO__RELEASE(x) _Generic((x), \
    struct brio_lock *: brio_lock_release, \
    struct brio_condition *: brio_condition_release, \
    struct brio_semaphore *: brio_semaphore_release, \
    struct brio_limiter *: brio_limiter_release)
/* clang-format on */

#ifdef __cplusplus
}
#endif

#endif
