/* thread/thread.c - brio_to_thread: a task that waits for a job of the pool.
 *
 * The record of the call belongs to the job from submit on. It outlives the task that abandons it, and is freed where the job is done.
 */
#include <assert.h>
#include <brio/error.h>
#include <brio/leaf.h>
#include <brio/thread.h>

#include "base/alloc.h"
#include "base/fatal.h"
#include "core/task.h"
#include "loop/loop.h"
#include "thread/pool.h"

struct call {
    struct brio__job job;
    struct brio__loop *loop;
    struct brio_task *task; /* NULL: it has abandoned the call */
    void *(*fn)(void *arg);
    void *arg;
    void *result;
    struct brio_thread_options options;
};

static void discard(const struct brio_thread_options *options, void *result, void *arg)
{
    if (options->discard)
        options->discard(result, arg);
}

static void work(struct brio__job *job)
{
    struct call *call = brio__container(job, struct call, job);
    call->result = call->fn(call->arg);
}

static void be_done(struct brio__job *job)
{
    struct call *call = brio__container(job, struct call, job);
    if (call->task) {
        brio__loop_unhold(call->loop);
        brio_unpark_value(call->task, &call->result, sizeof call->result);
    } else {
        discard(&call->options, call->result, call->arg);
    }
    brio__free(call, sizeof *call);
}

static enum brio_abort_result abort_call(struct brio_task *task, void *arg)
{
    struct call *call = arg;
    assert(call->task == task);
    if (brio__pool_withdraw(call->loop, &call->job)) {
        brio__loop_unhold(call->loop);
        discard(&call->options, NULL, call->arg);
        brio__free(call, sizeof *call);
        return BRIO_ABORTED;
    }
    if (!call->options.abandon_on_cancel)
        return BRIO_ABORT_PENDING;
    brio__loop_unhold(call->loop);
    call->task = NULL;
    return BRIO_ABORTED;
}

/* 0, -ENOMEM, -EAGAIN. */
static int begin_call(void *(*fn)(void *arg), void *arg, const struct brio_thread_options *options, struct call **begun)
{
    struct brio_task *task = brio_task_current();
    struct call *call = brio__alloc(sizeof *call);
    if (call == NULL)
        return -ENOMEM;
    *call = (struct call){
        .job = {.work = work, .done = be_done},
        .loop = brio__task_loop(task),
        .task = task,
        .fn = fn,
        .arg = arg,
        .options = *options,
    };
    int code = brio__pool_submit(call->loop, &call->job);
    if (code != 0) {
        brio__free(call, sizeof *call);
        return code;
    }
    brio__loop_hold(call->loop);
    *begun = call;
    return 0;
}

BRIO_ASYNC_LEAF void *brio_to_thread(void *(*fn)(void *arg), void *arg, const struct brio_thread_options *options)
{
    static const struct brio_thread_options defaults = {.abandon_on_cancel = false};
    if (options == NULL)
        options = &defaults;
    if (brio_checkpoint_fails()) {
        discard(options, NULL, arg);
        return NULL;
    }
    struct call *call = NULL;
    int code = begin_call(fn, arg, options, &call);
    if (code != 0) {
        discard(options, NULL, arg);
        brio_leaf_fail(-code, "start a thread");
        return NULL;
    }
    brio_park(abort_call, call);
    return NULL;
}
