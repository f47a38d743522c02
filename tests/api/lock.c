/* struct brio_lock: owned by one task, handed over in order. */
#include "../support/async_test.h"

#include <errno.h>

static ASYNC void acquire_and_note(struct brio_lock *lock, const char *name)
{
    AWAIT(brio_lock_acquire(lock));
    note("%s", name);
    AWAIT(brio_checkpoint());
    ck_assert_int_eq(brio_lock_release(lock), 0);
}

ASYNC_TEST(waiters_get_the_lock_in_order)
{
    struct brio_lock lock = BRIO_LOCK_INIT;

    AWAIT(brio_lock_acquire(&lock));
    ck_assert(brio_lock_is_locked(&lock) && brio_lock_is_mine(&lock));
    NURSERY(n) {
        SPAWN(n, acquire_and_note(&lock, "a"));
        SPAWN(n, acquire_and_note(&lock, "b"));
        SPAWN(n, acquire_and_note(&lock, "c"));
        AWAIT(brio_wait_all_blocked());
        ck_assert_uint_eq(brio_lock_waiting(&lock), 3);
        brio_lock_release(&lock);
        note("released");
    }
    ck_assert_notes("released a b c");
    ck_assert(!brio_lock_is_locked(&lock));
}

/* Handed over in release: nobody can slip in between. */
ASYNC_TEST(release_hands_the_lock_over_at_once)
{
    struct brio_lock lock = BRIO_LOCK_INIT;

    NURSERY(n) {
        AWAIT(brio_lock_acquire(&lock));
        SPAWN(n, acquire_and_note(&lock, "waiter"));
        AWAIT(brio_wait_all_blocked());
        brio_lock_release(&lock);
        ck_assert(brio_lock_is_locked(&lock));
        ck_assert(!brio_lock_is_mine(&lock));
        ck_assert_int_eq(brio_lock_try_acquire(&lock), -EAGAIN);
        AWAIT(brio_lock_acquire(&lock));
        note("again");
        brio_lock_release(&lock);
    }
    ck_assert_notes("waiter again");
}

ASYNC_TEST(acquiring_twice_raises_edeadlk)
{
    struct brio_lock lock = BRIO_LOCK_INIT;

    AWAIT(brio_lock_acquire(&lock));
    ck_assert_int_eq(brio_lock_try_acquire(&lock), -EDEADLK);
    TRY {
        AWAIT(brio_lock_acquire(&lock));
    } CATCH (e, EDEADLK) {
        note("refused");
    }
    ck_assert_int_eq(brio_lock_release(&lock), 0);
    ck_assert_notes("refused");
}

static ASYNC void release_foreign(struct brio_lock *lock)
{
    ck_assert_int_eq(brio_lock_release(lock), -EPERM);
    ck_assert_int_eq(brio_lock_try_acquire(lock), -EAGAIN);
    AWAIT(brio_checkpoint());
}

ASYNC_TEST(only_the_owner_releases)
{
    struct brio_lock lock;

    brio_lock_init(&lock);
    ck_assert_int_eq(brio_lock_release(&lock), -EPERM);
    ck_assert_int_eq(brio_lock_try_acquire(&lock), 0);
    NURSERY(n) {
        SPAWN(n, release_foreign(&lock));
    }
    ck_assert_int_eq(brio_lock_release(&lock), 0);
    ck_assert_int_eq(brio_lock_release(&lock), -EPERM);
}

ASYNC_TEST(cancelled_waiter_is_passed_over)
{
    struct brio_lock lock = BRIO_LOCK_INIT;
    struct brio_handle handle = {0};

    AWAIT(brio_lock_acquire(&lock));
    NURSERY(n) {
        SPAWN(n, acquire_and_note(&lock, "a"), .handle = &handle);
        SPAWN(n, acquire_and_note(&lock, "b"));
        AWAIT(brio_wait_all_blocked());
        brio_handle_cancel(&handle, NULL);
        ck_assert_uint_eq(brio_lock_waiting(&lock), 1);
        brio_lock_release(&lock);
    }
    ck_assert_notes("b");
}

/* AB4: handed over and cancelled in one pass: it keeps the lock and can give it back. */
static ASYNC void acquire_and_be_cancelled(struct brio_lock *lock)
{
    AWAIT(brio_lock_acquire(lock));
    DEFER brio_lock_release(lock);
    note("has it");
    AWAIT(brio_checkpoint());
    note("not reached");
}

ASYNC_TEST(lock_handed_over_to_a_task_that_is_then_cancelled_is_not_lost)
{
    struct brio_lock lock = BRIO_LOCK_INIT;
    struct brio_handle handle = {0};

    AWAIT(brio_lock_acquire(&lock));
    NURSERY(n) {
        SPAWN(n, acquire_and_be_cancelled(&lock), .handle = &handle);
        SPAWN(n, acquire_and_note(&lock, "next"));
        AWAIT(brio_wait_all_blocked());
        brio_lock_release(&lock);
        brio_handle_cancel(&handle, NULL);
    }
    ck_assert_notes("has it next");
    ck_assert(!brio_lock_is_locked(&lock));
}

ASYNC_TEST(uncontended_acquire_lets_others_run_now_and_then)
{
    struct brio_lock lock = BRIO_LOCK_INIT;
    int turns = 0;

    NURSERY(n) {
        SPAWN(n, nap(0, "other"));
        while (turns < 10000 && !*take_notes()) {
            AWAIT(brio_lock_acquire(&lock));
            brio_lock_release(&lock);
            turns++;
        }
    }
    ck_assert_int_lt(turns, 10000);
}
