/* thread/thread.c - AWAIT_THREAD and brio_to_thread: a task that waits for a job of the pool.
 *
 * The record of the call belongs to the job from submit on. It outlives the task that abandons it, and is freed where the job is done.
 *
 * For AWAIT_THREAD the record holds a copy of the caller's frame. The worker enters the function with it, under a stand-in task whose kind
 * sends it to the plain call at its suspension point; the value ends up in the copy, and on the loop in the frame. So the call itself
 * never touches the frame, which may be gone when it returns.
 */
#include <assert.h>
#include <brio/error.h>
#include <brio/leaf.h>
#include <brio/scope.h>
#include <brio/sync.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fatal.h"
#include "core/task.h"
#include "loop/loop.h"
#include "thread/call.h"

enum { FRAME_ALIGN = 256 }; /* beyond which no frame is aligned on purpose */

static __thread struct brio__call *running; /* in this worker */

/* ---- in a worker ---- */

static void enter_copy(struct brio__call *call)
{
    struct brio_task stand_in = {.kind = BRIO__TASK_THREAD, .signal = BRIO__SUSPENDED, .resume = call->copy};
    struct brio_task *outer = brio__current;
    brio__current = &stand_in;
    call->copy->function->resume(&stand_in, call->copy);
    brio__current = outer;
}

static void work(struct brio__job *job)
{
    struct brio__call *call = brio__container(job, struct brio__call, job);
    running = call;
    if (call->fn)
        call->result = call->fn(call->arg);
    else
        enter_copy(call);
    running = NULL;
}

struct brio__call *brio__call_running(void)
{
    return running;
}

int brio_thread_check_cancelled(void)
{
    if (running == NULL)
        return -BRIO_ENOTRUNNING;
    return __atomic_load_n(&running->cancelled, __ATOMIC_RELAXED) ? -ECANCELED : 0;
}

/* ---- the loop's virtual clock ---- */

static void hold_loop(struct brio__call *call)
{
    call->holds = true;
    brio__loop_hold(call->loop);
}

static void unhold_loop(struct brio__call *call)
{
    if (call->holds)
        brio__loop_unhold(call->loop);
    call->holds = false;
}

static void cancel_what_was_asked(struct brio__call *call)
{
    if (call->asked)
        brio_scope_cancel(call->asked, "the task that called the thread was cancelled");
}

void brio__call_pause(struct brio__call *call, struct brio__loop *loop, struct brio_scope *scope)
{
    if (call->loop != loop)
        return;
    unhold_loop(call);
    if (call->task == NULL)
        return; /* nobody's any more */
    call->asked = scope;
    if (call->cancelled)
        cancel_what_was_asked(call);
}

void brio__call_go_on(struct brio__call *call, struct brio__loop *loop)
{
    if (call->loop != loop)
        return;
    call->asked = NULL;
    if (call->task)
        hold_loop(call);
}

/* ---- the end of a call ---- */

static void free_call(struct brio__call *call)
{
    brio__free(call, call->size);
}

static void *value_in_copy(const struct brio__call *call)
{
    return call->value_size ? (char *)call->copy + call->value_offset : NULL;
}

void brio__call_discard(const struct brio_thread_options *options, void *arg)
{
    if (options && options->discard)
        options->discard(NULL, arg);
}

void brio__call_drop(struct brio__call *call)
{
    brio__call_discard(&call->options, call->arg);
    free_call(call);
}

static void discard_result(struct brio__call *call)
{
    if (call->options.discard)
        call->options.discard(call->fn ? call->result : value_in_copy(call), call->arg);
    free_call(call);
}

static void deliver_result(struct brio__call *call)
{
    unhold_loop(call);
    if (call->value_size)
        memcpy((char *)call->frame + call->value_offset, value_in_copy(call), call->value_size);
    brio_unpark_value(call->task, &call->result, sizeof call->result);
    free_call(call);
}

static void give_token_back(struct brio__call *call)
{
    if (call->has_token)
        brio_limiter_release_for(call->options.limiter, call);
}

static void be_done(struct brio__job *job, bool alone)
{
    struct brio__call *call = brio__container(job, struct brio__call, job);
    if (!alone && !call->loop->over) { /* else loop and limiter are not to be touched any more */
        call->loop->abandoned -= call->task == NULL;
        give_token_back(call);
    }
    if (call->task)
        deliver_result(call);
    else
        discard_result(call);
}

static enum brio_abort_result abort_call(struct brio_task *task, void *arg)
{
    struct brio__call *call = arg;
    assert(call->task == task);
    if (brio__pool_withdraw(call->loop, &call->job)) {
        unhold_loop(call);
        give_token_back(call);
        brio__call_drop(call);
        return BRIO_ABORTED;
    }
    __atomic_store_n(&call->cancelled, true, __ATOMIC_RELAXED);
    if (!call->options.abandon_on_cancel) {
        cancel_what_was_asked(call);
        return BRIO_ABORT_PENDING;
    }
    call->asked = NULL;
    unhold_loop(call);
    call->loop->abandoned++;
    call->task = NULL;
    return BRIO_ABORTED;
}

/* ---- its beginning ---- */

struct brio__call *brio__call_make(size_t size, const struct brio_thread_options *options)
{
    struct brio_task *task = brio_task_current();
    struct brio__call *call = brio__alloc(size);
    if (call == NULL)
        return NULL;
    *call = (struct brio__call){.job = {.work = work, .done = be_done}, .loop = brio__task_loop(task), .task = task, .size = size};
    if (options)
        call->options = *options;
    call->job.unlimited = call->options.limiter != NULL;
    return call;
}

BRIO_ASYNC_LEAF void *brio__call_submit(struct brio__call *call)
{
    int code = brio__pool_submit(call->loop, &call->job);
    if (code == 0) {
        hold_loop(call);
        brio_park(abort_call, call);
    } else {
        give_token_back(call);
        brio__call_drop(call);
        brio_leaf_fail(-code, "start a thread");
    }
    return NULL;
}

/* Not within SPAWN. */
static void *submit_limited_or_not(struct brio__call *call)
{
    bool entered = false;
    if (call->options.limiter == NULL)
        return brio__call_submit(call);
    void *result = brio__call_submit_limited(call, &entered);
    if (!entered)
        brio__call_drop(call);
    return result;
}

static void fail_without_record(const struct brio_thread_options *options, void *arg)
{
    brio__call_discard(options, arg);
    brio_leaf_fail(ENOMEM, "start a thread");
}

BRIO_ASYNC_LEAF void *brio_to_thread(void *(*fn)(void *arg), void *arg, const struct brio_thread_options *options)
{
    if (options && options->limiter && brio__current->kind == BRIO__TASK_SPAWNING)
        return brio__call_to_thread_limited(fn, arg, *options);
    if (brio_checkpoint_fails()) {
        brio__call_discard(options, arg);
        return NULL;
    }
    struct brio__call *call = brio__call_make(sizeof *call, options);
    if (call == NULL) {
        fail_without_record(options, arg);
        return NULL;
    }
    call->fn = fn;
    call->arg = arg;
    return submit_limited_or_not(call);
}

/* ---- AWAIT_THREAD ---- */

/* As much as the frame has, by its address. */
static size_t alignment_of(const struct brio_frame *frame)
{
    uintptr_t address = (uintptr_t)frame, align = address & -address;
    return align < FRAME_ALIGN ? align : FRAME_ALIGN;
}

/* The copy is the end of the record. */
static struct brio__call *make_copying_call(struct brio_frame *frame, size_t size, const struct brio_thread_options *options)
{
    size_t align = alignment_of(frame);
    struct brio__call *call = brio__call_make(sizeof *call + align + size, options);
    if (call == NULL)
        return NULL;
    uintptr_t after = (uintptr_t)(call + 1);
    call->frame = frame;
    call->copy = (struct brio_frame *)(void *)((char *)(call + 1) + (-after & (align - 1)));
    memcpy(call->copy, frame, size);
    return call;
}

void brio__thread_call(struct brio_task *task, struct brio_frame *frame, size_t size, void *value, size_t value_size,
                       const struct brio_thread_options *options)
{
    (void)task;
    if (brio_checkpoint_fails()) {
        brio__call_discard(options, NULL);
        return;
    }
    struct brio__call *call = make_copying_call(frame, size, options);
    if (call == NULL) {
        fail_without_record(options, NULL);
        return;
    }
    if (value) {
        call->value_offset = (size_t)((char *)value - (char *)frame);
        call->value_size = value_size;
    }
    submit_limited_or_not(call);
}
