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

const struct brio_error *brio__io_error(const char *what, int error)
{
    if (is_own_fault(error))
        return brio__error_new(error, NULL, "%s: %s", what, brio_error_text(error));
    const struct brio_error *cause = brio__error_new(error, NULL, "%s: %s", what, brio_error_text(error));
    const struct brio_error *broken = brio__error_new(BRIO_EBROKEN, cause, "%s: the connection is broken", what);
    brio_error_unref(cause);
    return broken;
}

void brio__io_fail(const char *what, int error)
{
    brio__fail(brio_task_current(), brio__io_error(what, error));
}
