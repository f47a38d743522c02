/* brio/leaf.h - how an awaitable is written in plain C.
 *
 *     ASYNC_LEAF int thing_get(struct thing *thing)
 *     {
 *         if (brio_checkpoint_fails())
 *             return 0;
 *         if (thing->ready)
 *             return thing->value;
 *         thing->waiter = brio_task_current();
 *         brio_park(forget_waiter, thing);
 *         return 0;
 *     }
 *
 * and in the callback that says so: brio_unpark_value(thing->waiter, &value, sizeof value).
 *
 * A parked task is unparked exactly once, from any plain code on the loop's thread; it runs later, never inside the call. To unpark a task
 * twice, or one that is not parked, is a bug that ends the process with a message: at once, or, where a task that runs has been unparked
 * and the leaf has not parked it then, in its next await.
 */
#ifndef BRIO_LEAF_H
#define BRIO_LEAF_H

#include <brio/language.h>
#include <brio/task.h>

#ifdef __cplusplus
extern "C" {
#endif

enum brio_abort_result {
    BRIO_ABORTED,      /* undone: nobody will unpark the task; its await is cancelled */
    BRIO_ABORT_PENDING /* it goes on: the leaf unparks the task later, as usual or with brio_unpark_cancelled */
};
/* Called at most once for a park, when cancellation arrives, with the canceller as the current task (if any). Must not wait or fail. */
typedef enum brio_abort_result brio_abort(struct brio_task *task, void *arg);

/* The first act of a leaf: before it, while the leaf is being SPAWNed, the current task is still the one that spawns. True: cancellation is
 * due and on its way, return at once. */
bool brio_checkpoint_fails(void);
/* Private: the leaf's own task, made now if it is being SPAWNed. */
struct brio_task *brio__leaf_task(void);
/* The last act of a leaf that waits. `abort` NULL: the wait cannot be cancelled. The task may have been unparked before, within the same
 * leaf. */
void brio_park(brio_abort *abort, void *arg);
/* Instead of parking: the leaf fails. */
#define brio_leaf_fail(code, ...) brio__raise(brio__leaf_task(), (code), __FILE__, __LINE__, __func__, __VA_ARGS__)
/* The last act of a leaf that has completed at once, before it returns `*value` (of `size` bytes; NULL, 0 for void): keeps a task whose
 * awaits are always ready from starving the others. May leave it out only what is sure to wait now and then. */
void brio_leaf_done(const void *value, size_t size);

/* The await returns; a leaf with a value uses unpark_value with exactly the type that it returns. */
void brio_unpark(struct brio_task *task);
void brio_unpark_value(struct brio_task *task, const void *value, size_t size);
/* The await fails. A message of NULL is the code's own text. */
void brio_unpark_error(struct brio_task *task, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* The await fails with this error, and takes over the reference. */
void brio_unpark_failed(struct brio_task *task, const struct brio_error *error);
/* Only after an abort that was BRIO_ABORT_PENDING: the await is cancelled. */
void brio_unpark_cancelled(struct brio_task *task);

#ifdef __cplusplus
}
#endif

#endif
