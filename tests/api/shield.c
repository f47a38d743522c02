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

ASYNC_TEST(timeout_in_a_shield_of_a_cancelled_scope_is_an_error)
{
    TRY {
        CANCEL_SCOPE(s) {
            NURSERY(n) {
                brio_scope_cancel(s, NULL);
                SHIELD {
                    FAIL_AFTER(1) {
                        AWAIT(brio_sleep(2));
                    }
                }
            }
        }
    } CATCH (e, ETIMEDOUT) {
        note("%zu", e->child_count);
    }
    ck_assert_notes("1");
}

ASYNC_TEST(middle_scope_catches_after_a_shield)
{
    CANCEL_SCOPE(outer) {
        CANCEL_SCOPE(middle) {
            SHIELD {
                CANCEL_SCOPE(inner) {
                    brio_scope_cancel(middle, NULL);
                    brio_scope_cancel(inner, NULL);
                    AWAIT(brio_checkpoint());
                }
                ck_assert(inner->cancelled_caught);
            }
            AWAIT(brio_checkpoint());
            note("not reached");
        }
        ck_assert(middle->cancelled_caught);
        AWAIT(brio_checkpoint());
        note("on");
    }
    ck_assert(!outer->cancel_called);
    ck_assert_notes("on");
}

ASYNC_TEST(cancellation_is_pending_outside_a_shield_only)
{
    struct brio_task *me = brio_task_current();

    CANCEL_SCOPE(s) {
        DEFER {
            ck_assert(brio_task_cancel_pending(me));
            SHIELD {
                ck_assert(!brio_task_cancel_pending(me));
                ck_assert(isinf(brio_effective_deadline()) && brio_effective_deadline() > 0);
                AWAIT(brio_sleep(1));
            }
            ck_assert(brio_task_cancel_pending(me));
            ck_assert_double_eq(brio_effective_deadline(), -INFINITY);
        }
        brio_scope_cancel(s, NULL);
        AWAIT(brio_checkpoint());
    }
    ck_assert(!brio_task_cancel_pending(me));
    ck_assert_time(brio_now(), 1);
}

ASYNC_TEST(timeouts_with_a_shield_of_their_own_still_fire)
{
    CANCEL_SCOPE(outer) {
        MOVE_ON_AFTER(1, s) {
            brio_scope_set_shield(s, true);
            brio_scope_cancel(outer, NULL);
            AWAIT(brio_sleep(2));
        }
        ck_assert(s->cancelled_caught);
        note("shielded");
        AWAIT(brio_checkpoint());
        note("not reached");
    }
    ck_assert_notes("shielded");
    ck_assert_time(brio_now(), 1);
}
