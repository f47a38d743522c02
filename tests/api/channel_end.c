/* Channels: closing either end, and cancellation. */
#include "../support/channel_tasks.h"

#include <errno.h>

/* ---- closing ---- */

ASYNC_TEST(own_calls_on_a_closed_end_fail_with_eclosed)
{
    struct brio_sender *sender, *sender_clone = NULL;
    struct brio_receiver *receiver, *receiver_clone = NULL;
    int number = 0;

    ck_assert_int_eq(numbers_open(&sender, &receiver, 1), 0);
    brio_sender_close(NULL);
    brio_receiver_close(NULL);
    brio_sender_close(sender);
    brio_sender_close(sender);
    AWAIT(send_one(sender, 1, "s:"));
    ck_assert_int_eq(numbers_try_send(sender, 1), -BRIO_ECLOSED);
    ck_assert_int_eq(brio_sender_clone(sender, &sender_clone), -BRIO_ECLOSED);
    ck_assert_int_eq(numbers_try_receive(receiver, &number), 0);
    brio_receiver_close(receiver);

    ck_assert_int_eq(numbers_open(&sender, &receiver, 1), 0);
    AWAIT(numbers_send(sender, 1));
    brio_receiver_close(receiver);
    brio_receiver_close(receiver);
    AWAIT(receive_one(receiver, "r:"));
    ck_assert_int_eq(numbers_try_receive(receiver, &number), -BRIO_ECLOSED);
    ck_assert_int_eq(brio_receiver_clone(receiver, &receiver_clone), -BRIO_ECLOSED);
    ck_assert(sender_clone == NULL && receiver_clone == NULL);
    brio_sender_close(sender);
    ck_assert_notes("s:BRIO_ECLOSED r:BRIO_ECLOSED");
}

ASYNC_TEST(closing_the_last_sender_ends_blocked_receivers)
{
    struct brio_sender *sender;
    struct brio_receiver *receiver;

    ck_assert_int_eq(numbers_open(&sender, &receiver, 0), 0);
    NURSERY(n) {
        SPAWN(n, receive_one(receiver, "a"));
        SPAWN(n, receive_one(receiver, "b"));
        AWAIT(brio_wait_all_blocked());
        brio_sender_close(sender);
    }
    AWAIT(receive_one(receiver, "c"));
    ck_assert_notes("aend bend cend");
    brio_receiver_close(receiver);
}

ASYNC_TEST(buffered_items_outlive_the_last_sender)
{
    struct brio_sender *sender;
    struct brio_receiver *receiver;

    ck_assert_int_eq(numbers_open(&sender, &receiver, 3), 0);
    for (int i = 0; i < 3; i++)
        AWAIT(numbers_send(sender, i));
    brio_sender_close(sender);
    AWAIT(note_numbers(receiver, ""));
    ck_assert_notes("0 1 2 end");
}

ASYNC_TEST(closing_the_last_receiver_breaks_blocked_senders)
{
    struct brio_sender *sender;
    struct brio_receiver *receiver;
    struct brio_channel_statistics statistics;

    ck_assert_int_eq(numbers_open(&sender, &receiver, 1), 0);
    AWAIT(numbers_send(sender, 0));
    NURSERY(n) {
        SPAWN(n, send_one(sender, 1, "a:"));
        SPAWN(n, send_one(sender, 2, "b:"));
        AWAIT(brio_wait_all_blocked());
        brio_receiver_close(receiver);
        brio_sender_statistics(sender, &statistics);
        ck_assert_uint_eq(statistics.buffered, 0);
    }
    AWAIT(send_one(sender, 3, "c:"));
    ck_assert_int_eq(numbers_try_send(sender, 3), -BRIO_EBROKEN);
    ck_assert_notes("a:BRIO_EBROKEN b:BRIO_EBROKEN c:BRIO_EBROKEN");
    brio_sender_close(sender);
}

/* The order of the tests: what is wrong on our side comes first. */
ASYNC_TEST(closed_here_goes_before_broken_there)
{
    struct brio_sender *sender, *clone;
    struct brio_receiver *receiver;

    ck_assert_int_eq(numbers_open(&sender, &receiver, 1), 0);
    ck_assert_int_eq(brio_sender_clone(sender, &clone), 0);
    brio_receiver_close(receiver);
    brio_sender_close(clone);
    ck_assert_int_eq(numbers_try_send(clone, 1), -BRIO_ECLOSED);
    ck_assert_int_eq(numbers_try_send(sender, 1), -BRIO_EBROKEN);
    brio_sender_close(sender);
    AWAIT(brio_checkpoint());
}

ASYNC_TEST(closing_a_sender_wakes_the_tasks_blocked_on_that_one_alone)
{
    brio_test_keep_order();
    struct brio_sender *senders[3];
    struct brio_receiver *receiver;
    int number = 0;

    ck_assert_int_eq(numbers_open(&senders[0], &receiver, 0), 0);
    ck_assert_int_eq(brio_sender_clone(senders[0], &senders[1]), 0);
    ck_assert_int_eq(brio_sender_clone(senders[0], &senders[2]), 0);
    NURSERY(n) {
        SPAWN(n, send_one(senders[0], 0, "0:"));
        SPAWN(n, send_one(senders[1], 1, "1:"));
        SPAWN(n, send_one(senders[2], 2, "2:"));
        SPAWN(n, send_one(senders[1], 1, "again:"));
        AWAIT(brio_wait_all_blocked());
        brio_sender_close(senders[1]);
        AWAIT(brio_wait_all_blocked());
        ck_assert_notes("1:BRIO_ECLOSED again:BRIO_ECLOSED");
        ck_assert(AWAIT(numbers_receive(receiver, &number)) && number == 0);
        ck_assert(AWAIT(numbers_receive(receiver, &number)) && number == 2);
    }
    ck_assert_notes("0: 2:");
    brio_sender_close(senders[0]);
    brio_sender_close(senders[2]);
    brio_receiver_close(receiver);
}

ASYNC_TEST(closing_a_receiver_wakes_the_tasks_blocked_on_that_one_alone)
{
    brio_test_keep_order();
    struct brio_sender *sender;
    struct brio_receiver *receivers[3];

    ck_assert_int_eq(numbers_open(&sender, &receivers[0], 0), 0);
    ck_assert_int_eq(brio_receiver_clone(receivers[0], &receivers[1]), 0);
    ck_assert_int_eq(brio_receiver_clone(receivers[0], &receivers[2]), 0);
    NURSERY(n) {
        for (int i = 0; i < 3; i++)
            SPAWN(n, receive_one(receivers[i], (const char *[]){"0:", "1:", "2:"}[i]));
        AWAIT(brio_wait_all_blocked());
        brio_receiver_close(receivers[1]);
        AWAIT(brio_wait_all_blocked());
        ck_assert_notes("1:BRIO_ECLOSED");
        AWAIT(numbers_send(sender, 5));
        AWAIT(numbers_send(sender, 6));
    }
    ck_assert_notes("0:5 2:6");
    brio_sender_close(sender);
    brio_receiver_close(receivers[0]);
    brio_receiver_close(receivers[2]);
}

/* The task that owns the handle closes it in its DEFER, after somebody else did. */
ASYNC_TEST(task_whose_handle_was_closed_for_it_may_close_it_again)
{
    struct brio_sender *sender;
    struct brio_receiver *receiver, *clone;

    ck_assert_int_eq(numbers_open(&sender, &receiver, 0), 0);
    ck_assert_int_eq(brio_receiver_clone(receiver, &clone), 0);
    TRY {
        NURSERY(n) {
            SPAWN(n, note_numbers(clone, ""));
            AWAIT(brio_wait_all_blocked());
            brio_receiver_close(clone);
        }
    } CATCH (e, BRIO_ECLOSED) {
        note("closed");
    }
    ck_assert_notes("closed");
    brio_sender_close(sender);
    brio_receiver_close(receiver);
}

/* Handed over, then closed: the item stays where it is. */
ASYNC_TEST(closing_after_the_hand_over_changes_nothing)
{
    struct brio_sender *sender;
    struct brio_receiver *receiver;
    int number = 0;

    ck_assert_int_eq(numbers_open(&sender, &receiver, 0), 0);
    NURSERY(n) {
        SPAWN(n, send_one(sender, 1, "sent"));
        AWAIT(brio_wait_all_blocked());
        ck_assert_int_eq(numbers_try_receive(receiver, &number), 1);
        brio_receiver_close(receiver);
        brio_sender_close(sender);
    }
    ck_assert_int_eq(number, 1);
    ck_assert_int_eq(numbers_open(&sender, &receiver, 0), 0);
    NURSERY(n) {
        SPAWN(n, receive_one(receiver, "got"));
        AWAIT(brio_wait_all_blocked());
        ck_assert_int_eq(numbers_try_send(sender, 2), 0);
        brio_sender_close(sender);
        brio_receiver_close(receiver);
    }
    ck_assert_notes("sent got2");
}

/* ---- cancellation ---- */

ASYNC_TEST(cancelled_receiver_leaves_no_trace)
{
    struct brio_sender *sender;
    struct brio_receiver *receiver;
    int number = 0;

    ck_assert_int_eq(numbers_open(&sender, &receiver, 1), 0);
    MOVE_ON_AFTER(1) {
        AWAIT(numbers_receive(receiver, &number));
        ck_abort();
    }
    ck_assert_int_eq(numbers_try_send(sender, 1), 0);
    ck_assert_int_eq(numbers_try_send(sender, 2), -EAGAIN);
    ck_assert_int_eq(numbers_try_receive(receiver, &number), 1);
    ck_assert_int_eq(number, 1);
    brio_sender_close(sender);
    brio_receiver_close(receiver);
}

ASYNC_TEST(cancelled_sender_takes_its_item_back)
{
    struct brio_sender *sender;
    struct brio_receiver *receiver;
    int number = 0;

    ck_assert_int_eq(numbers_open(&sender, &receiver, 0), 0);
    MOVE_ON_AFTER(1) {
        AWAIT(numbers_send(sender, 1));
        ck_abort();
    }
    ck_assert_int_eq(numbers_try_receive(receiver, &number), -EAGAIN);
    brio_sender_close(sender);
    ck_assert_int_eq(numbers_try_receive(receiver, &number), 0);
    brio_receiver_close(receiver);
}

ASYNC_TEST(calls_in_a_cancelled_scope_move_nothing)
{
    struct brio_sender *sender;
    struct brio_receiver *receiver;
    struct brio_channel_statistics statistics;
    int number = 0;

    ck_assert_int_eq(numbers_open(&sender, &receiver, 5), 0);
    AWAIT(numbers_send(sender, 1));
    AWAIT(numbers_send(sender, 2));
    CANCEL_SCOPE(first) {
        brio_scope_cancel(first, NULL);
        AWAIT(numbers_receive(receiver, &number));
        ck_abort();
    }
    CANCEL_SCOPE(second) {
        brio_scope_cancel(second, NULL);
        AWAIT(numbers_send(sender, 3));
        ck_abort();
    }
    brio_receiver_statistics(receiver, &statistics);
    ck_assert_uint_eq(statistics.buffered, 2);
    ck_assert_int_eq(numbers_try_receive(receiver, &number), 1);
    ck_assert_int_eq(number, 1);
    brio_sender_close(sender);
    brio_receiver_close(receiver);
}

ASYNC_TEST(item_handed_over_before_the_cancellation_is_received)
{
    struct brio_sender *sender;
    struct brio_receiver *receiver;
    struct brio_handle handle = {0};

    ck_assert_int_eq(numbers_open(&sender, &receiver, 0), 0);
    NURSERY(n) {
        SPAWN(n, receive_one(receiver, "got"), .handle = &handle);
        AWAIT(brio_wait_all_blocked());
        ck_assert_int_eq(numbers_try_send(sender, 1), 0);
        brio_handle_cancel(&handle, NULL);
    }
    ck_assert_notes("got1");
    brio_sender_close(sender);
    brio_receiver_close(receiver);
}

ASYNC_TEST(item_sent_after_the_cancellation_passes_the_receiver_by)
{
    struct brio_sender *sender;
    struct brio_receiver *receiver;
    struct brio_handle handle = {0};
    int number = 0;

    ck_assert_int_eq(numbers_open(&sender, &receiver, 1), 0);
    NURSERY(n) {
        SPAWN(n, receive_one(receiver, "got"), .handle = &handle);
        AWAIT(brio_wait_all_blocked());
        brio_handle_cancel(&handle, NULL);
        ck_assert_int_eq(numbers_try_send(sender, 1), 0);
    }
    ck_assert_notes("");
    ck_assert_int_eq(numbers_try_receive(receiver, &number), 1);
    brio_sender_close(sender);
    brio_receiver_close(receiver);
}

ASYNC_TEST(item_taken_before_the_cancellation_has_been_sent)
{
    struct brio_sender *sender;
    struct brio_receiver *receiver;
    struct brio_handle handle = {0};
    int number = 0;

    ck_assert_int_eq(numbers_open(&sender, &receiver, 0), 0);
    NURSERY(n) {
        SPAWN(n, send_one(sender, 1, "sent"), .handle = &handle);
        AWAIT(brio_wait_all_blocked());
        ck_assert_int_eq(numbers_try_receive(receiver, &number), 1);
        brio_handle_cancel(&handle, NULL);
    }
    ck_assert_notes("sent");
    brio_sender_close(sender);
    brio_receiver_close(receiver);
}

/* Turns of the loop, and where those do not move on, of the clock. */
static ASYNC void cancel_after_steps(struct brio_scope *scope, int steps)
{
    for (int i = 0; i < steps; i++) {
        if (i % 8 < 7)
            AWAIT(brio_checkpoint());
        else
            AWAIT(brio_sleep(0.01));
    }
    brio_scope_cancel(scope, NULL);
}

static ASYNC void send_counted(struct brio_sender *sender, int count, int *sent)
{
    DEFER brio_sender_close(sender);
    for (int i = 0; i < count; i++) {
        AWAIT(numbers_send(sender, 1));
        ++*sent;
    }
}

static ASYNC void receive_counted(struct brio_receiver *receiver, int *received)
{
    for (int number; AWAIT(numbers_receive(receiver, &number));)
        *received += number;
}

/* Whatever the moment of a cancellation: an item is in one place, and no handle waits for nobody. */
ASYNC_TEST(cancellation_at_every_step_loses_no_item)
{
    bool complete = false;

    for (int steps = 0; !complete; steps++) {
        struct brio_sender *sender, *clone;
        struct brio_receiver *receiver;
        struct brio_channel_statistics statistics;
        int sent = 0, received = 0;
        ck_assert_int_lt(steps, 500);
        ck_assert_int_eq(numbers_open(&sender, &receiver, (size_t)steps % 3), 0);
        ck_assert_int_eq(brio_sender_clone(sender, &clone), 0);
        CANCEL_SCOPE(s) {
            NURSERY(n) {
                SPAWN(n, cancel_after_steps(s, steps), .daemon = true);
                SPAWN(n, send_counted(sender, 20, &sent));
                SPAWN(n, send_counted(clone, 20, &sent));
                SPAWN(n, receive_counted(receiver, &received));
                SPAWN(n, receive_counted(receiver, &received));
            }
        }
        complete = !s->cancelled_caught;
        brio_receiver_statistics(receiver, &statistics);
        ck_assert_int_eq(sent, received + (int)statistics.buffered);
        ck_assert_uint_eq(statistics.waiting_senders, 0);
        ck_assert_uint_eq(statistics.waiting_receivers, 0);
        ck_assert_uint_eq(statistics.open_senders, 0);
        brio_receiver_close(receiver);
    }
}
