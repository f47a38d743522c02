/* io/message.c - see message.h. */
#include "io/message.h"

#include <brio/error.h>
#include <brio/leaf.h>
#include <errno.h>

#include "core/task.h"
#include "io/failure.h"
#include "loop/io.h"

/* A wait, in the scratch memory of its task. */
struct wait {
    struct brio_task *task;
    struct brio__descriptor *descriptor;
    struct msghdr *message;
    const char *what;
    int flags;
    enum brio__direction direction;
};

/* How many bytes, or a negative code; -EAGAIN: not now. */
static ssize_t try_once(const struct wait *wait)
{
    int fd = wait->descriptor->fd;
    ssize_t count;
    do {
        if (wait->direction == BRIO__READ)
            count = recvmsg(fd, wait->message, wait->flags);
        else
            count = sendmsg(fd, wait->message, wait->flags);
    } while (count < 0 && errno == EINTR);
    if (count >= 0)
        return count;
    int error = errno == EWOULDBLOCK ? EAGAIN : errno;
    if (wait->direction == BRIO__READ)
        wait->descriptor->dry[BRIO__READ] = error == EAGAIN;
    return -error;
}

static void attempt(void *arg, int code)
{
    struct wait *wait = arg;
    ssize_t count = code ? code : try_once(wait);
    if (count == -EAGAIN)
        return;
    brio__descriptor_end(wait->descriptor, wait->direction);
    if (count >= 0) {
        size_t value = (size_t)count;
        brio_unpark_value(wait->task, &value, sizeof value);
    } else {
        brio_unpark_failed(wait->task, brio__io_error(wait->task, wait->what, (int)-count));
    }
}

static enum brio_abort_result abort_wait(struct brio_task *task, void *arg)
{
    struct wait *wait = arg;
    (void)task;
    brio__descriptor_give_up(wait->descriptor, wait->direction);
    return BRIO_ABORTED;
}

static void park(const struct wait *wait)
{
    struct wait *kept = brio__scratch(wait->task, sizeof *kept);
    if (kept == NULL) {
        brio__raise_code(brio__task(wait->task), ENOMEM);
        return;
    }
    *kept = *wait;
    brio__descriptor_wait(wait->descriptor, wait->direction, attempt, kept);
    brio_park(abort_wait, kept);
}

static size_t transfer(const struct wait *wait)
{
    ssize_t count = -brio__io_check(wait->descriptor, wait->direction);
    if (count == 0)
        count = wait->direction == BRIO__READ && wait->descriptor->dry[BRIO__READ] ? -EAGAIN : try_once(wait);
    if (count == -EAGAIN) {
        park(wait);
        return 0;
    }
    if (count < 0) {
        brio__io_fail(wait->what, (int)-count);
        return 0;
    }
    size_t value = (size_t)count;
    brio_leaf_done(&value, sizeof value);
    return value;
}

BRIO_ASYNC_LEAF size_t brio__message_receive(struct brio__descriptor *descriptor, struct msghdr *message, int flags, const char *what)
{
    if (brio_checkpoint_fails())
        return 0;
    struct wait wait = {brio_task_current(), descriptor, message, what, flags, BRIO__READ};
    return transfer(&wait);
}

BRIO_ASYNC_LEAF size_t brio__message_send(struct brio__descriptor *descriptor, struct msghdr *message, const char *what)
{
    if (brio_checkpoint_fails())
        return 0;
    struct wait wait = {brio_task_current(), descriptor, message, what, MSG_NOSIGNAL, BRIO__WRITE};
    return transfer(&wait);
}
