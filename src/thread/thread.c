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
#include <brio/thread.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fatal.h"
#include "core/task.h"
#include "loop/loop.h"
#include "thread/pool.h"

enum { FRAME_ALIGN = 256 }; /* beyond which no frame is aligned on purpose */

struct call {
    struct brio__job job;
    struct brio__loop *loop;
    struct brio_task *task; /* NULL: it has abandoned the call */
    struct brio_thread_options options;
    bool cancelled; /* read by the worker: atomic */
    size_t size;    /* of the record */

    /* brio_to_thread */
    void *(*fn)(void *arg); /* NULL: the call is one of AWAIT_THREAD */
    void *arg;
    void *result;

    /* AWAIT_THREAD */
    struct brio_frame *frame;
    struct brio_frame *copy;
    size_t value_offset, value_size;
};

static __thread struct call *running; /* in this worker */

/* ---- in a worker ---- */

static void enter_copy(struct call *call)
{
    struct brio_task stand_in = {.kind = BRIO__TASK_THREAD, .signal = BRIO__SUSPENDED, .resume = call->copy};
    struct brio_task *outer = brio__current;
    brio__current = &stand_in;
    call->copy->function->resume(&stand_in, call->copy);
    brio__current = outer;
}

static void work(struct brio__job *job)
{
    struct call *call = brio__container(job, struct call, job);
    running = call;
    if (call->fn)
        call->result = call->fn(call->arg);
    else
        enter_copy(call);
    running = NULL;
}

int brio_thread_check_cancelled(void)
{
    if (running == NULL)
        return -BRIO_ENOTRUNNING;
    return __atomic_load_n(&running->cancelled, __ATOMIC_RELAXED) ? -ECANCELED : 0;
}

/* ---- on the loop's thread ---- */

static void free_call(struct call *call)
{
    brio__free(call, call->size);
}

static void *value_in_copy(const struct call *call)
{
    return call->value_size ? (char *)call->copy + call->value_offset : NULL;
}

/* Nobody waits for it. */
static void drop_call(struct call *call, bool has_run)
{
    void *result = call->fn ? call->result : value_in_copy(call);
    if (call->options.discard)
        call->options.discard(has_run ? result : NULL, call->arg);
    free_call(call);
}

static void deliver(struct call *call)
{
    brio__loop_unhold(call->loop);
    if (call->fn) {
        brio_unpark_value(call->task, &call->result, sizeof call->result);
    } else {
        if (call->value_size)
            memcpy((char *)call->frame + call->value_offset, value_in_copy(call), call->value_size);
        brio_unpark(call->task);
    }
    free_call(call);
}

static void be_done(struct brio__job *job)
{
    struct call *call = brio__container(job, struct call, job);
    if (call->task)
        deliver(call);
    else
        drop_call(call, true);
}

static enum brio_abort_result abort_call(struct brio_task *task, void *arg)
{
    struct call *call = arg;
    assert(call->task == task);
    if (brio__pool_withdraw(call->loop, &call->job)) {
        brio__loop_unhold(call->loop);
        drop_call(call, false);
        return BRIO_ABORTED;
    }
    __atomic_store_n(&call->cancelled, true, __ATOMIC_RELAXED);
    if (!call->options.abandon_on_cancel)
        return BRIO_ABORT_PENDING;
    brio__loop_unhold(call->loop);
    call->task = NULL;
    return BRIO_ABORTED;
}

static struct call *make_call(size_t size, const struct brio_thread_options *options)
{
    struct brio_task *task = brio_task_current();
    struct call *call = brio__alloc(size);
    if (call == NULL)
        return NULL;
    *call = (struct call){.job = {.work = work, .done = be_done}, .loop = brio__task_loop(task), .task = task, .size = size};
    if (options)
        call->options = *options;
    return call;
}

/* The last act of the leaf. */
static void begin_call(struct call *call)
{
    int code = brio__pool_submit(call->loop, &call->job);
    if (code == 0) {
        brio__loop_hold(call->loop);
        brio_park(abort_call, call);
    } else {
        drop_call(call, false);
        brio_leaf_fail(-code, "start a thread");
    }
}

/* Without a record. */
static void refuse_call(const struct brio_thread_options *options, void *arg, bool cancelled)
{
    if (options && options->discard)
        options->discard(NULL, arg);
    if (!cancelled)
        brio_leaf_fail(ENOMEM, "start a thread");
}

BRIO_ASYNC_LEAF void *brio_to_thread(void *(*fn)(void *arg), void *arg, const struct brio_thread_options *options)
{
    bool cancelled = brio_checkpoint_fails();
    struct call *call = cancelled ? NULL : make_call(sizeof *call, options);
    if (call == NULL) {
        refuse_call(options, arg, cancelled);
        return NULL;
    }
    call->fn = fn;
    call->arg = arg;
    begin_call(call);
    return NULL;
}

/* ---- AWAIT_THREAD ---- */

/* As much as the frame has, by its address. */
static size_t alignment_of(const struct brio_frame *frame)
{
    uintptr_t address = (uintptr_t)frame, align = address & -address;
    return align < FRAME_ALIGN ? align : FRAME_ALIGN;
}

/* Its memory ends with the copy. */
static struct call *make_copying_call(const struct brio_frame *frame, size_t size, const struct brio_thread_options *options)
{
    size_t align = alignment_of(frame);
    struct call *call = make_call(sizeof *call + align + size, options);
    if (call == NULL)
        return NULL;
    uintptr_t after = (uintptr_t)(call + 1);
    call->copy = (struct brio_frame *)(void *)((char *)(call + 1) + (-after & (align - 1)));
    memcpy(call->copy, frame, size);
    return call;
}

void brio__thread_call(struct brio_task *task, struct brio_frame *frame, size_t size, void *value, size_t value_size,
                       const struct brio_thread_options *options)
{
    (void)task;
    bool cancelled = brio_checkpoint_fails();
    struct call *call = cancelled ? NULL : make_copying_call(frame, size, options);
    if (call == NULL) {
        refuse_call(options, NULL, cancelled);
        return;
    }
    call->frame = frame;
    call->value_offset = value ? (size_t)((char *)value - (char *)frame) : 0;
    call->value_size = value_size;
    begin_call(call);
}
