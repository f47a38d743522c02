/* loop.c - see loop.h. */
#include "loop/loop.h"

#include <assert.h>
#include <errno.h>
#include <ev.h>
#include <math.h>
#include <stdio.h>

#include "base/alloc.h"
#include "loop/io.h"
#include "loop/wakeup.h"

struct brio__watchers {
    struct ev_prepare prepare;
    struct ev_idle idle;
    struct ev_timer timer;
    struct ev_cleanup cleanup;
};

/* libev adds seconds to a time of its own; beyond this it would lose them. */
static const double longest_wait = 86400;

static __thread struct brio__loop *innermost __attribute__((tls_model("initial-exec"))); /* of those that are open in this thread */
static __thread struct brio__loop *passing __attribute__((tls_model("initial-exec")));   /* the one whose tasks run now */

struct brio__loop *brio__loop_current(void)
{
    return passing ? passing : innermost;
}

static void leave_thread(struct brio__loop *loop)
{
    struct brio__loop **link = &innermost;
    while (*link != loop)
        link = &(*link)->outer;
    *link = loop->outer;
}

/* ---- watchers; none of them counts for ev_run ---- */

static void start_idle(struct brio__loop *loop)
{
    struct ev_idle *idle = &loop->watchers->idle;
    if (!ev_is_active(idle)) {
        ev_idle_start(loop->ev, idle);
        ev_unref(loop->ev);
    }
}

static void stop_idle(struct brio__loop *loop)
{
    struct ev_idle *idle = &loop->watchers->idle;
    if (ev_is_active(idle)) {
        ev_ref(loop->ev);
        ev_idle_stop(loop->ev, idle);
    }
}

static void stop_timer(struct brio__loop *loop)
{
    struct ev_timer *timer = &loop->watchers->timer;
    if (ev_is_active(timer)) {
        ev_ref(loop->ev);
        ev_timer_stop(loop->ev, timer);
    }
    loop->armed_for = INFINITY;
}

/* It may go off too early, which costs an empty pass, so it is left alone when a later time would do. */
static void arm_timer(struct brio__loop *loop)
{
    double first = brio__loop_next_deadline(loop);
    if (first > loop->come_by)
        first = loop->come_by;
    if (first >= loop->armed_for)
        return;
    stop_timer(loop);
    double wait = first - brio__clock_now();
    wait = wait < 0 ? 0 : wait > longest_wait ? longest_wait : wait;
    ev_timer_set(&loop->watchers->timer, wait, 0.);
    ev_timer_start(loop->ev, &loop->watchers->timer);
    ev_unref(loop->ev);
    loop->armed_for = first;
}

static void on_timer(struct ev_loop *ev, struct ev_timer *timer, int events)
{
    (void)events;
    struct brio__loop *loop = timer->data;
    ev_ref(ev); /* libev has stopped it */
    loop->armed_for = INFINITY;
    loop->polled = true;
}

static void on_idle(struct ev_loop *ev, struct ev_idle *idle, int events)
{
    (void)ev;
    (void)idle;
    (void)events;
}

static void on_prepare(struct ev_loop *ev, struct ev_prepare *prepare, int events)
{
    (void)events;
    struct brio__loop *loop = prepare->data;
    if (loop->over) {
        ev_break(ev, EVBREAK_ONE); /* out of a nested ev_run, then out of ours */
        return;
    }
    if (loop->in_pass) {
        fputs("brio: ev_run was called in a task, for the loop that the task runs in; it returns at once\n", stderr);
        ev_break(ev, EVBREAK_ONE);
        return;
    }
    struct brio__loop *outer = passing;
    passing = loop;
    loop->in_pass = true;
    loop->come_by = INFINITY;
    enum brio__pass pass = loop->pass(loop);
    loop->in_pass = false;
    loop->passed = ev_iteration(ev);
    loop->stirred = false;
    passing = outer;
    if (pass == BRIO__PASS_DONE) {
        loop->over = true;
        loop->finish(loop);
        return;
    }
    if (pass == BRIO__PASS_MORE)
        start_idle(loop);
    else
        stop_idle(loop);
    if (loop->timers.count || loop->come_by < INFINITY)
        arm_timer(loop);
}

/* The application destroys the loop, and tasks are left: from now on nothing of libev is touched. */
static void on_cleanup(struct ev_loop *ev, struct ev_cleanup *cleanup, int events)
{
    (void)ev;
    (void)events;
    struct brio__loop *loop = cleanup->data;
    loop->abandon(loop);
    loop->over = loop->in_pass = true;
    leave_thread(loop);
}

/* ---- open, run, close ---- */

static void start_watchers(struct brio__loop *loop)
{
    struct brio__watchers *watchers = loop->watchers;
    ev_prepare_init(&watchers->prepare, on_prepare);
    ev_idle_init(&watchers->idle, on_idle);
    ev_init(&watchers->timer, on_timer);
    ev_cleanup_init(&watchers->cleanup, on_cleanup);
    /* After the application's own prepare watchers, which may make tasks ready. */
    ev_set_priority(&watchers->prepare, EV_MINPRI);
    ev_set_priority(&watchers->idle, EV_MINPRI);
    watchers->prepare.data = watchers->idle.data = watchers->timer.data = watchers->cleanup.data = loop;
    ev_cleanup_start(loop->ev, &watchers->cleanup);
    ev_prepare_start(loop->ev, &watchers->prepare); /* its reference is the one that holds ev_run */
}

unsigned brio__loop_backends(void)
{
    return ev_supported_backends();
}

static int check_free(const struct ev_loop *ev)
{
    for (const struct brio__loop *loop = innermost; loop; loop = loop->outer)
        if (loop->ev == ev)
            return -EBUSY;
    return 0;
}

int brio__loop_open(struct brio__loop *loop, struct ev_loop *ev, unsigned flags)
{
    if (ev && check_free(ev) != 0)
        return -EBUSY;
    loop->watchers = brio__alloc(sizeof *loop->watchers);
    if (loop->watchers == NULL)
        return -ENOMEM;
    errno = 0;
    loop->owns_ev = ev == NULL;
    loop->ev = ev ? ev : ev_loop_new(flags);
    if (loop->ev == NULL) {
        int error = errno;
        brio__free(loop->watchers, sizeof *loop->watchers);
        return error == EMFILE || error == ENFILE || error == ENOMEM ? -error : -EINVAL;
    }
    loop->armed_for = loop->come_by = INFINITY;
    /* It may be opened in another prepare watcher, after which the poll comes before the first pass. */
    loop->passed = ev_iteration(loop->ev);
    start_watchers(loop);
    loop->outer = innermost;
    innermost = loop;
    return 0;
}

static void call_hooks(struct brio__loop *loop)
{
    struct brio__loop_hook *hook;
    while ((hook = loop->at_end)) {
        loop->at_end = hook->next;
        hook->end(hook, loop);
    }
}

void brio__loop_close(struct brio__loop *loop)
{
    assert(loop->external == 0 && loop->described == 0 && loop->timers.count == 0);
    call_hooks(loop);
    brio__wakeup_end(loop);
    brio__descriptors_end(loop);
    stop_idle(loop);
    stop_timer(loop);
    brio__loop_unwatch_signal(loop);
    ev_cleanup_stop(loop->ev, &loop->watchers->cleanup);
    ev_prepare_stop(loop->ev, &loop->watchers->prepare);
    if (loop->owns_ev)
        ev_loop_destroy(loop->ev);
    brio__free(loop->watchers, sizeof *loop->watchers);
    brio__heap_free(&loop->timers);
    leave_thread(loop);
}

void brio__loop_run(struct brio__loop *loop)
{
    while (!loop->over)
        ev_run(loop->ev, 0);
}

void brio__loop_break(struct brio__loop *loop)
{
    ev_break(loop->ev, EVBREAK_ONE);
}

void brio__loop_add_hook(struct brio__loop *loop, struct brio__loop_hook *hook)
{
    hook->next = loop->at_end;
    loop->at_end = hook;
}

/* A pass comes before each poll; only what is stirred up after the one that is to come next would wait for the poll to end. */
void brio__loop_stir(struct brio__loop *loop)
{
    if (ev_iteration(loop->ev) == loop->passed)
        start_idle(loop);
}

/* ---- timers ---- */

int brio__loop_timer_add(struct brio__loop *loop, struct brio__timer *timer, double time, unsigned kind)
{
    if (brio_likely(loop->in_pass))
        return brio__heap_add(&loop->timers, timer, time, kind);
    int code = brio__heap_add(&loop->timers, timer, time, kind);
    if (code != 0 || loop->over)
        return code;
    arm_timer(loop);
    if (loop->clock == BRIO_CLOCK_VIRTUAL)
        start_idle(loop);
    return 0;
}

void brio__loop_timer_remove(struct brio__loop *loop, struct brio__timer *timer)
{
    brio__heap_remove(&loop->timers, timer);
}

enum brio__expiry brio__loop_expire_due(struct brio__loop *loop)
{
    double now = brio__loop_now(loop);
    bool due = brio__heap_first(&loop->timers) <= now, polled = loop->polled;
    loop->polled = due && !polled;
    if (!due)
        return BRIO__EXPIRED_NONE;
    if (!polled)
        return BRIO__EXPIRY_AFTER_POLL;
    while (brio__heap_first(&loop->timers) <= now && loop->timers.count) {
        unsigned kind;
        struct brio__timer *timer = brio__heap_pop(&loop->timers, &kind);
        loop->expire(loop, timer, kind);
    }
    return BRIO__EXPIRED_SOME;
}

bool brio__loop_first_due(struct brio__loop *loop)
{
    bool due = brio__heap_first(&loop->timers) <= brio__loop_now(loop);
    loop->polled |= due;
    return due;
}
