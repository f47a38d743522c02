/* io/failure.h - what calls on descriptors fail with. */
#ifndef BRIO_IO_FAILURE_H
#define BRIO_IO_FAILURE_H

#include <brio/error.h>

#include "loop/io.h"

/* For the task that awaits. `error` is an errno or BRIO_ECLOSED, positive. What says something about the call or this machine stays as it
 * is; all else becomes BRIO_EBROKEN with the errno error as its cause. A new reference. */
const struct brio_error *brio__io_error(struct brio_task *task, const char *what, int error);
/* The current task fails with that. */
void brio__io_fail(const char *what, int error);
/* 0; BRIO_ECLOSED, EBUSY: why no call can be made in that direction now. */
static inline int brio__io_check(const struct brio__descriptor *descriptor, enum brio__direction direction)
{
    if (brio_unlikely(descriptor->fd < 0))
        return BRIO_ECLOSED;
    return brio__descriptor_busy(descriptor, direction) ? EBUSY : 0;
}

#endif
