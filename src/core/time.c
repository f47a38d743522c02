/* time.c - the clock and the waits of brio/time.h. */
#include <brio/time.h>
#include <math.h>

#include "core/ready.h"

double brio_now(void)
{
    const struct brio__loop *loop = brio__loop_current();
    return loop ? brio__loop_now(loop) : brio__clock_now();
}

static enum brio_abort_result leave_sleep(struct brio_task *head, void *arg)
{
    (void)arg;
    struct brio__task *task = brio__task(head);
    if (task->state == BRIO__TASK_ASLEEP)
        brio__loop_timer_remove(brio__task_loop(head), &task->link.timer);
    task->state = BRIO__TASK_PARKED;
    return BRIO_ABORTED;
}

/* A leaf that is SPAWNed runs in its task already, which is in no queue: its link is free for the timer. No cancellation is due, as the
 * checkpoint has found, so parking leaves the task parked. */
static void sleep_until(struct brio__task *task, double time)
{
    if (!(time < (double)INFINITY)) {
        brio__park_at_ease(task, leave_sleep, NULL);
        return;
    }
    task->link.timer.index = 0;
    if (brio__loop_timer_add(brio__task_loop(&task->head), &task->link.timer, time, BRIO__TIMER_TASK) != 0) {
        brio__raise_code(task, ENOMEM);
        return;
    }
    brio__park_at_ease(task, leave_sleep, NULL);
    task->state = BRIO__TASK_ASLEEP;
}

void brio_sleep_until(double time)
{
    if (brio__checkpoint_fails())
        return;
    struct brio__task *task = brio__task(brio__current);
    if (isnan(time))
        brio__raise_code(task, EINVAL);
    else if (time <= brio__loop_now(brio__task_loop(&task->head)))
        brio__task_yield(task, BRIO__RECHECK);
    else
        sleep_until(task, time);
}

void brio_sleep(double seconds)
{
    if (brio__checkpoint_fails())
        return;
    struct brio__task *task = brio__task(brio__current);
    if (isnan(seconds))
        brio__raise_code(task, EINVAL);
    else if (seconds <= 0)
        brio__task_yield(task, BRIO__RECHECK);
    else
        sleep_until(task, brio__loop_now(brio__task_loop(&task->head)) + seconds);
}

void brio_sleep_forever(void)
{
    if (!brio__checkpoint_fails())
        brio__park(leave_sleep, NULL);
}

static void yield_specially(uint32_t outcome)
{
    struct brio_task *head = brio__leaf_task();
    if (head == NULL)
        brio__fatal("an awaitable was called outside of a task");
    if (head->kind == BRIO__TASK_SPAWNING)
        return; /* the SPAWN of this very leaf fails */
    if (outcome == BRIO__RECHECK)
        brio__watch_checkpoint(head);
    brio__task_yield(brio__task(head), outcome);
}

void brio__checkpoint_slow(void)
{
    yield_specially(BRIO__RECHECK);
}

void brio_checkpoint_if_cancelled(void)
{
    brio__checkpoint_fails();
}

void brio_shielded_checkpoint(void)
{
    struct brio_task *head = brio__current;
    if (brio_likely(head->kind == BRIO__TASK_REAL))
        brio__task_yield(brio__task(head), BRIO__RETURNED);
    else
        yield_specially(BRIO__RETURNED);
}
