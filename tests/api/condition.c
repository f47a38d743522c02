/* struct brio_condition: sleeping under a lock; notifications that are not lost. */
#include "../support/async_test.h"

#include <errno.h>

static ASYNC void wait_and_note(struct brio_condition *condition, const char *name)
{
    HOLD(condition) {
        DEFER ck_assert(brio_lock_is_mine(&condition->own_));
        AWAIT(brio_condition_wait(condition));
        note("%s", name);
    }
}

static ASYNC void notify_later(struct brio_condition *condition, double seconds, size_t count)
{
    AWAIT(brio_sleep(seconds));
    HOLD(condition) {
        ck_assert_int_eq(brio_condition_notify(condition, count), 0);
    }
}

static size_t sleepers(const struct brio_condition *condition)
{
    struct brio_condition_statistics statistics;
    brio_condition_statistics(condition, &statistics);
    return statistics.waiting;
}

/* ---- waiting and notifying ---- */

ASYNC_TEST(notify_wakes_as_many_as_it_says_in_order)
{
    brio_test_keep_order();
    struct brio_condition condition = BRIO_CONDITION_INIT;

    NURSERY(n) {
        for (int i = 0; i < 5; i++)
            SPAWN(n, wait_and_note(&condition, (const char *[]){"a", "b", "c", "d", "e"}[i]));
        AWAIT(brio_wait_all_blocked());
        ck_assert_uint_eq(sleepers(&condition), 5);
        AWAIT(notify_later(&condition, 1, 0));
        AWAIT(brio_wait_all_blocked());
        ck_assert_notes("");
        AWAIT(notify_later(&condition, 1, 1));
        AWAIT(brio_wait_all_blocked());
        ck_assert_notes("a");
        AWAIT(notify_later(&condition, 1, 2));
        AWAIT(brio_wait_all_blocked());
        ck_assert_notes("b c");
        HOLD(&condition) {
            ck_assert_int_eq(brio_condition_notify_all(&condition), 0);
        }
    }
    ck_assert_notes("d e");
    AWAIT(notify_later(&condition, 0, 100));
}

ASYNC_TEST(notified_task_runs_when_the_lock_is_released)
{
    struct brio_condition condition = BRIO_CONDITION_INIT;

    NURSERY(n) {
        SPAWN(n, wait_and_note(&condition, "awake"));
        AWAIT(brio_wait_all_blocked());
        HOLD(&condition) {
            brio_condition_notify(&condition, 1);
            AWAIT(brio_sleep(1));
            note("releasing");
        }
        ck_assert(brio_lock_is_locked(&condition.own_)); /* it is the sleeper's already */
        ck_assert_int_eq(brio_condition_try_acquire(&condition), -EAGAIN);
    }
    ck_assert_notes("releasing awake");
}

/* Nobody who wants the lock runs only to find that it is taken, and none gets it before one that asked first. */
static ASYNC void acquire_and_note(struct brio_condition *condition, const char *name)
{
    HOLD(condition) {
        note("%s", name);
        AWAIT(brio_checkpoint());
    }
}

ASYNC_TEST(notified_tasks_stand_in_line_for_the_lock)
{
    struct brio_condition condition = BRIO_CONDITION_INIT;

    NURSERY(n) {
        SPAWN(n, wait_and_note(&condition, "a"));
        SPAWN(n, wait_and_note(&condition, "b"));
        AWAIT(brio_wait_all_blocked());
        HOLD(&condition) {
            SPAWN(n, acquire_and_note(&condition, "first"));
            AWAIT(brio_wait_all_blocked());
            brio_condition_notify_all(&condition);
            SPAWN(n, acquire_and_note(&condition, "last"));
            AWAIT(brio_wait_all_blocked());
        }
    }
    ck_assert_notes("first a b last");
}

ASYNC_TEST(wait_and_notify_need_the_lock)
{
    struct brio_condition condition;

    brio_condition_init(&condition, NULL);
    ck_assert_int_eq(brio_condition_notify(&condition, 1), -EPERM);
    ck_assert_int_eq(brio_condition_notify_all(&condition), -EPERM);
    ck_assert_int_eq(brio_condition_release(&condition), -EPERM);
    TRY {
        AWAIT(brio_condition_wait(&condition));
    } CATCH (e, EPERM) {
        note("refused");
    }
    ck_assert_int_eq(brio_condition_try_acquire(&condition), 0);
    ck_assert_int_eq(brio_condition_try_acquire(&condition), -EDEADLK);
    TRY {
        AWAIT(brio_condition_acquire(&condition));
    } CATCH (e, EDEADLK) {
        note("twice");
    }
    ck_assert_int_eq(brio_condition_release(&condition), 0);
    ck_assert_notes("refused twice");
}

static ASYNC void wait_until(struct brio_condition *condition, const int *value, int wanted)
{
    HOLD(condition) {
        while (*value < wanted) {
            AWAIT(brio_condition_wait(condition));
            note("looked%d", *value);
        }
    }
    note("saw%d", wanted);
}

ASYNC_TEST(waiting_in_a_loop_looks_after_each_notification)
{
    struct brio_condition condition = BRIO_CONDITION_INIT;
    int value = 0;

    NURSERY(n) {
        SPAWN(n, wait_until(&condition, &value, 3));
        while (value < 3) {
            AWAIT(brio_sleep(1));
            HOLD(&condition) {
                value++;
                brio_condition_notify_all(&condition);
            }
        }
    }
    ck_assert_notes("looked1 looked2 looked3 saw3");
}

static ASYNC void wait_with(struct brio_condition *condition, struct brio_lock *lock, const char *name)
{
    HOLD(lock) {
        AWAIT(brio_condition_wait(condition));
        ck_assert(brio_lock_is_mine(lock));
        note("%s", name);
    }
}

ASYNC_TEST(conditions_may_share_a_lock)
{
    struct brio_lock lock = BRIO_LOCK_INIT;
    struct brio_condition conditions[3];

    for (int i = 0; i < 3; i++)
        brio_condition_init(&conditions[i], &lock);
    NURSERY(n) {
        for (int i = 0; i < 3; i++)
            SPAWN(n, wait_with(&conditions[i], &lock, (const char *[]){"0", "1", "2"}[i]));
        AWAIT(brio_wait_all_blocked());
        HOLD(&lock) {
            ck_assert_int_eq(brio_condition_notify(&conditions[1], 9), 0);
        }
        AWAIT(brio_wait_all_blocked());
        ck_assert_notes("1");
        HOLD(&conditions[0]) {
            brio_condition_notify(&conditions[2], 1);
            brio_condition_notify(&conditions[0], 1);
        }
    }
    ck_assert_notes("2 0");
}

ASYNC_TEST(statistics_count_sleepers_and_have_those_of_the_lock)
{
    struct brio_condition condition = BRIO_CONDITION_INIT;
    struct brio_condition_statistics statistics;

    NURSERY(n) {
        SPAWN(n, wait_and_note(&condition, "x"));
        SPAWN(n, wait_and_note(&condition, "x"));
        AWAIT(brio_wait_all_blocked());
        brio_condition_statistics(&condition, &statistics);
        ck_assert_uint_eq(statistics.waiting, 2);
        ck_assert(!statistics.lock.locked);
        HOLD(&condition) {
            brio_condition_notify(&condition, 1);
            brio_condition_statistics(&condition, &statistics);
            ck_assert_uint_eq(statistics.waiting, 1);
            ck_assert_uint_eq(statistics.lock.waiting, 1);
            ck_assert(statistics.lock.owner == brio_task_current());
            brio_condition_notify(&condition, 1);
        }
    }
    ck_assert_notes("x x");
}

/* ---- cancellation ---- */

ASYNC_TEST(cancelled_sleeper_has_the_lock_on_its_way_out)
{
    struct brio_condition condition = BRIO_CONDITION_INIT;

    MOVE_ON_AFTER(1, s) {
        AWAIT(wait_and_note(&condition, "not reached"));
    }
    ck_assert(s->cancelled_caught);
    ck_assert(!brio_lock_is_locked(&condition.own_));
    ck_assert_uint_eq(sleepers(&condition), 0);
    ck_assert_notes("");
}

static ASYNC void hold_for(struct brio_condition *condition, double seconds)
{
    HOLD(condition) {
        AWAIT(brio_sleep(seconds));
    }
}

/* The lock is needed to go on, so the wait for it is not cancelled. */
ASYNC_TEST(cancelled_sleeper_waits_for_the_lock_though_it_takes_long)
{
    struct brio_condition condition = BRIO_CONDITION_INIT;

    NURSERY(n) {
        MOVE_ON_AFTER(1, s) {
            SPAWN(n, hold_for(&condition, 5));
            AWAIT(wait_and_note(&condition, "not reached"));
        }
        ck_assert(s->cancelled_caught);
        ck_assert_time(brio_now(), 5);
    }
    ck_assert(!brio_lock_is_locked(&condition.own_));
    ck_assert_notes("");
}

ASYNC_TEST(wait_in_a_cancelled_scope_keeps_the_lock_and_does_not_sleep)
{
    struct brio_condition condition = BRIO_CONDITION_INIT;

    AWAIT(brio_condition_acquire(&condition));
    CANCEL_SCOPE(s) {
        brio_scope_cancel(s, NULL);
        AWAIT(brio_condition_wait(&condition));
        note("not reached");
    }
    ck_assert(s->cancelled_caught);
    ck_assert_int_eq(brio_condition_release(&condition), 0);
    ck_assert_notes("");
}

/* Nor does anybody else get it meanwhile. */
ASYNC_TEST(wait_in_a_cancelled_scope_does_not_hand_the_lock_on)
{
    struct brio_condition condition = BRIO_CONDITION_INIT;

    NURSERY(n) {
        HOLD(&condition) {
            SPAWN(n, acquire_and_note(&condition, "other"));
            AWAIT(brio_wait_all_blocked());
            CANCEL_SCOPE(s) {
                brio_scope_cancel(s, NULL);
                AWAIT(brio_condition_wait(&condition));
            }
            ck_assert(s->cancelled_caught);
            note("mine");
        }
    }
    ck_assert_notes("mine other");
}

ASYNC_TEST(cancelled_sleeper_leaves_the_others_asleep)
{
    struct brio_condition condition = BRIO_CONDITION_INIT;
    struct brio_handle handle = {0};

    NURSERY(n) {
        SPAWN(n, wait_and_note(&condition, "first"));
        SPAWN(n, wait_and_note(&condition, "cancelled"), .handle = &handle);
        AWAIT(brio_wait_all_blocked());
        brio_handle_cancel(&handle, NULL);
        AWAIT(brio_wait_all_blocked());
        ck_assert_int_eq(handle.status, BRIO_HANDLE_CANCELLED);
        ck_assert_uint_eq(sleepers(&condition), 1);
        note("asleep");
        AWAIT(notify_later(&condition, 0, 1));
    }
    ck_assert_notes("asleep first");
}

ASYNC_TEST(notification_of_the_last_sleeper_goes_to_nobody_when_it_is_cancelled)
{
    struct brio_condition condition = BRIO_CONDITION_INIT;
    struct brio_handle handle = {0};

    NURSERY(n) {
        SPAWN(n, wait_and_note(&condition, "not reached"), .handle = &handle);
        AWAIT(brio_wait_all_blocked());
        HOLD(&condition) {
            brio_condition_notify(&condition, 1);
            brio_handle_cancel(&handle, NULL);
        }
    }
    ck_assert_int_eq(handle.status, BRIO_HANDLE_CANCELLED);
    ck_assert(!brio_lock_is_locked(&condition.own_));
    ck_assert_notes("");
}

/* Whether the cancellation comes before or after the notification, one sleeper wakes for it. */
ASYNC_TEST(notification_of_a_sleeper_that_is_cancelled_goes_on_to_the_next)
{
    brio_test_keep_order();
    for (int cancel_first = 0; cancel_first < 2; cancel_first++) {
        struct brio_condition condition = BRIO_CONDITION_INIT;
        struct brio_handle handle = {0};
        NURSERY(n) {
            SPAWN(n, wait_and_note(&condition, "cancelled"), .handle = &handle);
            SPAWN(n, wait_and_note(&condition, "next"));
            SPAWN(n, wait_and_note(&condition, "third"), .daemon = true);
            AWAIT(brio_wait_all_blocked());
            HOLD(&condition) {
                if (cancel_first)
                    brio_handle_cancel(&handle, NULL);
                brio_condition_notify(&condition, 1);
                if (!cancel_first)
                    brio_handle_cancel(&handle, NULL);
            }
        }
        ck_assert_notes("next");
        ck_assert_int_eq(handle.status, BRIO_HANDLE_CANCELLED);
        ck_assert(!brio_lock_is_locked(&condition.own_));
    }
}

ASYNC_TEST(notification_passes_over_several_cancelled_sleepers)
{
    struct brio_condition condition = BRIO_CONDITION_INIT;
    struct brio_handle handles[3] = {{0}};

    NURSERY(n) {
        for (int i = 0; i < 3; i++)
            SPAWN(n, wait_and_note(&condition, "cancelled"), .handle = &handles[i]);
        SPAWN(n, wait_and_note(&condition, "last"));
        AWAIT(brio_wait_all_blocked());
        HOLD(&condition) {
            brio_condition_notify(&condition, 1);
            for (int i = 0; i < 3; i++)
                brio_handle_cancel(&handles[i], NULL);
            ck_assert_uint_eq(sleepers(&condition), 0);
        }
    }
    ck_assert_notes("last");
}

/* Value wins: what has the lock is awake. */
ASYNC_TEST(sleeper_cancelled_after_it_got_the_lock_has_been_notified)
{
    brio_test_keep_order();
    struct brio_condition condition = BRIO_CONDITION_INIT;
    struct brio_handle handle = {0};

    NURSERY(n) {
        SPAWN(n, wait_and_note(&condition, "awake"), .handle = &handle);
        SPAWN(n, wait_and_note(&condition, "asleep"), .daemon = true);
        AWAIT(brio_wait_all_blocked());
        HOLD(&condition) {
            brio_condition_notify(&condition, 1);
        }
        brio_handle_cancel(&handle, NULL);
    }
    ck_assert_notes("awake");
}

/* ---- a lock that breaks ---- */

static ASYNC void acquire_and_end(struct brio_condition *condition)
{
    AWAIT(brio_condition_acquire(condition));
    AWAIT(brio_sleep(1));
    brio_condition_notify(condition, 1);
}

static ASYNC void wait_broken(struct brio_condition *condition, const char *name)
{
    HOLD(condition) {
        TRY {
            AWAIT(brio_condition_wait(condition));
        } CATCH (e, BRIO_EBROKEN) {
            note("%s", name);
        }
        ck_assert_int_eq(brio_condition_notify(condition, 1), -EPERM);
    }
}

ASYNC_TEST(owner_that_ends_breaks_the_lock_for_sleepers_too)
{
    struct brio_condition condition = BRIO_CONDITION_INIT;

    NURSERY(n) {
        SPAWN(n, wait_broken(&condition, "notified"));
        SPAWN(n, wait_broken(&condition, "asleep"));
        AWAIT(brio_wait_all_blocked());
        SPAWN(n, acquire_and_end(&condition));
    }
    ck_assert_notes("notified asleep");
    TRY {
        AWAIT(brio_condition_acquire(&condition));
    } CATCH (e, BRIO_EBROKEN) {
        note("broken");
    }
    ck_assert_notes("broken");
}

static ASYNC void sleep_in_a_condition_of_its_own(struct brio_lock *lock, bool cancelled)
{
    struct brio_condition condition;

    brio_condition_init(&condition, lock);
    NURSERY(n) {
        SPAWN(n, wait_with(&condition, lock, "awake"));
        AWAIT(brio_wait_all_blocked());
        if (cancelled)
            brio_nursery_cancel(n, NULL);
        else
            AWAIT(notify_later(&condition, 0, 1));
    }
}

static ASYNC void own_and_end(struct brio_lock *lock)
{
    AWAIT(brio_lock_acquire(lock));
    AWAIT(brio_sleep(1));
}

static ASYNC void wait_for_a_lock_that_breaks(struct brio_condition *condition, struct brio_lock *lock)
{
    TRY {
        AWAIT(wait_with(condition, lock, "not reached"));
    } CATCH (e, BRIO_EBROKEN) {
        note("broken");
    }
}

ASYNC_TEST(all_conditions_in_which_tasks_sleep_break_with_their_lock)
{
    struct brio_lock lock = BRIO_LOCK_INIT;
    struct brio_condition conditions[5];

    for (int i = 0; i < 5; i++)
        brio_condition_init(&conditions[i], &lock);
    NURSERY(n) {
        for (int i = 0; i < 5; i++) {
            if (i % 2)
                SPAWN(n, wait_with(&conditions[i], &lock, "awake"));
            else
                SPAWN(n, wait_for_a_lock_that_breaks(&conditions[i], &lock));
        }
        AWAIT(brio_wait_all_blocked());
        for (int i = 1; i < 5; i += 2)
            AWAIT(notify_later(&conditions[i], 0, 1));
        AWAIT(brio_wait_all_blocked());
        SPAWN(n, own_and_end(&lock));
    }
    ck_assert_notes("awake awake broken broken broken");
}

/* The lock has its next owner when the task begins to sleep. */
ASYNC_TEST(lock_that_was_handed_on_by_a_sleeper_breaks_for_it)
{
    struct brio_lock lock = BRIO_LOCK_INIT;
    struct brio_condition condition;

    brio_condition_init(&condition, &lock);
    NURSERY(n) {
        TRY {
            HOLD(&lock) {
                SPAWN(n, own_and_end(&lock));
                AWAIT(brio_wait_all_blocked());
                AWAIT(brio_condition_wait(&condition));
            }
        } CATCH (e, BRIO_EBROKEN) {
            note("broken");
        }
    }
    ck_assert_notes("broken");
    ck_assert_time(brio_now(), 1);
}

/* Its lock knows those in which somebody sleeps, and no others. */
ASYNC_TEST(condition_may_go_away_when_nobody_sleeps_in_it)
{
    struct brio_lock lock = BRIO_LOCK_INIT;
    struct brio_condition last;

    brio_condition_init(&last, &lock);
    AWAIT(sleep_in_a_condition_of_its_own(&lock, false));
    AWAIT(sleep_in_a_condition_of_its_own(&lock, true));
    NURSERY(n) {
        SPAWN(n, wait_for_a_lock_that_breaks(&last, &lock));
        AWAIT(brio_wait_all_blocked());
        SPAWN(n, own_and_end(&lock));
    }
    ck_assert_notes("awake broken");
}

/* ---- all of it ---- */

struct buffer {
    struct brio_lock lock;
    struct brio_condition not_empty, not_full;
    int count;
};

static ASYNC void put(struct buffer *buffer, int times)
{
    for (; times > 0; times--) {
        HOLD(&buffer->lock) {
            while (buffer->count == 2)
                AWAIT(brio_condition_wait(&buffer->not_full));
            buffer->count++;
            brio_condition_notify(&buffer->not_empty, 1);
        }
    }
}

static ASYNC void get(struct buffer *buffer, int times)
{
    for (; times > 0; times--) {
        HOLD(&buffer->lock) {
            while (buffer->count == 0)
                AWAIT(brio_condition_wait(&buffer->not_empty));
            buffer->count--;
            brio_condition_notify(&buffer->not_full, 1);
        }
        AWAIT(brio_checkpoint());
    }
}

ASYNC_TEST(bounded_buffer_of_two_conditions)
{
    struct buffer buffer = {.count = 0};

    brio_condition_init(&buffer.not_empty, &buffer.lock);
    brio_condition_init(&buffer.not_full, &buffer.lock);
    NURSERY(n) {
        for (int i = 0; i < 4; i++) {
            SPAWN(n, put(&buffer, 30));
            SPAWN(n, get(&buffer, 30));
        }
    }
    ck_assert_int_eq(buffer.count, 0);
}

static ASYNC void get_or_be_cancelled(struct buffer *buffer, int *got)
{
    AWAIT(get(buffer, 1));
    ++*got;
}

/* As many are woken as items come, whoever is cancelled at whatever moment. */
ASYNC_TEST(no_notification_is_lost_to_cancellations)
{
    for (int victim = 0; victim < 6; victim++) {
        for (int steps = 0; steps < 12; steps++) {
            struct buffer buffer = {.count = 0};
            struct brio_handle handles[6] = {{0}};
            int got = 0;
            brio_condition_init(&buffer.not_empty, &buffer.lock);
            brio_condition_init(&buffer.not_full, &buffer.lock);
            NURSERY(n) {
                for (int i = 0; i < 6; i++)
                    SPAWN(n, get_or_be_cancelled(&buffer, &got), .handle = &handles[i]);
                AWAIT(brio_wait_all_blocked());
                SPAWN(n, put(&buffer, 6), .daemon = true);
                for (int i = 0; i < steps; i++)
                    AWAIT(brio_checkpoint());
                brio_handle_cancel(&handles[victim], NULL);
            }
            ck_assert_int_ge(got, 5);
            ck_assert(!brio_lock_is_locked(&buffer.lock));
        }
    }
}
