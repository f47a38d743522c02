/* loop/fork.h - what holds a mutex that other threads take too is told of a fork: the child has a copy of it, and none of those threads. */
#ifndef LOOP_FORK_H
#define LOOP_FORK_H

#include <stdbool.h>

/* Storage of whoever is to be told. In the thread that forks: `lock` before; `unlock` after, in both processes. The last to come is the
 * first to be locked. Neither may allocate or add or remove one. */
struct brio__fork_watch {
    struct brio__fork_watch *next;
    void (*lock)(struct brio__fork_watch *watch);
    void (*unlock)(struct brio__fork_watch *watch, bool child);
};

/* Any thread. 0 or -ENOMEM. */
int brio__fork_watch_add(struct brio__fork_watch *watch);
void brio__fork_watch_remove(struct brio__fork_watch *watch);

#endif
