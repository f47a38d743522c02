/* handle.c - handles of children. */
#include "base/error.h"
#include "core/queue.h"
#include "core/scope.h"

void brio__handle_begin(struct brio_handle *handle)
{
    handle->status = BRIO_HANDLE_PENDING;
    handle->error = NULL;
    handle->waiters_ = (struct brio__queue){NULL, NULL};
}

/* The error's owner is the nursery's task: the handle itself is never released by anybody. */
static const struct brio_error *keep_error(struct brio_nursery *nursery, const struct brio_handle *handle, const struct brio_error *error)
{
    if (nursery->task_ && brio__task_keep(brio__task(nursery->task_), handle, error))
        return error;
    return brio__error_no_memory();
}

void brio__handle_end(struct brio_handle *handle, struct brio_nursery *nursery, uint32_t signal, const struct brio_error *error)
{
    if (signal & BRIO__FAILED) {
        handle->status = BRIO_HANDLE_FAILED;
        handle->error = keep_error(nursery, handle, error);
    } else {
        handle->status = signal & BRIO__CANCELLED ? BRIO_HANDLE_CANCELLED : BRIO_HANDLE_FINISHED;
    }
    brio__queue_wake_all(&handle->waiters_);
}

static bool is_alive(const struct brio_handle *handle)
{
    return handle->status == BRIO_HANDLE_PENDING || handle->status == BRIO_HANDLE_CANCELLING;
}

void brio_handle_cancel(struct brio_handle *handle, const char *reason)
{
    if (!is_alive(handle))
        return;
    handle->status = BRIO_HANDLE_CANCELLING;
    brio_scope_cancel(&handle->scope_, reason);
}

void brio_handle_wait(struct brio_handle *handle)
{
    if (brio_checkpoint_fails())
        return;
    if (is_alive(handle))
        brio__queue_wait(&handle->waiters_);
    else
        brio_leaf_done(NULL, 0);
}
