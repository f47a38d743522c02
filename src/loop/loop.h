/* loop/loop.h - one libev loop as the layers above see it: a pass before each poll, clocks, timers, a signal. (io.h: descriptors;
 * wakeup.h: calls from other threads.)
 *
 * Nothing is resumed or cancelled inside a watcher's callback: libev calls timers before I/O, so that a deadline would beat data that came
 * in time. Callbacks only mark; the pass runs in a prepare watcher, after all callbacks and before the poll. An idle watcher of least
 * priority keeps the poll from blocking while the pass has left something to do. No watcher of ours counts for ev_run, which is
 * held by one reference from open to close.
 */
#ifndef LOOP_LOOP_H
#define LOOP_LOOP_H

#include <brio/run.h>
#include <stdbool.h>

#include "base/heap.h"

struct ev_loop;
struct brio__loop;
struct brio__watchers;
struct brio__descriptors;
struct brio__wakeup;
struct brio__signal_watch;

enum brio__pass {
    BRIO__PASS_IDLE, /* block in the poll until something happens */
    BRIO__PASS_MORE, /* only look, and come again */
    BRIO__PASS_DONE  /* it is over: `finish` is called, nothing of the loop is touched afterwards */
};

/* Storage of whoever is to be told that the loop ends. */
struct brio__loop_hook {
    struct brio__loop_hook *next;
    void (*end)(struct brio__loop_hook *hook, struct brio__loop *loop);
};

/* The layer above embeds it. */
struct brio__loop {
    /* Set by the layer above before brio__loop_open. */
    enum brio__pass (*pass)(struct brio__loop *loop);
    void (*expire)(struct brio__loop *loop, struct brio__timer *timer, unsigned kind);
    void (*finish)(struct brio__loop *loop);
    void (*abandon)(struct brio__loop *loop); /* the application destroys the libev loop: nothing of it works any more */
    enum brio_clock clock;

    struct ev_loop *ev;
    struct brio__watchers *watchers;
    struct brio__heap timers;
    double virtual_now; /* the virtual clock; with a rate, as it was at the real time flows_since */
    double rate, flows_since;
    double armed_for;   /* the real time at which the libev timer goes off; INFINITY when it is not set */
    double come_by;     /* the real time by which a pass wants to be made, whatever happens; set by the pass */
    unsigned external;  /* waits that something outside ends, a thread; but for */
    unsigned described; /* those for descriptors */
    unsigned abandoned; /* calls in threads that no task waits for any more, but whose end may give back what one waits for; portals */
    bool stirred;       /* an event has come since the last pass; tasks that became ready need not say so */
    bool polled;        /* since the first timer fell due: what came before that has been seen */
    unsigned passed;    /* which poll, by libev's count, the last pass was made before */
    bool owns_ev;
    bool in_pass;
    bool over;
    struct brio__descriptors *descriptors; /* loop/io.c */
    struct brio__wakeup *wakeup;           /* loop/wakeup.c */
    struct brio__signal_watch *signal_watch; /* loop/signal.c */
    struct brio__loop_hook *at_end;
    struct brio__loop *outer; /* of this thread */
};

/* Of libev, as a mask: those that work here. */
unsigned brio__loop_backends(void);
/* `ev` NULL: an own loop with `flags`. 0; -ENOMEM, -EMFILE, -ENFILE; -EINVAL when libev gives no loop for another reason; -EBUSY when one
 * of ours is in `ev` already. */
int brio__loop_open(struct brio__loop *loop, struct ev_loop *ev, unsigned flags);
/* Calls the hooks, runs the posts that are left, takes everything out of libev. */
void brio__loop_close(struct brio__loop *loop);
/* Runs libev until a pass has said DONE. */
void brio__loop_run(struct brio__loop *loop);
void brio__loop_add_hook(struct brio__loop *loop, struct brio__loop_hook *hook);
/* Ends the ev_run that brio__loop_run is in. */
void brio__loop_break(struct brio__loop *loop);
/* The one whose tasks run, else the innermost that is open in this thread, or NULL. */
struct brio__loop *brio__loop_current(void);

/* ---- clock.c ---- */

double brio__clock_now(void);
/* The virtual clock when it has a rate. */
double brio__loop_flowing_now(const struct brio__loop *loop);
static inline double brio__loop_now(const struct brio__loop *loop)
{
    if (loop->clock != BRIO_CLOCK_VIRTUAL)
        return brio__clock_now();
    return loop->rate == 0 ? loop->virtual_now : brio__loop_flowing_now(loop);
}
/* Of the virtual clock: 0, or -EINVAL for what is negative or not finite. */
int brio__loop_set_rate(struct brio__loop *loop, double rate);
int brio__loop_advance(struct brio__loop *loop, double seconds);
/* Moves it to the next timer. */
void brio__loop_jump(struct brio__loop *loop);
/* The real time at which the next timer is due by itself; INFINITY: never. */
double brio__loop_next_deadline(const struct brio__loop *loop);

/* ---- signal.c ---- */

/* 0; -EINVAL: no such signal; -EBUSY: another loop has it; -ENOMEM, -EMFILE, -ENFILE. One for each loop; the callback is not in a pass. */
int brio__loop_watch_signal(struct brio__loop *loop, int number, void (*callback)(struct brio__loop *loop));
void brio__loop_unwatch_signal(struct brio__loop *loop);

/* ---- loop.c ---- */

/* Whether anything from outside may come: a wait is open, a watcher of ours listens, or the application may have its own. */
static inline bool brio__loop_must_poll(const struct brio__loop *loop)
{
    return !loop->owns_ev || loop->described || loop->external || loop->wakeup || loop->signal_watch;
}

void brio__loop_stir(struct brio__loop *loop);
/* There is something for the next pass to do. For code outside of the pass; cheap. Where an event has come already the pass is sure to
 * come, too. */
static inline void brio__loop_wake(struct brio__loop *loop)
{
    if (!loop->in_pass && !loop->stirred)
        brio__loop_stir(loop);
}

/* `time` must not be a NaN. 0 or -ENOMEM. */
int brio__loop_timer_add(struct brio__loop *loop, struct brio__timer *timer, double time, unsigned kind);
void brio__loop_timer_remove(struct brio__loop *loop, struct brio__timer *timer);
enum brio__expiry { BRIO__EXPIRED_NONE, BRIO__EXPIRED_SOME, BRIO__EXPIRY_AFTER_POLL };
/* Calls `expire` for every timer that is due at one `now`, earliest first; but where one has fallen due since the last poll, that is to
 * come first, so that data which came in time beats a deadline. */
enum brio__expiry brio__loop_expire_due(struct brio__loop *loop);
static inline enum brio__expiry brio__loop_timers_expire(struct brio__loop *loop)
{
    return loop->timers.count ? brio__loop_expire_due(loop) : BRIO__EXPIRED_NONE;
}
/* The pass that asks, and hears that one is due, ends with a poll. */
bool brio__loop_first_due(struct brio__loop *loop);
static inline bool brio__loop_timers_due(struct brio__loop *loop)
{
    return loop->timers.count && brio__loop_first_due(loop);
}

/* Around each wait that something outside of the loop ends, such as a thread. */
static inline void brio__loop_hold(struct brio__loop *loop)
{
    loop->external++;
}

static inline void brio__loop_let_clock_move(struct brio__loop *loop)
{
    if (loop->external == 0 && loop->described == 0 && loop->clock == BRIO_CLOCK_VIRTUAL)
        brio__loop_wake(loop);
}

static inline void brio__loop_unhold(struct brio__loop *loop)
{
    loop->external--;
    brio__loop_let_clock_move(loop);
}

/* The same for a descriptor's readiness. */
static inline void brio__loop_hold_descriptor(struct brio__loop *loop)
{
    loop->described++;
}

/* Where the loop has not been stirred, brio__loop_let_clock_move follows. */
static inline void brio__loop_unhold_descriptor(struct brio__loop *loop)
{
    loop->described--;
}

#endif
