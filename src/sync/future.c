/* future.c - see brio/sync.h. */
#include <brio/error.h>
#include <stdarg.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "core/queue.h"
#include "core/ready.h"

#include <brio/sync.h>

struct future_waiter {
    struct brio__waiter waiter;
    void *value; /* where it goes, or NULL */
};

static const char cancelled_text[] = "the future was cancelled";

void brio_future_init(struct brio_future *future)
{
    *future = (struct brio_future)BRIO_FUTURE_INIT;
}

static bool is_large(const struct brio_future *future)
{
    return future->size_ > sizeof future->value_.small_;
}

void brio_future_deinit(struct brio_future *future)
{
    if (is_large(future))
        brio__free(future->value_.large_, future->size_);
    brio_error_unref(future->error_);
    brio_future_init(future);
}

static void copy_value(const struct brio_future *future, void *value)
{
    if (value && future->size_)
        memcpy(value, is_large(future) ? future->value_.large_ : future->value_.small_, future->size_);
}

/* ---- settling ---- */

/* 0 while it can be settled. */
static int settled_code(const struct brio_future *future)
{
    if (future->status_ == BRIO_FUTURE_PENDING)
        return 0;
    return future->status_ == BRIO_FUTURE_CANCELLED ? -ECANCELED : -EALREADY;
}

static void wake_waiter(struct brio_future *future, struct future_waiter *waiter)
{
    struct brio_task *task = waiter->waiter.task;
    brio__queue_remove(&waiter->waiter);
    switch (future->status_) {
    case BRIO_FUTURE_DONE:
        copy_value(future, waiter->value);
        brio__unpark_small(task, NULL, 0);
        break;
    case BRIO_FUTURE_FAILED:
        brio_unpark_failed(task, brio_error_ref(future->error_));
        break;
    default:
        brio_unpark_error(task, ECANCELED, "%s", cancelled_text);
    }
}

static void wake_waiters(struct brio_future *future)
{
    while (future->waiters_.first)
        wake_waiter(future, brio__container(future->waiters_.first, struct future_waiter, waiter));
}

int brio_future_set(struct brio_future *future, const void *value, size_t size)
{
    int code = settled_code(future);
    if (code != 0)
        return code;
    void *place = future->value_.small_;
    if (size > sizeof future->value_.small_) {
        place = brio__alloc(size);
        if (place == NULL)
            return -ENOMEM;
        future->value_.large_ = place;
    }
    if (size)
        memcpy(place, value, size);
    future->size_ = size;
    future->status_ = BRIO_FUTURE_DONE;
    wake_waiters(future);
    return 0;
}

/* Takes the error. */
static void settle_with_error(struct brio_future *future, const struct brio_error *error)
{
    future->error_ = error;
    future->status_ = BRIO_FUTURE_FAILED;
    wake_waiters(future);
}

int brio_future_fail(struct brio_future *future, int code, const char *format, ...)
{
    int settled = settled_code(future);
    if (settled != 0)
        return settled;
    va_list arguments;
    va_start(arguments, format);
    settle_with_error(future, brio__error_make(code, NULL, NULL, format, arguments));
    va_end(arguments);
    return 0;
}

int brio_future_fail_with(struct brio_future *future, const struct brio_error *error)
{
    int settled = settled_code(future);
    if (settled == 0)
        settle_with_error(future, brio_error_ref(error));
    return settled;
}

int brio_future_cancel(struct brio_future *future)
{
    int settled = settled_code(future);
    if (settled != 0)
        return settled;
    future->status_ = BRIO_FUTURE_CANCELLED;
    wake_waiters(future);
    return 0;
}

/* ---- waiting ---- */

static enum brio_abort_result leave_line(struct brio_task *task, void *arg)
{
    struct future_waiter *waiter = arg;
    (void)task;
    brio__queue_remove(&waiter->waiter);
    return BRIO_ABORTED;
}

static void wait_in_line(struct brio_future *future, void *value)
{
    struct future_waiter *waiter = brio__waiter_new(sizeof *waiter);
    if (waiter == NULL)
        return;
    waiter->value = value;
    brio__queue_append(&future->waiters_, &waiter->waiter);
    brio__park(leave_line, waiter);
}

void brio_future_wait(struct brio_future *future, void *value)
{
    if (brio__checkpoint_fails())
        return;
    switch (future->status_) {
    case BRIO_FUTURE_PENDING:
        wait_in_line(future, value);
        break;
    case BRIO_FUTURE_DONE:
        copy_value(future, value);
        brio__leaf_done(NULL, 0);
        break;
    case BRIO_FUTURE_FAILED:
        brio__fail(brio__current, brio_error_ref(future->error_));
        break;
    case BRIO_FUTURE_CANCELLED:
        brio__raise_text(brio__task(brio__current), ECANCELED, cancelled_text);
    }
}

int brio_future_try_wait(const struct brio_future *future, void *value)
{
    if (future->status_ == BRIO_FUTURE_PENDING)
        return -EAGAIN;
    if (future->status_ == BRIO_FUTURE_CANCELLED)
        return -ECANCELED;
    if (future->status_ == BRIO_FUTURE_FAILED)
        return -future->error_->code;
    copy_value(future, value);
    return 0;
}

/* ---- looking ---- */

enum brio_future_status brio_future_status(const struct brio_future *future)
{
    return future->status_;
}

const struct brio_error *brio_future_error(const struct brio_future *future)
{
    return future->status_ == BRIO_FUTURE_FAILED ? future->error_ : NULL;
}

void brio_future_statistics(const struct brio_future *future, struct brio_future_statistics *statistics)
{
    statistics->status = future->status_;
    statistics->waiting = brio__queue_length(&future->waiters_);
}
