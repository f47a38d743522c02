/* io/wrapper.h - what streams that wrap another one share: all that goes straight through, and a life that outlasts a reader.
 *
 * brio_close frees a stream while a task may still be blocked in it. That task is woken by the close of the inner stream, and has to leave
 * the wrapper before the memory may go. So a reader stands between begin and leave, and the last of reader and close releases.
 */
#ifndef BRIO_IO_WRAPPER_H
#define BRIO_IO_WRAPPER_H

#include <brio/stream.h>

struct brio__wrapper {
    struct brio_stream stream;
    struct brio_stream *inner;
    bool busy;   /* a task reads */
    bool closed; /* the inner stream is gone */
    void (*release)(struct brio__wrapper *wrapper);
};

static inline struct brio__wrapper *brio__wrapper_of(struct brio_stream *stream)
{
    return (struct brio__wrapper *)(void *)stream; /* its first member */
}

/* A checkpoint. Raises EBUSY. Between begin and leave `inner` may be used as long as the wrapper is not `closed`, which it may be right
 * after begin. */
BRIO_ASYNC_LEAF void brio__wrapper_begin(struct brio__wrapper *wrapper);
void brio__wrapper_leave(struct brio__wrapper *wrapper);

/* Of an implementation. */
BRIO_ASYNC_LEAF void brio__wrapper_send(struct brio_stream *stream, const void *data, size_t size);
BRIO_ASYNC_LEAF void brio__wrapper_send_vectored(struct brio_stream *stream, const struct iovec *parts, size_t count);
BRIO_ASYNC_LEAF void brio__wrapper_send_eof(struct brio_stream *stream);
BRIO_ASYNC_LEAF void brio__wrapper_close(struct brio_stream *stream);
BRIO_ASYNC_LEAF void brio__wrapper_close_forcefully(struct brio_stream *stream);
int brio__wrapper_attribute(struct brio_stream *stream, int attribute, void *value);

#endif
