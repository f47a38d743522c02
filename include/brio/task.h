/* brio/task.h - tasks, as seen from outside. A pointer to a task is valid until the task ends. */
#ifndef BRIO_TASK_H
#define BRIO_TASK_H

#include <brio/language.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The task that runs; NULL outside of any. */
struct brio_task *brio_task_current(void);
/* The name given to SPAWN or RUN, else that of the task's function. Borrowed until the task ends. */
const char *brio_task_name(const struct brio_task *task);
/* Counts up from 1 in each loop; never used again. */
uint64_t brio_task_id(const struct brio_task *task);
/* Of the task whose nursery it is in, of START's caller until it has started; 0 for the root task. */
uint64_t brio_task_parent_id(const struct brio_task *task);
/* Whether its next checkpoint will be cancelled. */
bool brio_task_cancel_pending(const struct brio_task *task);

/* All tasks of this thread's loop, parents before their children: first gives the root task (NULL without a loop), next the one after it,
 * NULL at the end. No task may start or end meanwhile. */
struct brio_task *brio_task_first(void);
struct brio_task *brio_task_next(struct brio_task *task);

/* Waits until every other task is blocked and no event is waiting to be handled, and for `cushion` real seconds nothing has changed that; meant for
 * tests. The cushion may be left out, and is 0 then. Of several such waits the one with the shortest cushion ends first, together with its equals,
 * and the others begin anew. A task that sleeps, or waits for a descriptor or a thread, is blocked; while one waits here the virtual clock does not
 * jump. A checkpoint. Raises EINVAL for a NaN, and ENOMEM. */
BRIO_ASYNC_LEAF void brio_wait_all_blocked(double cushion);
#define brio_wait_all_blocked(...) brio_wait_all_blocked(0.0 + __VA_ARGS__ + 0)

#ifdef __cplusplus
}
#endif

#endif
