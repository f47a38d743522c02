/* io/stream.c - the calls of the stream and listener interfaces. Each hands the await on to the implementation, whose frame then stands
 * directly on that of the caller. */
#include "io/stream.h"

#include <brio/error.h>
#include <brio/leaf.h>

#include "base/fatal.h"

BRIO_ASYNC_LEAF size_t brio__receive_nothing(void)
{
    if (!brio_checkpoint_fails())
        brio_leaf_fail(EINVAL, "receive: no room for a byte");
    return 0;
}

BRIO_ASYNC_LEAF void brio_send_vectored(struct brio_stream *stream, const struct iovec *parts, size_t count)
{
    if (stream->operations->send_vectored)
        stream->operations->send_vectored(stream, parts, count);
    else
        brio__stream_send_parts(stream, parts, count);
}

BRIO_ASYNC_LEAF void brio_send_eof(struct brio_stream *stream)
{
    if (stream->operations->send_eof)
        stream->operations->send_eof(stream);
    else if (!brio_checkpoint_fails())
        brio_leaf_fail(EOPNOTSUPP, "this stream cannot end sending and go on receiving");
}

/* The memory of the stream, or listener, is the implementation's: from here on it may be gone. */
static void note_closed(struct brio__close_watch *first)
{
    for (struct brio__close_watch *watch = first; watch; watch = watch->next)
        watch->closed = true;
}

void brio__watch_add(struct brio__close_watch **watches, struct brio__close_watch *watch)
{
    watch->closed = false;
    watch->next = *watches;
    *watches = watch;
}

void brio__watch_remove(struct brio__close_watch **watches, struct brio__close_watch *watch)
{
    struct brio__close_watch **link = watches;
    while (*link != watch)
        link = &(*link)->next;
    *link = watch->next;
}

static void close_nothing(void)
{
    if (!brio_checkpoint_fails())
        brio_leaf_done(NULL, 0);
}

BRIO_ASYNC_LEAF void brio_close(struct brio_stream *stream)
{
    if (stream == NULL) {
        close_nothing();
        return;
    }
    note_closed(stream->watches);
    stream->operations->close(stream);
}

BRIO_ASYNC_LEAF void brio_close_forcefully(struct brio_stream *stream)
{
    if (stream == NULL)
        return;
    note_closed(stream->watches);
    stream->operations->close_forcefully(stream);
    if (brio_unlikely(brio__current->signal == BRIO__SUSPENDED))
        brio__fatal("the close_forcefully of a stream waits");
}

int brio_stream_attribute(struct brio_stream *stream, int attribute, void *value)
{
    return stream->operations->attribute ? stream->operations->attribute(stream, attribute, value) : -ENOENT;
}

BRIO_ASYNC_LEAF struct brio_stream *brio_accept(struct brio_listener *listener)
{
    return listener->operations->accept(listener);
}

BRIO_ASYNC_LEAF void brio_listener_close(struct brio_listener *listener)
{
    if (listener == NULL) {
        close_nothing();
        return;
    }
    note_closed(listener->watches);
    listener->operations->close(listener);
}

int brio_listener_attribute(struct brio_listener *listener, int attribute, void *value)
{
    return listener->operations->attribute ? listener->operations->attribute(listener, attribute, value) : -ENOENT;
}
