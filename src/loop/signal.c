/* signal.c - calling something on a loop's thread when a signal arrives: for the dump of tasks.
 *
 * libev attaches a signal to one loop of the process, ends the process when a second one asks, and puts SIG_DFL in place when it
 * lets go. So those of ours are noted here, and what was in place before is put back.
 */
#include <errno.h>
#include <ev.h>
#include <signal.h>

#include "base/alloc.h"
#include "loop/loop.h"
#include "loop/wakeup.h"

enum { SIGNAL_COUNT = 65 };

struct brio__signal_watch {
    struct ev_signal watcher;
    struct sigaction before;
    struct brio__loop *loop;
    void (*callback)(struct brio__loop *loop);
};

static bool taken[SIGNAL_COUNT];

static void on_signal(struct ev_loop *ev, struct ev_signal *watcher, int events)
{
    (void)ev;
    (void)events;
    struct brio__signal_watch *watch = watcher->data;
    watch->callback(watch->loop);
}

int brio__loop_watch_signal(struct brio__loop *loop, int number, void (*callback)(struct brio__loop *loop))
{
    struct sigaction before;
    if (number <= 0 || number >= SIGNAL_COUNT || sigaction(number, NULL, &before) != 0)
        return -EINVAL;
    int code = brio__wakeup_check();
    if (code != 0)
        return code;
    struct brio__signal_watch *watch = brio__alloc(sizeof *watch);
    if (watch == NULL)
        return -ENOMEM;
    if (__atomic_exchange_n(&taken[number], true, __ATOMIC_ACQ_REL)) {
        brio__free(watch, sizeof *watch);
        return -EBUSY;
    }
    *watch = (struct brio__signal_watch){.before = before, .loop = loop, .callback = callback};
    ev_signal_init(&watch->watcher, on_signal, number);
    watch->watcher.data = watch;
    ev_signal_start(loop->ev, &watch->watcher);
    ev_unref(loop->ev);
    loop->signal_watch = watch;
    return 0;
}

void brio__loop_unwatch_signal(struct brio__loop *loop)
{
    struct brio__signal_watch *watch = loop->signal_watch;
    if (watch == NULL)
        return;
    int number = watch->watcher.signum;
    struct sigaction left;
    ev_ref(loop->ev);
    ev_signal_stop(loop->ev, &watch->watcher);
    if (sigaction(number, NULL, &left) == 0 && left.sa_handler == SIG_DFL) /* else the application watches it too */
        sigaction(number, &watch->before, NULL);
    __atomic_store_n(&taken[number], false, __ATOMIC_RELEASE);
    brio__free(watch, sizeof *watch);
    loop->signal_watch = NULL;
}
