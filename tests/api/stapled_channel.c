/* Two channels as one. */
#include "../support/channel_tasks.h"

#include <errno.h>

static ASYNC int code_of_send(struct brio_stapled_channel *stapled, int number)
{
    int code = 0;
    TRY {
        AWAIT(brio_stapled_channel_send(stapled, &number));
    } CATCH (e) {
        code = e->code;
    }
    return code;
}

static ASYNC int code_of_receive(struct brio_stapled_channel *stapled)
{
    int number, code = 0;
    TRY {
        AWAIT(brio_stapled_channel_receive(stapled, &number));
    } CATCH (e) {
        code = e->code;
    }
    return code;
}

/* Answers each number with its square, to the end. */
static ASYNC void answer(struct brio_stapled_channel *stapled)
{
    DEFER brio_stapled_channel_close(stapled);
    for (int number; AWAIT(brio_stapled_channel_receive(stapled, &number));) {
        number *= number;
        AWAIT(brio_stapled_channel_send(stapled, &number));
    }
}

ASYNC_TEST(two_ends_reach_each_other)
{
    struct brio_stapled_channel pair[2];
    ck_assert_int_eq(brio_stapled_channel_pair(pair, sizeof(int), 0), 0);
    DEFER brio_stapled_channel_close(&pair[0]);
    NURSERY(n) {
        SPAWN(n, answer(&pair[1]));
        for (int i = 0; i < 5; i++) {
            int number = i;
            AWAIT(brio_stapled_channel_send(&pair[0], &number));
            ck_assert(AWAIT(brio_stapled_channel_receive(&pair[0], &number)));
            ck_assert_int_eq(number, i * i);
        }
        brio_stapled_channel_send_eof(&pair[0]);
    }
    int number;
    ck_assert(!AWAIT(brio_stapled_channel_receive(&pair[0], &number)));
}

ASYNC_TEST(after_send_eof_receiving_goes_on)
{
    struct brio_stapled_channel pair[2];
    int number = 7;
    ck_assert_int_eq(brio_stapled_channel_pair(pair, sizeof(int), 2), 0);
    ck_assert_int_eq(brio_stapled_channel_try_send(&pair[0], &number), 0);
    brio_stapled_channel_send_eof(&pair[0]);
    brio_stapled_channel_send_eof(&pair[0]);
    ck_assert_int_eq(brio_stapled_channel_try_send(&pair[0], &number), -BRIO_ECLOSED);
    ck_assert_int_eq(AWAIT(code_of_send(&pair[0], 8)), BRIO_ECLOSED);
    ck_assert_int_eq(brio_stapled_channel_try_send(&pair[1], &number), 0);
    ck_assert_int_eq(brio_stapled_channel_try_receive(&pair[0], &number), 1);
    ck_assert_int_eq(brio_stapled_channel_try_receive(&pair[0], &number), -EAGAIN);
    ck_assert_int_eq(brio_stapled_channel_try_receive(&pair[1], &number), 1);
    ck_assert_int_eq(brio_stapled_channel_try_receive(&pair[1], &number), 0);
    brio_stapled_channel_close(&pair[0]);
    brio_stapled_channel_close(&pair[1]);
}

ASYNC_TEST(close_is_the_end_of_both_halves)
{
    struct brio_stapled_channel pair[2];
    int number = 7;
    ck_assert_int_eq(brio_stapled_channel_pair(pair, sizeof(int), 2), 0);
    ck_assert_int_eq(brio_stapled_channel_try_send(&pair[0], &number), 0);
    brio_stapled_channel_close(&pair[0]);
    brio_stapled_channel_close(&pair[0]);
    ck_assert_int_eq(AWAIT(code_of_send(&pair[0], 8)), BRIO_ECLOSED);
    ck_assert_int_eq(AWAIT(code_of_receive(&pair[0])), BRIO_ECLOSED);
    ck_assert_int_eq(brio_stapled_channel_try_receive(&pair[0], &number), -BRIO_ECLOSED);
    ck_assert_int_eq(AWAIT(code_of_send(&pair[1], 8)), BRIO_EBROKEN);
    ck_assert_int_eq(brio_stapled_channel_try_receive(&pair[1], &number), 1);
    ck_assert_int_eq(AWAIT(code_of_receive(&pair[1])), 0);
    brio_stapled_channel_close(&pair[1]);
}

/* What was opened by itself is owned, and the typed functions take it. */
ASYNC_TEST(handles_of_ones_own_are_stapled)
{
    struct brio_stapled_channel stapled;
    int number = 0;
    ck_assert_int_eq(numbers_open(&stapled.sender, &stapled.receiver, 1), 0);
    AWAIT(numbers_send(stapled.sender, 3));
    ck_assert(AWAIT(brio_stapled_channel_receive(&stapled, &number)));
    ck_assert_int_eq(number, 3);
    brio_stapled_channel_close(&stapled);
}

static ASYNC void note_code_of_receive(struct brio_stapled_channel *stapled)
{
    note("%s", brio_error_name(AWAIT(code_of_receive(stapled))));
}

ASYNC_TEST(close_wakes_who_is_blocked)
{
    struct brio_stapled_channel pair[2];
    ck_assert_int_eq(brio_stapled_channel_pair(pair, sizeof(int), 0), 0);
    NURSERY(n) {
        SPAWN(n, note_code_of_receive(&pair[0]));
        AWAIT(brio_wait_all_blocked());
        brio_stapled_channel_close(&pair[0]);
    }
    ck_assert_notes("BRIO_ECLOSED");
    brio_stapled_channel_close(&pair[1]);
}

ASYNC_TEST(cancelled_scope_is_seen_by_a_closed_half)
{
    struct brio_stapled_channel pair[2];
    int number = 1;
    ck_assert_int_eq(brio_stapled_channel_pair(pair, sizeof(int), 0), 0);
    brio_stapled_channel_close(&pair[0]);
    CANCEL_SCOPE(s) {
        brio_scope_cancel(s, NULL);
        AWAIT(brio_stapled_channel_send(&pair[0], &number));
        ck_abort();
    }
    ck_assert(s->cancelled_caught);
    brio_stapled_channel_close(&pair[1]);
}
