/* io/failure.c - see failure.h. */
#include "io/failure.h"

#include <brio/leaf.h>
#include <errno.h>

#include "base/error.h"
#include "core/task.h"

static bool is_own_fault(int error)
{
    switch (error) {
    case BRIO_ECLOSED:
    case EBUSY:
    case ENOMEM:
    case ENOBUFS:
    case EBADF:
    case ENOTSOCK:
    case EFAULT:
    case EINVAL:
    case EMSGSIZE:
    case EDESTADDRREQ:
    case EISCONN:
    case ENOTCONN:
    case EAFNOSUPPORT:
        return true;
    default:
        return false;
    }
}

const struct brio_error *brio__io_error(struct brio_task *head, const char *what, int error)
{
    const struct brio__task *task = brio__task(head);
    const struct brio_error *handled = brio__task_cause(task);
    if (is_own_fault(error))
        return brio__task_error(task, error, handled, "%s: %s", what, brio_error_text(error));
    const struct brio_error *cause = brio__error_new(error, handled, "%s: %s", what, brio_error_text(error));
    const struct brio_error *broken = brio__task_error(task, BRIO_EBROKEN, cause, "%s: the connection is broken", what);
    brio_error_unref(cause);
    return broken;
}

void brio__io_fail(const char *what, int error)
{
    struct brio_task *task = brio__leaf_task();
    brio__fail(task, brio__io_error(task, what, error));
}
