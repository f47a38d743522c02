/* thread/portal.c - calls from other threads. Written in Brio.
 *
 * A calling thread captures the call, puts it into the portal's queue and posts, unless a post is on its way already: a flood of calls
 * costs the loop one wake-up. The loop makes a child of the nursery from each captured call. RUN_ON's goes through run_call, which keeps
 * the error from the nursery and wakes the thread on every way out. While many tasks are ready the loop leaves calls in the queue, and
 * posts to itself: threads that call faster than it can run must not push its other tasks back for ever.
 *
 * Children that came through a portal do not keep it open: a thread that calls for ever must not keep the nursery from its end. When
 * nothing else is left the nursery closes its portals, whose accepted calls become its last children.
 */
#include <assert.h>
#include <brio/error.h>
#include <brio/nursery.h>
#include <brio/portal.h>
#include <errno.h>
#include <pthread.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/fatal.h"
#include "core/capture.h"
#include "core/ready.h"
#include "core/scope.h"
#include "core/task.h"
#include "loop/fork.h"
#include "loop/loop.h"
#include "loop/wakeup.h"
#include "thread/call.h"

enum { MOST_READY = 256 }; /* tasks, beyond which calls stay in the queue */

struct brio_portal {
    pthread_mutex_t mutex; /* guards what follows, up to `last` */
    unsigned references;   /* the loop's, the threads' that asked for one, the post's */
    bool open;
    bool posted;
    struct brio__captured *first, **last;

    struct brio__post post;
    struct brio__wakeup *wakeup;
    pthread_t thread;
    struct brio_nursery *nursery; /* of the loop's thread, while open */
    struct brio__portal_link link;
    struct brio__loop_hook hook;
    struct brio__fork_watch fork_watch;
};

/* A thread that waits in RUN_ON; on its stack. */
struct waiting {
    struct brio_portal *portal;
    void *into;
    const struct brio_error **error;
    struct brio__call *call; /* that the thread makes, being a worker; or NULL */
    pthread_cond_t wake;
    int code;
    bool done;
};

/* ---- lifetime ---- */

struct brio_portal *brio_portal_ref(struct brio_portal *portal)
{
    if (portal) {
        pthread_mutex_lock(&portal->mutex);
        portal->references++;
        pthread_mutex_unlock(&portal->mutex);
    }
    return portal;
}

void brio_portal_unref(struct brio_portal *portal)
{
    if (portal == NULL)
        return;
    pthread_mutex_lock(&portal->mutex);
    assert(portal->references > 0);
    bool last = --portal->references == 0;
    pthread_mutex_unlock(&portal->mutex);
    if (!last)
        return;
    assert(!portal->open && portal->first == NULL);
    brio__fork_watch_remove(&portal->fork_watch);
    brio__wakeup_unref(portal->wakeup);
    pthread_mutex_destroy(&portal->mutex);
    brio__free(portal, sizeof *portal);
}

static void lock_for_fork(struct brio__fork_watch *watch)
{
    pthread_mutex_lock(&brio__container(watch, struct brio_portal, fork_watch)->mutex);
}

static void unlock_after_fork(struct brio__fork_watch *watch, bool child)
{
    (void)child;
    pthread_mutex_unlock(&brio__container(watch, struct brio_portal, fork_watch)->mutex);
}

static void end_with_loop(struct brio__loop_hook *hook, struct brio__loop *loop)
{
    (void)loop;
    brio_portal_unref(brio__container(hook, struct brio_portal, hook));
}

/* ---- on the loop's thread: making the calls ---- */

static void wake_caller(struct waiting *waiting, int code)
{
    struct brio_portal *portal = waiting->portal;
    pthread_mutex_lock(&portal->mutex);
    waiting->code = code;
    waiting->done = true;
    pthread_cond_signal(&waiting->wake);
    pthread_mutex_unlock(&portal->mutex);
}

/* For RUN_ON. */
static ASYNC void run_call(struct brio_nursery *nursery, struct brio__captured *captured)
{
    struct waiting *waiting = captured->holder;
    size_t value_size = captured->frame->function->value_size;
    int code = ECANCELED;
    DEFER {
        nursery->visiting_--;
        if (waiting->call)
            brio__call_go_on(waiting->call, nursery->loop_);
        wake_caller(waiting, code);
    }
    CANCEL_SCOPE(s) {
        if (waiting->call)
            brio__call_pause(waiting->call, nursery->loop_, s);
        TRY {
            AWAIT(brio__capture_await(captured));
            brio__capture_value(waiting->into, value_size);
            code = 0;
        } CATCH (e) {
            code = e->code;
            if (waiting->error)
                *waiting->error = brio_error_ref(e);
        }
    }
}

/* For SPAWN_ON. */
static ASYNC void make_call(struct brio_nursery *nursery, struct brio__captured *captured)
{
    DEFER nursery->visiting_--;
    AWAIT(brio__capture_await(captured));
}

/* Whoever asked for the call is told that there is no task for it, or else the nursery is. */
static void fail_call(struct brio_nursery *nursery, struct brio__captured *captured, int code)
{
    if (captured->holder)
        wake_caller(captured->holder, code);
    else
        brio__nursery_child_ended(nursery, BRIO__FAILED, brio__error_no_memory(), false);
    brio__capture_free(captured);
}

static void begin_call(struct brio_nursery *nursery, struct brio__captured *captured)
{
    const char *name = captured->name;
    int code = captured->holder ? SPAWN(nursery, run_call(nursery, captured), .name = name)
                                : SPAWN(nursery, make_call(nursery, captured), .name = name);
    if (code == 0)
        nursery->visiting_++;
    else
        fail_call(nursery, captured, code);
}

/* The first `most` of the queue; the mutex is held. */
static struct brio__captured *take_calls(struct brio_portal *portal, size_t most)
{
    struct brio__captured *first = portal->first, **end = &portal->first;
    while (*end && most-- > 0)
        end = &(*end)->next;
    if (end == &portal->first)
        return NULL;
    portal->first = *end;
    *end = NULL;
    if (portal->first == NULL)
        portal->last = &portal->first;
    return first;
}

static void begin_calls(struct brio_portal *portal, struct brio__captured *first)
{
    struct brio__captured *next;
    for (struct brio__captured *captured = first; captured; captured = next) {
        next = captured->next;
        begin_call(portal->nursery, captured);
    }
}

/* Tells the loop of the queue; the mutex is held. */
static void post_queue(struct brio_portal *portal)
{
    if (portal->posted)
        return;
    portal->posted = true;
    portal->references++;
    int code = brio__wakeup_post(portal->wakeup, &portal->post);
    assert(code == 0); /* the loop is there as long as the portal is open */
    (void)code;
}

static void run_post(struct brio__post *post)
{
    struct brio_portal *portal = brio__container(post, struct brio_portal, post);
    struct brio__captured *first = NULL;
    pthread_mutex_lock(&portal->mutex);
    portal->posted = false;
    if (portal->open) {
        size_t ready = brio__ready_count(brio__scheduler(portal->nursery->loop_), MOST_READY);
        first = take_calls(portal, ready < MOST_READY ? MOST_READY - ready : 0);
        if (portal->first)
            post_queue(portal);
    }
    pthread_mutex_unlock(&portal->mutex);
    begin_calls(portal, first);
    brio_portal_unref(portal);
}

/* ---- opening and closing ---- */

static void leave_nursery(struct brio_portal *portal)
{
    struct brio__portal_link **link = &portal->nursery->portals_;
    while (*link != &portal->link)
        link = &(*link)->next;
    *link = portal->link.next;
    portal->nursery->loop_->abandoned--;
    portal->nursery = NULL;
}

void brio_portal_close(struct brio_portal *portal)
{
    if (portal == NULL || portal->nursery == NULL)
        return;
    pthread_mutex_lock(&portal->mutex);
    portal->open = false;
    struct brio__captured *first = take_calls(portal, SIZE_MAX);
    pthread_mutex_unlock(&portal->mutex);
    begin_calls(portal, first);
    leave_nursery(portal);
}

static void close_with_nursery(struct brio__portal_link *link)
{
    brio_portal_close(brio__container(link, struct brio_portal, link));
}

static struct brio_portal *make_portal(struct brio_nursery *nursery, struct brio__wakeup *wakeup)
{
    struct brio_portal *portal = brio__alloc(sizeof *portal);
    if (portal == NULL)
        return NULL;
    *portal = (struct brio_portal){.nursery = nursery, .open = true, .references = 1, .thread = pthread_self(),
                                   .fork_watch = {.lock = lock_for_fork, .unlock = unlock_after_fork}};
    if (pthread_mutex_init(&portal->mutex, NULL) != 0) {
        brio__free(portal, sizeof *portal);
        return NULL;
    }
    if (brio__fork_watch_add(&portal->fork_watch) != 0) {
        pthread_mutex_destroy(&portal->mutex);
        brio__free(portal, sizeof *portal);
        return NULL;
    }
    portal->last = &portal->first;
    portal->post.run = run_post;
    portal->hook.end = end_with_loop;
    portal->link.close = close_with_nursery;
    portal->wakeup = brio__wakeup_ref(wakeup);
    return portal;
}

struct brio_portal *brio_portal_open(struct brio_nursery *nursery)
{
    if (!(nursery->flags_ & BRIO__NURSERY_OPEN))
        return NULL;
    struct brio__wakeup *wakeup;
    struct brio_portal *portal = brio__wakeup_get(nursery->loop_, &wakeup) == 0 ? make_portal(nursery, wakeup) : NULL;
    if (portal == NULL)
        return NULL;
    portal->link.next = nursery->portals_;
    nursery->portals_ = &portal->link;
    nursery->loop_->abandoned++; /* something may come from outside: no deadlock */
    brio__loop_add_hook(nursery->loop_, &portal->hook);
    return portal;
}

/* ---- in other threads ---- */

void brio__portal_begin(struct brio__portal_call *call, struct brio_portal *portal, void *into, const struct brio_portal_options *options)
{
    call->portal = portal;
    call->into = into;
    call->options = *options;
    brio__capture_begin(&call->spawn, &call->captured);
}

/* The mutex is held. 0, or the call is still the caller's. */
static int enqueue(struct brio_portal *portal, struct brio__captured *captured)
{
    if (!portal->open)
        return -BRIO_ECLOSED;
    if (pthread_equal(portal->thread, pthread_self()))
        return -EDEADLK;
    captured->next = NULL;
    *portal->last = captured;
    portal->last = &captured->next;
    post_queue(portal);
    return 0;
}

/* 0, or there is no captured call. */
static int end_capture(struct brio__portal_call *call, void *holder)
{
    int code = brio__capture_end(&call->spawn);
    struct brio__captured *captured = call->captured;
    if (code == 0 && call->portal == NULL)
        code = -BRIO_ECLOSED;
    if (code != 0) {
        if (captured)
            brio__capture_free(captured);
        return code;
    }
    captured->holder = holder;
    if (call->options.name)
        captured->name = call->options.name;
    return 0;
}

int brio__portal_spawn(struct brio__portal_call *call)
{
    int code = end_capture(call, NULL);
    if (code != 0)
        return code;
    pthread_mutex_lock(&call->portal->mutex);
    code = enqueue(call->portal, call->captured);
    pthread_mutex_unlock(&call->portal->mutex);
    if (code != 0)
        brio__capture_free(call->captured);
    return code;
}

/* The outcome of an accepted call. The mutex is held; the portal is kept until it is released. */
static int wait_for_outcome(struct brio_portal *portal, struct waiting *waiting)
{
    portal->references++;
    while (!waiting->done)
        pthread_cond_wait(&waiting->wake, &portal->mutex);
    return waiting->code;
}

int brio__portal_run(struct brio__portal_call *call)
{
    struct brio_portal *portal = call->portal;
    struct waiting waiting = {.portal = portal, .into = call->into, .error = call->options.error, .call = brio__call_running(),
                              .wake = PTHREAD_COND_INITIALIZER};
    if (waiting.error)
        *waiting.error = NULL;
    int code = end_capture(call, &waiting);
    if (code != 0)
        return code;
    pthread_mutex_lock(&portal->mutex);
    code = enqueue(portal, call->captured);
    bool accepted = code == 0;
    if (accepted)
        code = wait_for_outcome(portal, &waiting);
    pthread_mutex_unlock(&portal->mutex);
    if (accepted)
        brio_portal_unref(portal);
    else
        brio__capture_free(call->captured);
    pthread_cond_destroy(&waiting.wake);
    return code;
}
