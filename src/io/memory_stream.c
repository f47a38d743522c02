/* io/memory_stream.c - see brio/memory_stream.h.
 *
 * A pipe for each direction: a ring of bytes with at most one task at each end. Who comes does what it can and then lets the other end go
 * on, so that a parked reader means an empty ring, and a parked writer a full one.
 */
#include <brio/memory_stream.h>

#include <assert.h>
#include <brio/error.h>
#include <brio/leaf.h>
#include <errno.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fatal.h"
#include "core/task.h"
#include "io/failure.h"

struct reader {
    struct brio_task *task; /* NULL: nobody waits */
    char *buffer;
    size_t size;
};

struct writer {
    struct brio_task *task;
    const char *data;
    size_t size; /* still to be sent */
};

/* Only tests set one. */
struct fault {
    int error; /* an errno; 0: none */
    size_t after;
};

struct pipe {
    bool ended; /* the writer's end is closed, or has sent its eof */
    bool reader_gone;
    bool writer_gone;
    struct reader reader;
    struct writer writer;
    struct fault receive_fault, send_fault;
    size_t split; /* a receive gives that much at most; 0: no limit */
    size_t capacity, start, count;
    char ring[];
};

struct memory_stream {
    struct brio_stream stream;
    struct pipe *in, *out; /* each belongs to two streams */
};

static struct memory_stream *memory_of(struct brio_stream *stream)
{
    return brio__container(stream, struct memory_stream, stream);
}

/* ---- the ring ---- */

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* How many of the bytes there was room for. */
static size_t push(struct pipe *pipe, const char *data, size_t size)
{
    size = smaller(size, pipe->capacity - pipe->count);
    size_t at = (pipe->start + pipe->count) % pipe->capacity, first = smaller(size, pipe->capacity - at);
    if (size > 0) {
        memcpy(pipe->ring + at, data, first);
        memcpy(pipe->ring, data + first, size - first);
    }
    pipe->count += size;
    return size;
}

static void count_bytes(struct fault *fault, size_t size)
{
    if (fault->error != 0)
        fault->after -= size;
}

static size_t pull(struct pipe *pipe, char *buffer, size_t size)
{
    size = smaller(size, pipe->count);
    if (pipe->split > 0)
        size = smaller(size, pipe->split);
    if (pipe->receive_fault.error != 0)
        size = smaller(size, pipe->receive_fault.after);
    count_bytes(&pipe->receive_fault, size);
    size_t first = smaller(size, pipe->capacity - pipe->start);
    memcpy(buffer, pipe->ring + pipe->start, first);
    memcpy(buffer + first, pipe->ring, size - first);
    pipe->start = (pipe->start + size) % pipe->capacity;
    pipe->count -= size;
    return size;
}

/* ---- waking ---- */

static void wake_reader(struct pipe *pipe, size_t size)
{
    struct brio_task *task = pipe->reader.task;
    pipe->reader.task = NULL;
    brio_unpark_value(task, &size, sizeof size);
}

/* There are bytes, or there will be none any more. */
static void let_reader_go_on(struct pipe *pipe)
{
    if (pipe->reader.task && (pipe->count > 0 || pipe->ended))
        wake_reader(pipe, pull(pipe, pipe->reader.buffer, pipe->reader.size));
}

static void advance(struct writer *writer, size_t size)
{
    writer->data = size > 0 ? writer->data + size : writer->data;
    writer->size -= size;
}

/* There may be room. */
static void let_writer_go_on(struct pipe *pipe)
{
    struct brio_task *task = pipe->writer.task;
    if (task == NULL)
        return;
    advance(&pipe->writer, push(pipe, pipe->writer.data, pipe->writer.size));
    if (pipe->writer.size > 0)
        return;
    pipe->writer.task = NULL;
    brio_unpark(task);
}

static void fail_reader(struct pipe *pipe, int error)
{
    struct brio_task *task = pipe->reader.task;
    pipe->reader.task = NULL;
    if (task)
        brio_unpark_failed(task, brio__io_error(task, "receive", error));
}

static void fail_writer(struct pipe *pipe, int error)
{
    struct brio_task *task = pipe->writer.task;
    pipe->writer.task = NULL;
    if (task)
        brio_unpark_failed(task, brio__io_error(task, "send", error));
}

static enum brio_abort_result forget_reader(struct brio_task *task, void *arg)
{
    struct pipe *pipe = arg;
    assert(pipe->reader.task == task);
    pipe->reader.task = NULL;
    return BRIO_ABORTED;
}

static enum brio_abort_result forget_writer(struct brio_task *task, void *arg)
{
    struct pipe *pipe = arg;
    assert(pipe->writer.task == task);
    pipe->writer.task = NULL;
    return BRIO_ABORTED;
}

static bool is_due(const struct fault *fault)
{
    return fault->error != 0 && fault->after == 0;
}

/* ---- the operations ---- */

static BRIO_ASYNC_LEAF size_t memory_receive(struct brio_stream *stream, void *buffer, size_t size)
{
    struct pipe *pipe = memory_of(stream)->in;
    if (brio_checkpoint_fails())
        return 0;
    if (pipe->reader.task) {
        brio__io_fail("receive", EBUSY);
        return 0;
    }
    if (is_due(&pipe->receive_fault)) {
        brio__io_fail("receive", pipe->receive_fault.error);
        return 0;
    }
    if (pipe->count == 0 && !pipe->ended) {
        pipe->reader = (struct reader){brio_task_current(), buffer, size};
        brio_park(forget_reader, pipe);
        return 0;
    }
    size_t got = pull(pipe, buffer, size);
    let_writer_go_on(pipe);
    brio_leaf_done(&got, sizeof got);
    return got;
}

/* 0, or why nothing can be sent. */
static int check_sendable(const struct pipe *pipe)
{
    if (pipe->writer.task)
        return EBUSY;
    if (pipe->ended)
        return BRIO_ECLOSED;
    return pipe->reader_gone ? EPIPE : 0;
}

/* As much as there is room for of what may still be sent. */
static void send_until_it_breaks(struct pipe *pipe, const char *data)
{
    push(pipe, data, pipe->send_fault.after);
    let_reader_go_on(pipe);
    pipe->send_fault.after = 0;
    brio__io_fail("send", pipe->send_fault.error);
}

static BRIO_ASYNC_LEAF void memory_send(struct brio_stream *stream, const void *data, size_t size)
{
    struct pipe *pipe = memory_of(stream)->out;
    if (brio_checkpoint_fails())
        return;
    int error = check_sendable(pipe);
    if (error != 0) {
        brio__io_fail("send", error);
        return;
    }
    if (pipe->send_fault.error != 0 && size > pipe->send_fault.after) {
        send_until_it_breaks(pipe, data);
        return;
    }
    count_bytes(&pipe->send_fault, size);
    struct writer writer = {brio_task_current(), data, size};
    advance(&writer, push(pipe, data, size));
    if (size > 0)
        let_reader_go_on(pipe);
    advance(&writer, push(pipe, writer.data, writer.size));
    if (writer.size == 0) {
        brio_leaf_done(NULL, 0);
        return;
    }
    pipe->writer = writer;
    brio_park(forget_writer, pipe);
}

static void end_pipe(struct pipe *pipe)
{
    pipe->ended = true;
    let_reader_go_on(pipe);
}

static BRIO_ASYNC_LEAF void memory_send_eof(struct brio_stream *stream)
{
    struct pipe *pipe = memory_of(stream)->out;
    if (brio_checkpoint_fails())
        return;
    if (pipe->writer.task) {
        brio__io_fail("send the end", EBUSY);
        return;
    }
    end_pipe(pipe);
    brio_leaf_done(NULL, 0);
}

static size_t size_of_pipe(size_t capacity)
{
    return sizeof(struct pipe) + capacity;
}

static void free_pipe_if_unused(struct pipe *pipe)
{
    if (pipe->reader_gone && pipe->writer_gone)
        brio__free(pipe, size_of_pipe(pipe->capacity));
}

static BRIO_ASYNC_LEAF void memory_close_forcefully(struct brio_stream *stream)
{
    struct pipe *in = memory_of(stream)->in, *out = memory_of(stream)->out;
    fail_reader(in, BRIO_ECLOSED);
    fail_writer(out, BRIO_ECLOSED);
    in->reader_gone = true;
    fail_writer(in, EPIPE);
    out->writer_gone = true;
    end_pipe(out);
    free_pipe_if_unused(in);
    free_pipe_if_unused(out);
    brio__free(memory_of(stream), sizeof(struct memory_stream));
}

static BRIO_ASYNC_LEAF void memory_close(struct brio_stream *stream)
{
    memory_close_forcefully(stream);
    if (!brio_checkpoint_fails())
        brio_leaf_done(NULL, 0);
}

static const struct brio_stream_operations operations = {
    .receive = memory_receive,
    .send = memory_send,
    .send_eof = memory_send_eof,
    .close = memory_close,
    .close_forcefully = memory_close_forcefully,
};

/* ---- what networks do ---- */

int brio_memory_stream_split(struct brio_stream *stream, size_t most)
{
    if (stream->operations != &operations)
        return -EOPNOTSUPP;
    memory_of(stream)->in->split = most;
    return 0;
}

int brio_memory_stream_break_receive(struct brio_stream *stream, size_t after, int error)
{
    if (stream->operations != &operations)
        return -EOPNOTSUPP;
    struct pipe *pipe = memory_of(stream)->in;
    pipe->receive_fault = (struct fault){error, after};
    if (is_due(&pipe->receive_fault))
        fail_reader(pipe, error);
    return 0;
}

int brio_memory_stream_break_send(struct brio_stream *stream, size_t after, int error)
{
    if (stream->operations != &operations)
        return -EOPNOTSUPP;
    struct pipe *pipe = memory_of(stream)->out;
    pipe->send_fault = (struct fault){error, after};
    if (is_due(&pipe->send_fault))
        fail_writer(pipe, error);
    return 0;
}

/* ---- making them ---- */

static struct pipe *make_pipe(size_t capacity)
{
    struct pipe *pipe = brio__alloc(size_of_pipe(capacity));
    if (pipe)
        *pipe = (struct pipe){.capacity = capacity};
    return pipe;
}

static struct memory_stream *make_stream(struct pipe *in, struct pipe *out)
{
    struct memory_stream *memory = brio__alloc(sizeof *memory);
    if (memory == NULL)
        return NULL;
    memory->in = in;
    memory->out = out;
    brio_stream_init(&memory->stream, &operations);
    return memory;
}

int brio_memory_stream_pair(struct brio_stream *pair[2], size_t capacity)
{
    if (capacity == 0)
        return -EINVAL;
    if (capacity > SIZE_MAX / 2)
        return -ENOMEM;
    struct pipe *there = make_pipe(capacity), *back = make_pipe(capacity);
    struct memory_stream *a = there && back ? make_stream(back, there) : NULL, *b = a ? make_stream(there, back) : NULL;
    if (b == NULL) {
        brio__free(there, size_of_pipe(capacity));
        brio__free(back, size_of_pipe(capacity));
        brio__free(a, sizeof *a);
        return -ENOMEM;
    }
    pair[0] = &a->stream;
    pair[1] = &b->stream;
    return 0;
}
