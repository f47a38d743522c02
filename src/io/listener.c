/* io/listener.c - a listener over one or more listening sockets, in plain C.
 *
 * An accept that finds no connection waits for all sockets at once; the first that has one ends the wait of the others. The sockets take
 * turns at being asked first.
 */
#define _GNU_SOURCE /* accept4 */
#include "io/listener.h"

#include <assert.h>
#include <brio/error.h>
#include <brio/leaf.h>
#include <brio/socket.h>
#include <errno.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fatal.h"
#include "core/task.h"
#include "io/socket.h"
#include "loop/io.h"
#include "loop/loop.h"

struct listening {
    struct tcp_listener *listener;
    struct brio__descriptor *descriptor;
    int fd;
};

struct tcp_listener {
    struct brio_listener base;
    struct brio__loop *loop;
    struct brio_task *task; /* that waits in accept, or NULL */
    bool nodelay;
    size_t next; /* the socket that is asked first */
    size_t count;
    struct listening sockets[];
};

static struct tcp_listener *tcp_of(struct brio_listener *listener)
{
    return brio__container(listener, struct tcp_listener, base);
}

static size_t size_of_listener(size_t count)
{
    return sizeof(struct tcp_listener) + count * sizeof(struct listening);
}

/* What goes wrong with one connection before it is accepted, and takes that connection out of the queue. */
static bool concerns_one_connection(int error)
{
    switch (error) {
    case EINTR:
    case EPERM:
    case ECONNABORTED:
    case EPROTO:
    case ENETDOWN:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case EOPNOTSUPP:
    case ENETUNREACH:
    case ETIMEDOUT:
        return true;
    default:
        return false;
    }
}

/* 0, -EAGAIN, or another negative code. */
static int accept_from(struct listening *listening, struct brio_stream **accepted)
{
    struct tcp_listener *listener = listening->listener;
    int fd;
    do {
        fd = accept4(listening->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    } while (fd < 0 && concerns_one_connection(errno));
    if (fd < 0) {
        int error = errno == EWOULDBLOCK ? EAGAIN : errno;
        listening->descriptor->dry[BRIO__READ] = error == EAGAIN;
        return -error;
    }
    if (listener->nodelay)
        brio__socket_set_nodelay(fd);
    struct brio_stream *stream = brio__socket_stream_new(listener->loop, fd);
    if (stream == NULL) {
        close(fd);
        return -ENOMEM;
    }
    *accepted = stream;
    return 0;
}

static int accept_from_any(struct tcp_listener *listener, struct brio_stream **accepted)
{
    for (size_t i = 0; i < listener->count; i++) {
        size_t which = (listener->next + i) % listener->count;
        struct listening *listening = &listener->sockets[which];
        int code = listening->descriptor->dry[BRIO__READ] ? -EAGAIN : accept_from(listening, accepted);
        if (code == -EAGAIN)
            continue;
        listener->next = which + 1;
        return code;
    }
    return -EAGAIN;
}

static void stop_waiting(struct tcp_listener *listener)
{
    for (size_t i = 0; i < listener->count; i++) {
        if (brio__descriptor_busy(listener->sockets[i].descriptor, BRIO__READ))
            brio__descriptor_give_up(listener->sockets[i].descriptor, BRIO__READ);
    }
    listener->task = NULL;
}

static bool attempt_accept(void *arg, int code)
{
    struct listening *listening = arg;
    struct tcp_listener *listener = listening->listener;
    struct brio_task *task = listener->task;
    struct brio_stream *stream = NULL;
    if (code == 0)
        code = accept_from(listening, &stream);
    if (code == -EAGAIN)
        return false;
    stop_waiting(listener);
    if (code == 0)
        brio_unpark_value(task, &stream, sizeof stream);
    else
        brio_unpark_error(task, -code, "accept: %s", brio_error_text(code));
    return true;
}

static enum brio_abort_result abort_accept(struct brio_task *task, void *arg)
{
    struct tcp_listener *listener = arg;
    assert(listener->task == task);
    stop_waiting(listener);
    return BRIO_ABORTED;
}

static void wait_for_all(struct tcp_listener *listener)
{
    listener->task = brio_task_current();
    for (size_t i = 0; i < listener->count; i++) {
        struct listening *listening = &listener->sockets[i];
        brio__descriptor_wait(listening->descriptor, BRIO__READ, attempt_accept, listening);
    }
    brio_park(abort_accept, listener);
}

/* 0, -EBUSY, -BRIO_ECLOSED: a socket has been given to brio_notify_closing, or is waited for. */
static int check_usable(const struct tcp_listener *listener)
{
    for (size_t i = 0; i < listener->count; i++) {
        if (listener->sockets[i].descriptor->fd < 0)
            return -BRIO_ECLOSED;
        if (brio__descriptor_busy(listener->sockets[i].descriptor, BRIO__READ))
            return -EBUSY;
    }
    return 0;
}

static BRIO_ASYNC_LEAF struct brio_stream *tcp_accept(struct brio_listener *base)
{
    struct tcp_listener *listener = tcp_of(base);
    struct brio_stream *stream = NULL;
    if (brio_checkpoint_fails())
        return NULL;
    int code = check_usable(listener);
    if (code == 0)
        code = accept_from_any(listener, &stream);
    if (code == -EAGAIN)
        wait_for_all(listener);
    else if (code != 0)
        brio_leaf_fail(-code, "accept: %s", brio_error_text(code));
    else
        brio_leaf_done(&stream, sizeof stream);
    return stream;
}

/* Frees the memory and the entries; the descriptors are closed by who owns them. */
static void free_listener(struct tcp_listener *listener)
{
    for (size_t i = 0; i < listener->count; i++) {
        if (listener->sockets[i].descriptor)
            brio__descriptor_put(listener->sockets[i].descriptor);
    }
    brio__free(listener, size_of_listener(listener->count));
}

static BRIO_ASYNC_LEAF void tcp_close(struct brio_listener *base)
{
    struct tcp_listener *listener = tcp_of(base);
    for (size_t i = 0; i < listener->count; i++) {
        brio__descriptor_closing(listener->sockets[i].descriptor);
        close(listener->sockets[i].fd);
    }
    free_listener(listener);
    if (!brio_checkpoint_fails())
        brio_leaf_done(NULL, 0);
}

static int get_attribute(struct brio_listener *base, int attribute, void *value)
{
    return brio__socket_attribute(tcp_of(base)->sockets[0].fd, attribute, value);
}

static const struct brio_listener_operations operations = {
    .accept = tcp_accept,
    .close = tcp_close,
    .attribute = get_attribute,
};

struct brio_listener *brio__tcp_listener_new(struct brio__loop *loop, const int *fds, size_t count, bool nodelay)
{
    assert(count > 0);
    struct tcp_listener *listener = brio__alloc(size_of_listener(count));
    if (listener == NULL)
        return NULL;
    *listener = (struct tcp_listener){.base.operations = &operations, .loop = loop, .nodelay = nodelay, .count = count};
    for (size_t i = 0; i < count; i++)
        listener->sockets[i] = (struct listening){.listener = listener, .fd = fds[i], .descriptor = brio__descriptor_get(loop, fds[i])};
    for (size_t i = 0; i < count; i++) {
        if (listener->sockets[i].descriptor == NULL) {
            free_listener(listener);
            return NULL;
        }
    }
    return &listener->base;
}

int brio_listener_address(struct brio_listener *listener, struct brio_address *address)
{
    return brio_listener_attribute(listener, BRIO_ATTR_LOCAL_ADDRESS, address);
}

int brio_listener_port(struct brio_listener *listener)
{
    struct brio_address address;
    int code = brio_listener_address(listener, &address);
    return code < 0 ? code : brio_address_port(&address);
}
