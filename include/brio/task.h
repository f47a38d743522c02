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

/* The tree, from any place in it: pointers are borrowed, and hold until a task ends or a block is left. */

/* As brio_task_parent_id tells; NULL for the root task. */
struct brio_task *brio_task_parent(const struct brio_task *task);
/* Whose child it is: until brio_started() NULL for one that is being STARTed, and see the next; NULL for the root task. */
struct brio_nursery *brio_task_nursery(const struct brio_task *task);
/* Of a child that is being STARTed: where it will be. NULL for others. */
struct brio_nursery *brio_task_eventual_nursery(const struct brio_task *task);
/* The NURSERY blocks that the task is in, outermost first: the one inside `after` (NULL: the outermost); NULL at the end. */
struct brio_nursery *brio_task_next_nursery(const struct brio_task *task, const struct brio_nursery *after);
/* The task whose block it is. */
struct brio_task *brio_nursery_task(const struct brio_nursery *nursery);
/* Its children, oldest first: the one after `after` (NULL: the first); NULL at the end. */
struct brio_task *brio_nursery_next_child(const struct brio_nursery *nursery, const struct brio_task *after);

enum brio_task_state { BRIO_TASK_READY, BRIO_TASK_RUNNING, BRIO_TASK_BLOCKED, BRIO_TASK_ASLEEP /* blocked, in a sleep */ };
enum brio_task_state brio_task_state(const struct brio_task *task);

/* Where a task is: one function of its await chain. Strings are static. */
struct brio_await {
    const char *function;
    const char *callee; /* what it awaits, as written: "brio_sleep", "NURSERY n"; NULL: nothing yet */
    const char *file;   /* where */
    unsigned line;
};
/* Fills `awaits` from the innermost function outwards, with `count` at most; returns how many there are. */
size_t brio_task_awaits(const struct brio_task *task, struct brio_await *awaits, size_t count);

/* Waits until every other task is blocked and no event is waiting to be handled, and for `cushion` real seconds nothing has changed that;
 * meant for tests. The cushion may be left out, and is 0 then. Of several such waits the one with the shortest cushion ends first, together
 * with its equals, and the others begin anew. A task that sleeps, or waits for a descriptor or a thread, is blocked; while one waits here
 * the virtual clock does not jump. A checkpoint. Raises EINVAL for a NaN, and ENOMEM. */
BRIO_ASYNC_LEAF void brio_wait_all_blocked(double cushion);
#define brio_wait_all_blocked(...) brio_wait_all_blocked(0.0 + __VA_ARGS__ + 0)

#ifdef __cplusplus
}
#endif

#endif
