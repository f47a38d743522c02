/* brio/sync.h - for tasks of one loop: event, lock, semaphore. Not for threads.
 *
 * All-zero objects and the INIT constants are ready for use, and none needs to be released; none may go away while a task waits for it.
 * Waits are served in order, and what is handed to a waiter is its own from then on. The awaitable functions are checkpoints, always;
 * cancelled, they have taken nothing.
 */
#ifndef BRIO_SYNC_H
#define BRIO_SYNC_H

#include <brio/language.h>
#include <brio/leaf.h>
#include <brio/nursery.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Set once, for good. */
struct brio_event {
    bool set_;
    struct brio__queue waiters_;
};
#define BRIO_EVENT_INIT                                                                                                                    \
    {                                                                                                                                      \
        false,                                                                                                                             \
        {                                                                                                                                  \
            NULL, NULL                                                                                                                     \
        }                                                                                                                                  \
    }

void brio_event_init(struct brio_event *event);
/* Wakes all that wait. */
void brio_event_set(struct brio_event *event);
bool brio_event_is_set(const struct brio_event *event);
BRIO_ASYNC_LEAF void brio_event_wait(struct brio_event *event);
/* How many tasks wait. */
size_t brio_event_waiting(const struct brio_event *event);

/* Owned by one task. */
struct brio_lock {
    struct brio_task *owner_;
    uint64_t owner_id_; /* tells a later task in the same memory from the owner */
    struct brio__queue waiters_;
};
#define BRIO_LOCK_INIT                                                                                                                     \
    {                                                                                                                                      \
        NULL, 0,                                                                                                                           \
        {                                                                                                                                  \
            NULL, NULL                                                                                                                     \
        }                                                                                                                                  \
    }

void brio_lock_init(struct brio_lock *lock);
/* Raises EDEADLK when the task owns it already. */
BRIO_ASYNC_LEAF void brio_lock_acquire(struct brio_lock *lock);
/* 0; -EAGAIN when another task owns it; -EDEADLK; -EPERM outside of any task. */
int brio_lock_try_acquire(struct brio_lock *lock);
/* Hands it to the first that waits. 0; -EPERM when the task does not own it. */
int brio_lock_release(struct brio_lock *lock);
bool brio_lock_is_locked(const struct brio_lock *lock);
/* Whether the current task owns it. */
bool brio_lock_is_mine(const struct brio_lock *lock);
size_t brio_lock_waiting(const struct brio_lock *lock);

struct brio_semaphore {
    size_t value_;
    size_t max_; /* 0: none */
    struct brio__queue waiters_;
};
#define BRIO_SEMAPHORE_INIT(initial, max)                                                                                                  \
    {                                                                                                                                      \
        (initial), (max),                                                                                                                  \
        {                                                                                                                                  \
            NULL, NULL                                                                                                                     \
        }                                                                                                                                  \
    }

/* 0; -EINVAL when the initial value is above `max` (0: no maximum). */
int brio_semaphore_init(struct brio_semaphore *semaphore, size_t initial, size_t max);
BRIO_ASYNC_LEAF void brio_semaphore_acquire(struct brio_semaphore *semaphore);
/* 0 or -EAGAIN. */
int brio_semaphore_try_acquire(struct brio_semaphore *semaphore);
/* 0; -EOVERFLOW when it is at its maximum. */
int brio_semaphore_release(struct brio_semaphore *semaphore);
size_t brio_semaphore_value(const struct brio_semaphore *semaphore);
size_t brio_semaphore_waiting(const struct brio_semaphore *semaphore);

/* HOLD(x): the functions that acquire and release what `x` points to. */
#define BRIO__ACQUIRE(x) _Generic((x), struct brio_lock * : brio_lock_acquire, struct brio_semaphore * : brio_semaphore_acquire)
#define BRIO__RELEASE(x) _Generic((x), struct brio_lock * : brio_lock_release, struct brio_semaphore * : brio_semaphore_release)

#ifdef __cplusplus
}
#endif

#endif
