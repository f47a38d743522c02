/* loop/wakeup.c - a queue under a mutex, and an ev_async that tells the loop of it.
 *
 * ev_async_send is the one function of libev that other threads may call, and the loop must exist then. So it is called under the mutex,
 * and `open` tells whether it may be.
 */
#include "loop/wakeup.h"

#include <assert.h>
#include <errno.h>
#include <ev.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fatal.h"
#include "loop/fork.h"
#include "loop/loop.h"

struct brio__wakeup {
    struct brio__fork_watch fork_watch;
    pthread_mutex_t mutex;
    unsigned references;
    bool open;
    struct brio__post *first, **last;
    struct ev_loop *ev;
    struct ev_async watcher;
};

/* What has been posted up to now; a post that posts again is served in a later round. */
static struct brio__post *take_posts(struct brio__wakeup *wakeup)
{
    pthread_mutex_lock(&wakeup->mutex);
    struct brio__post *first = wakeup->first;
    wakeup->first = NULL;
    wakeup->last = &wakeup->first;
    pthread_mutex_unlock(&wakeup->mutex);
    return first;
}

static void run_posts(struct brio__wakeup *wakeup)
{
    struct brio__post *next;
    for (struct brio__post *post = take_posts(wakeup); post; post = next) {
        next = post->next;
        post->run(post);
    }
}

static void on_async(struct ev_loop *ev, struct ev_async *watcher, int events)
{
    (void)ev;
    (void)events;
    run_posts(watcher->data);
}

int brio__wakeup_check(void)
{
    int fd = eventfd(0, EFD_CLOEXEC);
    if (fd < 0)
        return -errno;
    close(fd);
    return 0;
}

static void lock_for_fork(struct brio__fork_watch *watch)
{
    pthread_mutex_lock(&brio__container(watch, struct brio__wakeup, fork_watch)->mutex);
}

static void unlock_after_fork(struct brio__fork_watch *watch, bool child)
{
    (void)child;
    pthread_mutex_unlock(&brio__container(watch, struct brio__wakeup, fork_watch)->mutex);
}

static int init_shared(struct brio__wakeup *wakeup)
{
    int code = -pthread_mutex_init(&wakeup->mutex, NULL);
    if (code != 0)
        return code;
    wakeup->fork_watch.lock = lock_for_fork;
    wakeup->fork_watch.unlock = unlock_after_fork;
    code = brio__fork_watch_add(&wakeup->fork_watch);
    if (code != 0)
        pthread_mutex_destroy(&wakeup->mutex);
    return code;
}

static int make_wakeup(struct brio__loop *loop)
{
    int code = brio__wakeup_check();
    if (code != 0)
        return code;
    struct brio__wakeup *wakeup = brio__alloc(sizeof *wakeup);
    if (wakeup == NULL)
        return -ENOMEM;
    code = init_shared(wakeup);
    if (code != 0) {
        brio__free(wakeup, sizeof *wakeup);
        return code;
    }
    wakeup->references = 1;
    wakeup->open = true;
    wakeup->first = NULL;
    wakeup->last = &wakeup->first;
    wakeup->ev = loop->ev;
    ev_async_init(&wakeup->watcher, on_async);
    wakeup->watcher.data = wakeup;
    ev_async_start(loop->ev, &wakeup->watcher);
    ev_unref(loop->ev);
    loop->wakeup = wakeup;
    return 0;
}

int brio__wakeup_get(struct brio__loop *loop, struct brio__wakeup **wakeup)
{
    int code = loop->wakeup ? 0 : make_wakeup(loop);
    if (code == 0)
        *wakeup = loop->wakeup;
    return code;
}

struct brio__wakeup *brio__wakeup_ref(struct brio__wakeup *wakeup)
{
    pthread_mutex_lock(&wakeup->mutex);
    wakeup->references++;
    pthread_mutex_unlock(&wakeup->mutex);
    return wakeup;
}

void brio__wakeup_unref(struct brio__wakeup *wakeup)
{
    pthread_mutex_lock(&wakeup->mutex);
    assert(wakeup->references > 0);
    bool last = --wakeup->references == 0;
    pthread_mutex_unlock(&wakeup->mutex);
    if (last) {
        brio__fork_watch_remove(&wakeup->fork_watch);
        pthread_mutex_destroy(&wakeup->mutex);
        brio__free(wakeup, sizeof *wakeup);
    }
}

int brio__wakeup_post(struct brio__wakeup *wakeup, struct brio__post *post)
{
    pthread_mutex_lock(&wakeup->mutex);
    int code = wakeup->open ? 0 : -ESRCH;
    if (code == 0) {
        post->next = NULL;
        *wakeup->last = post;
        wakeup->last = &post->next;
        ev_async_send(wakeup->ev, &wakeup->watcher);
    }
    pthread_mutex_unlock(&wakeup->mutex);
    return code;
}

void brio__wakeup_end(struct brio__loop *loop)
{
    struct brio__wakeup *wakeup = loop->wakeup;
    if (wakeup == NULL)
        return;
    pthread_mutex_lock(&wakeup->mutex);
    wakeup->open = false;
    pthread_mutex_unlock(&wakeup->mutex);
    run_posts(wakeup);
    ev_ref(loop->ev);
    ev_async_stop(loop->ev, &wakeup->watcher);
    loop->wakeup = NULL;
    brio__wakeup_unref(wakeup);
}
