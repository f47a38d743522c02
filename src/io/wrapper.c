/* io/wrapper.c - see wrapper.h. */
#include "io/wrapper.h"

#include <assert.h>
#include <brio/error.h>
#include <brio/leaf.h>
#include <errno.h>

BRIO_ASYNC_LEAF void brio__wrapper_begin(struct brio__wrapper *wrapper)
{
    if (brio_checkpoint_fails())
        return;
    if (wrapper->busy) {
        brio_leaf_fail(EBUSY, "receive: %s", brio_error_text(EBUSY));
        return;
    }
    wrapper->busy = true;
    brio_leaf_done(NULL, 0);
}

void brio__wrapper_leave(struct brio__wrapper *wrapper)
{
    assert(wrapper->busy);
    wrapper->busy = false;
    if (wrapper->closed)
        wrapper->release(wrapper);
}

BRIO_ASYNC_LEAF void brio__wrapper_send(struct brio_stream *stream, const void *data, size_t size)
{
    brio_send(brio__wrapper_of(stream)->inner, data, size);
}

BRIO_ASYNC_LEAF void brio__wrapper_send_vectored(struct brio_stream *stream, const struct iovec *parts, size_t count)
{
    brio_send_vectored(brio__wrapper_of(stream)->inner, parts, count);
}

BRIO_ASYNC_LEAF void brio__wrapper_send_eof(struct brio_stream *stream)
{
    brio_send_eof(brio__wrapper_of(stream)->inner);
}

/* The inner stream, which is all that is left to be closed. */
static struct brio_stream *take_inner(struct brio_stream *stream)
{
    struct brio__wrapper *wrapper = brio__wrapper_of(stream);
    struct brio_stream *inner = wrapper->inner;
    wrapper->closed = true;
    if (!wrapper->busy)
        wrapper->release(wrapper);
    return inner;
}

BRIO_ASYNC_LEAF void brio__wrapper_close(struct brio_stream *stream)
{
    brio_close(take_inner(stream));
}

BRIO_ASYNC_LEAF void brio__wrapper_close_forcefully(struct brio_stream *stream)
{
    brio_close_forcefully(take_inner(stream));
}

int brio__wrapper_attribute(struct brio_stream *stream, int attribute, void *value)
{
    return brio_stream_attribute(brio__wrapper_of(stream)->inner, attribute, value);
}
