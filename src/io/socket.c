/* io/socket.c - byte streams over connected sockets, in plain C: an await of receive or send costs no frame.
 *
 * A receive that finds nothing leaves its buffer with the stream and parks. The read is made when libev reports the descriptor, and the
 * task goes on with its result. A read that came back short has emptied the socket, so the next one waits for libev without trying: a
 * request costs one wait, one read and one write.
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

/* The number of bytes, or a negative code; -EAGAIN: nothing yet. */
static ssize_t read_some(struct socket_stream *stream, void *buffer, size_t size)
{
    ssize_t got;
    do {
        got = recv(stream->fd, buffer, size, 0);
    } while (got < 0 && errno == EINTR);
    if (got < 0) {
        int error = errno == EWOULDBLOCK ? EAGAIN : errno;
        stream->descriptor->dry[BRIO__READ] = error == EAGAIN;
        return -error;
    }
    stream->descriptor->dry[BRIO__READ] = got > 0 && (size_t)got < size;
    return got;
}

static bool attempt_receive(void *arg, int code)
{
    struct socket_stream *stream = arg;
    struct reader reader = stream->reader;
    ssize_t got = code ? code : read_some(stream, reader.buffer, reader.size);
    if (got == -EAGAIN)
        return false;
    if (brio_likely(got >= 0)) {
        size_t value = (size_t)got;
        brio__unpark_small(reader.task, &value, sizeof value);
    } else {
        brio_unpark_failed(reader.task, brio__io_error(reader.task, "receive", (int)-got));
    }
    return true;
}

static enum brio_abort_result abort_receive(struct brio_task *task, void *arg)
{
    struct socket_stream *stream = arg;
    (void)task;
    brio__descriptor_give_up(stream->descriptor, BRIO__READ);
    return BRIO_ABORTED;
}

static BRIO_ASYNC_LEAF size_t socket_receive(struct brio_stream *base, void *buffer, size_t size)
{
    struct socket_stream *stream = socket_of(base);
    if (brio__checkpoint_fails())
        return 0;
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
    size_t value = (size_t)got;
    brio__leaf_done(&value, sizeof value);
    return value;
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

static bool attempt_send(void *arg, int code)
{
    struct socket_stream *stream = arg;
    struct brio_task *task = stream->writer.task;
    if (code == 0)
        code = write_all(stream);
    if (code == -EAGAIN)
        return false;
    if (code == 0)
        brio_unpark(task);
    else
        brio_unpark_failed(task, brio__io_error(task, "send", -code));
    return true;
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

static BRIO_ASYNC_LEAF void socket_send(struct brio_stream *base, const void *data, size_t size)
{
    struct socket_stream *stream = socket_of(base);
    if (brio__checkpoint_fails())
        return;
    int error = check_sendable(stream);
    if (brio_unlikely(error != 0)) {
        brio__io_fail("send", error);
        return;
    }
    ssize_t sent = size > 0 ? send(stream->fd, data, size, MSG_NOSIGNAL) : 0;
    if (brio_likely(sent == (ssize_t)size)) {
        brio__leaf_done(NULL, 0);
        return;
    }
    stream->writer.single = (struct iovec){(void *)(uintptr_t)data, size};
    stream->writer.parts = &stream->writer.single;
    stream->writer.count = 1;
    stream->writer.offset = sent > 0 ? (size_t)sent : 0;
    send_or_park(stream);
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
