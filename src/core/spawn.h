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

#endif
