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

enum { MOST_BROKEN = 64 }; /* connections that are passed over in a row: an error that stays concerns the listener */

struct listening {
    struct socket_listener *listener;
    struct brio__descriptor *descriptor;
    int fd;
    bool nodelay;
};

struct socket_listener {
    struct brio_listener base;
    struct brio__loop *loop;
    struct brio_task *task; /* that waits in accept, or NULL */
    size_t next;            /* the socket that is asked first */
    size_t count;
    struct listening sockets[];
};

static struct socket_listener *socket_of(struct brio_listener *listener)
{
    return brio__container(listener, struct socket_listener, base);
}

static size_t size_of_listener(size_t count)
{
    return sizeof(struct socket_listener) + count * sizeof(struct listening);
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
    struct socket_listener *listener = listening->listener;
    int fd, broken = 0;
    do {
        fd = accept4(listening->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    } while (fd < 0 && concerns_one_connection(errno) && ++broken < MOST_BROKEN);
    if (fd < 0) {
        int error = errno == EWOULDBLOCK ? EAGAIN : errno;
        listening->descriptor->dry[BRIO__READ] = error == EAGAIN;
        return -error;
    }
    if (listening->nodelay)
        brio__socket_set_nodelay(fd);
    struct brio_stream *stream = brio__socket_stream_new(listener->loop, fd);
    if (stream == NULL) {
        close(fd);
        return -ENOMEM;
    }
    *accepted = stream;
    return 0;
}

static int accept_from_any(struct socket_listener *listener, struct brio_stream **accepted)
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

static void stop_waiting(struct socket_listener *listener)
{
    for (size_t i = 0; i < listener->count; i++) {
        if (brio__descriptor_busy(listener->sockets[i].descriptor, BRIO__READ))
            brio__descriptor_give_up(listener->sockets[i].descriptor, BRIO__READ);
    }
    listener->task = NULL;
}

static void attempt_accept(void *arg, int code)
{
    struct listening *listening = arg;
    struct socket_listener *listener = listening->listener;
    struct brio_task *task = listener->task;
    struct brio_stream *stream = NULL;
    if (code == 0)
        code = accept_from(listening, &stream);
    if (code == -EAGAIN)
        return;
    stop_waiting(listener);
    if (code == 0)
        brio_unpark_value(task, &stream, sizeof stream);
    else
        brio_unpark_error(task, -code, "accept: %s", brio_error_text(code));
}

static enum brio_abort_result abort_accept(struct brio_task *task, void *arg)
{
    struct socket_listener *listener = arg;
    assert(listener->task == task);
    stop_waiting(listener);
    return BRIO_ABORTED;
}

static void wait_for_all(struct socket_listener *listener)
{
    listener->task = brio_task_current();
    for (size_t i = 0; i < listener->count; i++) {
        struct listening *listening = &listener->sockets[i];
        brio__descriptor_wait(listening->descriptor, BRIO__READ, attempt_accept, listening);
    }
    brio_park(abort_accept, listener);
}

/* 0, -EBUSY, -BRIO_ECLOSED: a socket has been given to brio_notify_closing, or is waited for. */
static int check_usable(const struct socket_listener *listener)
{
    for (size_t i = 0; i < listener->count; i++) {
        if (listener->sockets[i].descriptor->fd < 0)
            return -BRIO_ECLOSED;
        if (brio__descriptor_busy(listener->sockets[i].descriptor, BRIO__READ))
            return -EBUSY;
    }
    return 0;
}

static BRIO_ASYNC_LEAF struct brio_stream *socket_accept(struct brio_listener *base)
{
    struct socket_listener *listener = socket_of(base);
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
static void free_listener(struct socket_listener *listener)
{
    for (size_t i = 0; i < listener->count; i++) {
        if (listener->sockets[i].descriptor)
            brio__descriptor_put(listener->sockets[i].descriptor);
    }
    brio__free(listener, size_of_listener(listener->count));
}

static BRIO_ASYNC_LEAF void socket_close(struct brio_listener *base)
{
    struct socket_listener *listener = socket_of(base);
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
    return brio__socket_attribute(socket_of(base)->sockets[0].fd, attribute, value);
}

static const struct brio_listener_operations operations = {
    .accept = socket_accept,
    .close = socket_close,
    .attribute = get_attribute,
};

static struct socket_listener *make_listener(struct brio__loop *loop, size_t count)
{
    struct socket_listener *listener = brio__alloc(size_of_listener(count));
    if (listener)
        *listener = (struct socket_listener){.base.operations = &operations, .loop = loop, .count = count};
    return listener;
}

struct brio_listener *brio__socket_listener_new(struct brio__loop *loop, const int *fds, size_t count, bool nodelay)
{
    assert(count > 0);
    struct socket_listener *listener = make_listener(loop, count);
    if (listener == NULL)
        return NULL;
    for (size_t i = 0; i < count; i++)
        listener->sockets[i] = (struct listening){listener, brio__descriptor_get(loop, fds[i]), fds[i], nodelay};
    for (size_t i = 0; i < count; i++) {
        if (listener->sockets[i].descriptor == NULL) {
            free_listener(listener);
            return NULL;
        }
    }
    return &listener->base;
}

/* 0, or why it cannot be one of several. */
static int check_joinable(struct brio_listener *base)
{
    if (base->operations != &operations)
        return -EOPNOTSUPP;
    return socket_of(base)->task ? -EBUSY : 0;
}

struct brio_listener *brio_listener_join(struct brio_listener *const *listeners, size_t count, int *code)
{
    size_t total = 0;
    int outcome = count > 0 ? 0 : -EINVAL;
    for (size_t i = 0; i < count && outcome == 0; i++) {
        outcome = check_joinable(listeners[i]);
        total += outcome == 0 ? socket_of(listeners[i])->count : 0;
    }
    struct socket_listener *joined = outcome == 0 ? make_listener(socket_of(listeners[0])->loop, total) : NULL;
    if (joined == NULL) {
        if (code)
            *code = outcome ? outcome : -ENOMEM;
        return NULL;
    }
    size_t next = 0;
    for (size_t i = 0; i < count; i++) {
        struct socket_listener *part = socket_of(listeners[i]);
        for (size_t k = 0; k < part->count; k++) {
            joined->sockets[next] = part->sockets[k];
            joined->sockets[next++].listener = joined;
        }
        brio__free(part, size_of_listener(part->count));
    }
    return &joined->base;
}

static bool is_inet(int fd)
{
    struct brio_address address;
    return brio__socket_attribute(fd, BRIO_ATTR_LOCAL_ADDRESS, &address) == 0 && brio_address_port(&address) >= 0;
}

/* 0: it listens, and is non-blocking now. */
static int prepare_listening(int fd)
{
    int code = brio__socket_check_type(fd, SOCK_STREAM);
    if (code != 0)
        return code;
    code = brio__socket_option(fd, SOL_SOCKET, SO_ACCEPTCONN);
    if (code <= 0)
        return code < 0 ? code : -EINVAL;
    return brio__socket_set_nonblocking(fd);
}

struct brio_listener *brio_listener_from_fd(int fd, int *code)
{
    struct brio__loop *loop = brio__loop_current();
    int outcome = loop ? prepare_listening(fd) : -BRIO_ENOTRUNNING;
    struct brio_listener *listener = outcome == 0 ? brio__socket_listener_new(loop, &fd, 1, is_inet(fd)) : NULL;
    if (listener == NULL && code)
        *code = outcome ? outcome : -ENOMEM;
    return listener;
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
