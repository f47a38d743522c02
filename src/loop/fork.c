/* fork.c - see fork.h. */
#include "loop/fork.h"

#include <errno.h>
#include <pthread.h>
#include <stddef.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER; /* guards what follows, and is the first of all */
static struct brio__fork_watch *watches;
static bool handled;

static void before_fork(void)
{
    pthread_mutex_lock(&mutex);
    for (struct brio__fork_watch *watch = watches; watch; watch = watch->next)
        watch->lock(watch);
}

static void after_fork(bool child)
{
    for (struct brio__fork_watch *watch = watches; watch; watch = watch->next)
        watch->unlock(watch, child);
    pthread_mutex_unlock(&mutex);
}

static void after_fork_in_parent(void)
{
    after_fork(false);
}

static void after_fork_in_child(void)
{
    after_fork(true);
}

int brio__fork_watch_add(struct brio__fork_watch *watch)
{
    pthread_mutex_lock(&mutex);
    if (!handled)
        handled = pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child) == 0;
    bool added = handled;
    if (added) {
        watch->next = watches;
        watches = watch;
    }
    pthread_mutex_unlock(&mutex);
    return added ? 0 : -ENOMEM;
}

void brio__fork_watch_remove(struct brio__fork_watch *watch)
{
    pthread_mutex_lock(&mutex);
    struct brio__fork_watch **link = &watches;
    while (*link != watch)
        link = &(*link)->next;
    *link = watch->next;
    pthread_mutex_unlock(&mutex);
}
