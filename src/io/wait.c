/* io/wait.c - waiting for descriptors that others read and write. */
#include <brio/error.h>
#include <brio/leaf.h>
#include <brio/socket.h>
#include <fcntl.h>

#include "base/alloc.h"
#include "core/task.h"
#include "loop/io.h"
#include "loop/loop.h"

/* One wait; freed when it ends. */
struct wait {
    struct brio_task *task;
    struct brio__descriptor *descriptor;
    enum brio__direction direction;
};

static const char *const direction_names[] = {"readable", "writable"};

static void end_wait(struct wait *wait)
{
    brio__descriptor_put(wait->descriptor);
    brio__free(wait, sizeof *wait);
}

static void attempt_nothing(void *arg, int code)
{
    struct wait *wait = arg;
    brio__descriptor_end(wait->descriptor, wait->direction);
    if (code == 0)
        brio_unpark(wait->task);
    else
        brio_unpark_error(wait->task, -code, "wait for descriptor to be %s", direction_names[wait->direction]);
    end_wait(wait);
}

static enum brio_abort_result abort_wait(struct brio_task *task, void *arg)
{
    struct wait *wait = arg;
    (void)task;
    brio__descriptor_give_up(wait->descriptor, wait->direction);
    end_wait(wait);
    return BRIO_ABORTED;
}

/* 0, -EBUSY, -ENOMEM. */
static int begin_wait(int fd, enum brio__direction direction, struct wait **begun)
{
    struct brio_task *task = brio_task_current();
    struct brio__descriptor *descriptor = brio__descriptor_get(brio__task_loop(task), fd);
    if (descriptor == NULL)
        return -ENOMEM;
    bool busy = brio__descriptor_busy(descriptor, direction);
    struct wait *wait = busy ? NULL : brio__alloc(sizeof *wait);
    if (wait == NULL) {
        brio__descriptor_put(descriptor);
        return busy ? -EBUSY : -ENOMEM;
    }
    *wait = (struct wait){task, descriptor, direction};
    brio__descriptor_wait(descriptor, direction, attempt_nothing, wait);
    *begun = wait;
    return 0;
}

static void wait_for(int fd, enum brio__direction direction)
{
    struct wait *wait = NULL;
    if (brio_checkpoint_fails())
        return;
    int code = fcntl(fd, F_GETFD) < 0 ? -errno : begin_wait(fd, direction, &wait);
    if (code == 0)
        brio_park(abort_wait, wait);
    else
        brio_leaf_fail(-code, "wait for descriptor %d to be %s", fd, direction_names[direction]);
}

BRIO_ASYNC_LEAF void brio_wait_readable(int fd)
{
    wait_for(fd, BRIO__READ);
}

BRIO_ASYNC_LEAF void brio_wait_writable(int fd)
{
    wait_for(fd, BRIO__WRITE);
}

void brio_notify_closing(int fd)
{
    struct brio__loop *loop = brio__loop_current();
    struct brio__descriptor *descriptor = loop ? brio__descriptor_find(loop, fd) : NULL;
    if (descriptor)
        brio__descriptor_closing(descriptor);
}
