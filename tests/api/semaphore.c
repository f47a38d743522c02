/* struct brio_semaphore. */
#include "../support/async_test.h"

#include <errno.h>

static int inside, most;

static ASYNC void enter(struct brio_semaphore *semaphore)
{
    AWAIT(brio_semaphore_acquire(semaphore));
    inside++;
    if (inside > most)
        most = inside;
    AWAIT(brio_sleep(1));
    inside--;
    brio_semaphore_release(semaphore);
}

ASYNC_TEST(at_most_so_many_at_once)
{
    struct brio_semaphore semaphore;

    inside = most = 0;
    ck_assert_int_eq(brio_semaphore_init(&semaphore, 3, 3), 0);
    NURSERY(n) {
        for (int i = 0; i < 10; i++)
            SPAWN(n, enter(&semaphore));
    }
    ck_assert_int_eq(most, 3);
    ck_assert_int_eq(inside, 0);
    ck_assert_time(brio_now(), 4);
    ck_assert_uint_eq(brio_semaphore_value(&semaphore), 3);
}

ASYNC_TEST(try_acquire_and_limits)
{
    struct brio_semaphore semaphore;

    ck_assert_int_eq(brio_semaphore_init(&semaphore, 4, 3), -EINVAL);
    ck_assert_int_eq(brio_semaphore_init(&semaphore, 1, 1), 0);
    ck_assert_int_eq(brio_semaphore_release(&semaphore), -EOVERFLOW);
    ck_assert_int_eq(brio_semaphore_try_acquire(&semaphore), 0);
    ck_assert_int_eq(brio_semaphore_try_acquire(&semaphore), -EAGAIN);
    ck_assert_int_eq(brio_semaphore_release(&semaphore), 0);
    ck_assert_int_eq(brio_semaphore_init(&semaphore, 0, 0), 0);
    for (int i = 0; i < 100; i++)
        ck_assert_int_eq(brio_semaphore_release(&semaphore), 0);
    ck_assert_uint_eq(brio_semaphore_value(&semaphore), 100);
    AWAIT(brio_checkpoint());
}

static ASYNC void acquire_and_note(struct brio_semaphore *semaphore, const char *name)
{
    AWAIT(brio_semaphore_acquire(semaphore));
    note("%s", name);
}

ASYNC_TEST(release_hands_the_slot_to_the_first_waiter)
{
    brio_test_keep_order();
    struct brio_semaphore semaphore = BRIO_SEMAPHORE_INIT(0, 0);
    struct brio_handle handle = {0};

    NURSERY(n) {
        SPAWN(n, acquire_and_note(&semaphore, "a"));
        SPAWN(n, acquire_and_note(&semaphore, "b"), .handle = &handle);
        SPAWN(n, acquire_and_note(&semaphore, "c"));
        AWAIT(brio_wait_all_blocked());
        ck_assert_uint_eq(brio_semaphore_waiting(&semaphore), 3);
        brio_semaphore_release(&semaphore);
        ck_assert_uint_eq(brio_semaphore_value(&semaphore), 0);
        ck_assert_int_eq(brio_semaphore_try_acquire(&semaphore), -EAGAIN);
        brio_handle_cancel(&handle, NULL);
        brio_semaphore_release(&semaphore);
    }
    ck_assert_notes("a c");
    ck_assert_uint_eq(brio_semaphore_value(&semaphore), 0);
}

static ASYNC void pass_often(struct brio_semaphore *semaphore, const char *name, int times)
{
    for (; times > 0; times--) {
        HOLD(semaphore) {
            note("%s", name);
            AWAIT(brio_checkpoint());
        }
    }
}

ASYNC_TEST(tasks_take_turns)
{
    struct brio_semaphore semaphore = BRIO_SEMAPHORE_INIT(1, 1);

    NURSERY(n) {
        SPAWN(n, pass_often(&semaphore, "a", 3));
        SPAWN(n, pass_often(&semaphore, "b", 3));
        SPAWN(n, pass_often(&semaphore, "c", 3));
    }
    ck_assert_notes("a b c a b c a b c");
}

/* What was granted to a task that is then cancelled is not lost. */
ASYNC_TEST(unit_granted_before_the_cancellation_comes_back)
{
    brio_test_keep_order();
    struct brio_semaphore semaphore = BRIO_SEMAPHORE_INIT(0, 1);
    struct brio_handle handle = {0};

    NURSERY(n) {
        SPAWN(n, pass_often(&semaphore, "a", 1), .handle = &handle);
        SPAWN(n, pass_often(&semaphore, "b", 1));
        AWAIT(brio_wait_all_blocked());
        ck_assert_int_eq(brio_semaphore_release(&semaphore), 0);
        brio_handle_cancel(&handle, NULL);
    }
    ck_assert_notes("a b");
    ck_assert_uint_eq(brio_semaphore_value(&semaphore), 1);
}

ASYNC_TEST(acquire_in_a_cancelled_scope_takes_nothing)
{
    struct brio_semaphore semaphore = BRIO_SEMAPHORE_INIT(1, 0);

    CANCEL_SCOPE(s) {
        brio_scope_cancel(s, NULL);
        AWAIT(brio_semaphore_acquire(&semaphore));
        note("not reached");
    }
    ck_assert_uint_eq(brio_semaphore_value(&semaphore), 1);
    ck_assert_notes("");
}

ASYNC_TEST(cancelled_waiter_takes_nothing)
{
    struct brio_semaphore semaphore = BRIO_SEMAPHORE_INIT(0, 0);

    MOVE_ON_AFTER(1) {
        AWAIT(brio_semaphore_acquire(&semaphore));
        note("not reached");
    }
    ck_assert_int_eq(brio_semaphore_release(&semaphore), 0);
    ck_assert_uint_eq(brio_semaphore_value(&semaphore), 1);
    AWAIT(brio_semaphore_acquire(&semaphore));
    ck_assert_notes("");
}

ASYNC_TEST(statistics_tell_value_maximum_and_waiters)
{
    struct brio_semaphore semaphore = BRIO_SEMAPHORE_INIT(1, 4);
    struct brio_semaphore_statistics statistics;

    NURSERY(n) {
        for (int i = 0; i < 3; i++)
            SPAWN(n, acquire_and_note(&semaphore, "x"));
        AWAIT(brio_wait_all_blocked());
        brio_semaphore_statistics(&semaphore, &statistics);
        ck_assert_uint_eq(statistics.value, 0);
        ck_assert_uint_eq(statistics.max, 4);
        ck_assert_uint_eq(statistics.waiting, 2);
        brio_semaphore_release(&semaphore);
        brio_semaphore_release(&semaphore);
        brio_semaphore_release(&semaphore);
        brio_semaphore_statistics(&semaphore, &statistics);
        ck_assert_uint_eq(statistics.value, 1);
        ck_assert_uint_eq(statistics.waiting, 0);
    }
    ck_assert_notes("x x x");
}

ASYNC_TEST(free_semaphore_lets_others_run_now_and_then)
{
    struct brio_semaphore semaphore = BRIO_SEMAPHORE_INIT(1, 1);
    int turns = 0;

    NURSERY(n) {
        SPAWN(n, nap(0, "other"));
        for (; turns < 10000 && !*take_notes(); turns++) {
            AWAIT(brio_semaphore_acquire(&semaphore));
            brio_semaphore_release(&semaphore);
        }
    }
    ck_assert_int_lt(turns, 10000);
}
