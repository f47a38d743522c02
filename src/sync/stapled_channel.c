/* stapled_channel.c - a sender and a receiver as one. A closed handle may be gone with its channel, so it is forgotten at once. */
#include <brio/channel.h>
#include <brio/error.h>
#include <brio/leaf.h>
#include <errno.h>
#include <stddef.h>

int brio_stapled_channel_pair(struct brio_stapled_channel pair[2], size_t item_size, size_t capacity)
{
    int code = brio_channel_open(&pair[0].sender, &pair[1].receiver, item_size, capacity);
    if (code != 0)
        return code;
    code = brio_channel_open(&pair[1].sender, &pair[0].receiver, item_size, capacity);
    if (code != 0) {
        brio_sender_close(pair[0].sender);
        brio_receiver_close(pair[1].receiver);
    }
    return code;
}

static void fail_closed(void)
{
    if (!brio_checkpoint_fails())
        brio_leaf_fail(BRIO_ECLOSED, "%s", brio_error_text(BRIO_ECLOSED));
}

BRIO_ASYNC_LEAF void brio_stapled_channel_send(struct brio_stapled_channel *stapled, const void *item)
{
    if (stapled->sender)
        brio_channel_send(stapled->sender, item);
    else
        fail_closed();
}

int brio_stapled_channel_try_send(struct brio_stapled_channel *stapled, const void *item)
{
    return stapled->sender ? brio_channel_try_send(stapled->sender, item) : -BRIO_ECLOSED;
}

BRIO_ASYNC_LEAF bool brio_stapled_channel_receive(struct brio_stapled_channel *stapled, void *item)
{
    if (stapled->receiver)
        return brio_channel_receive(stapled->receiver, item);
    fail_closed();
    return false;
}

int brio_stapled_channel_try_receive(struct brio_stapled_channel *stapled, void *item)
{
    return stapled->receiver ? brio_channel_try_receive(stapled->receiver, item) : -BRIO_ECLOSED;
}

void brio_stapled_channel_send_eof(struct brio_stapled_channel *stapled)
{
    struct brio_sender *sender = stapled->sender;
    stapled->sender = NULL;
    brio_sender_close(sender);
}

void brio_stapled_channel_close(struct brio_stapled_channel *stapled)
{
    struct brio_receiver *receiver = stapled->receiver;
    brio_stapled_channel_send_eof(stapled);
    stapled->receiver = NULL;
    brio_receiver_close(receiver);
}
