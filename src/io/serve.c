/* io/serve.c - what of the stream and listener interfaces is built on their other functions. Written in Brio. */
#include "io/stream.h"

#include <brio/error.h>
#include <brio/nursery.h>
#include <brio/scope.h>
#include <brio/time.h>
#include <errno.h>

static const double pause_without_room = 0.1;

BRIO_ASYNC void brio__stream_send_parts(struct brio_stream *stream, const struct iovec *parts, size_t count)
{
    struct brio__close_watch watch;
    AWAIT(brio_checkpoint_if_cancelled());
    brio__stream_watch(stream, &watch);
    DEFER {
        if (!watch.closed)
            brio__stream_unwatch(stream, &watch);
    }
    for (size_t i = 0; i < count; i++) {
        if (parts[i].iov_len == 0)
            continue;
        if (watch.closed)
            RAISE(BRIO_ECLOSED, "send: %s", brio_error_text(BRIO_ECLOSED));
        AWAIT(brio_send(stream, parts[i].iov_base, parts[i].iov_len));
    }
}

BRIO_ASYNC void brio__stream_close_both(struct brio_stream *first, struct brio_stream *second, bool *entered)
{
    *entered = true;
    DEFER AWAIT(brio_close(second));
    AWAIT(brio_close(first));
}

static ASYNC void serve_one(struct brio_stream *stream, BRIO_ASYNC void (*handler)(struct brio_stream *stream, void *arg), void *arg)
{
    struct brio__close_watch watch;
    brio__stream_watch(stream, &watch);
    DEFER {
        if (!watch.closed)
            AWAIT(brio_close_forcefully(stream));
    }
    AWAIT(handler(stream, arg));
}

/* The next connection, or NULL after a pause: there was no room for one. */
static ASYNC struct brio_stream *accept_when_there_is_room(struct brio_listener *listener)
{
    struct brio_stream *stream = NULL;
    TRY {
        stream = AWAIT(brio_accept(listener));
    } CATCH (e, EMFILE, ENFILE, ENOBUFS, ENOMEM) {
        AWAIT(brio_sleep(pause_without_room));
    }
    return stream;
}

BRIO_ASYNC void brio_serve(struct brio_listener *listener, BRIO_ASYNC void (*handler)(struct brio_stream *stream, void *arg), void *arg)
{
    NURSERY(n) {
        for (;;) {
            struct brio_stream *stream = AWAIT(accept_when_there_is_room(listener));
            if (stream == NULL)
                continue;
            TRY {
                SPAWN(n, serve_one(stream, handler, arg), .name = "connection");
            } CATCH (e) {
                AWAIT(brio_close_forcefully(stream));
                RERAISE();
            }
        }
    }
}
