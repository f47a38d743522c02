/* io/socket.c - byte streams over connected sockets, in plain C: an await of receive or send costs no frame.
 *
 * A receive that finds nothing leaves its buffer with the stream and parks. The read is made when libev reports the descriptor, and the
 * task goes on with its result. A read that came back short has emptied the socket, so the next one waits for libev without trying: a
 * request costs one wait, one read and one write. These three save few registers, or none: what is rare is in functions of its own.
 */
#include "io/socket.h"

#include <assert.h>
#include <brio/error.h>
#include <brio/leaf.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fatal.h"
#include "core/ready.h"
#include "io/failure.h"
#include "loop/io.h"

enum { MAX_PARTS = 16 }; /* of a message that go into one system call */

struct reader {
    struct brio_task *task;
    void *buffer;
    size_t size;
};

/* What is still to be sent: parts[0] from `offset` on, and the rest. */
struct writer {
    struct brio_task *task;
    const struct iovec *parts;
    size_t count;
    size_t offset;
    struct iovec single; /* of a send that is not vectored */
};

struct socket_stream {
    struct brio_stream base;
    struct brio__descriptor *descriptor;
    int fd;
    bool eof_sent;
    struct reader reader;
    struct writer writer;
};

static struct socket_stream *socket_of(struct brio_stream *stream)
{
    return brio__container(stream, struct socket_stream, base);
}

/* ---- receive ---- */

/* Of at least 1 byte, and fewer than there was room for. */
static inline bool is_short(ssize_t got, size_t size)
{
    return (size_t)got - 1 < size - 1;
}

/* After a read that failed with errno; as read_some. */
static __attribute__((noinline)) ssize_t read_failed(struct socket_stream *stream, void *buffer, size_t size)
{
    ssize_t got = -1;
    while (got < 0 && errno == EINTR)
        got = recv(stream->fd, buffer, size, 0);
    int error = errno == EWOULDBLOCK ? EAGAIN : errno;
    stream->descriptor->dry[BRIO__READ] = got < 0 ? error == EAGAIN : is_short(got, size);
    return got < 0 ? -error : got;
}

/* The number of bytes, or a negative code; -EAGAIN: nothing yet. */
static inline ssize_t read_some(struct socket_stream *stream, void *buffer, size_t size)
{
    ssize_t got = recv(stream->fd, buffer, size, 0);
    if (brio_unlikely(got < 0))
        return read_failed(stream, buffer, size);
    stream->descriptor->dry[BRIO__READ] = is_short(got, size);
    return got;
}

/* `got` is not -EAGAIN. */
static __attribute__((noinline)) void fail_receive(struct socket_stream *stream, ssize_t got)
{
    struct brio_task *task = stream->reader.task;
    brio__descriptor_end(stream->descriptor, BRIO__READ);
    brio_unpark_failed(task, brio__io_error(task, "receive", (int)-got));
}

static void attempt_receive(void *arg, int code)
{
    struct socket_stream *stream = arg;
    if (brio_unlikely(code != 0)) {
        fail_receive(stream, code);
        return;
    }
    ssize_t got = recv(stream->fd, stream->reader.buffer, stream->reader.size, 0);
    if (brio_unlikely(got < 0)) {
        got = read_failed(stream, stream->reader.buffer, stream->reader.size);
        if (got != -EAGAIN && got < 0)
            fail_receive(stream, got);
        if (got < 0)
            return;
    } else {
        stream->descriptor->dry[BRIO__READ] = is_short(got, stream->reader.size);
    }
    size_t value = (size_t)got;
    brio__descriptor_end(stream->descriptor, BRIO__READ);
    brio__unpark_stirred(stream->descriptor->loop, stream->reader.task, &value, sizeof value);
}

static enum brio_abort_result abort_receive(struct brio_task *task, void *arg)
{
    struct socket_stream *stream = arg;
    (void)task;
    brio__descriptor_give_up(stream->descriptor, BRIO__READ);
    return BRIO_ABORTED;
}

static __attribute__((noinline)) size_t received_later(struct brio__task *task, size_t got)
{
    brio__task_let_others_run(task, &got, sizeof got);
    return got;
}

/* Behind the checkpoint. */
static __attribute__((noinline)) size_t receive_or_wait(struct socket_stream *stream, void *buffer, size_t size)
{
    ssize_t got = -brio__io_check(stream->descriptor, BRIO__READ);
    if (brio_likely(got == 0))
        got = stream->descriptor->dry[BRIO__READ] ? -EAGAIN : read_some(stream, buffer, size);
    if (got == -EAGAIN) {
        stream->reader = (struct reader){brio__current, buffer, size};
        brio__descriptor_wait(stream->descriptor, BRIO__READ, attempt_receive, stream);
        brio__park(abort_receive, stream);
        return 0;
    }
    if (brio_unlikely(got < 0)) {
        brio__io_fail("receive", (int)-got);
        return 0;
    }
    struct brio__task *task = brio__task(brio__current);
    return brio__task_is_greedy(task) ? received_later(task, (size_t)got) : (size_t)got;
}

static __attribute__((noinline)) size_t receive_specially(struct socket_stream *stream, void *buffer, size_t size)
{
    return brio__checkpoint_fails() ? 0 : receive_or_wait(stream, buffer, size);
}

/* What is dry is open. */
static BRIO_ASYNC_LEAF size_t socket_receive(struct brio_stream *base, void *buffer, size_t size)
{
    struct socket_stream *stream = socket_of(base);
    struct brio__task *task = brio__task(brio__current);
    struct brio__descriptor *descriptor = stream->descriptor;
    if (!brio__task_at_ease(task))
        return receive_specially(stream, buffer, size);
    if (!descriptor->dry[BRIO__READ] || !descriptor->armed[BRIO__READ] || brio__descriptor_busy(descriptor, BRIO__READ))
        return receive_or_wait(stream, buffer, size);
    stream->reader = (struct reader){&task->head, buffer, size};
    brio__descriptor_wait(descriptor, BRIO__READ, attempt_receive, stream);
    brio__park_at_ease(task, abort_receive, stream);
    return 0;
}

/* ---- send ---- */

/* One system call for the first of what is left. */
static ssize_t write_once(struct socket_stream *stream)
{
    struct writer *writer = &stream->writer;
    const char *first = (const char *)writer->parts[0].iov_base + writer->offset;
    if (writer->count == 1)
        return send(stream->fd, first, writer->parts[0].iov_len - writer->offset, MSG_NOSIGNAL);
    struct iovec parts[MAX_PARTS];
    size_t count = writer->count < MAX_PARTS ? writer->count : MAX_PARTS;
    memcpy(parts, writer->parts, count * sizeof *parts);
    parts[0].iov_base = (void *)(uintptr_t)first;
    parts[0].iov_len -= writer->offset;
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = count};
    return sendmsg(stream->fd, &message, MSG_NOSIGNAL);
}

/* Counts bytes as sent, and drops the parts that have nothing left. */
static void advance(struct writer *writer, size_t sent)
{
    writer->offset += sent;
    while (writer->count > 0 && writer->offset >= writer->parts[0].iov_len) {
        writer->offset -= writer->parts[0].iov_len;
        writer->parts++;
        writer->count--;
    }
    assert(writer->count > 0 || writer->offset == 0);
}

/* 0: all of it has been sent; -EAGAIN; or another negative code. */
static int write_all(struct socket_stream *stream)
{
    struct writer *writer = &stream->writer;
    advance(writer, 0);
    while (writer->count > 0) {
        ssize_t sent = write_once(stream);
        if (sent >= 0)
            advance(writer, (size_t)sent);
        else if (errno == EAGAIN || errno == EWOULDBLOCK)
            return -EAGAIN;
        else if (errno != EINTR)
            return -errno;
    }
    return 0;
}

static void attempt_send(void *arg, int code)
{
    struct socket_stream *stream = arg;
    struct brio_task *task = stream->writer.task;
    if (code == 0)
        code = write_all(stream);
    if (code == -EAGAIN)
        return;
    brio__descriptor_end(stream->descriptor, BRIO__WRITE);
    if (code == 0)
        brio_unpark(task);
    else
        brio_unpark_failed(task, brio__io_error(task, "send", -code));
}

static enum brio_abort_result abort_send(struct brio_task *task, void *arg)
{
    struct socket_stream *stream = arg;
    (void)task;
    brio__descriptor_give_up(stream->descriptor, BRIO__WRITE);
    return BRIO_ABORTED;
}

/* 0, or why nothing can be sent now. */
static int check_sendable(const struct socket_stream *stream)
{
    int error = brio__io_check(stream->descriptor, BRIO__WRITE);
    return error == 0 && stream->eof_sent ? BRIO_ECLOSED : error;
}

/* The stream's writer has been filled in, except for the task. */
static void send_or_park(struct socket_stream *stream)
{
    int code = write_all(stream);
    if (code == -EAGAIN) {
        stream->writer.task = brio_task_current();
        brio__descriptor_wait(stream->descriptor, BRIO__WRITE, attempt_send, stream);
        brio__park(abort_send, stream);
    } else if (brio_unlikely(code != 0)) {
        brio__io_fail("send", -code);
    } else {
        brio__leaf_done(NULL, 0);
    }
}

/* What is left of the single part: `sent` is what the first call said. */
static __attribute__((noinline)) void send_rest(struct socket_stream *stream, ssize_t sent)
{
    stream->writer.parts = &stream->writer.single;
    stream->writer.count = 1;
    stream->writer.offset = sent > 0 ? (size_t)sent : 0;
    send_or_park(stream);
}

static __attribute__((noinline)) void send_specially(struct socket_stream *stream, const void *data, size_t size)
{
    if (brio__checkpoint_fails())
        return;
    int error = check_sendable(stream);
    if (error != 0) {
        brio__io_fail("send", error);
        return;
    }
    stream->writer.single = (struct iovec){(void *)(uintptr_t)data, size};
    send_rest(stream, 0);
}

static BRIO_ASYNC_LEAF void socket_send(struct brio_stream *base, const void *data, size_t size)
{
    struct socket_stream *stream = socket_of(base);
    struct brio__task *task = brio__task(brio__current);
    if (!brio__task_at_ease(task) || brio_unlikely(check_sendable(stream) != 0 || size == 0)) {
        send_specially(stream, data, size);
        return;
    }
    stream->writer.single = (struct iovec){(void *)(uintptr_t)data, size};
    ssize_t sent = send(stream->fd, data, size, MSG_NOSIGNAL);
    if (brio_unlikely(sent != (ssize_t)stream->writer.single.iov_len))
        send_rest(stream, sent);
    else if (brio__task_is_greedy(task))
        brio__task_let_others_run(task, NULL, 0);
}

static BRIO_ASYNC_LEAF void socket_send_vectored(struct brio_stream *base, const struct iovec *parts, size_t count)
{
    struct socket_stream *stream = socket_of(base);
    if (brio_checkpoint_fails())
        return;
    int error = check_sendable(stream);
    if (error != 0) {
        brio__io_fail("send", error);
        return;
    }
    stream->writer.parts = parts;
    stream->writer.count = count;
    stream->writer.offset = 0;
    send_or_park(stream);
}

static BRIO_ASYNC_LEAF void socket_send_eof(struct brio_stream *base)
{
    struct socket_stream *stream = socket_of(base);
    if (brio_checkpoint_fails())
        return;
    int error = brio__io_check(stream->descriptor, BRIO__WRITE);
    if (error == 0 && !stream->eof_sent && shutdown(stream->fd, SHUT_WR) != 0)
        error = errno;
    if (error != 0) {
        brio__io_fail("send the end", error);
        return;
    }
    stream->eof_sent = true;
    brio_leaf_done(NULL, 0);
}

/* ---- close ---- */

static BRIO_ASYNC_LEAF void socket_close_forcefully(struct brio_stream *base)
{
    struct socket_stream *stream = socket_of(base);
    brio__descriptor_closing(stream->descriptor);
    brio__descriptor_put(stream->descriptor);
    close(stream->fd);
    brio__free(stream, sizeof *stream);
}

static BRIO_ASYNC_LEAF void socket_close(struct brio_stream *base)
{
    socket_close_forcefully(base);
    if (!brio_checkpoint_fails())
        brio_leaf_done(NULL, 0);
}

/* ---- making one; attributes ---- */

static int get_attribute(struct brio_stream *base, int attribute, void *value)
{
    return brio__socket_attribute(socket_of(base)->fd, attribute, value);
}

static const struct brio_stream_operations operations = {
    .receive = socket_receive,
    .send = socket_send,
    .send_vectored = socket_send_vectored,
    .send_eof = socket_send_eof,
    .close = socket_close,
    .close_forcefully = socket_close_forcefully,
    .attribute = get_attribute,
};

struct brio_stream *brio__socket_stream_new(struct brio__loop *loop, int fd)
{
    struct socket_stream *stream = brio__alloc(sizeof *stream);
    if (stream == NULL)
        return NULL;
    *stream = (struct socket_stream){.fd = fd, .descriptor = brio__descriptor_get(loop, fd)};
    if (stream->descriptor == NULL) {
        brio__free(stream, sizeof *stream);
        return NULL;
    }
    brio_stream_init(&stream->base, &operations);
    return &stream->base;
}

struct brio__descriptor *brio__socket_stream_descriptor(struct brio_stream *stream, bool *eof_sent)
{
    if (stream->operations != &operations)
        return NULL;
    *eof_sent = socket_of(stream)->eof_sent;
    return socket_of(stream)->descriptor;
}

static int check_connected(int fd)
{
    struct sockaddr_storage peer;
    socklen_t size = sizeof peer;
    return getpeername(fd, (struct sockaddr *)&peer, &size) == 0 ? 0 : -errno;
}

struct brio_stream *brio_stream_from_fd(int fd, int *code)
{
    struct brio__loop *loop = brio__loop_current();
    int outcome = loop ? brio__socket_check_type(fd, SOCK_STREAM) : -BRIO_ENOTRUNNING;
    if (outcome == 0)
        outcome = check_connected(fd);
    if (outcome == 0)
        outcome = brio__socket_set_nonblocking(fd);
    struct brio_stream *stream = outcome == 0 ? brio__socket_stream_new(loop, fd) : NULL;
    if (stream == NULL && code)
        *code = outcome ? outcome : -ENOMEM;
    return stream;
}
