/* brio/local.h - values that belong to a task and what it spawns, or to a loop.
 *
 *     static struct brio_local user = {.initial = "nobody"};
 *
 *     brio_local_push(&user, "ann");
 *     DEFER brio_local_pop(&user);
 *     AWAIT(handle_request());          … brio_local_get(&user), here and in all tasks that are spawned from here
 *
 * A child begins with the values that its spawner has when it is spawned, in whatever nursery; what either changes later the other does not
 * see. A child spawned outside of any task (in a watcher's callback, say) begins with those of the task whose nursery it is. Nothing here
 * is a checkpoint.
 */
#ifndef BRIO_LOCAL_H
#define BRIO_LOCAL_H

#include <brio/abi.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A name: static storage of the user, never changed. */
struct brio_local {
    void *initial; /* what is read where nothing has been set */
    /* Called once for each value that was set, when no task (or loop) has it any more; in plain code on the loop's thread. It sets no
     * locals. May be NULL. */
    void (*release)(void *value);
};

/* The current task's value. Outside of any task, and in a worker thread, the initial one. */
void *brio_local_get(const struct brio_local *local);
/* 0; -ENOMEM, and -BRIO_ENOTRUNNING outside of any task: nothing has changed then, and the value is still the caller's. */
int brio_local_set(const struct brio_local *local, void *value);
/* Likewise, but the value before is kept, and comes back with the next pop. */
int brio_local_push(const struct brio_local *local, void *value);
/* Drops the value that was set or pushed last. 0; -ENOENT: there is none; -BRIO_ENOTRUNNING; -ENOMEM, only where other locals have been set
 * since, and other tasks have inherited them. */
int brio_local_pop(const struct brio_local *local);

/* The value that this thread's loop has, for all its tasks and for callbacks; until the loop has ended. The same names may be used. get:
 * the initial value without a loop. set: 0, -ENOMEM, -BRIO_ENOTRUNNING. */
void *brio_loop_local_get(const struct brio_local *local);
int brio_loop_local_set(const struct brio_local *local, void *value);

#ifdef __cplusplus
}
#endif

#endif
