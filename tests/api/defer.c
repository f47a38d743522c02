/* DEFER and HOLD. */
#include "../support/async_test.h"

#include <errno.h>

ASYNC_TEST(deferred_statements_run_in_reverse)
{
    {
        DEFER note("1");
        DEFER note("2");
        DEFER {
            note("3a");
            note("3b");
        }
        note("body");
    }
    note("after");
    ck_assert_notes("body 3a 3b 2 1 after");
}

ASYNC_TEST(defer_that_was_not_reached_does_not_run)
{
    for (int i = 0; i < 2; i++) {
        DEFER note("first");
        if (i == 1)
            break;
        DEFER note("second");
    }
    ck_assert_notes("second first first");
}

static ASYNC int with_defer(int way)
{
    int value = 1;
    DEFER {
        AWAIT(brio_sleep(1));
        note("deferred %d", value);
    }

    value = 2;
    if (way == 0)
        return value++;
    if (way == 1)
        RAISE(EIO, "raised");
    if (way == 2)
        goto out;
    value = 3;
out:
    return value;
}

ASYNC_TEST(defer_runs_on_return_error_and_goto_and_may_wait)
{
    ck_assert_int_eq(AWAIT(with_defer(0)), 2);
    TRY {
        AWAIT(with_defer(1));
    } CATCH (e) {
        note("caught");
    }
    ck_assert_int_eq(AWAIT(with_defer(2)), 2);
    ck_assert_int_eq(AWAIT(with_defer(3)), 3);
    ck_assert_notes("deferred 3 deferred 2 caught deferred 2 deferred 3");
    ck_assert_time(brio_now(), 4);
}

ASYNC_TEST(defer_runs_for_each_turn_of_a_loop)
{
    for (int i = 0; i < 4; i++) {
        DEFER note("end %d", i);
        if (i == 1)
            continue;
        AWAIT(brio_checkpoint());
        if (i == 2)
            break;
        note("%d", i);
    }
    ck_assert_notes("0 end 0 end 1 end 2");
}

ASYNC_TEST(goto_backwards_out_of_the_block_runs_it)
{
    int turns = 0;

again: {
    DEFER note("deferred");
    AWAIT(brio_checkpoint());
    if (++turns < 3)
        goto again;
}
    ck_assert_notes("deferred deferred deferred");
}

/* When the block is left because of cancellation, an AWAIT in it is cancelled too, unless it stands in a SHIELD. */
ASYNC_TEST(await_in_defer_is_cancelled_too)
{
    MOVE_ON_AFTER(1) {
        DEFER note("outer");
        DEFER {
            note("before");
            AWAIT(brio_sleep(1));
            note("not reached");
        }
        DEFER {
            SHIELD {
                AWAIT(brio_sleep(1));
            }
            note("shielded");
        }
        AWAIT(brio_sleep_forever());
    }
    ck_assert_notes("shielded before outer");
    ck_assert_time(brio_now(), 2);
}

ASYNC_TEST(cancellation_in_a_defer_goes_on)
{
    CANCEL_SCOPE(s) {
        {
            DEFER AWAIT(brio_checkpoint());
            brio_scope_cancel(s, NULL);
        }
        note("not reached");
    }
    ck_assert(s->cancelled_caught);
    ck_assert_notes("");
}

ASYNC_TEST(error_in_defer_replaces_the_one_on_its_way)
{
    TRY {
        DEFER note("still runs");
        DEFER RAISE(EIO, "second");
        RAISE(ENOENT, "first");
    } CATCH (e) {
        note("%s because of %s", e->message, e->cause ? e->cause->message : "nothing");
    }
    ck_assert_notes("still runs second because of first");
}

static ASYNC int fail_in_defer(void)
{
    DEFER RAISE(EIO, "in defer");
    return 5;
}

ASYNC_TEST(error_in_defer_replaces_a_return)
{
    int value = 0;

    TRY {
        value = AWAIT(fail_in_defer());
        note("not reached");
    } CATCH (e) {
        note("%s", e->message);
    }
    ck_assert_int_eq(value, 0);
    ck_assert_notes("in defer");
}

ASYNC_TEST(each_failing_defer_has_the_one_before_as_cause)
{
    TRY {
        DEFER RAISE(3, "third");
        DEFER RAISE(2, "second");
        RAISE(1, "first");
    } CATCH (e) {
        for (const struct brio_error *error = e; error; error = error->cause)
            note("%s", error->message);
    }
    ck_assert_notes("third second first");
}

ASYNC_TEST(try_inside_defer)
{
    TRY {
        DEFER {
            TRY {
                AWAIT(fail_later(1, EIO));
            } CATCH (e) {
                note("inner");
            }
        }
        RAISE(ENOENT, "outer");
    } CATCH (e) {
        note("%d", e->code == ENOENT);
    }
    ck_assert_notes("inner 1");
}

ASYNC_TEST(nursery_inside_defer)
{
    {
        DEFER {
            NURSERY(n) {
                SPAWN(n, nap(1, "a"));
                SPAWN(n, nap(2, "b"));
            }
        }
        note("body");
    }
    ck_assert_notes("body a b");
}

ASYNC_TEST(defer_in_a_nursery_runs_before_the_join)
{
    NURSERY(n) {
        DEFER note("deferred");
        SPAWN(n, nap(1, "child"));
    }
    note("joined");
    ck_assert_notes("deferred child joined");
}

ASYNC_TEST(defer_in_switch_and_if)
{
    switch (1) {
    case 1: {
        DEFER note("case");
        if (brio_now() >= 0) {
            DEFER note("if");
            AWAIT(brio_checkpoint());
        }
        break;
    }
    default:
        note("not reached");
    }
    ck_assert_notes("if case");
}

/* ---- HOLD ---- */

static ASYNC void hold_for(struct brio_lock *lock, double seconds, const char *name)
{
    HOLD(lock) {
        note("+%s", name);
        AWAIT(brio_sleep(seconds));
        note("-%s", name);
    }
}

ASYNC_TEST(hold_excludes_others)
{
    struct brio_lock lock = BRIO_LOCK_INIT;

    NURSERY(n) {
        SPAWN(n, hold_for(&lock, 2, "a"));
        SPAWN(n, hold_for(&lock, 1, "b"));
    }
    ck_assert_notes("+a -a +b -b");
    ck_assert(!brio_lock_is_locked(&lock));
}

static ASYNC int leave_hold(struct brio_lock *lock, int way)
{
    for (int i = 0; i < 2; i++) {
        HOLD(lock) {
            ck_assert(brio_lock_is_mine(lock));
            if (way == 0)
                return 7;
            if (way == 1)
                break;
            if (way == 2)
                continue;
            if (way == 3)
                RAISE(EIO, "raised");
            if (way == 4)
                goto out;
            AWAIT(brio_sleep(10));
        }
    }
out:
    return 0;
}

ASYNC_TEST(hold_releases_on_every_way_out)
{
    struct brio_lock lock = BRIO_LOCK_INIT;

    for (int way = 0; way < 6; way++) {
        MOVE_ON_AFTER(1) {
            TRY {
                AWAIT(leave_hold(&lock, way));
            } CATCH (e) {
            }
        }
        ck_assert_msg(!brio_lock_is_locked(&lock), "way %d", way);
    }
}

ASYNC_TEST(hold_of_a_semaphore)
{
    struct brio_semaphore semaphore = BRIO_SEMAPHORE_INIT(2, 2);

    HOLD(&semaphore) {
        HOLD(&semaphore) {
            ck_assert_uint_eq(brio_semaphore_value(&semaphore), 0);
        }
        ck_assert_uint_eq(brio_semaphore_value(&semaphore), 1);
    }
    ck_assert_uint_eq(brio_semaphore_value(&semaphore), 2);
}

static ASYNC void try_to_hold(struct brio_lock *lock)
{
    HOLD(lock) {
        note("not reached");
    }
}

ASYNC_TEST(hold_cancelled_while_it_waits_holds_nothing)
{
    struct brio_lock lock = BRIO_LOCK_INIT;

    NURSERY(n) {
        SPAWN(n, hold_for(&lock, 5, "a"));
        AWAIT(brio_checkpoint());
        MOVE_ON_AFTER(1) {
            AWAIT(try_to_hold(&lock));
        }
        ck_assert_uint_eq(brio_lock_waiting(&lock), 0);
    }
    ck_assert(!brio_lock_is_locked(&lock));
}
