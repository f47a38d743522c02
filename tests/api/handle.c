/* struct brio_handle: one child, cancelled and waited for alone. */
#include "../support/async_test.h"

#include <errno.h>

ASYNC_TEST(handle_cancels_its_child_alone)
{
    struct brio_handle one = {0}, two = {0};

    NURSERY(n) {
        SPAWN(n, wait_for_ever("one"), .handle = &one);
        SPAWN(n, nap(5, "two"), .handle = &two);
        AWAIT(brio_sleep(1));
        ck_assert_int_eq(one.status, BRIO_HANDLE_PENDING);
        brio_handle_cancel(&one, "not needed");
        ck_assert_int_eq(one.status, BRIO_HANDLE_CANCELLING);
        AWAIT(brio_handle_wait(&one));
        ck_assert_int_eq(one.status, BRIO_HANDLE_CANCELLED);
        ck_assert_time(brio_now(), 1);
    }
    ck_assert_int_eq(two.status, BRIO_HANDLE_FINISHED);
    ck_assert_notes("one two");
}

ASYNC_TEST(wait_returns_when_the_child_ends)
{
    struct brio_handle handle = {0};

    NURSERY(n) {
        SPAWN(n, nap(2, "child"), .handle = &handle);
        AWAIT(brio_handle_wait(&handle));
        note("waited");
        AWAIT(brio_handle_wait(&handle)); /* again: at once */
    }
    ck_assert_notes("child waited");
    ck_assert_time(brio_now(), 2);
}

static ASYNC void wait_and_note(struct brio_handle *handle, const char *name)
{
    AWAIT(brio_handle_wait(handle));
    note("%s", name);
}

ASYNC_TEST(several_tasks_wait_for_one_handle)
{
    struct brio_handle handle = {0};

    NURSERY(n) {
        SPAWN(n, nap(2, "child"), .handle = &handle);
        SPAWN(n, wait_and_note(&handle, "first"));
        SPAWN(n, wait_and_note(&handle, "second"));
        MOVE_ON_AFTER(1, s) {
            AWAIT(brio_handle_wait(&handle));
        }
        ck_assert(s->cancelled_caught);
    }
    ck_assert_notes("child first second");
}

ASYNC_TEST(failed_child_has_its_error_in_the_handle_and_fails_the_nursery)
{
    struct brio_handle handle = {0};
    int code = 0;

    TRY {
        NURSERY(n) {
            SPAWN(n, fail_later(1, EIO), .handle = &handle);
            SHIELD {
                AWAIT(brio_handle_wait(&handle));
            }
            ck_assert_int_eq(handle.status, BRIO_HANDLE_FAILED);
            ck_assert_ptr_nonnull(handle.error);
            ck_assert_int_eq(handle.error->code, EIO);
        }
    } CATCH (e, EIO) {
        code = brio_error_only(e)->code;
    }
    ck_assert_int_eq(code, EIO);
}

ASYNC_TEST(cancel_after_the_end_has_no_effect)
{
    struct brio_handle handle = {0};

    NURSERY(n) {
        SPAWN(n, nap(1, "child"), .handle = &handle);
        AWAIT(brio_handle_wait(&handle));
        brio_handle_cancel(&handle, NULL);
        ck_assert_int_eq(handle.status, BRIO_HANDLE_FINISHED);
    }
}

static ASYNC void finish_anyway(void)
{
    SHIELD {
        AWAIT(brio_sleep(3));
    }
}

ASYNC_TEST(child_that_finishes_in_spite_of_cancel_is_finished)
{
    struct brio_handle handle = {0};

    NURSERY(n) {
        SPAWN(n, finish_anyway(), .handle = &handle);
        AWAIT(brio_sleep(1));
        brio_handle_cancel(&handle, NULL);
        ck_assert_int_eq(handle.status, BRIO_HANDLE_CANCELLING);
    }
    ck_assert_int_eq(handle.status, BRIO_HANDLE_FINISHED);
    ck_assert_time(brio_now(), 3);
}

ASYNC_TEST(child_cancelled_through_the_nursery_is_pending_until_it_ends)
{
    struct brio_handle handle = {0};

    NURSERY(n) {
        SPAWN(n, wait_for_ever("child"), .handle = &handle);
        AWAIT(brio_checkpoint());
        brio_nursery_cancel(n, NULL);
        ck_assert_int_eq(handle.status, BRIO_HANDLE_PENDING);
    }
    ck_assert_int_eq(handle.status, BRIO_HANDLE_CANCELLED);
}

ASYNC_TEST(cancel_before_the_first_step)
{
    struct brio_handle handle = {0};

    NURSERY(n) {
        SPAWN(n, wait_for_ever("ran"), .handle = &handle);
        brio_handle_cancel(&handle, "early");
    }
    ck_assert_notes("ran");
    ck_assert_int_eq(handle.status, BRIO_HANDLE_CANCELLED);
}

ASYNC_TEST(wait_is_a_checkpoint_also_when_the_child_has_ended)
{
    struct brio_handle handle = {0};
    int turns = 0;

    NURSERY(n) {
        SPAWN(n, nap(0, "child"), .handle = &handle);
        AWAIT(brio_handle_wait(&handle));
        CANCEL_SCOPE(s) {
            brio_scope_cancel(s, NULL);
            AWAIT(brio_handle_wait(&handle));
            note("not reached");
        }
        ck_assert(s->cancelled_caught);
        ck_assert_notes("child");
        SPAWN(n, nap(0, "other"));
        for (; turns < 10000 && !*take_notes(); turns++)
            AWAIT(brio_handle_wait(&handle));
    }
    ck_assert_int_lt(turns, 10000);
}

ASYNC_TEST(handle_can_be_used_again)
{
    struct brio_handle handle = {0};

    for (int i = 0; i < 3; i++) {
        NURSERY(n) {
            SPAWN(n, nap(1, "child"), .handle = &handle);
        }
        ck_assert_int_eq(handle.status, BRIO_HANDLE_FINISHED);
    }
}
