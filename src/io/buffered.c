/* io/buffered.c - see brio/buffered.h. Written in Brio.
 *
 * The inner stream is read into the buffer, never past it into the caller's memory, unless the buffer is empty and the caller's is larger:
 * so what a cancelled or failed call had got is where the next one looks.
 */
#include <brio/buffered.h>

#include <brio/error.h>
#include <errno.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fatal.h"
#include "io/wrapper.h"

enum { CHUNK = 4096 }; /* bytes that are asked for at a time */

struct buffered {
    struct brio__wrapper wrapper;
    char *memory;
    size_t capacity;
    size_t start, end; /* of what is in it */
};

static const struct brio_stream_operations operations;

static struct buffered *buffered_of(struct brio_stream *stream)
{
    return stream->operations == &operations ? brio__container(brio__wrapper_of(stream), struct buffered, wrapper) : NULL;
}

static void release(struct brio__wrapper *wrapper)
{
    struct buffered *buffered = brio__container(wrapper, struct buffered, wrapper);
    brio__free(buffered->memory, buffered->capacity);
    brio__free(buffered, sizeof *buffered);
}

/* ---- the buffer ---- */

static size_t pending(const struct buffered *buffered)
{
    return buffered->end - buffered->start;
}

/* Makes room for `size` bytes behind those that are there. False: no memory. */
static bool reserve(struct buffered *buffered, size_t size)
{
    size_t used = pending(buffered);
    if (size <= buffered->capacity - buffered->end)
        return true;
    if (size > SIZE_MAX / 2 - used)
        return false;
    if (size <= buffered->capacity - used) {
        memmove(buffered->memory, buffered->memory + buffered->start, used);
    } else {
        size_t capacity = used + size > buffered->capacity * 2 ? used + size : buffered->capacity * 2;
        char *memory = brio__alloc(capacity);
        if (memory == NULL)
            return false;
        if (used > 0)
            memcpy(memory, buffered->memory + buffered->start, used);
        brio__free(buffered->memory, buffered->capacity);
        buffered->memory = memory;
        buffered->capacity = capacity;
    }
    buffered->start = 0;
    buffered->end = used;
    return true;
}

static size_t take(struct buffered *buffered, void *to, size_t size)
{
    if (size > pending(buffered))
        size = pending(buffered);
    if (size > 0)
        memcpy(to, buffered->memory + buffered->start, size);
    buffered->start += size;
    if (buffered->start == buffered->end)
        buffered->start = buffered->end = 0;
    return size;
}

/* Receives into the buffer, which is to come to at least `wanted` bytes. How many; 0: the end of the stream. */
static ASYNC size_t fill(struct buffered *buffered, size_t wanted)
{
    size_t room = wanted > pending(buffered) + CHUNK ? wanted - pending(buffered) : CHUNK;
    if (!reserve(buffered, room))
        RAISE(ENOMEM, "receive: no room for %zu bytes", wanted);
    size_t size = AWAIT(brio_receive(buffered->wrapper.inner, buffered->memory + buffered->end, buffered->capacity - buffered->end));
    if (buffered->wrapper.closed) /* by a task that ran before this one could go on */
        RAISE(BRIO_ECLOSED, "receive: %s", brio_error_text(BRIO_ECLOSED));
    buffered->end += size;
    return size;
}

/* ---- receiving ---- */

/* Becomes the reader. */
static ASYNC struct buffered *begin_reading(struct brio_stream *stream)
{
    struct buffered *buffered = buffered_of(stream);
    if (buffered == NULL)
        RAISE(EOPNOTSUPP, "receive: not a buffered stream");
    AWAIT(brio__wrapper_begin(&buffered->wrapper));
    if (!buffered->wrapper.closed)
        return buffered;
    brio__wrapper_leave(&buffered->wrapper);
    RAISE(BRIO_ECLOSED, "receive: %s", brio_error_text(BRIO_ECLOSED));
    return NULL;
}

static BRIO_ASYNC size_t buffered_receive(struct brio_stream *stream, void *buffer, size_t size)
{
    struct buffered *buffered = AWAIT(begin_reading(stream));
    DEFER brio__wrapper_leave(&buffered->wrapper);
    if (pending(buffered) == 0 && size >= CHUNK)
        return AWAIT(brio_receive(buffered->wrapper.inner, buffer, size));
    if (pending(buffered) == 0 && AWAIT(fill(buffered, 1)) == 0)
        return 0;
    return take(buffered, buffer, size);
}

BRIO_ASYNC void brio_receive_exactly(struct brio_stream *stream, void *buffer, size_t size)
{
    struct buffered *buffered = AWAIT(begin_reading(stream));
    DEFER brio__wrapper_leave(&buffered->wrapper);
    while (pending(buffered) < size) {
        if (AWAIT(fill(buffered, size)) == 0)
            RAISE(BRIO_EINCOMPLETE, "receive: the stream ended after %zu of %zu bytes", pending(buffered), size);
    }
    take(buffered, buffer, size);
}

/* ---- delimiters ---- */

struct delimiter {
    const char *text;
    size_t size;
};

/* Where the delimiter begins in what is in the buffer, at `from` or later; what is too short to tell counts as `from` next time. False: not
 * there yet. */
static bool find(const struct buffered *buffered, const struct delimiter *delimiter, size_t *from)
{
    size_t size = pending(buffered);
    while (*from + delimiter->size <= size) {
        const char *data = buffered->memory + buffered->start; /* not before: there may be no memory yet */
        const char *first = memchr(data + *from, delimiter->text[0], size - *from - delimiter->size + 1);
        *from = first ? (size_t)(first - data) : size - delimiter->size + 1;
        if (first && memcmp(first, delimiter->text, delimiter->size) == 0)
            return true;
        *from += first != NULL;
    }
    return false;
}

/* Takes `size` bytes and the delimiter behind them out of the buffer, where they stay readable. */
static char *take_line(struct buffered *buffered, size_t size, const struct delimiter *delimiter)
{
    char *line = buffered->memory + buffered->start;
    line[size] = '\0';
    buffered->start += size + delimiter->size;
    if (buffered->start == buffered->end)
        buffered->start = buffered->end = 0;
    return line;
}

BRIO_ASYNC char *brio_receive_until(struct brio_stream *stream, const char *text, size_t max, size_t *size)
{
    struct delimiter delimiter = {text, text[0] ? strlen(text) : 1};
    struct buffered *buffered = AWAIT(begin_reading(stream));
    DEFER brio__wrapper_leave(&buffered->wrapper);
    size_t at = 0;
    while (!find(buffered, &delimiter, &at)) {
        if (at > max)
            RAISE(BRIO_EDELIMITER, "receive: no delimiter within %zu bytes", max);
        if (AWAIT(fill(buffered, 1)) > 0)
            continue;
        if (pending(buffered) == 0)
            return NULL;
        RAISE(BRIO_EINCOMPLETE, "receive: the stream ended without a delimiter after %zu bytes", pending(buffered));
    }
    if (at > max)
        RAISE(BRIO_EDELIMITER, "receive: no delimiter within %zu bytes", max);
    if (size)
        *size = at;
    return take_line(buffered, at, &delimiter);
}

/* ---- the buffer from outside ---- */

const char *brio_buffered_peek(struct brio_stream *stream, size_t *size)
{
    const struct buffered *buffered = buffered_of(stream);
    if (buffered == NULL)
        return NULL;
    *size = pending(buffered);
    return buffered->memory ? buffered->memory + buffered->start : "";
}

int brio_buffered_feed(struct brio_stream *stream, const void *data, size_t size)
{
    struct buffered *buffered = buffered_of(stream);
    if (buffered == NULL)
        return -EOPNOTSUPP;
    if (buffered->wrapper.busy)
        return -EBUSY;
    if (size == 0)
        return 0;
    if (!reserve(buffered, size))
        return -ENOMEM;
    memcpy(buffered->memory + buffered->end, data, size);
    buffered->end += size;
    return 0;
}

static const struct brio_stream_operations operations = {
    .receive = buffered_receive,
    .send = brio__wrapper_send,
    .send_vectored = brio__wrapper_send_vectored,
    .send_eof = brio__wrapper_send_eof,
    .close = brio__wrapper_close,
    .close_forcefully = brio__wrapper_close_forcefully,
    .attribute = brio__wrapper_attribute,
};

struct brio_stream *brio_buffered_new(struct brio_stream *inner)
{
    struct buffered *buffered = brio__alloc(sizeof *buffered);
    if (buffered == NULL)
        return NULL;
    *buffered = (struct buffered){.wrapper = {.inner = inner, .release = release}};
    brio_stream_init(&buffered->wrapper.stream, &operations);
    return &buffered->wrapper.stream;
}
