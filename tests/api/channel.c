/* Channels: items in order, hand-over, several senders and receivers. */
#include "../support/channel_tasks.h"

#include <errno.h>
#include <string.h>

/* ---- items ---- */

ASYNC_TEST(items_arrive_in_order_and_then_the_end)
{
    static const size_t capacities[] = {0, 1, 2, 5, 100, SIZE_MAX};

    for (size_t i = 0; i < sizeof capacities / sizeof *capacities; i++) {
        struct brio_sender *sender;
        struct brio_receiver *receiver;
        ck_assert_int_eq(numbers_open(&sender, &receiver, capacities[i]), 0);
        NURSERY(n) {
            SPAWN(n, send_numbers(sender, 0, 10));
            SPAWN(n, note_numbers(receiver, ""));
        }
        ck_assert_notes("0 1 2 3 4 5 6 7 8 9 end");
    }
}

ASYNC_TEST(receive_in_a_condition_ends_the_loop_at_once_when_nothing_was_sent)
{
    struct brio_sender *sender;
    struct brio_receiver *receiver;
    int number = 7;

    ck_assert_int_eq(numbers_open(&sender, &receiver, 3), 0);
    brio_sender_close(sender);
    while (AWAIT(numbers_receive(receiver, &number)))
        ck_abort();
    ck_assert(!AWAIT(numbers_receive(receiver, &number)));
    ck_assert_int_eq(number, 7);
    brio_receiver_close(receiver);
}

ASYNC_TEST(rendezvous_waits_for_the_other_side)
{
    struct brio_sender *sender;
    struct brio_receiver *receiver;
    int number = 0;

    ck_assert_int_eq(numbers_open(&sender, &receiver, 0), 0);
    ck_assert_int_eq(numbers_try_send(sender, 1), -EAGAIN);
    ck_assert_int_eq(numbers_try_receive(receiver, &number), -EAGAIN);
    NURSERY(n) {
        SPAWN(n, send_one(sender, 1, "sent"));
        AWAIT(brio_wait_all_blocked());
        ck_assert_notes("");
        ck_assert_int_eq(numbers_try_send(sender, 2), -EAGAIN);
        ck_assert_int_eq(numbers_try_receive(receiver, &number), 1);
        ck_assert_int_eq(number, 1);
        AWAIT(brio_wait_all_blocked());
        ck_assert_notes("sent");
        SPAWN(n, receive_one(receiver, "got"));
        AWAIT(brio_wait_all_blocked());
        ck_assert_int_eq(numbers_try_send(sender, 3), 0);
        ck_assert_int_eq(numbers_try_send(sender, 4), -EAGAIN);
    }
    ck_assert_notes("got3");
    brio_sender_close(sender);
    brio_receiver_close(receiver);
}

ASYNC_TEST(buffer_takes_as_many_as_its_capacity)
{
    struct brio_sender *sender;
    struct brio_receiver *receiver;
    int number = 0;

    ck_assert_int_eq(numbers_open(&sender, &receiver, 2), 0);
    ck_assert_int_eq(numbers_try_send(sender, 1), 0);
    ck_assert_int_eq(numbers_try_send(sender, 2), 0);
    ck_assert_int_eq(numbers_try_send(sender, 3), -EAGAIN);
    ck_assert_int_eq(numbers_try_receive(receiver, &number), 1);
    ck_assert_int_eq(number, 1);
    ck_assert_int_eq(numbers_try_receive(receiver, &number), 1);
    ck_assert_int_eq(number, 2);
    ck_assert_int_eq(numbers_try_receive(receiver, &number), -EAGAIN);
    ck_assert_int_eq(number, 2);
    AWAIT(brio_checkpoint());
    brio_sender_close(sender);
    brio_receiver_close(receiver);
}

ASYNC_TEST(unbounded_channel_never_makes_a_sender_wait)
{
    struct brio_sender *sender;
    struct brio_receiver *receiver;
    struct brio_channel_statistics statistics;
    int number = 0;

    ck_assert_int_eq(numbers_open(&sender, &receiver, SIZE_MAX), 0);
    size_t before = allocations_living();
    const int half = brio_test_sweeping() ? 100 : 50000;
    for (int i = 0; i < 2 * half; i++)
        ck_assert_int_eq(numbers_try_send(sender, i), 0);
    for (int i = 0; i < half; i++)
        ck_assert(AWAIT(numbers_receive(receiver, &number)) && number == i);
    for (int i = 2 * half; i < 4 * half; i++)
        AWAIT(numbers_send(sender, i));
    for (int i = half; i < 4 * half; i++)
        ck_assert(numbers_try_receive(receiver, &number) == 1 && number == i);
    brio_sender_statistics(sender, &statistics);
    ck_assert_uint_eq(statistics.buffered, 0);
    ck_assert_uint_eq(statistics.peak_buffered, 3 * (size_t)half);
    if (!brio_test_sweeping()) /* a small buffer is kept */
        ck_assert_uint_eq(allocations_living(), before);
    brio_sender_close(sender);
    brio_receiver_close(receiver);
}

struct record {
    char text[200];
};
BRIO_CHANNEL(records, struct record)
BRIO_CHANNEL(pointers, const char *)
BRIO_CHANNEL(functions, int (*)(const char *, const char *))
BRIO_CHANNEL(doubles, double)

static ASYNC void send_records(struct brio_sender *sender)
{
    DEFER brio_sender_close(sender);
    for (int i = 0; i < 3; i++) {
        struct record record = {{0}};
        snprintf(record.text, sizeof record.text, "record %d", i);
        AWAIT(records_send(sender, record));
    }
}

ASYNC_TEST(items_of_any_size_and_type)
{
    for (size_t capacity = 0; capacity < 3; capacity++) {
        struct brio_sender *sender;
        struct brio_receiver *receiver;
        struct record record;
        ck_assert_int_eq(records_open(&sender, &receiver, capacity), 0);
        NURSERY(n) {
            SPAWN(n, send_records(sender));
            AWAIT(brio_wait_all_blocked());
            while (AWAIT(records_receive(receiver, &record)))
                note("%s,", record.text);
        }
        brio_receiver_close(receiver);
        ck_assert_notes("record 0, record 1, record 2,");
    }
}

enum { LONGEST_ITEM = 24, ITEMS_OF_A_SIZE = 5 };

/* And what is not to be written behind it. */
struct item_bytes {
    unsigned char at[LONGEST_ITEM + 8];
};

static struct item_bytes bytes_of(int item, size_t size)
{
    struct item_bytes bytes;
    for (size_t at = 0; at < sizeof bytes.at; at++)
        bytes.at[at] = at < size ? (unsigned char)(17 * item + 3 * (int)at + 1) : 0xee;
    return bytes;
}

static ASYNC void send_bytes(struct brio_sender *sender, size_t size)
{
    for (int item = 0; item < ITEMS_OF_A_SIZE; item++) {
        struct item_bytes bytes = bytes_of(item, size);
        AWAIT(brio_channel_send(sender, bytes.at));
    }
    brio_sender_close(sender);
}

static ASYNC void expect_bytes(struct brio_receiver *receiver, size_t size)
{
    struct item_bytes bytes = bytes_of(0, 0), expected;
    int item = 0;
    while (AWAIT(brio_channel_receive(receiver, bytes.at))) {
        expected = bytes_of(item++, size);
        ck_assert_mem_eq(bytes.at, expected.at, sizeof bytes.at);
    }
    ck_assert_int_eq(item, ITEMS_OF_A_SIZE);
    brio_receiver_close(receiver);
}

ASYNC_TEST(items_of_each_small_size_arrive_whole)
{
    for (size_t size = 0; size <= LONGEST_ITEM; size++) {
        for (size_t capacity = 0; capacity <= ITEMS_OF_A_SIZE; capacity += ITEMS_OF_A_SIZE) {
            struct brio_sender *sender;
            struct brio_receiver *receiver;
            ck_assert_int_eq(brio_channel_open(&sender, &receiver, size, capacity), 0);
            NURSERY(n) {
                SPAWN(n, expect_bytes(receiver, size));
                SPAWN(n, send_bytes(sender, size));
            }
            ck_assert_int_eq(brio_channel_open(&sender, &receiver, size, capacity), 0);
            NURSERY(n) {
                SPAWN(n, send_bytes(sender, size));
                SPAWN(n, expect_bytes(receiver, size));
            }
        }
    }
}

ASYNC_TEST(pointers_functions_and_numbers_are_items)
{
    struct brio_sender *sender;
    struct brio_receiver *receiver;
    const char *text = NULL;
    int (*function)(const char *, const char *) = NULL;
    double number = 0;

    ck_assert_int_eq(pointers_open(&sender, &receiver, 1), 0);
    AWAIT(pointers_send(sender, "text"));
    ck_assert(AWAIT(pointers_receive(receiver, &text)));
    ck_assert_str_eq(text, "text");
    brio_sender_close(sender);
    brio_receiver_close(receiver);
    ck_assert_int_eq(functions_open(&sender, &receiver, 1), 0);
    AWAIT(functions_send(sender, strcmp));
    ck_assert(AWAIT(functions_receive(receiver, &function)) && function == strcmp);
    brio_sender_close(sender);
    brio_receiver_close(receiver);
    ck_assert_int_eq(doubles_open(&sender, &receiver, 1), 0);
    AWAIT(doubles_send(sender, 3));
    ck_assert(AWAIT(doubles_receive(receiver, &number)) && number == 3);
    brio_sender_close(sender);
    brio_receiver_close(receiver);
}

/* Nothing but the fact that something was sent. */
ASYNC_TEST(items_without_size_are_counted)
{
    struct brio_sender *sender;
    struct brio_receiver *receiver;

    ck_assert_int_eq(brio_channel_open(&sender, &receiver, 0, SIZE_MAX), 0);
    for (int i = 0; i < 100; i++)
        AWAIT(brio_channel_send(sender, NULL));
    brio_sender_close(sender);
    int count = 0;
    while (AWAIT(brio_channel_receive(receiver, NULL)))
        count++;
    ck_assert_int_eq(count, 100);
    brio_receiver_close(receiver);
}

/* ---- order and hand-over ---- */

ASYNC_TEST(receivers_are_served_in_order)
{
    brio_test_keep_order();
    struct brio_sender *sender;
    struct brio_receiver *receiver;

    ck_assert_int_eq(numbers_open(&sender, &receiver, 5), 0);
    NURSERY(n) {
        SPAWN(n, receive_one(receiver, "a"));
        SPAWN(n, receive_one(receiver, "b"));
        SPAWN(n, receive_one(receiver, "c"));
        AWAIT(brio_wait_all_blocked());
        for (int i = 0; i < 3; i++)
            ck_assert_int_eq(numbers_try_send(sender, i), 0);
    }
    ck_assert_notes("a0 b1 c2");
    brio_sender_close(sender);
    brio_receiver_close(receiver);
}

ASYNC_TEST(blocked_senders_are_served_in_order)
{
    brio_test_keep_order();
    brio_test_also_fine = BRIO_EDEADLOCK; /* a sender that had no memory to wait sends nothing */
    struct brio_sender *sender;
    struct brio_receiver *receiver;
    int number = 0;

    for (size_t capacity = 0; capacity < 3; capacity++) {
        ck_assert_int_eq(numbers_open(&sender, &receiver, capacity), 0);
        for (size_t i = 0; i < capacity; i++)
            AWAIT(numbers_send(sender, -1));
        NURSERY(n) {
            SPAWN(n, send_one(sender, 0, "a"));
            SPAWN(n, send_one(sender, 1, "b"));
            SPAWN(n, send_one(sender, 2, "c"));
            AWAIT(brio_wait_all_blocked());
            for (size_t i = 0; i < capacity; i++)
                ck_assert(AWAIT(numbers_receive(receiver, &number)) && number == -1);
            for (int i = 0; i < 3; i++)
                ck_assert(AWAIT(numbers_receive(receiver, &number)) && number == i);
        }
        ck_assert_notes("a b c");
        brio_sender_close(sender);
        brio_receiver_close(receiver);
    }
}

/* What has been promised to a task that does not run yet cannot be taken from it. */
ASYNC_TEST(item_handed_to_a_waiting_receiver_cannot_be_stolen)
{
    struct brio_sender *sender;
    struct brio_receiver *receiver;
    int number = 0;

    ck_assert_int_eq(numbers_open(&sender, &receiver, 1), 0);
    NURSERY(n) {
        SPAWN(n, receive_one(receiver, "got"));
        AWAIT(brio_wait_all_blocked());
        ck_assert_int_eq(numbers_try_send(sender, 1), 0);
        ck_assert_int_eq(numbers_try_receive(receiver, &number), -EAGAIN);
    }
    ck_assert_notes("got1");
    brio_sender_close(sender);
    brio_receiver_close(receiver);
}

ASYNC_TEST(place_that_becomes_free_is_the_first_blocked_senders)
{
    struct brio_sender *sender;
    struct brio_receiver *receiver;
    int number = 0;

    ck_assert_int_eq(numbers_open(&sender, &receiver, 1), 0);
    ck_assert_int_eq(numbers_try_send(sender, 1), 0);
    NURSERY(n) {
        SPAWN(n, send_one(sender, 2, "sent"));
        AWAIT(brio_wait_all_blocked());
        ck_assert_int_eq(numbers_try_receive(receiver, &number), 1);
        ck_assert_int_eq(numbers_try_send(sender, 3), -EAGAIN);
        ck_assert_int_eq(numbers_try_receive(receiver, &number), 1);
        ck_assert_int_eq(number, 2);
        ck_assert_notes("");
    }
    ck_assert_notes("sent");
    brio_sender_close(sender);
    brio_receiver_close(receiver);
}

ASYNC_TEST(channel_that_is_always_ready_lets_others_run_now_and_then)
{
    struct brio_sender *sender;
    struct brio_receiver *receiver;
    int turns = 0, number = 0;

    ck_assert_int_eq(numbers_open(&sender, &receiver, 1), 0);
    NURSERY(n) {
        SPAWN(n, nap(0, "other"));
        for (; turns < 10000 && !*take_notes(); turns++) {
            AWAIT(numbers_send(sender, turns));
            ck_assert(AWAIT(numbers_receive(receiver, &number)) && number == turns);
        }
    }
    ck_assert_int_lt(turns, 10000);
    brio_sender_close(sender);
    brio_receiver_close(receiver);
}

ASYNC_TEST(receive_of_what_is_there_lets_others_run_now_and_then)
{
    struct brio_sender *sender;
    struct brio_receiver *receiver;
    int turns = 0, number = 0;

    ck_assert_int_eq(numbers_open(&sender, &receiver, 1), 0);
    NURSERY(n) {
        SPAWN(n, nap(0, "other"));
        for (; turns < 10000 && !*take_notes(); turns++) {
            ck_assert_int_eq(numbers_try_send(sender, turns), 0);
            ck_assert(AWAIT(numbers_receive(receiver, &number)) && number == turns);
        }
        ck_assert_int_lt(turns, 10000);
        brio_sender_close(sender);
        SPAWN(n, nap(0, "other"));
        for (turns = 0; turns < 10000 && !*take_notes(); turns++)
            ck_assert(!AWAIT(numbers_receive(receiver, &number)));
        ck_assert_int_lt(turns, 10000);
    }
    brio_receiver_close(receiver);
}

/* ---- several senders and receivers ---- */

ASYNC_TEST(receivers_end_when_the_last_sender_is_closed)
{
    struct brio_sender *senders[3];
    struct brio_receiver *receiver;
    int number = 0, sum = 0, count = 0;

    ck_assert_int_eq(numbers_open(&senders[0], &receiver, 0), 0);
    ck_assert_int_eq(brio_sender_clone(senders[0], &senders[1]), 0);
    ck_assert_int_eq(brio_sender_clone(senders[1], &senders[2]), 0);
    NURSERY(n) {
        for (int i = 0; i < 3; i++)
            SPAWN(n, send_numbers(senders[i], i * 10, 10 - i));
        while (AWAIT(numbers_receive(receiver, &number))) {
            sum += number;
            count++;
        }
    }
    ck_assert_int_eq(count, 27);
    ck_assert_int_eq(sum, 45 + 90 + 36 + 160 + 28);
    brio_receiver_close(receiver);
}

static ASYNC void add_numbers(struct brio_receiver *receiver, int *sum)
{
    DEFER brio_receiver_close(receiver);
    for (int number; AWAIT(numbers_receive(receiver, &number));)
        *sum += number;
}

ASYNC_TEST(each_item_goes_to_one_receiver)
{
    struct brio_sender *sender;
    struct brio_receiver *receiver, *clone;
    int sum = 0;

    ck_assert_int_eq(numbers_open(&sender, &receiver, 2), 0);
    NURSERY(n) {
        for (int i = 0; i < 5; i++) {
            ck_assert_int_eq(brio_receiver_clone(receiver, &clone), 0);
            SPAWN(n, add_numbers(clone, &sum));
        }
        brio_receiver_close(receiver);
        SPAWN(n, send_numbers(sender, 0, 100));
    }
    ck_assert_int_eq(sum, 4950);
}

ASYNC_TEST(channel_lives_until_the_last_clone_is_closed)
{
    struct brio_sender *sender, *sender_clone;
    struct brio_receiver *receiver, *receiver_clone;
    int number = 0;

    ck_assert_int_eq(numbers_open(&sender, &receiver, 1), 0);
    ck_assert_int_eq(brio_sender_clone(sender, &sender_clone), 0);
    ck_assert_int_eq(brio_receiver_clone(receiver, &receiver_clone), 0);
    brio_sender_close(sender);
    brio_receiver_close(receiver);
    AWAIT(numbers_send(sender_clone, 5));
    ck_assert(AWAIT(numbers_receive(receiver_clone, &number)) && number == 5);
    brio_receiver_close(receiver_clone);
    ck_assert_int_eq(numbers_try_send(sender_clone, 1), -BRIO_EBROKEN);
    brio_sender_close(sender_clone);
}

ASYNC_TEST(clones_that_come_and_go_take_no_more_and_more_memory)
{
    struct brio_sender *sender, *clone;
    struct brio_receiver *receiver, *receiver_clone;
    size_t most = 0;

    ck_assert_int_eq(numbers_open(&sender, &receiver, SIZE_MAX), 0);
    for (int i = 0; i < 10000; i++) {
        ck_assert_int_eq(brio_sender_clone(sender, &clone), 0);
        ck_assert_int_eq(brio_receiver_clone(receiver, &receiver_clone), 0);
        brio_sender_close(clone);
        ck_assert_int_eq(numbers_try_send(clone, 1), -BRIO_ECLOSED);
        brio_receiver_close(receiver_clone);
        brio_receiver_close(receiver_clone);
        if (allocations_living() > most)
            most = allocations_living();
    }
    ck_assert_uint_lt(most, 200);
    brio_sender_close(sender);
    brio_receiver_close(receiver);
    AWAIT(brio_checkpoint());
}

/* ---- the rest ---- */

ASYNC_TEST(statistics_count_both_sides)
{
    struct brio_sender *sender, *clone;
    struct brio_receiver *receiver, *receiver_clone;
    struct brio_channel_statistics s, r;
    int number = 0;

    ck_assert_int_eq(numbers_open(&sender, &receiver, 2), 0);
    ck_assert_int_eq(brio_sender_clone(sender, &clone), 0);
    ck_assert_int_eq(brio_receiver_clone(receiver, &receiver_clone), 0);
    brio_receiver_close(receiver_clone);
    NURSERY(n) {
        SPAWN(n, receive_one(receiver, ""));
        AWAIT(brio_wait_all_blocked());
        brio_sender_statistics(sender, &s);
        ck_assert_uint_eq(s.capacity, 2);
        ck_assert_uint_eq(s.buffered, 0);
        ck_assert_uint_eq(s.peak_buffered, 0);
        ck_assert_uint_eq(s.open_senders, 2);
        ck_assert_uint_eq(s.open_receivers, 1);
        ck_assert_uint_eq(s.waiting_senders, 0);
        ck_assert_uint_eq(s.waiting_receivers, 1);
        AWAIT(numbers_send(sender, 0));
        for (int i = 0; i < 5; i++)
            SPAWN(n, numbers_send(clone, i));
        AWAIT(brio_wait_all_blocked());
        brio_receiver_statistics(receiver, &r);
        ck_assert_uint_eq(r.buffered, 2);
        ck_assert_uint_eq(r.peak_buffered, 2);
        ck_assert_uint_eq(r.waiting_senders, 3);
        ck_assert_uint_eq(r.waiting_receivers, 0);
        for (int i = 0; i < 5; i++)
            ck_assert(AWAIT(numbers_receive(receiver, &number)) && number == i);
        brio_sender_statistics(clone, &s);
        ck_assert_uint_eq(s.buffered, 0);
        ck_assert_uint_eq(s.peak_buffered, 2);
    }
    brio_sender_close(sender);
    brio_sender_close(clone);
    brio_receiver_statistics(receiver, &r);
    ck_assert_uint_eq(r.open_senders, 0);
    brio_receiver_close(receiver);
    ck_assert_notes("0");
}

/* Leaves as tasks of their own: there is no frame that the item or the waiter could be in. */
ASYNC_TEST(send_and_receive_can_be_spawned)
{
    struct brio_sender *sender;
    struct brio_receiver *receiver;
    bool received[2] = {false, true};
    int number = 0;

    ck_assert_int_eq(numbers_open(&sender, &receiver, 0), 0);
    NURSERY(n) {
        SPAWN(n, numbers_send(sender, 4));
        SPAWN_INTO(n, &received[0], numbers_receive(receiver, &number));
    }
    ck_assert_int_eq(number, 4);
    NURSERY(n) {
        SPAWN_INTO(n, &received[1], numbers_receive(receiver, &number));
        AWAIT(brio_wait_all_blocked());
        brio_sender_close(sender);
    }
    ck_assert(received[0] && !received[1]);
    brio_receiver_close(receiver);
}

/* A lock made of a channel: whoever has the one token is inside. */
static ASYNC void enter_often(struct brio_sender *sender, struct brio_receiver *receiver, int *inside, int times)
{
    for (int token; times > 0; times--) {
        AWAIT(numbers_receive(receiver, &token));
        ck_assert_int_eq(++*inside, 1);
        AWAIT(brio_checkpoint());
        --*inside;
        AWAIT(numbers_send(sender, token));
    }
}

ASYNC_TEST(channel_with_one_token_is_a_lock)
{
    struct brio_sender *sender;
    struct brio_receiver *receiver;
    int inside = 0;

    ck_assert_int_eq(numbers_open(&sender, &receiver, 1), 0);
    AWAIT(numbers_send(sender, 0));
    NURSERY(n) {
        for (int i = 0; i < 10; i++)
            SPAWN(n, enter_often(sender, receiver, &inside, 10));
    }
    brio_sender_close(sender);
    brio_receiver_close(receiver);
}

static ASYNC void channel_scenario(void)
{
    struct brio_sender *sender, *clone;
    struct brio_receiver *receiver;
    int code = numbers_open(&sender, &receiver, 20);

    if (code != 0)
        RAISE(-code, "no channel");
    DEFER brio_receiver_close(receiver);
    DEFER brio_sender_close(sender);
    code = brio_sender_clone(sender, &clone);
    if (code != 0)
        RAISE(-code, "no clone");
    DEFER brio_sender_close(clone);
    NURSERY(n) {
        SPAWN(n, send_numbers(clone, 0, 50));
        for (int i = 0, number; i < 50; i++)
            AWAIT(numbers_receive(receiver, &number));
        SPAWN(n, numbers_receive(receiver, &code));
        AWAIT(numbers_send(sender, 0));
    }
}

PLAIN_TEST(every_allocation_may_fail)
{
    for (long k = 0;; k++) {
        const struct brio_error *error = NULL;
        struct brio_options options = {.clock = BRIO_CLOCK_VIRTUAL, .error = &error};
        fail_allocation(k);
        int code = RUN(&options, channel_scenario());
        bool failed = allocation_has_failed();
        fail_allocation(-1);
        ck_assert_msg(code == 0 || brio_error_contains(error, ENOMEM), "allocation %ld: %s", k, brio_error_string(error));
        brio_error_unref(error);
        if (!failed)
            break;
        ck_assert_int_lt(k, 1000);
    }
}
