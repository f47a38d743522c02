/* brio/stream.h - byte streams and listeners: interfaces that sockets, wrappers and users implement.
 *
 * A stream has one reader and one writer at a time; a second one raises EBUSY. Every function here that is ASYNC is a checkpoint, except
 * for brio_close_forcefully, and raises
 *
 *   BRIO_ECLOSED  the stream was closed on this side: while the call waited, or its sending half by brio_send_eof
 *   BRIO_EBROKEN  the peer or the system broke the connection; the cause is the errno error
 *
 * brio_close frees the stream: no later call may name it. A task that is blocked in the stream at that moment gets BRIO_ECLOSED and does
 * not touch the stream again.
 *
 * Streams over others, and in memory: brio/buffered.h, brio/text.h, brio/stapled.h, brio/memory_stream.h; files: brio/file_stream.h.
 */
#ifndef BRIO_STREAM_H
#define BRIO_STREAM_H

#include <brio/language.h>

#include <stddef.h>
#include <sys/uio.h>

#ifdef __cplusplus
extern "C" {
#endif

struct brio_stream;
struct brio_listener;
struct brio__close_watch;

/* What can be asked of a stream or listener, and the type that `value` points to. Users number their own from BRIO_ATTR_USER on. */
enum brio_attribute {
    BRIO_ATTR_FD,             /* int: borrowed */
    BRIO_ATTR_LOCAL_ADDRESS,  /* struct brio_address (brio/socket.h) */
    BRIO_ATTR_REMOTE_ADDRESS, /* struct brio_address */
    BRIO_ATTR_PATH,           /* const char *, borrowed from the stream: of a file that was opened by its name */
    BRIO_ATTR_USER = 1000
};

/* An implementation. The functions are called with valid arguments only: `size` of receive is at least 1. Those marked optional may be
 * NULL. */
struct brio_stream_operations {
    BRIO_ASYNC size_t (*receive)(struct brio_stream *stream, void *buffer, size_t size);
    BRIO_ASYNC void (*send)(struct brio_stream *stream, const void *data, size_t size);
    BRIO_ASYNC void (*send_vectored)(struct brio_stream *stream, const struct iovec *parts, size_t count); /* optional: one send each */
    BRIO_ASYNC void (*send_eof)(struct brio_stream *stream);                                               /* optional: EOPNOTSUPP */
    BRIO_ASYNC void (*close)(struct brio_stream *stream);
    BRIO_ASYNC void (*close_forcefully)(struct brio_stream *stream); /* one that waits is fatal */
    int (*attribute)(struct brio_stream *stream, int attribute, void *value); /* optional: -ENOENT */
};

/* The head of every stream. An implementation sets it with brio_stream_init and has its own fields behind it. */
struct brio_stream {
    const struct brio_stream_operations *operations;
    struct brio__close_watch *watches; /* private: who wants to know when it has been closed */
};

static inline void brio_stream_init(struct brio_stream *stream, const struct brio_stream_operations *operations)
{
    stream->operations = operations;
    stream->watches = NULL;
}

/* Private: raises EINVAL. */
BRIO_ASYNC_LEAF size_t brio__receive_nothing(void);

/* Waits for at least one byte and stores up to `size`. The number of bytes; 0 at the end of the stream, then again each time. Raises
 * EINVAL if `size` is 0. Cancelled, it has received nothing. */
static inline BRIO_ASYNC_LEAF size_t brio_receive(struct brio_stream *stream, void *buffer, size_t size)
{
    return brio_likely(size > 0) ? stream->operations->receive(stream, buffer, size) : brio__receive_nothing();
}

/* Sends all of it; returns when the system has taken the last byte. Cancelled while it waits, it has sent a part that is not known: then
 * the stream is good for nothing but being closed. BRIO_ECLOSED after brio_send_eof. */
static inline BRIO_ASYNC_LEAF void brio_send(struct brio_stream *stream, const void *data, size_t size)
{
    stream->operations->send(stream, data, size);
}

/* The same for several parts, in order. `parts` and what they point to must stay until it returns; `parts` is not written to. */
BRIO_ASYNC_LEAF void brio_send_vectored(struct brio_stream *stream, const struct iovec *parts, size_t count);

/* Tells the peer that nothing more follows; receiving goes on. Again: no effect. Counts as a writer. */
BRIO_ASYNC_LEAF void brio_send_eof(struct brio_stream *stream);

/* Closes and frees the stream, also when it is cancelled; may wait where the protocol says good-bye. NULL: no effect. */
BRIO_ASYNC_LEAF void brio_close(struct brio_stream *stream);

/* Closes and frees the stream at once: never waits, is no checkpoint and raises nothing. NULL: no effect. */
BRIO_ASYNC_LEAF void brio_close_forcefully(struct brio_stream *stream);

/* 0; -ENOENT if the stream has no such attribute (`value` untouched), or another negative code. Wrappers pass on what they do not know. */
int brio_stream_attribute(struct brio_stream *stream, int attribute, void *value);

struct brio_listener_operations {
    BRIO_ASYNC struct brio_stream *(*accept)(struct brio_listener *listener);
    BRIO_ASYNC void (*close)(struct brio_listener *listener);
    int (*attribute)(struct brio_listener *listener, int attribute, void *value); /* optional: -ENOENT */
};

/* The head of every listener. */
struct brio_listener {
    const struct brio_listener_operations *operations;
    struct brio__close_watch *watches; /* private: as a stream's; NULL at first */
};

/* The next connection; the caller owns it. Connections that break before they are accepted are passed over. Raises EMFILE, ENFILE,
 * ENOBUFS, ENOMEM when there is no room for one, BRIO_ECLOSED when the listener is closed meanwhile, EBUSY for a
 * second task, and what else accept(2) says. */
BRIO_ASYNC_LEAF struct brio_stream *brio_accept(struct brio_listener *listener);

typedef BRIO_ASYNC void brio_handler(struct brio_stream *stream, void *arg);

struct brio_serve_options {
    size_t limit; /* handlers at a time; while there are so many no connection is accepted. 0: no limit */
    /* Called, in the handler's task, with the error that has ended a handler (borrowed) and the server's `arg`. True: it has ended this
     * connection alone; false: it ends the server. NULL: it always does. */
    bool (*on_error)(const struct brio_error *error, void *arg);
    int brio__none;
};

/* Accepts connections and runs `handler` for each in a task of its own, until it is cancelled: then the handlers are cancelled as well.
 * When a handler ends, brio_serve closes the stream, forcefully, unless the handler has done it. An error of a handler that ends the server
 * is raised in a group, as is what brio_accept raises. When descriptors or memory run out it goes on accepting after 0.1 s. In a soft stop
 * (brio_scope_shutdown) it accepts no more, and returns when the handlers have ended. The listener stays open. `options` may be NULL. */
BRIO_ASYNC void brio_serve_with(struct brio_listener *listener, brio_handler *handler, void *arg, const struct brio_serve_options *options);
/* Without options. */
BRIO_ASYNC void brio_serve(struct brio_listener *listener, brio_handler *handler, void *arg);

/* Closes and frees the listener, also when it is cancelled. NULL: no effect. */
BRIO_ASYNC_LEAF void brio_listener_close(struct brio_listener *listener);

/* As brio_stream_attribute. */
int brio_listener_attribute(struct brio_listener *listener, int attribute, void *value);

#ifdef __cplusplus
}
#endif

#endif
