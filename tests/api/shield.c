/* SHIELD and .shield: what outer cancellation does not enter. */
#include "../support/async_test.h"

#include <errno.h>

ASYNC_TEST(shield_lets_its_block_finish)
{
    MOVE_ON_AFTER(1, s) {
        SHIELD {
            AWAIT(nap(3, "shielded"));
        }
        AWAIT(nap(1, "not reached"));
    }
    ck_assert(s->cancelled_caught);
    ck_assert_notes("shielded");
    ck_assert_time(brio_now(), 3);
}

ASYNC_TEST(shielded_scope_obeys_its_own_cancel_and_deadline)
{
    MOVE_ON_AFTER(1, outer) {
        CANCEL_SCOPE(s, .shield = true, .deadline = 3) {
            AWAIT(brio_sleep(10));
        }
        ck_assert(s->cancelled_caught);
        ck_assert_time(brio_now(), 3);
        CANCEL_SCOPE(t, .shield = true) {
            brio_scope_cancel(t, NULL);
            AWAIT(brio_sleep(10));
        }
        ck_assert(t->cancelled_caught);
        note("between");
        AWAIT(brio_checkpoint());
    }
    ck_assert(outer->cancelled_caught);
    ck_assert_notes("between");
}

ASYNC_TEST(scopes_inside_a_shield_work)
{
    MOVE_ON_AFTER(1) {
        SHIELD {
            MOVE_ON_AFTER(3, inner) {
                AWAIT(brio_sleep(10));
            }
            ck_assert(inner->cancelled_caught);
        }
    }
    ck_assert_time(brio_now(), 3);
}

ASYNC_TEST(shield_can_be_switched)
{
    CANCEL_SCOPE(outer) {
        CANCEL_SCOPE(inner) {
            brio_scope_cancel(outer, NULL);
            ck_assert(brio_task_cancel_pending(brio_task_current()));
            brio_scope_set_shield(inner, true);
            ck_assert(inner->shield);
            ck_assert(!brio_task_cancel_pending(brio_task_current()));
            AWAIT(brio_sleep(1));
            note("shielded");
            brio_scope_set_shield(inner, false);
            AWAIT(brio_sleep(1));
            note("not reached");
        }
        note("not reached");
    }
    ck_assert(outer->cancelled_caught);
    ck_assert_notes("shielded");
    ck_assert_time(brio_now(), 1);
}

static ASYNC void unshield_later(struct brio_scope *scope, double seconds)
{
    AWAIT(brio_sleep(seconds));
    brio_scope_set_shield(scope, false);
}

/* CS6. */
ASYNC_TEST(lifting_a_shield_cancels_the_blocked_task)
{
    NURSERY(n) {
        MOVE_ON_AFTER(1, outer) {
            CANCEL_SCOPE(inner, .shield = true) {
                SPAWN(n, unshield_later(inner, 3));
                AWAIT(brio_sleep(10));
            }
            note("not reached");
        }
        ck_assert(outer->cancelled_caught);
        ck_assert_time(brio_now(), 3);
    }
    ck_assert_notes("");
}

/* #1175 of Trio. */
ASYNC_TEST(unshield_while_the_cancellation_propagates)
{
    CANCEL_SCOPE(outer) {
        brio_scope_cancel(outer, NULL);
        CANCEL_SCOPE(inner, .shield = true) {
            DEFER brio_scope_set_shield(inner, false);
            brio_scope_cancel(inner, NULL);
            AWAIT(brio_checkpoint());
        }
        note("not reached");
    }
    ck_assert(outer->cancelled_caught);
    ck_assert_notes("");
}

ASYNC_TEST(cleanup_waits_in_a_shield)
{
    MOVE_ON_AFTER(1) {
        DEFER {
            ck_assert(brio_task_cancel_pending(brio_task_current()));
            SHIELD {
                ck_assert(!brio_task_cancel_pending(brio_task_current()));
                AWAIT(nap(2, "cleaned up"));
            }
            ck_assert(brio_task_cancel_pending(brio_task_current()));
        }
        AWAIT(brio_sleep_forever());
    }
    ck_assert_notes("cleaned up");
    ck_assert_time(brio_now(), 3);
}

ASYNC_TEST(nursery_in_a_shield_lives_on)
{
    MOVE_ON_AFTER(1) {
        SHIELD {
            NURSERY(n) {
                SPAWN(n, nap(2, "one"));
                SPAWN(n, nap(3, "two"));
            }
        }
        note("not cancelled yet");
        AWAIT(brio_checkpoint());
        note("not reached");
    }
    ck_assert_notes("one two not cancelled yet");
}

/* A shield does not hide errors. */
ASYNC_TEST(errors_leave_a_shield)
{
    int code = 0;

    TRY {
        SHIELD {
            AWAIT(fail_later(1, EIO));
        }
    } CATCH (e) {
        code = e->code;
    }
    ck_assert_int_eq(code, EIO);
}

ASYNC_TEST(outermost_cancels_after_shield_and_two_cancelled_scopes)
{
    CANCEL_SCOPE(outer) {
        CANCEL_SCOPE(middle) {
            CANCEL_SCOPE(inner, .shield = true) {
                brio_scope_cancel(inner, NULL);
                brio_scope_cancel(middle, NULL);
                brio_scope_cancel(outer, NULL);
                AWAIT(brio_checkpoint());
            }
            note("middle");
        }
        note("outer");
        AWAIT(brio_checkpoint());
        note("not reached");
    }
    ck_assert(outer->cancelled_caught);
    ck_assert_notes("middle outer");
}

ASYNC_TEST(sibling_error_waits_for_a_shielded_child)
{
    TRY {
        NURSERY(n) {
            SPAWN(n, fail_later(1, EIO));
            SHIELD {
                AWAIT(nap(3, "finished"));
            }
            note("body goes on to the next checkpoint");
        }
    } CATCH (e, EIO) {
        note("caught");
    }
    ck_assert_notes("finished body goes on to the next checkpoint caught");
}
