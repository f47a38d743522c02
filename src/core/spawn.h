/* core/spawn.h - the rest of starting a task, for frame.c and schedule.c. */
#ifndef CORE_SPAWN_H
#define CORE_SPAWN_H

#include "core/task.h"

/* The spawned ASYNC function has been entered: its frame in the new task; NULL when there is no task to be had. */
void *brio__spawn_enter(struct brio__spawn *spawn, const struct brio_function *function, size_t size, size_t align);
/* What was spawned is a leaf: makes its task, which is the current one from now on. NULL when there is no task to be had. */
struct brio__task *brio__spawn_leaf(struct brio__spawn *spawn);
/* The same as brio__spawn_enter, for a call that is captured. */
void *brio__capture_enter(struct brio__spawn *spawn, const struct brio_function *function, size_t size, size_t align);

/* A new task in a block of `size` bytes, as yet in nobody's list, and without its first frame. One by one: gcc would clear the whole of it
 * first, with a string instruction that takes longer than all the rest. */
static inline void brio__task_init(struct brio__task *task, struct brio__scheduler *scheduler, struct brio_nursery *nursery, size_t size)
{
    struct brio_task *head = &task->head;
    task->standing = scheduler->newborn;
    head->resume = NULL;
    head->limit = (char *)task + size;
    head->error = NULL;
    task->scope = nursery->scope;
    task->nursery = nursery;
    task->extra = NULL;
    task->id = ++scheduler->next_id;
    task->size = (uint32_t)size;
    task->flags = 0;
}

/* Its block has room for that. */
static inline void brio__task_set_into(struct brio__task *task, void *place, size_t size)
{
    task->flags |= BRIO__TASK_INTO;
    *brio__task_into(task) = (struct brio__into){place, size};
}

#endif
