/* struct brio_future: settled once, by a value, an error or a cancellation. */
#include "../support/async_test.h"

#include <errno.h>
#include <string.h>

static ASYNC void wait_and_note(struct brio_future *future, const char *name)
{
    int value = -1;

    TRY {
        AWAIT(brio_future_wait(future, &value));
        note("%s%d", name, value);
    } CATCH (e) {
        note("%s%s", name, brio_error_name(e->code));
    }
}

ASYNC_TEST(value_reaches_all_that_wait_and_those_that_come_later)
{
    struct brio_future future = BRIO_FUTURE_INIT;
    int value = 42;

    NURSERY(n) {
        SPAWN(n, wait_and_note(&future, "a"));
        SPAWN(n, wait_and_note(&future, "b"));
        AWAIT(brio_wait_all_blocked());
        ck_assert_int_eq(brio_future_status(&future), BRIO_FUTURE_PENDING);
        ck_assert_int_eq(brio_future_set(&future, &value, sizeof value), 0);
        ck_assert_int_eq(brio_future_status(&future), BRIO_FUTURE_DONE);
    }
    AWAIT(wait_and_note(&future, "c"));
    AWAIT(brio_future_wait(&future, NULL));
    ck_assert(brio_future_error(&future) == NULL);
    ck_assert_notes("a42 b42 c42");
    brio_future_deinit(&future);
}

ASYNC_TEST(error_is_raised_in_all_that_wait)
{
    struct brio_future future;
    int value = 0;

    brio_future_init(&future);
    NURSERY(n) {
        SPAWN(n, wait_and_note(&future, "a"));
        SPAWN(n, wait_and_note(&future, "b"));
        AWAIT(brio_wait_all_blocked());
        ck_assert_int_eq(brio_future_fail(&future, EIO, "disk %d", 3), 0);
    }
    AWAIT(wait_and_note(&future, "c"));
    ck_assert_notes("aEIO bEIO cEIO");
    ck_assert_int_eq(brio_future_status(&future), BRIO_FUTURE_FAILED);
    ck_assert_str_eq(brio_future_error(&future)->message, "disk 3");
    ck_assert_int_eq(brio_future_try_wait(&future, &value), -EIO);
    brio_future_deinit(&future);
}

static ASYNC void fail_at_once(int code)
{
    RAISE(code, "at once");
}

ASYNC_TEST(error_can_be_one_that_was_caught)
{
    struct brio_future future = BRIO_FUTURE_INIT;

    TRY {
        NURSERY(n) {
            SPAWN(n, fail_at_once(EPIPE));
            SPAWN(n, fail_at_once(EACCES));
        }
    } CATCH (e) {
        ck_assert_int_eq(brio_future_fail_with(&future, e), 0);
    }
    TRY {
        AWAIT(brio_future_wait(&future, NULL));
    } CATCH (e, EACCES) {
        note("EACCES");
    } CATCH (e, EPIPE) {
        note("EPIPE");
    }
    ck_assert_notes("EACCES EPIPE");
    ck_assert(brio_error_contains(brio_future_error(&future), EPIPE));
    brio_future_deinit(&future);
}

ASYNC_TEST(cancelled_future_raises_ecanceled)
{
    struct brio_future future = BRIO_FUTURE_INIT;
    int value = 0;

    NURSERY(n) {
        SPAWN(n, wait_and_note(&future, "a"));
        SPAWN(n, wait_and_note(&future, "b"));
        AWAIT(brio_wait_all_blocked());
        ck_assert_int_eq(brio_future_cancel(&future), 0);
    }
    AWAIT(wait_and_note(&future, "c"));
    ck_assert_notes("aECANCELED bECANCELED cECANCELED");
    ck_assert_int_eq(brio_future_status(&future), BRIO_FUTURE_CANCELLED);
    ck_assert_int_eq(brio_future_try_wait(&future, &value), -ECANCELED);
    brio_future_deinit(&future);
}

ASYNC_TEST(future_is_settled_once)
{
    struct brio_future future = BRIO_FUTURE_INIT;
    int value = 1, other = 2;

    for (int way = 0; way < 3; way++) {
        static const int settled[] = {0, -EIO, -ECANCELED};
        int code = -EALREADY;
        if (way == 0)
            ck_assert_int_eq(brio_future_set(&future, &value, sizeof value), 0);
        if (way == 1)
            ck_assert_int_eq(brio_future_fail(&future, EIO, "x"), 0);
        if (way == 2)
            ck_assert_int_eq(brio_future_cancel(&future), 0);
        if (way == 2)
            code = -ECANCELED;
        ck_assert_int_eq(brio_future_set(&future, &other, sizeof other), code);
        ck_assert_int_eq(brio_future_fail(&future, EIO, "x"), code);
        ck_assert_int_eq(brio_future_cancel(&future), code);
        other = 2;
        ck_assert_int_eq(brio_future_try_wait(&future, &other), settled[way]);
        ck_assert_int_eq(other, way == 0 ? 1 : 2);
        brio_future_deinit(&future);
        ck_assert_int_eq(brio_future_status(&future), BRIO_FUTURE_PENDING);
    }
    AWAIT(brio_checkpoint());
}

ASYNC_TEST(looking_too_early_says_so)
{
    struct brio_future future = BRIO_FUTURE_INIT;
    int value = 7;

    ck_assert_int_eq(brio_future_try_wait(&future, &value), -EAGAIN);
    ck_assert(brio_future_error(&future) == NULL);
    ck_assert_int_eq(value, 7);
    AWAIT(brio_checkpoint());
}

ASYNC_TEST(cancelled_waiter_leaves_the_future_and_the_others_as_they_are)
{
    struct brio_future future = BRIO_FUTURE_INIT;
    struct brio_future_statistics statistics;
    struct brio_handle handle = {0};
    int value = 5;

    NURSERY(n) {
        SPAWN(n, wait_and_note(&future, "a"), .handle = &handle);
        SPAWN(n, wait_and_note(&future, "b"));
        AWAIT(brio_wait_all_blocked());
        brio_future_statistics(&future, &statistics);
        ck_assert_uint_eq(statistics.waiting, 2);
        brio_handle_cancel(&handle, NULL);
        brio_future_statistics(&future, &statistics);
        ck_assert_uint_eq(statistics.waiting, 1);
        ck_assert_int_eq(statistics.status, BRIO_FUTURE_PENDING);
        AWAIT(brio_handle_wait(&handle));
        brio_future_set(&future, &value, sizeof value);
    }
    ck_assert_notes("b5");
}

ASYNC_TEST(value_set_before_the_cancellation_is_received)
{
    struct brio_future future = BRIO_FUTURE_INIT;
    struct brio_handle handle = {0};
    int value = 5;

    NURSERY(n) {
        SPAWN(n, wait_and_note(&future, "a"), .handle = &handle);
        AWAIT(brio_wait_all_blocked());
        brio_future_set(&future, &value, sizeof value);
        brio_handle_cancel(&handle, NULL);
    }
    ck_assert_notes("a5");
}

ASYNC_TEST(wait_is_a_checkpoint_whatever_the_state)
{
    struct brio_future future = BRIO_FUTURE_INIT;
    int turns = 0;

    brio_future_set(&future, NULL, 0);
    CANCEL_SCOPE(s) {
        brio_scope_cancel(s, NULL);
        AWAIT(brio_future_wait(&future, NULL));
        ck_abort();
    }
    NURSERY(n) {
        SPAWN(n, nap(0, "other"));
        for (; turns < 10000 && !*take_notes(); turns++)
            AWAIT(brio_future_wait(&future, NULL));
    }
    ck_assert_int_lt(turns, 10000);
}

ASYNC_TEST(value_may_be_large)
{
    struct brio_future future = BRIO_FUTURE_INIT;
    char text[1000] = "large", copy[1000];

    NURSERY(n) {
        SPAWN(n, brio_future_wait(&future, copy));
        AWAIT(brio_wait_all_blocked());
        ck_assert_int_eq(brio_future_set(&future, text, sizeof text), 0);
        memset(text, 'x', sizeof text);
    }
    ck_assert_str_eq(copy, "large");
    memset(copy, 0, sizeof copy);
    ck_assert_int_eq(brio_future_try_wait(&future, copy), 0);
    ck_assert_str_eq(copy, "large");
    brio_future_deinit(&future);
}

PLAIN_TEST(without_memory_a_value_is_refused_and_an_error_becomes_enomem)
{
    struct brio_future future = BRIO_FUTURE_INIT;
    char text[1000] = "";

    fail_allocation(0);
    ck_assert_int_eq(brio_future_set(&future, text, sizeof text), -ENOMEM);
    ck_assert_int_eq(brio_future_status(&future), BRIO_FUTURE_PENDING);
    fail_allocation(0);
    ck_assert_int_eq(brio_future_fail(&future, EIO, "x"), 0);
    fail_allocation(-1);
    ck_assert_int_eq(brio_future_try_wait(&future, text), -ENOMEM);
    brio_future_deinit(&future);
}
