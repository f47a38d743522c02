/* io/stapled.c - see brio/stapled.h. Sending and receiving go straight through, and nothing of this stream is touched after them. */
#include <brio/stapled.h>

#include <brio/error.h>
#include <brio/leaf.h>
#include <errno.h>

#include "base/alloc.h"
#include "base/fatal.h"
#include "io/stream.h"

struct stapled {
    struct brio_stream stream;
    struct brio_stream *sender; /* NULL once its end has been sent */
    struct brio_stream *receiver;
};

static struct stapled *stapled_of(struct brio_stream *stream)
{
    return brio__container(stream, struct stapled, stream);
}

static BRIO_ASYNC_LEAF size_t stapled_receive(struct brio_stream *stream, void *buffer, size_t size)
{
    return brio_receive(stapled_of(stream)->receiver, buffer, size);
}

/* NULL: the call has failed. */
static struct brio_stream *usable_sender(struct brio_stream *stream)
{
    struct brio_stream *sender = stapled_of(stream)->sender;
    if (sender == NULL && !brio_checkpoint_fails())
        brio_leaf_fail(BRIO_ECLOSED, "send: %s", brio_error_text(BRIO_ECLOSED));
    return sender;
}

static BRIO_ASYNC_LEAF void stapled_send(struct brio_stream *stream, const void *data, size_t size)
{
    struct brio_stream *sender = usable_sender(stream);
    if (sender)
        brio_send(sender, data, size);
}

static BRIO_ASYNC_LEAF void stapled_send_vectored(struct brio_stream *stream, const struct iovec *parts, size_t count)
{
    struct brio_stream *sender = usable_sender(stream);
    if (sender)
        brio_send_vectored(sender, parts, count);
}

/* Of NULL it is a mere checkpoint. */
static BRIO_ASYNC_LEAF void stapled_send_eof(struct brio_stream *stream)
{
    struct brio_stream *sender = stapled_of(stream)->sender;
    stapled_of(stream)->sender = NULL;
    brio_close(sender);
}

static BRIO_ASYNC_LEAF void stapled_close(struct brio_stream *stream)
{
    struct brio_stream *sender = stapled_of(stream)->sender, *receiver = stapled_of(stream)->receiver;
    bool entered = false;
    brio__free(stapled_of(stream), sizeof(struct stapled));
    brio__stream_close_both(sender, receiver, &entered);
    if (!entered) {
        brio_close_forcefully(sender);
        brio_close_forcefully(receiver);
    }
}

static BRIO_ASYNC_LEAF void stapled_close_forcefully(struct brio_stream *stream)
{
    struct brio_stream *sender = stapled_of(stream)->sender, *receiver = stapled_of(stream)->receiver;
    brio__free(stapled_of(stream), sizeof(struct stapled));
    brio_close_forcefully(sender);
    brio_close_forcefully(receiver);
}

static int get_attribute(struct brio_stream *stream, int attribute, void *value)
{
    const struct stapled *stapled = stapled_of(stream);
    int code = brio_stream_attribute(stapled->receiver, attribute, value);
    return code == -ENOENT && stapled->sender ? brio_stream_attribute(stapled->sender, attribute, value) : code;
}

static const struct brio_stream_operations operations = {
    .receive = stapled_receive,
    .send = stapled_send,
    .send_vectored = stapled_send_vectored,
    .send_eof = stapled_send_eof,
    .close = stapled_close,
    .close_forcefully = stapled_close_forcefully,
    .attribute = get_attribute,
};

struct brio_stream *brio_stapled_new(struct brio_stream *sender, struct brio_stream *receiver)
{
    struct stapled *stapled = brio__alloc(sizeof *stapled);
    if (stapled == NULL)
        return NULL;
    stapled->sender = sender;
    stapled->receiver = receiver;
    brio_stream_init(&stapled->stream, &operations);
    return &stapled->stream;
}
