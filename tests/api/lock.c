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

/* Handed over and cancelled in one pass: it keeps the lock and can give it back. */
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
    brio_test_keep_order();
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

static ASYNC void hold_in_turn(struct brio_lock *lock, const char *name, int times, int *inside)
{
    for (; times > 0; times--) {
        HOLD(lock) {
            ck_assert_int_eq(++*inside, 1);
            note("%s", name);
            AWAIT(brio_checkpoint());
            --*inside;
        }
    }
}

ASYNC_TEST(never_two_inside_and_each_in_its_turn)
{
    struct brio_lock lock = BRIO_LOCK_INIT;
    int inside = 0;

    NURSERY(n) {
        SPAWN(n, hold_in_turn(&lock, "a", 3, &inside));
        SPAWN(n, hold_in_turn(&lock, "b", 3, &inside));
        SPAWN(n, hold_in_turn(&lock, "c", 3, &inside));
    }
    ck_assert_notes("a b c a b c a b c");
}

ASYNC_TEST(lock_that_was_tried_and_taken_makes_acquire_wait)
{
    struct brio_lock lock = BRIO_LOCK_INIT;

    ck_assert_int_eq(brio_lock_try_acquire(&lock), 0);
    NURSERY(n) {
        SPAWN(n, acquire_and_note(&lock, "waiter"));
        AWAIT(brio_wait_all_blocked());
        ck_assert_notes("");
        brio_lock_release(&lock);
    }
    ck_assert_notes("waiter");
}

ASYNC_TEST(acquire_in_a_cancelled_scope_takes_nothing)
{
    struct brio_lock lock = BRIO_LOCK_INIT;

    CANCEL_SCOPE(s) {
        brio_scope_cancel(s, NULL);
        AWAIT(brio_lock_acquire(&lock));
        note("not reached");
    }
    ck_assert(!brio_lock_is_locked(&lock));
    ck_assert_notes("");
}

ASYNC_TEST(waiter_cancelled_before_or_after_the_release_leaves_the_lock_free)
{
    for (int release_first = 0; release_first < 2; release_first++) {
        struct brio_lock lock = BRIO_LOCK_INIT;
        struct brio_handle handle = {0};
        AWAIT(brio_lock_acquire(&lock));
        NURSERY(n) {
            SPAWN(n, acquire_and_be_cancelled(&lock), .handle = &handle);
            AWAIT(brio_wait_all_blocked());
            if (release_first)
                brio_lock_release(&lock);
            brio_handle_cancel(&handle, NULL);
            if (!release_first)
                brio_lock_release(&lock);
        }
        ck_assert_notes(release_first ? "has it" : "");
        ck_assert(!brio_lock_is_locked(&lock));
        AWAIT(brio_lock_acquire(&lock));
        brio_lock_release(&lock);
    }
}

static ASYNC void be_the_owner(struct brio_lock *lock, const struct brio_task **owner)
{
    *owner = brio_task_current();
    AWAIT(brio_lock_acquire(lock));
    brio_lock_release(lock);
}

ASYNC_TEST(statistics_name_the_owner_from_the_release_on)
{
    brio_test_keep_order();
    struct brio_lock lock = BRIO_LOCK_INIT;
    struct brio_lock_statistics statistics;
    const struct brio_task *waiter = NULL;

    brio_lock_statistics(&lock, &statistics);
    ck_assert(!statistics.locked && !statistics.broken && statistics.owner == NULL);
    ck_assert_uint_eq(statistics.waiting, 0);
    NURSERY(n) {
        AWAIT(brio_lock_acquire(&lock));
        SPAWN(n, be_the_owner(&lock, &waiter));
        SPAWN(n, acquire_and_note(&lock, "last"));
        AWAIT(brio_wait_all_blocked());
        brio_lock_statistics(&lock, &statistics);
        ck_assert(statistics.locked && statistics.owner == brio_task_current());
        ck_assert_uint_eq(statistics.waiting, 2);
        brio_lock_release(&lock);
        brio_lock_statistics(&lock, &statistics);
        ck_assert(statistics.locked && statistics.owner == waiter);
        ck_assert_uint_eq(statistics.waiting, 1);
    }
    ck_assert_notes("last");
}

static ASYNC void note_number(int number)
{
    AWAIT(brio_checkpoint());
    note("%d", number);
}

/* The arguments are evaluated by the task that spawns. */
ASYNC_TEST(arguments_of_spawn_are_about_the_task_that_spawns)
{
    struct brio_lock lock = BRIO_LOCK_INIT;

    AWAIT(brio_lock_acquire(&lock));
    NURSERY(n) {
        SPAWN(n, note_number(brio_lock_is_mine(&lock)));
        SPAWN(n, note_number(brio_lock_try_acquire(&lock) == -EDEADLK));
        SPAWN(n, note_number(brio_lock_release(&lock)));
    }
    ck_assert(!brio_lock_is_locked(&lock));
    ck_assert_notes("1 1 0");
}

/* ---- an owner that ends without releasing ---- */

static ASYNC void acquire_and_end(struct brio_lock *lock, struct brio_event *end)
{
    AWAIT(brio_lock_acquire(lock));
    AWAIT(brio_event_wait(end));
}

static ASYNC void acquire_broken(struct brio_lock *lock, const char *name)
{
    TRY {
        AWAIT(brio_lock_acquire(lock));
    } CATCH (e, BRIO_EBROKEN) {
        note("%s", name);
    }
}

ASYNC_TEST(owner_that_ends_breaks_the_lock_for_its_waiters)
{
    struct brio_lock lock = BRIO_LOCK_INIT;
    struct brio_event end = BRIO_EVENT_INIT;

    NURSERY(n) {
        SPAWN(n, acquire_and_end(&lock, &end));
        AWAIT(brio_wait_all_blocked());
        SPAWN(n, acquire_broken(&lock, "a"));
        SPAWN(n, acquire_broken(&lock, "b"));
        AWAIT(brio_wait_all_blocked());
        ck_assert_notes("");
        brio_event_set(&end);
    }
    ck_assert_notes("a b");
}

ASYNC_TEST(lock_stays_broken_until_it_is_made_anew)
{
    struct brio_lock lock = BRIO_LOCK_INIT;
    struct brio_lock_statistics statistics;
    struct brio_event end = BRIO_EVENT_INIT;

    brio_event_set(&end);
    NURSERY(n) {
        SPAWN(n, acquire_and_end(&lock, &end));
    }
    brio_lock_statistics(&lock, &statistics);
    ck_assert(statistics.locked && statistics.broken && statistics.owner == NULL);
    for (int i = 0; i < 2; i++) {
        AWAIT(acquire_broken(&lock, "broken"));
        ck_assert(brio_lock_is_locked(&lock));
        ck_assert_int_eq(brio_lock_try_acquire(&lock), -EAGAIN);
        ck_assert_int_eq(brio_lock_release(&lock), -EPERM);
    }
    brio_lock_statistics(&lock, &statistics);
    ck_assert(statistics.locked && statistics.broken && statistics.owner == NULL);
    ck_assert_notes("broken broken");
    brio_lock_init(&lock);
    AWAIT(brio_lock_acquire(&lock));
    brio_lock_release(&lock);
}

ASYNC_TEST(lock_breaks_with_the_task_that_it_was_handed_to)
{
    brio_test_keep_order();
    struct brio_lock lock = BRIO_LOCK_INIT;
    struct brio_event end = BRIO_EVENT_INIT;

    brio_event_set(&end);
    AWAIT(brio_lock_acquire(&lock));
    NURSERY(n) {
        SPAWN(n, acquire_and_end(&lock, &end));
        SPAWN(n, acquire_broken(&lock, "broken"));
        AWAIT(brio_wait_all_blocked());
        brio_lock_release(&lock);
    }
    ck_assert_notes("broken");
}

static ASYNC void hand_on_and_end(struct brio_lock *lock, struct brio_event *end)
{
    AWAIT(brio_lock_acquire(lock));
    AWAIT(brio_event_wait(end));
    brio_lock_release(lock);
}

/* Also when it has owned others, and given them back in another order. */
ASYNC_TEST(task_that_has_released_breaks_nothing)
{
    struct brio_lock locks[3] = {BRIO_LOCK_INIT, BRIO_LOCK_INIT, BRIO_LOCK_INIT};
    struct brio_event end = BRIO_EVENT_INIT;

    NURSERY(n) {
        for (int i = 0; i < 3; i++)
            SPAWN(n, hand_on_and_end(&locks[i], &end));
        AWAIT(brio_wait_all_blocked());
        for (int i = 0; i < 3; i++)
            SPAWN(n, acquire_and_note(&locks[(i + 1) % 3], (const char *[]){"b", "c", "a"}[i]));
        AWAIT(brio_wait_all_blocked());
        brio_event_set(&end);
    }
    ck_assert_notes("a b c");
    for (int i = 0; i < 3; i++)
        ck_assert(!brio_lock_is_locked(&locks[i]));
}

static ASYNC void acquire_many(struct brio_lock *locks, int count, struct brio_event *end)
{
    for (int i = 0; i < count; i++)
        AWAIT(brio_lock_acquire(&locks[i]));
    AWAIT(brio_event_wait(end));
    brio_lock_release(&locks[1]);
}

ASYNC_TEST(owner_of_several_breaks_those_that_it_still_has)
{
    struct brio_lock locks[4] = {BRIO_LOCK_INIT, BRIO_LOCK_INIT, BRIO_LOCK_INIT, BRIO_LOCK_INIT};
    struct brio_event end = BRIO_EVENT_INIT;

    NURSERY(n) {
        SPAWN(n, acquire_many(locks, 4, &end));
        AWAIT(brio_wait_all_blocked());
        SPAWN(n, acquire_broken(&locks[0], "0"));
        SPAWN(n, acquire_and_note(&locks[1], "1"));
        SPAWN(n, acquire_broken(&locks[2], "2"));
        AWAIT(brio_wait_all_blocked());
        brio_event_set(&end);
    }
    AWAIT(acquire_broken(&locks[3], "3"));
    ck_assert_notes("1 2 0 3");
}

/* A cancelled waiter was the only one. */
ASYNC_TEST(owner_that_ends_after_its_waiter_left_breaks_the_lock_for_later_ones)
{
    struct brio_lock lock = BRIO_LOCK_INIT;
    struct brio_event end = BRIO_EVENT_INIT;

    NURSERY(n) {
        SPAWN(n, acquire_and_end(&lock, &end));
        AWAIT(brio_wait_all_blocked());
        MOVE_ON_AFTER(1) {
            AWAIT(brio_lock_acquire(&lock));
        }
        brio_event_set(&end);
    }
    AWAIT(acquire_broken(&lock, "broken"));
    ck_assert_notes("broken");
}

ASYNC_TEST(owner_that_ends_breaks_the_lock_for_the_waiter_that_has_stayed)
{
    struct brio_lock lock = BRIO_LOCK_INIT;
    struct brio_event end = BRIO_EVENT_INIT;
    struct brio_handle handle = {0};

    NURSERY(n) {
        SPAWN(n, acquire_and_end(&lock, &end));
        AWAIT(brio_wait_all_blocked());
        SPAWN(n, acquire_and_note(&lock, "not reached"), .handle = &handle);
        SPAWN(n, acquire_broken(&lock, "broken"));
        AWAIT(brio_wait_all_blocked());
        brio_handle_cancel(&handle, NULL);
        AWAIT(brio_wait_all_blocked());
        brio_event_set(&end);
    }
    ck_assert_notes("broken");
}

static ASYNC void hold_and_end(struct brio_lock *lock, double seconds, const char *name)
{
    HOLD(lock) {
        AWAIT(nap(seconds, name));
    }
}

/* Each owner knows which of its locks are waited for, and forgets them with the release. */
ASYNC_TEST(locks_that_are_waited_for_go_from_owner_to_owner)
{
    brio_test_keep_order();
    struct brio_lock locks[3] = {BRIO_LOCK_INIT, BRIO_LOCK_INIT, BRIO_LOCK_INIT};

    for (int i = 0; i < 3; i++)
        AWAIT(brio_lock_acquire(&locks[i]));
    NURSERY(n) {
        for (int i = 0; i < 9; i++)
            SPAWN(n, hold_and_end(&locks[i % 3], 1 + i % 3 * 0.1, (const char *[]){"a", "b", "c"}[i % 3]));
        AWAIT(brio_wait_all_blocked());
        for (int i = 0; i < 3; i++)
            ck_assert_int_eq(brio_lock_release(&locks[(i + 1) % 3]), 0);
    }
    ck_assert_notes("a b c a b c a b c");
    for (int i = 0; i < 3; i++)
        ck_assert(!brio_lock_is_locked(&locks[i]));
}

/* A dead owner somewhere does not make the locks of the living look broken. */
ASYNC_TEST(locks_of_living_owners_are_not_taken_for_broken)
{
    struct brio_lock mine = BRIO_LOCK_INIT, lost = BRIO_LOCK_INIT, late = BRIO_LOCK_INIT;
    struct brio_event set = BRIO_EVENT_INIT, end = BRIO_EVENT_INIT;

    brio_event_set(&set);
    AWAIT(brio_lock_acquire(&mine));
    NURSERY(n) {
        SPAWN(n, acquire_and_end(&lost, &set));
        AWAIT(brio_wait_all_blocked());
        SPAWN(n, hand_on_and_end(&late, &end));
        SPAWN(n, acquire_and_note(&mine, "mine"));
        AWAIT(brio_wait_all_blocked());
        SPAWN(n, acquire_and_note(&late, "late"));
        AWAIT(brio_wait_all_blocked());
        brio_lock_release(&mine);
        brio_event_set(&end);
    }
    ck_assert_notes("mine late");
}

/* The memory of a lock that was never released is nobody's business any more. */
static ASYNC void leave_with_the_lock_held(void)
{
    struct brio_lock lock = BRIO_LOCK_INIT;

    AWAIT(brio_lock_acquire(&lock));
}

ASYNC_TEST(lock_may_go_away_while_it_is_held)
{
    for (int i = 0; i < 3; i++)
        AWAIT(leave_with_the_lock_held());
    NURSERY(n) {
        SPAWN(n, leave_with_the_lock_held());
    }
    AWAIT(leave_with_the_lock_held());
}

static ASYNC void leave_after_a_waiter_has_left(void)
{
    struct brio_lock lock = BRIO_LOCK_INIT;

    AWAIT(brio_lock_acquire(&lock));
    NURSERY(n) {
        SPAWN(n, acquire_and_note(&lock, "not reached"));
        AWAIT(brio_wait_all_blocked());
        brio_nursery_cancel(n, NULL);
    }
}

ASYNC_TEST(lock_may_go_away_when_its_last_waiter_has_left)
{
    struct brio_lock other = BRIO_LOCK_INIT;

    AWAIT(leave_after_a_waiter_has_left());
    HOLD(&other) {
        MOVE_ON_AFTER(1) {
            NURSERY(n) {
                SPAWN(n, acquire_and_note(&other, "not reached"));
            }
        }
    }
    ck_assert_notes("");
}

static struct brio_lock outside = BRIO_LOCK_INIT;

static ASYNC void acquire_outside(void)
{
    AWAIT(brio_lock_acquire(&outside));
}

PLAIN_TEST(lock_of_a_task_of_an_earlier_loop_is_broken)
{
    struct brio_lock_statistics statistics;

    brio_lock_init(&outside);
    brio_lock_statistics(&outside, &statistics);
    ck_assert(!statistics.locked && !statistics.broken);
    ck_assert_int_eq(brio_lock_try_acquire(&outside), -EPERM);
    ck_assert_int_eq(brio_lock_release(&outside), -EPERM);
    ck_assert_int_eq(RUN(&async_test_options, acquire_outside()), 0);
    brio_lock_statistics(&outside, &statistics);
    ck_assert(statistics.locked && statistics.broken);
    ck_assert_int_eq(RUN(&async_test_options, acquire_broken(&outside, "broken")), 0);
    ck_assert_notes("broken");
}

static ASYNC void lock_scenario(void)
{
    struct brio_lock lock = BRIO_LOCK_INIT;

    NURSERY(n) {
        SPAWN(n, nap(1, "x"));
        HOLD(&lock) {
            for (int i = 0; i < 3; i++)
                SPAWN(n, acquire_and_note(&lock, "x"));
            AWAIT(brio_checkpoint());
        }
    }
    ck_assert(!brio_lock_is_locked(&lock));
}

PLAIN_TEST(every_allocation_may_fail)
{
    for (long k = 0;; k++) {
        const struct brio_error *error = NULL;
        struct brio_options options = {.clock = BRIO_CLOCK_VIRTUAL, .error = &error};
        fail_allocation(k);
        int code = RUN(&options, lock_scenario());
        bool failed = allocation_has_failed();
        fail_allocation(-1);
        ck_assert_msg(code == 0 || brio_error_contains(error, ENOMEM), "allocation %ld: %s", k, brio_error_string(error));
        brio_error_unref(error);
        take_notes();
        if (!failed)
            break;
        ck_assert_int_lt(k, 1000);
    }
}
