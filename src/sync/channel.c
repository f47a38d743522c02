/* channel.c - see brio/channel.h.
 *
 * Invariants: where receivers wait the buffer is empty, and where senders wait it is full; so never both. An item goes straight from a
 * sender to a receiver that waits, and a place that becomes free straight to the first sender that waits, so that nobody can overtake.
 *
 * A blocked sender keeps its item in its waiter: what it was called with may be a parameter of name_send, which is gone. A blocked receiver
 * has its item stored for it, and need not run for that.
 *
 * The first sender and receiver are part of the channel. Closed clones stay as well, so that a task that finds its handle closed by
 * another one can still name it (to close it again, above all). So that a channel to which clones come and go for ever stays small,
 * CLOSED_KEPT of them are kept, and the oldest of more is used again.
 */
#include <brio/channel.h>

#include <assert.h>
#include <brio/error.h>

#include "base/alloc.h"
#include "core/queue.h"
#include "core/ready.h"
#include "sync/ring.h"

enum { CLOSED_KEPT = 64 };

/* What a sender and a receiver have in common. */
struct end {
    struct channel *channel;
    struct end *next; /* among the closed clones of its side */
    size_t blocked;   /* tasks that wait with this handle */
    bool closed;
};

struct brio_sender {
    struct end end;
};

struct brio_receiver {
    struct end end;
};

struct side {
    struct brio__queue waiters;
    size_t open;                             /* handles */
    struct end *oldest_closed, *last_closed; /* clones */
    size_t closed_count;
};

struct channel {
    struct brio__ring ring;
    struct side sending, receiving;
    struct brio_sender first_sender;
    struct brio_receiver first_receiver;
};

/* Ends with the item, where its task sends. */
struct channel_waiter {
    struct brio__waiter waiter;
    struct end *end;
    void *into; /* where its task receives */
    char item[];
};

static const char closed_text[] = "this end of the channel is closed";
static const char broken_text[] = "every receiver of the channel is closed";

/* ---- waiting ---- */

static struct channel_waiter *first_waiter(const struct side *side)
{
    return side->waiters.first ? brio__container(side->waiters.first, struct channel_waiter, waiter) : NULL;
}

static void leave(struct channel_waiter *waiter)
{
    brio__queue_remove(&waiter->waiter);
    waiter->end->blocked--;
}

static enum brio_abort_result leave_line(struct brio_task *task, void *arg)
{
    (void)task;
    leave(arg);
    return BRIO_ABORTED;
}

/* With room for an item of that size; NULL: ENOMEM has been raised. */
static struct channel_waiter *new_waiter(struct end *end, size_t item_size)
{
    struct channel_waiter *waiter = brio__waiter_new(sizeof *waiter + item_size);
    if (waiter)
        waiter->end = end;
    return waiter;
}

static void wait_in_line(struct side *side, struct channel_waiter *waiter)
{
    waiter->end->blocked++;
    brio__queue_append(&side->waiters, &waiter->waiter);
    brio__park(leave_line, waiter);
}

static void end_receive(struct channel_waiter *waiter, bool received)
{
    leave(waiter);
    brio__unpark_small(waiter->waiter.task, &received, sizeof received);
}

/* ---- sending and receiving ---- */

/* See brio_channel_try_send. */
static inline int send_now(struct brio_sender *sender, const void *item)
{
    struct channel *channel = sender->end.channel;
    if (brio_unlikely(sender->end.closed))
        return -BRIO_ECLOSED;
    if (brio_unlikely(channel->receiving.open == 0))
        return -BRIO_EBROKEN;
    struct channel_waiter *receiver = first_waiter(&channel->receiving);
    if (receiver) {
        brio__item_copy(receiver->into, item, channel->ring.item_size);
        end_receive(receiver, true);
        return 0;
    }
    return brio__ring_is_full(&channel->ring) ? -EAGAIN : brio__ring_push(&channel->ring, item);
}

int brio_channel_try_send(struct brio_sender *sender, const void *item)
{
    return send_now(sender, item);
}

static void raise_code(int code)
{
    struct brio__task *task = brio__task(brio__current);
    if (code == -BRIO_ECLOSED)
        brio__raise_text(task, BRIO_ECLOSED, closed_text);
    else if (code == -BRIO_EBROKEN)
        brio__raise_text(task, BRIO_EBROKEN, broken_text);
    else
        brio__raise_code(task, -code);
}

static __attribute__((noinline)) void fail_or_wait_to_send(struct brio_sender *sender, const void *item, int code)
{
    if (code != -EAGAIN) {
        raise_code(code);
        return;
    }
    struct channel *channel = sender->end.channel;
    struct channel_waiter *waiter = new_waiter(&sender->end, channel->ring.item_size);
    if (waiter == NULL)
        return;
    brio__item_copy(waiter->item, item, channel->ring.item_size);
    wait_in_line(&channel->sending, waiter);
}

static __attribute__((noinline)) void send_specially(struct brio_sender *sender, const void *item, bool checked)
{
    if (!checked && brio__checkpoint_fails())
        return;
    int code = send_now(sender, item);
    if (code == 0)
        brio__leaf_done(NULL, 0);
    else
        fail_or_wait_to_send(sender, item, code);
}

/* Those that end in _quickly are for a task that is at ease, and so for a pass; they call nothing. False: there is more to do than they
 * can, and nothing has been done. */

/* To the first receiver. */
static inline bool hand_over_quickly(struct channel_waiter *receiver, const void *item, size_t size)
{
    const bool received = true;
    struct brio__task *task = brio__task(receiver->waiter.task);
    if (brio_unlikely(task->state != BRIO__TASK_PARKED) || !brio__item_copy_small(receiver->into, item, size))
        return false;
    brio__queue_remove_first(&receiver->waiter);
    receiver->end->blocked--;
    brio__value_copy(&task->head.value, &received, sizeof received);
    brio__ready_append(brio__task_scheduler(task), task, BRIO__RETURNED);
    return true;
}

/* To the buffer. */
static inline bool push_quickly(struct brio__ring *ring, const void *item)
{
    size_t count = ring->count;
    if (brio_unlikely(count == ring->room) || !brio__item_copy_small(brio__ring_end(ring), item, ring->item_size))
        return false;
    brio__ring_extend(ring, count);
    return true;
}

void brio_channel_send(struct brio_sender *sender, const void *item)
{
    struct brio__task *task = brio__task(brio__current);
    struct channel *channel = sender->end.channel;
    if (!brio__task_at_ease(task)) {
        send_specially(sender, item, false);
        return;
    }
    struct channel_waiter *receiver = first_waiter(&channel->receiving);
    bool usable = brio_likely(!sender->end.closed && channel->receiving.open);
    if (!usable || !(receiver ? hand_over_quickly(receiver, item, channel->ring.item_size) : push_quickly(&channel->ring, item)))
        send_specially(sender, item, true);
    else if (brio__task_is_greedy(task))
        brio__task_let_others_run(task, NULL, 0);
}

/* The first blocked sender gets rid of its item, for which there is room. */
static void admit_sender(struct channel *channel, struct channel_waiter *sender)
{
    int code = brio__ring_push(&channel->ring, sender->item);
    assert(code == 0); /* in a place that was just left */
    (void)code;
    leave(sender);
    brio_unpark(sender->waiter.task);
}

/* See brio_channel_try_receive. */
static inline int receive_now(struct brio_receiver *receiver, void *item)
{
    struct channel *channel = receiver->end.channel;
    if (brio_unlikely(receiver->end.closed))
        return -BRIO_ECLOSED;
    struct channel_waiter *sender = first_waiter(&channel->sending);
    if (channel->ring.count) {
        brio__ring_pop(&channel->ring, item);
        if (sender)
            admit_sender(channel, sender);
        else
            brio__ring_trim(&channel->ring);
        return 1;
    }
    if (sender) {
        brio__item_copy(item, sender->item, channel->ring.item_size);
        leave(sender);
        brio__unpark_small(sender->waiter.task, NULL, 0);
        return 1;
    }
    return channel->sending.open ? -EAGAIN : 0;
}

int brio_channel_try_receive(struct brio_receiver *receiver, void *item)
{
    return receive_now(receiver, item);
}

static __attribute__((noinline)) void fail_or_wait_to_receive(struct brio_receiver *receiver, void *item, int code)
{
    if (code != -EAGAIN) {
        raise_code(code);
        return;
    }
    struct channel_waiter *waiter = new_waiter(&receiver->end, 0);
    if (waiter == NULL)
        return;
    waiter->into = item;
    wait_in_line(&receiver->end.channel->receiving, waiter);
}

static __attribute__((noinline)) bool receive_specially(struct brio_receiver *receiver, void *item, bool checked)
{
    if (!checked && brio__checkpoint_fails())
        return false;
    int code = receive_now(receiver, item);
    bool received = code > 0;
    if (code >= 0)
        brio__leaf_done(&received, sizeof received);
    else
        fail_or_wait_to_receive(receiver, item, code);
    return received;
}

static __attribute__((noinline, cold)) bool received_later(struct brio__task *task)
{
    const bool received = true;
    brio__task_let_others_run(task, &received, sizeof received);
    return true;
}

/* From the buffer. */
static inline bool pop_quickly(struct channel *channel, void *item)
{
    struct brio__ring *ring = &channel->ring;
    size_t first = ring->first, count = ring->count;
    bool trims = count == 1 && brio_unlikely(ring->room * ring->item_size > BRIO__RING_KEPT);
    if (trims || channel->sending.waiters.first || !brio__item_copy_small(item, brio__ring_start(ring), ring->item_size))
        return false;
    brio__ring_drop(ring, first, count);
    return true;
}

static inline bool wait_quickly(struct brio__task *task, struct brio_receiver *receiver, struct channel *channel, void *item)
{
    struct channel_waiter *waiter = (struct channel_waiter *)(void *)task->head.sp;
    if (!brio__task_has_scratch(task, sizeof *waiter) || channel->sending.waiters.first || channel->sending.open == 0)
        return false;
    waiter->waiter.task = &task->head;
    waiter->end = &receiver->end;
    waiter->into = item;
    receiver->end.blocked++;
    brio__queue_append(&channel->receiving.waiters, &waiter->waiter);
    brio__task_set_parked(task, leave_line, waiter);
    return true;
}

bool brio_channel_receive(struct brio_receiver *receiver, void *item)
{
    struct brio__task *task = brio__task(brio__current);
    struct channel *channel = receiver->end.channel;
    if (!brio__task_at_ease(task))
        return receive_specially(receiver, item, false);
    if (brio_unlikely(receiver->end.closed))
        return receive_specially(receiver, item, true);
    if (channel->ring.count == 0)
        return wait_quickly(task, receiver, channel, item) ? false : receive_specially(receiver, item, true);
    if (!pop_quickly(channel, item))
        return receive_specially(receiver, item, true);
    return brio__task_is_greedy(task) ? received_later(task) : true;
}

/* ---- handles ---- */

static void free_clones(struct side *side, size_t size)
{
    struct end *end;
    while ((end = side->oldest_closed)) {
        side->oldest_closed = end->next;
        brio__free(end, size);
    }
}

static void free_channel(struct channel *channel)
{
    free_clones(&channel->sending, sizeof(struct brio_sender));
    free_clones(&channel->receiving, sizeof(struct brio_receiver));
    brio__ring_clear(&channel->ring);
    brio__free(channel, sizeof *channel);
}

int brio_channel_open(struct brio_sender **sender, struct brio_receiver **receiver, size_t item_size, size_t capacity)
{
    struct channel *channel = brio__alloc(sizeof *channel);
    if (channel == NULL)
        return -ENOMEM;
    *channel = (struct channel){
        .ring = {.item_size = item_size, .limit = capacity},
        .sending = {.open = 1},
        .receiving = {.open = 1},
        .first_sender = {{.channel = channel}},
        .first_receiver = {{.channel = channel}},
    };
    *sender = &channel->first_sender;
    *receiver = &channel->first_receiver;
    return 0;
}

/* NULL: no memory. */
static struct end *take_end(struct side *side, size_t size)
{
    struct end *end = side->oldest_closed;
    if (side->closed_count <= CLOSED_KEPT)
        return brio__alloc(size);
    side->oldest_closed = end->next;
    side->closed_count--;
    return end;
}

/* NULL: no memory. */
static struct end *clone_end(struct channel *channel, struct side *side, size_t size)
{
    struct end *end = take_end(side, size);
    if (end) {
        *end = (struct end){.channel = channel};
        side->open++;
    }
    return end;
}

int brio_sender_clone(struct brio_sender *sender, struct brio_sender **clone)
{
    if (sender->end.closed)
        return -BRIO_ECLOSED;
    struct end *end = clone_end(sender->end.channel, &sender->end.channel->sending, sizeof *sender);
    if (end == NULL)
        return -ENOMEM;
    *clone = brio__container(end, struct brio_sender, end);
    return 0;
}

int brio_receiver_clone(struct brio_receiver *receiver, struct brio_receiver **clone)
{
    if (receiver->end.closed)
        return -BRIO_ECLOSED;
    struct end *end = clone_end(receiver->end.channel, &receiver->end.channel->receiving, sizeof *receiver);
    if (end == NULL)
        return -ENOMEM;
    *clone = brio__container(end, struct brio_receiver, end);
    return 0;
}

static void wake_blocked(struct side *side, const struct end *end)
{
    for (struct brio__waiter *next, *waiter = side->waiters.first; waiter && end->blocked; waiter = next) {
        struct channel_waiter *blocked = brio__container(waiter, struct channel_waiter, waiter);
        next = waiter->next;
        if (blocked->end != end)
            continue;
        leave(blocked);
        brio_unpark_error(waiter->task, BRIO_ECLOSED, "%s", closed_text);
    }
}

static void keep_clone(struct side *side, struct end *end)
{
    end->next = NULL;
    *(side->closed_count ? &side->last_closed->next : &side->oldest_closed) = end;
    side->last_closed = end;
    side->closed_count++;
}

static void close_end(struct side *side, struct end *end, bool is_clone)
{
    end->closed = true;
    side->open--;
    wake_blocked(side, end);
    if (is_clone)
        keep_clone(side, end);
}

/* No sender is open. */
static void end_channel(struct channel *channel)
{
    struct channel_waiter *receiver;
    while ((receiver = first_waiter(&channel->receiving)))
        end_receive(receiver, false);
}

/* No receiver is open. */
static void break_channel(struct channel *channel)
{
    struct channel_waiter *sender;
    while ((sender = first_waiter(&channel->sending))) {
        leave(sender);
        brio_unpark_error(sender->waiter.task, BRIO_EBROKEN, "%s", broken_text);
    }
    brio__ring_clear(&channel->ring);
}

static void free_if_unused(struct channel *channel)
{
    if (channel->sending.open == 0 && channel->receiving.open == 0)
        free_channel(channel);
}

void brio_sender_close(struct brio_sender *sender)
{
    if (sender == NULL || sender->end.closed)
        return;
    struct channel *channel = sender->end.channel;
    close_end(&channel->sending, &sender->end, sender != &channel->first_sender);
    if (channel->sending.open == 0)
        end_channel(channel);
    free_if_unused(channel);
}

void brio_receiver_close(struct brio_receiver *receiver)
{
    if (receiver == NULL || receiver->end.closed)
        return;
    struct channel *channel = receiver->end.channel;
    close_end(&channel->receiving, &receiver->end, receiver != &channel->first_receiver);
    if (channel->receiving.open == 0)
        break_channel(channel);
    free_if_unused(channel);
}

/* ---- looking ---- */

static void fill_statistics(const struct channel *channel, struct brio_channel_statistics *statistics)
{
    *statistics = (struct brio_channel_statistics){
        .buffered = channel->ring.count,
        .capacity = channel->ring.limit,
        .peak_buffered = channel->ring.peak,
        .open_senders = channel->sending.open,
        .open_receivers = channel->receiving.open,
        .waiting_senders = brio__queue_length(&channel->sending.waiters),
        .waiting_receivers = brio__queue_length(&channel->receiving.waiters),
    };
}

void brio_sender_statistics(const struct brio_sender *sender, struct brio_channel_statistics *statistics)
{
    fill_statistics(sender->end.channel, statistics);
}

void brio_receiver_statistics(const struct brio_receiver *receiver, struct brio_channel_statistics *statistics)
{
    fill_statistics(receiver->end.channel, statistics);
}
