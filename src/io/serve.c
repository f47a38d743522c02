/* io/serve.c - what of the stream and listener interfaces is built on their other functions. Written in Brio. */
#include "io/stream.h"

#include <brio/error.h>
#include <brio/nursery.h>
#include <brio/scope.h>
#include <brio/sync.h>
#include <brio/time.h>
#include <errno.h>

static const double pause_without_room = 0.1;

BRIO_ASYNC void brio__stream_send_parts(struct brio_stream *stream, const struct iovec *parts, size_t count)
{
    struct brio__close_watch watch;
    AWAIT(brio_checkpoint_if_cancelled());
    brio__watch_add(&stream->watches, &watch);
    DEFER {
        if (!watch.closed)
            brio__watch_remove(&stream->watches, &watch);
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

/* ---- serving ---- */

struct server {
    struct brio_listener *listener;
    struct brio__close_watch watch; /* of the listener, which others may close while it is not accepting */
    brio_handler *handler;
    void *arg;
    const struct brio_serve_options *options;
    struct brio_semaphore room; /* for handlers, if they are limited */
};

static void leave_room(struct server *server)
{
    if (server->options->limit > 0)
        brio_semaphore_release(&server->room);
}

static ASYNC void serve_one(struct server *server, struct brio_stream *stream)
{
    struct brio__close_watch watch;
    brio__watch_add(&stream->watches, &watch);
    DEFER {
        leave_room(server);
        if (!watch.closed)
            AWAIT(brio_close_forcefully(stream));
    }
    TRY {
        AWAIT(server->handler(stream, server->arg));
    } CATCH (e) {
        if (server->options->on_error == NULL || !server->options->on_error(e, server->arg))
            RERAISE();
    }
}

/* Has room for a handler when it returns; a soft stop ends it without a connection: NULL. */
static ASYNC struct brio_stream *accept_when_there_is_room(struct server *server)
{
    struct brio_stream *stream = NULL;
    bool has_room = false;
    DEFER {
        if (has_room && stream == NULL)
            leave_room(server);
    }
    INTERRUPTIBLE {
        if (server->options->limit > 0)
            AWAIT(brio_semaphore_acquire(&server->room));
        has_room = true;
        if (server->watch.closed)
            RAISE(BRIO_ECLOSED, "accept: %s", brio_error_text(BRIO_ECLOSED));
        stream = AWAIT(brio_accept(server->listener));
    }
    return stream;
}

static ASYNC void serve_next(struct server *server, struct brio_nursery *n)
{
    struct brio_stream *stream = AWAIT(accept_when_there_is_room(server));
    if (stream == NULL)
        return;
    TRY {
        SPAWN(n, serve_one(server, stream), .name = "connection");
    } CATCH (e) {
        leave_room(server);
        AWAIT(brio_close_forcefully(stream));
        RERAISE();
    }
}

static ASYNC void wait_for_room(void)
{
    INTERRUPTIBLE {
        AWAIT(brio_sleep(pause_without_room));
    }
}

BRIO_ASYNC void brio_serve_with(struct brio_listener *listener, brio_handler *handler, void *arg, const struct brio_serve_options *options)
{
    static const struct brio_serve_options defaults;
    struct server server = {.listener = listener, .handler = handler, .arg = arg, .options = options ? options : &defaults};
    (void)brio_semaphore_init(&server.room, server.options->limit, 0);
    brio__watch_add(&listener->watches, &server.watch);
    DEFER {
        if (!server.watch.closed)
            brio__watch_remove(&listener->watches, &server.watch);
    }
    NURSERY(n) {
        while (!brio_stopping()) {
            TRY {
                AWAIT(serve_next(&server, n));
            } CATCH (e, EMFILE, ENFILE, ENOBUFS, ENOMEM) {
                AWAIT(wait_for_room());
            }
        }
    }
}

BRIO_ASYNC void brio_serve(struct brio_listener *listener, brio_handler *handler, void *arg)
{
    AWAIT(brio_serve_with(listener, handler, arg, NULL));
}
