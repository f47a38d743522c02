/* schedule.c - the ready queue, parking and unparking, the pass.
 *
 * The queue is first in, first out. What is in it when a batch begins runs before anything that becomes ready meanwhile. A pass runs at
 * most RUNS_PER_POLL tasks, or, while there is nothing that a poll could find, as many as there are; when a batch ends with a deadline due
 * it stops as well, so that I/O is looked at before deadlines are.
 *
 * A task that yields is put into the queue by the pass, when its functions have returned; one that is unparked, by who does that.
 *
 * A task's signal is the business of the code that runs: unparking notes the outcome, which becomes the signal when the task runs again. So
 * a leaf may be unparked while it is still on the C stack.
 */
#include <assert.h>

#include "base/error.h"
#include "core/idle.h"
#include "core/queue.h"
#include "core/ready.h"
#include "core/scope.h"
#include "core/spawn.h"

enum { RUNS_PER_POLL = 61, SHUFFLE_ROUNDS = 24 };

const int brio__abi_1 = brio__abi_version;

/* ---- the queue ---- */

void brio__task_ready(struct brio__task *task, uint32_t outcome)
{
    struct brio__scheduler *scheduler = brio__task_scheduler(task);
    brio__ready_append(scheduler, task, outcome);
    brio__loop_wake(&scheduler->loop);
}

/* Splitmix64: any seed is a good one. */
static uint64_t next_random(struct brio__scheduler *scheduler)
{
    uint64_t x = scheduler->random += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

/* Parts the batch by a random bit, again and again: a sort by random keys that needs no memory. */
static __attribute__((noinline)) void shuffle_batch(struct brio__scheduler *scheduler)
{
    for (int round = 0; round < SHUFFLE_ROUNDS; round++) {
        struct brio__task *heads[2], **ends[2] = {&heads[0], &heads[1]};
        for (struct brio__task *task = scheduler->batch; task; task = task->link.next) {
            unsigned side = (unsigned)(next_random(scheduler) >> 40) & 1;
            *ends[side] = task;
            ends[side] = &task->link.next;
        }
        *ends[1] = NULL;
        *ends[0] = heads[1];
        scheduler->batch = heads[0];
    }
}

/* Makes what is ready the next batch, and gives its first. NULL: nothing is, or the poll comes first, since a deadline is due. */
static struct brio__task *begin_batch(struct brio__scheduler *scheduler, bool first)
{
    if (scheduler->ready == NULL || (!first && brio__loop_timers_due(&scheduler->loop)))
        return NULL;
    scheduler->batch = scheduler->ready;
    scheduler->ready = NULL;
    scheduler->ready_end = &scheduler->ready;
    if (scheduler->shuffles)
        shuffle_batch(scheduler);
    return scheduler->batch;
}

/* ---- running ---- */

/* Into SPAWN_INTO's storage. */
static void store_value(struct brio__task *task)
{
    const struct brio__into *into = brio__task_into(task);
    if (into->place && into->size && task->head.signal == BRIO__RETURNED)
        brio__value_copy(into->place, brio__value(&task->head, into->size), into->size);
}

/* The stack that it was moved to, which is empty now. */
static inline void free_stack(struct brio__task *task)
{
    struct brio_task *head = &task->head;
    brio__block_recycle(&brio__task_scheduler(task)->memory, head->sp, (size_t)(head->limit - head->sp));
    task->flags &= (uint8_t)~BRIO__TASK_MOVED;
    head->sp = head->limit = (char *)task + task->size;
}

/* What only some tasks leave behind: the value, which may be where a frame was, first. */
static __attribute__((noinline)) void leave_stack(struct brio__task *task)
{
    if (task->flags & BRIO__TASK_INTO)
        store_value(task);
    if (task->flags & BRIO__TASK_MOVED)
        free_stack(task);
}

/* Up to a function that has something to do about it. */
static __attribute__((noinline)) void pass_failure(struct brio_task *head)
{
    while (head->top && head->top->function->passes_failure)
        brio__leave_slow(head, head->top);
}

/* It finds more than that it goes on: a failure, a cancellation (which RECHECK has found due), or its stack to be moved. */
static __attribute__((noinline)) void begin_specially(struct brio__task *task, uint32_t outcome)
{
    if (outcome >= BRIO__RECHECK)
        outcome = outcome == BRIO__RECHECK ? (uint32_t)BRIO__CANCELLED : brio__frame_move(task);
    task->head.signal = outcome;
}

static inline void resume_top(struct brio_task *head)
{
    struct brio_frame *frame = head->top;
    if (brio_unlikely(frame->pc > frame->function->site_count))
        brio__bad_pc(frame);
    frame->function->resume(head, frame);
}

/* Its functions, from the innermost outwards, until one waits. False: it has ended instead. */
static inline __attribute__((always_inline)) bool run_outwards(struct brio__task *task)
{
    struct brio_task *head = &task->head;
    for (;;) {
        if (brio_unlikely(head->signal > BRIO__SUSPENDED))
            pass_failure(head);
        if (head->top == NULL)
            break;
        resume_top(head);
        if (head->signal == BRIO__SUSPENDED)
            return true;
    }
    if (task->flags & (BRIO__TASK_INTO | BRIO__TASK_MOVED))
        leave_stack(task);
    brio__task_end(task);
    return false;
}

/* The usual way is without a jump: one function is resumed, and waits. */
static inline void run_task(struct brio__scheduler *scheduler, struct brio__task *task)
{
    struct brio_task *head = &task->head;
    uint32_t outcome = task->outcome;
    task->state = BRIO__TASK_RUNNING;
    head->signal = BRIO__RETURNED;
    brio__current = head;
    if (outcome && brio_unlikely(outcome != BRIO__RECHECK || task->scope->effective_))
        begin_specially(task, outcome);
    else if (brio_likely(head->top != NULL))
        resume_top(head);
    if (brio_unlikely(head->signal != BRIO__SUSPENDED) && !run_outwards(task))
        return;
    if (task->state == BRIO__TASK_YIELDS)
        brio__ready_link(scheduler, task);
}

/* As long as something is ready, and nothing that a poll would find may be waiting. */
static void run_ready(struct brio__scheduler *scheduler)
{
    struct brio_task *outer = brio__current;
    struct brio__task *task = scheduler->batch, *next;
    bool first = true;
    do {
        for (unsigned runs = 0; runs < RUNS_PER_POLL; runs++, task = next) {
            if (task == NULL && (task = begin_batch(scheduler, first)) == NULL)
                goto done;
            first = false;
            scheduler->batch = next = task->link.next;
            run_task(scheduler, task);
        }
    } while (!brio__loop_must_poll(&scheduler->loop));
done:
    brio__current = outer;
}

static bool has_ended(const struct brio__scheduler *scheduler)
{
    return scheduler->root.living_ == 0;
}

enum brio__pass brio__schedule_pass(struct brio__loop *loop)
{
    struct brio__scheduler *scheduler = brio__scheduler(loop);
    enum brio__expiry expiry = brio__loop_timers_expire(loop);
    if (expiry == BRIO__EXPIRY_AFTER_POLL)
        return BRIO__PASS_MORE;
    bool busy = expiry == BRIO__EXPIRED_SOME || scheduler->batch || scheduler->ready || loop->stirred;
    run_ready(scheduler);
    if (has_ended(scheduler))
        return BRIO__PASS_DONE;
    if (scheduler->batch || scheduler->ready || brio__loop_timers_due(loop))
        return BRIO__PASS_MORE;
    return brio__idle_pass(scheduler, busy);
}

void brio__schedule_expire(struct brio__loop *loop, struct brio__timer *timer, unsigned kind)
{
    (void)loop;
    if (kind == BRIO__TIMER_SCOPE) {
        brio__scope_expire(brio__container(timer, struct brio_scope, timer_));
        return;
    }
    struct brio__task *task = brio__container(timer, struct brio__task, link.timer);
    assert(task->state == BRIO__TASK_ASLEEP);
    brio__task_ready(task, BRIO__RETURNED);
}

/* ---- leaves ---- */

static void (*checkpoint_hook)(struct brio__scheduler *scheduler);

void brio__set_checkpoint_hook(void (*hook)(struct brio__scheduler *scheduler))
{
    checkpoint_hook = hook;
}

enum brio__task_kind brio__kind_of_tasks(void)
{
    return checkpoint_hook ? BRIO__TASK_WATCHED : BRIO__TASK_REAL;
}

struct brio_task *brio_task_current(void)
{
    return brio__task_running();
}

struct brio_task *brio__leaf_task(void)
{
    struct brio_task *task = brio__current;
    if (brio_likely(task->kind <= BRIO__TASK_WATCHED))
        return task;
    if (task->kind >= BRIO__TASK_NOBODY)
        return NULL;
    if (task->kind == BRIO__TASK_WOKEN)
        brio__fatal("task '%s' was unparked, but is not parked", brio_task_name(task));
    struct brio__task *leaf = brio__spawn_leaf(brio__container(task, struct brio__spawn, stand_in));
    return leaf ? &leaf->head : task;
}

void brio__watch_checkpoint(const struct brio_task *task)
{
    if (checkpoint_hook != NULL)
        checkpoint_hook(brio__task_scheduler(brio__task(task)));
}

bool brio__checkpoint_specially(void)
{
    struct brio_task *task = brio__leaf_task();
    if (task == NULL)
        brio__fatal("an awaitable was called outside of a task");
    if (task->kind == BRIO__TASK_SPAWNING)
        return true; /* the SPAWN fails; there is nothing to do the work */
    brio__watch_checkpoint(task);
    if (!brio__task(task)->scope->effective_)
        return false;
    task->signal = BRIO__CANCELLED;
    return true;
}

bool brio_checkpoint_fails(void)
{
    return brio__checkpoint_fails();
}

static struct brio__task *running_task(void)
{
    assert(brio__task_is_real(brio__current));
    return brio__task(brio__current);
}

void brio__park_specially(brio_abort *abort_wait, void *arg)
{
    if (brio__current->kind == BRIO__TASK_SPAWNING) {
        if (brio__container(brio__current, struct brio__spawn, stand_in)->code == 0)
            brio__fatal("an awaitable waits that has not called brio_checkpoint_fails");
        if (abort_wait)
            abort_wait(brio__current, arg);
        return;
    }
    struct brio__task *task = running_task();
    task->head.signal = BRIO__SUSPENDED;
    task->ready_count = 0;
    if (task->flags & BRIO__TASK_FURTHER)
        brio__frame_trim(task);
    if (task->head.kind == BRIO__TASK_WOKEN) {
        task->head.kind = brio__task_scheduler(task)->newborn.kind;
        brio__task_ready(task, task->outcome);
        return;
    }
    task->state = BRIO__TASK_PARKED;
    task->flags &= (uint8_t)~BRIO__TASK_ABORTED;
    *brio__task_park(task) = (struct brio__park){abort_wait, arg};
    if (task->scope->effective_)
        brio__task_interrupt(task);
}

void brio_park(brio_abort *abort_wait, void *arg)
{
    brio__park(abort_wait, arg);
}

void brio__task_interrupt(struct brio__task *task)
{
    struct brio__park *park = brio__task_park(task);
    if (!brio__task_is_parked(task) || task->flags & BRIO__TASK_ABORTED || park->abort == NULL)
        return;
    task->flags |= BRIO__TASK_ABORTED;
    if (park->abort(&task->head, park->arg) == BRIO_ABORTED)
        brio__task_ready(task, BRIO__CANCELLED);
}

/* Where the task finds it; false: no memory. */
static bool keep_value(struct brio__task *task, const void *value, size_t size)
{
    void *place = &task->head.value;
    if (size > sizeof task->head.value) {
        place = brio__scratch(&task->head, size);
        if (place == NULL)
            return false;
        task->head.value.large = place;
    }
    brio__value_copy(place, value, size);
    return true;
}

void brio__task_let_others_run(struct brio__task *task, const void *value, size_t size)
{
    if (task->head.top && keep_value(task, value, size))
        brio__task_yield(task, BRIO__RETURNED);
}

void brio_leaf_done(const void *value, size_t size)
{
    brio__leaf_done(value, size);
}

/* ---- unparking ---- */

static void check_parked(struct brio__task *task)
{
    if (brio_likely(brio__task_is_parked(task))) {
        if (task->state == BRIO__TASK_ASLEEP)
            brio__loop_timer_remove(brio__task_loop(&task->head), &task->link.timer);
        return;
    }
    if (task->state == BRIO__TASK_READY || task->state == BRIO__TASK_YIELDS || task->head.kind == BRIO__TASK_WOKEN)
        brio__fatal("task '%s' was unparked twice", brio_task_name(&task->head));
    if (brio__current != &task->head)
        brio__fatal("task '%s' was unparked, but is not parked", brio_task_name(&task->head));
}

static void wake(struct brio__task *task, uint32_t outcome)
{
    if (brio__task_is_parked(task)) {
        brio__task_ready(task, outcome);
        return;
    }
    task->outcome = (uint8_t)outcome;
    task->head.kind = BRIO__TASK_WOKEN; /* no leaf begins with it */
}

void brio_unpark(struct brio_task *head)
{
    struct brio__task *task = brio__task(head);
    check_parked(task);
    wake(task, BRIO__RETURNED);
}

void brio_unpark_failed(struct brio_task *head, const struct brio_error *error)
{
    struct brio__task *task = brio__task(head);
    check_parked(task);
    brio__task_take_error(task, error);
    wake(task, BRIO__FAILED);
}

void brio_unpark_value(struct brio_task *head, const void *value, size_t size)
{
    struct brio__task *task = brio__task(head);
    check_parked(task);
    if (keep_value(task, value, size)) {
        wake(task, BRIO__RETURNED);
    } else {
        head->error = brio__error_no_memory();
        wake(task, BRIO__FAILED);
    }
}

void brio__unpark_specially(struct brio_task *head, uint64_t word, size_t size)
{
    brio_unpark_value(head, &word, size);
}

void brio_unpark_cancelled(struct brio_task *head)
{
    struct brio__task *task = brio__task(head);
    check_parked(task);
    wake(task, BRIO__CANCELLED);
}

void brio__fail(struct brio_task *task, const struct brio_error *error)
{
    assert(task->error == NULL);
    brio__task_take_error(brio__task(task), error);
    task->signal = BRIO__FAILED;
}
