/* idle.c - what happens when every task is blocked: the waits for just that, the jumps of the virtual clock, deadlocks.
 *
 * A loop is idle from the first pass that finds nothing ready, no timer due and no event come, until a pass that finds otherwise. How
 * long that must last is for whoever comes first: a task that waits for it (the one with the shortest cushion, and all with the same), then
 * the virtual clock, then the deadlock. Whatever acts ends the idleness. Even a cushion of 0 means one poll, since an event
 * may have come that nobody has looked at; only the clock's jump over nothing but sleeps does without.
 */
#include <assert.h>
#include <brio/debug.h>
#include <brio/time.h>
#include <math.h>

#include "core/idle.h"
#include "core/queue.h"
#include "core/scope.h"

/* ---- brio_wait_all_blocked ---- */

struct idle_waiter {
    struct brio__waiter waiter;
    double cushion;
};

static struct idle_waiter *idle_waiter(struct brio__waiter *waiter)
{
    return brio__container(waiter, struct idle_waiter, waiter);
}

static enum brio_abort_result leave_waiters(struct brio_task *task, void *arg)
{
    (void)task;
    brio__queue_remove(arg);
    return BRIO_ABORTED;
}

void(brio_wait_all_blocked)(double cushion)
{
    if (brio_checkpoint_fails())
        return;
    struct brio__task *task = brio__task(brio_task_current());
    if (isnan(cushion)) {
        brio__raise_code(task, EINVAL);
        return;
    }
    struct idle_waiter *waiter = brio__waiter_new(sizeof *waiter);
    if (waiter == NULL)
        return;
    waiter->cushion = cushion > 0 ? cushion : 0;
    struct brio__scheduler *scheduler = brio__task_scheduler(task);
    brio__queue_append(&scheduler->idle_waiters, &waiter->waiter);
    scheduler->idle_since = INFINITY;
    brio__loop_wake(&scheduler->loop);
    brio_park(leave_waiters, &waiter->waiter);
}

static double shortest_cushion(const struct brio__queue *waiters)
{
    double shortest = INFINITY;
    for (struct brio__waiter *waiter = waiters->first; waiter; waiter = waiter->next)
        if (idle_waiter(waiter)->cushion < shortest)
            shortest = idle_waiter(waiter)->cushion;
    return shortest;
}

static void wake_waiters(struct brio__queue *waiters)
{
    double shortest = shortest_cushion(waiters);
    struct brio__waiter *next;
    for (struct brio__waiter *waiter = waiters->first; waiter; waiter = next) {
        next = waiter->next;
        if (idle_waiter(waiter)->cushion > shortest)
            continue;
        brio__queue_remove(waiter);
        brio_unpark(waiter->task);
    }
}

/* ---- the virtual clock ---- */

/* How long it waits before it jumps; INFINITY: it does not. */
static double jump_after(const struct brio__scheduler *scheduler)
{
    const struct brio__loop *loop = &scheduler->loop;
    double after = loop->described && scheduler->autojump == 0 ? scheduler->autojump_over_io : scheduler->autojump;
    bool held = loop->external || (loop->described && after == 0);
    return loop->clock != BRIO_CLOCK_VIRTUAL || loop->timers.count == 0 || held ? (double)INFINITY : after;
}

/* The virtual clock of this thread. 0 or what its functions return. */
static int find_clock(struct brio__loop **loop)
{
    *loop = brio__loop_current();
    if (*loop == NULL)
        return -BRIO_ENOTRUNNING;
    return (*loop)->clock == BRIO_CLOCK_VIRTUAL ? 0 : -ENOTSUP;
}

int brio_clock_advance(double seconds)
{
    struct brio__loop *loop;
    int code = find_clock(&loop);
    if (code == 0)
        code = brio__loop_advance(loop, seconds);
    if (code == 0)
        brio__loop_wake(loop);
    return code;
}

int brio_clock_set_rate(double rate)
{
    struct brio__loop *loop;
    int code = find_clock(&loop);
    if (code == 0)
        code = brio__loop_set_rate(loop, rate);
    if (code == 0)
        brio__loop_wake(loop);
    return code;
}

int brio_clock_set_autojump(double threshold)
{
    struct brio__loop *loop;
    int code = find_clock(&loop);
    if (code != 0)
        return code;
    if (!(threshold >= 0))
        return -EINVAL;
    brio__scheduler(loop)->autojump = threshold;
    brio__loop_wake(loop);
    return 0;
}

/* ---- deadlock ---- */

static bool is_deadlock(const struct brio__scheduler *scheduler)
{
    const struct brio__loop *loop = &scheduler->loop;
    return scheduler->detect_deadlock && loop->timers.count == 0 && loop->external == 0 && loop->described == 0 && loop->abandoned == 0;
}

/* Cancels the root task, then, if that was not enough, what hides in shields, and then there is nothing left to try. */
static void break_deadlock(struct brio__scheduler *scheduler)
{
    static const char reason[] = "deadlock: every task waits for another";
    fprintf(stderr, "brio: %s\n", reason);
    brio__dump_tasks(stderr, scheduler);
    switch (scheduler->deadlocks++) {
    case 0:
        brio__scope_cancel(scheduler->root.scope, BRIO_CANCEL_DEADLOCK, reason);
        break;
    case 1:
        brio__scope_cancel_all(scheduler->root.scope, BRIO_CANCEL_DEADLOCK, reason);
        break;
    default:
        brio__fatal("the tasks above cannot be cancelled");
    }
}

/* ---- the pass ---- */

static double patience(const struct brio__scheduler *scheduler)
{
    if (scheduler->idle_waiters.first)
        return shortest_cushion(&scheduler->idle_waiters);
    double after = jump_after(scheduler);
    return after == (double)INFINITY && is_deadlock(scheduler) ? 0 : after;
}

static void act(struct brio__scheduler *scheduler)
{
    scheduler->idle_since = INFINITY;
    if (scheduler->idle_waiters.first)
        wake_waiters(&scheduler->idle_waiters);
    else if (scheduler->loop.timers.count)
        brio__loop_jump(&scheduler->loop);
    else
        break_deadlock(scheduler);
}

static __attribute__((noinline)) enum brio__pass wait_or_act(struct brio__scheduler *scheduler, bool busy)
{
    struct brio__loop *loop = &scheduler->loop;
    double wait = patience(scheduler);
    if (wait == (double)INFINITY) {
        scheduler->idle_since = INFINITY;
        return BRIO__PASS_IDLE;
    }
    bool at_once = wait == 0 && loop->timers.count && scheduler->idle_waiters.first == NULL;
    if (!at_once) {
        double now = brio__clock_now();
        if (busy || scheduler->idle_since == (double)INFINITY) {
            scheduler->idle_since = now;
            loop->come_by = now + wait;
            return wait == 0 ? BRIO__PASS_MORE : BRIO__PASS_IDLE;
        }
        if (now < scheduler->idle_since + wait) {
            loop->come_by = scheduler->idle_since + wait;
            return BRIO__PASS_IDLE;
        }
    }
    act(scheduler);
    return BRIO__PASS_MORE;
}

/* Most of the time there is nothing to be done but to poll. */
enum brio__pass brio__idle_pass(struct brio__scheduler *scheduler, bool busy)
{
    if (scheduler->idle_waiters.first || scheduler->loop.clock == BRIO_CLOCK_VIRTUAL || is_deadlock(scheduler))
        return wait_or_act(scheduler, busy);
    scheduler->idle_since = INFINITY;
    return BRIO__PASS_IDLE;
}
