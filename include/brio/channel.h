/* brio/channel.h - channels: items of one size from tasks to tasks, first come, first served. For the tasks of one loop.
 *
 *     BRIO_CHANNEL(numbers, int)
 *
 *     static ASYNC void produce(struct brio_sender *sender)
 *     {
 *         DEFER brio_sender_close(sender);
 *         for (int i = 0; i < 10; i++)
 *             AWAIT(numbers_send(sender, i));
 *     }
 *
 *     static ASYNC void consume(struct brio_receiver *receiver)
 *     {
 *         DEFER brio_receiver_close(receiver);
 *         for (int i; AWAIT(numbers_receive(receiver, &i));)
 *             printf("%d\n", i);
 *     }
 *
 * A channel has any number of senders and receivers: handles, each closed by itself. When the last sender has been closed, what is
 * buffered can still be received, and then the channel is at its end. When the last receiver has been closed, what is buffered is dropped,
 * and to send raises BRIO_EBROKEN; whoever sends what must not get lost receives it with try_receive before closing.
 *
 * A handle that has been closed raises BRIO_ECLOSED, also in tasks that were blocked on it. It may be named as long as the channel lives,
 * that is until its last handle has been closed. So that clones can come and go, the memory of a closed one is used again, when 64 have
 * been closed after it.
 */
#ifndef BRIO_CHANNEL_H
#define BRIO_CHANNEL_H

#include <brio/language.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct brio_sender;
struct brio_receiver;

struct brio_channel_statistics {
    size_t buffered;
    size_t capacity;
    size_t peak_buffered;
    size_t open_senders;
    size_t open_receivers;
    size_t waiting_senders; /* tasks */
    size_t waiting_receivers;
};

/* Makes a channel with its first sender and receiver, which the caller closes. `capacity` items are buffered, in memory that is taken as it
 * is needed: 0: each send waits for its receiver; SIZE_MAX: send never waits. `item_size` may be 0. 0 or -ENOMEM. */
int brio_channel_open(struct brio_sender **sender, struct brio_receiver **receiver, size_t item_size, size_t capacity);

/* Waits until there is room in the buffer, or a receiver took the item, which is copied at once. A checkpoint; cancelled, it has sent
 * nothing. Raises BRIO_ECLOSED when this sender is closed, also meanwhile, BRIO_EBROKEN when every receiver is; ENOMEM. */
BRIO_ASYNC_LEAF void brio_channel_send(struct brio_sender *sender, const void *item) BRIO__NO_PLT;
/* 0; -EAGAIN where send would wait; -BRIO_ECLOSED, -BRIO_EBROKEN, -ENOMEM. */
int brio_channel_try_send(struct brio_sender *sender, const void *item);
/* True, with the item copied to `item`; false at the end: every sender is closed and nothing is buffered. A checkpoint; cancelled, it has
 * received nothing. Raises BRIO_ECLOSED when this receiver is closed, also meanwhile; ENOMEM. */
BRIO_ASYNC_LEAF bool brio_channel_receive(struct brio_receiver *receiver, void *item) BRIO__NO_PLT;
/* 1, with the item; 0 at the end; -EAGAIN where receive would wait; -BRIO_ECLOSED. */
int brio_channel_try_receive(struct brio_receiver *receiver, void *item);

/* Another handle of the same channel. 0, -ENOMEM; -BRIO_ECLOSED when this one is closed. */
int brio_sender_clone(struct brio_sender *sender, struct brio_sender **clone);
int brio_receiver_clone(struct brio_receiver *receiver, struct brio_receiver **clone);
/* Closes this handle; tasks that are blocked on it get BRIO_ECLOSED. Never waits, no checkpoint. Again, or NULL: no effect. The last of the
 * channel's handles frees it all. */
void brio_sender_close(struct brio_sender *sender);
void brio_receiver_close(struct brio_receiver *receiver);

/* Of the channel, by either kind of handle. */
void brio_sender_statistics(const struct brio_sender *sender, struct brio_channel_statistics *statistics);
void brio_receiver_statistics(const struct brio_receiver *receiver, struct brio_channel_statistics *statistics);

/* ---- two channels as one ---- */

/* A sender of one channel and a receiver of another, or the same: one end of a link that goes both ways. `{sender, receiver}` makes one of
 * handles that it owns from then on; for the typed functions below these are there by name. Each is NULL once it has been closed. */
struct brio_stapled_channel {
    struct brio_sender *sender;
    struct brio_receiver *receiver;
};

/* Two that reach each other, over two channels of `capacity` items. 0 or -ENOMEM. */
int brio_stapled_channel_pair(struct brio_stapled_channel pair[2], size_t item_size, size_t capacity);

/* As the functions for senders and receivers; BRIO_ECLOSED for a half that is NULL. */
BRIO_ASYNC_LEAF void brio_stapled_channel_send(struct brio_stapled_channel *stapled, const void *item);
int brio_stapled_channel_try_send(struct brio_stapled_channel *stapled, const void *item);
BRIO_ASYNC_LEAF bool brio_stapled_channel_receive(struct brio_stapled_channel *stapled, void *item);
int brio_stapled_channel_try_receive(struct brio_stapled_channel *stapled, void *item);

/* Closes the sender: the other side is at its end when it has received what was sent. Receiving goes on. Again: no effect. Never waits. */
void brio_stapled_channel_send_eof(struct brio_stapled_channel *stapled);
/* Closes the sender, then the receiver. Again: no effect. Never waits. */
void brio_stapled_channel_close(struct brio_stapled_channel *stapled);

/* ---- channels of a type ---- */

/* BRIO_CHANNEL(name, type): the functions for items of that type, in a source or a header:
 *
 *     int   name_open(struct brio_sender **sender, struct brio_receiver **receiver, size_t capacity)
 *     void  name_send(struct brio_sender *sender, type item)          AWAIT
 *     int   name_try_send(struct brio_sender *sender, type item)
 *     bool  name_receive(struct brio_receiver *receiver, type *item)  AWAIT
 *     int   name_try_receive(struct brio_receiver *receiver, type *item)
 *
 * Numbers are converted to the item's type, as in any call. What GCC only warns of, a pointer of another type or a pointer for a number, is
 * an error in C from there to the end of the file. */
#ifdef __cplusplus
#define BRIO__CHANNEL_STRICT
#else
#define BRIO__CHANNEL_STRICT                                                                                                               \
    _Pragma("GCC diagnostic error \"-Wint-conversion\"") _Pragma("GCC diagnostic error \"-Wincompatible-pointer-types\"")
#endif

#define BRIO_CHANNEL(name, ...)                                                                                                            \
    BRIO__CHANNEL_STRICT                                                                                                                   \
    static inline __attribute__((unused)) int name##_open(struct brio_sender **sender, struct brio_receiver **receiver, size_t capacity)   \
    {                                                                                                                                      \
        return brio_channel_open(sender, receiver, sizeof(__VA_ARGS__), capacity);                                                         \
    }                                                                                                                                      \
    static inline __attribute__((unused)) BRIO_ASYNC_LEAF void name##_send(struct brio_sender *sender, __typeof__(__VA_ARGS__) item)       \
    {                                                                                                                                      \
        brio_channel_send(sender, &item);                                                                                                  \
    }                                                                                                                                      \
    static inline __attribute__((unused)) int name##_try_send(struct brio_sender *sender, __typeof__(__VA_ARGS__) item)                    \
    {                                                                                                                                      \
        return brio_channel_try_send(sender, &item);                                                                                       \
    }                                                                                                                                      \
    static inline __attribute__((unused))                                                                                                  \
    BRIO_ASYNC_LEAF bool name##_receive(struct brio_receiver *receiver, __typeof__(__VA_ARGS__) *item)                                     \
    {                                                                                                                                      \
        return brio_channel_receive(receiver, item);                                                                                       \
    }                                                                                                                                      \
    static inline __attribute__((unused)) int name##_try_receive(struct brio_receiver *receiver, __typeof__(__VA_ARGS__) *item)            \
    {                                                                                                                                      \
        return brio_channel_try_receive(receiver, item);                                                                                   \
    }

#ifdef __cplusplus
}
#endif

#endif
