/* io/stream.h - what stands behind the stream interface; the awaitables are in serve.c. */
#ifndef BRIO_IO_STREAM_H
#define BRIO_IO_STREAM_H

#include <brio/stream.h>

/* Tells a task that has a stream or listener in hand between two awaits whether it has been closed, and so is gone. Unwatch only if it is
 * not. */
struct brio__close_watch {
    struct brio__close_watch *next;
    bool closed;
};
void brio__watch_add(struct brio__close_watch **watches, struct brio__close_watch *watch);
void brio__watch_remove(struct brio__close_watch **watches, struct brio__close_watch *watch);

/* The default of brio_send_vectored, for streams that have none of their own. */
BRIO_ASYNC void brio__stream_send_parts(struct brio_stream *stream, const struct iovec *parts, size_t count);

/* Closes the first, then the second, whatever happens. If `*entered` is still false afterwards there was no frame for it, and both are
 * open. */
BRIO_ASYNC void brio__stream_close_both(struct brio_stream *first, struct brio_stream *second, bool *entered);

#endif
