/* Deadlines: MOVE_ON_…, FAIL_…, moving them, the effective one. */
#include "../support/async_test.h"

#include <errno.h>
#include <math.h>

ASYNC_TEST(move_on_after_ends_silently)
{
    MOVE_ON_AFTER(1, s) {
        AWAIT(brio_sleep(5));
        note("not reached");
    }
    ck_assert(s->cancel_called && s->cancelled_caught);
    ck_assert_int_eq(s->cancel_source, BRIO_CANCEL_DEADLINE);
    ck_assert_time(brio_now(), 1);
    ck_assert_notes("");
}

ASYNC_TEST(move_on_after_in_time)
{
    MOVE_ON_AFTER(2, s) {
        AWAIT(brio_sleep(1));
        note("done");
    }
    ck_assert(!s->cancel_called);
    AWAIT(brio_sleep(5));
    ck_assert(!s->cancel_called);
    ck_assert_notes("done");
}

ASYNC_TEST(move_on_at_takes_an_absolute_time)
{
    AWAIT(brio_sleep(3));
    MOVE_ON_AT(5, s) {
        AWAIT(brio_sleep(10));
    }
    ck_assert(s->cancelled_caught);
    ck_assert_time(brio_now(), 5);
}

ASYNC_TEST(fail_after_raises_etimedout)
{
    struct brio_scope *scope = NULL;

    TRY {
        DEFER ck_assert(scope == NULL || (scope->cancel_called && scope->cancelled_caught));
        FAIL_AFTER(1, s) {
            scope = s;
            AWAIT(brio_sleep(5));
        }
        note("not reached");
    } CATCH (e, ETIMEDOUT) {
        note("%s", e->message);
    }
    ck_assert_notes("deadline exceeded");
    ck_assert_time(brio_now(), 1);
}

ASYNC_TEST(fail_at_raises_etimedout)
{
    TRY {
        FAIL_AT(2, s) {
            (void)s;
            AWAIT(brio_sleep(5));
        }
    } CATCH (e, ETIMEDOUT) {
        note("timed out");
    }
    ck_assert_notes("timed out");
    ck_assert_time(brio_now(), 2);
}

ASYNC_TEST(fail_after_in_time_does_not_raise)
{
    FAIL_AFTER(2) {
        AWAIT(brio_sleep(1));
    }
    FAIL_AFTER(INFINITY) {
        AWAIT(brio_sleep(1));
    }
    ck_assert_time(brio_now(), 2);
}

ASYNC_TEST(fail_after_that_was_cancelled_by_hand_does_not_raise)
{
    NURSERY(n) {
        FAIL_AFTER(2, s) {
            SPAWN(n, cancel_later(s, 1));
            AWAIT(brio_sleep(5));
        }
        ck_assert(s->cancelled_caught);
        note("no error");
    }
    ck_assert_notes("no error");
}

/* C24: cancelled by hand first, and the deadline passes before the block is left. */
ASYNC_TEST(fail_after_cancelled_by_hand_before_its_deadline_passed_does_not_raise)
{
    NURSERY(n) {
        FAIL_AFTER(2, s) {
            SPAWN(n, cancel_later(s, 1));
            DEFER {
                SHIELD {
                    AWAIT(brio_sleep(5));
                }
            }
            AWAIT(brio_sleep(5));
        }
        note("no error");
    }
    ck_assert_notes("no error");
    ck_assert_time(brio_now(), 6);
}

ASYNC_TEST(inner_fail_after_lets_an_outer_cancellation_pass)
{
    MOVE_ON_AFTER(1, outer) {
        TRY {
            FAIL_AFTER(5) {
                AWAIT(brio_sleep(10));
            }
        } CATCH (e) {
            note("raised %d", e->code);
        }
    }
    ck_assert(outer->cancelled_caught);
    ck_assert_notes("");
}

ASYNC_TEST(error_of_the_body_beats_the_timeout)
{
    TRY {
        FAIL_AFTER(1) {
            DEFER RAISE(EIO, "cleanup");
            AWAIT(brio_sleep(5));
        }
    } CATCH (e) {
        note("%d", e->code == EIO);
    }
    ck_assert_notes("1");
}

/* CS9, C20. */
ASYNC_TEST(zero_and_negative_timeouts_cancel_at_the_first_checkpoint)
{
    for (int i = 0; i < 2; i++) {
        MOVE_ON_AFTER(-i, s) {
            note("entered");
            AWAIT(brio_checkpoint());
            note("not reached");
        }
        ck_assert(s->cancelled_caught);
    }
    MOVE_ON_AT(-5, s) {
        AWAIT(brio_sleep_forever());
    }
    TRY {
        FAIL_AFTER(0) {
            AWAIT(brio_checkpoint());
        }
    } CATCH (e, ETIMEDOUT) {
        note("timed out");
    }
    ck_assert_notes("entered entered timed out");
    ck_assert_time(brio_now(), 0);
}

ASYNC_TEST(nan_is_refused)
{
    TRY {
        MOVE_ON_AFTER(NAN, s) {
            note("entered");
        }
    } CATCH (e, EINVAL) {
        note("refused");
    }
    CANCEL_SCOPE(s) {
        ck_assert_int_eq(brio_scope_set_deadline(s, NAN), -EINVAL);
    }
    ck_assert_notes("refused");
}

ASYNC_TEST(deadline_can_be_moved_later)
{
    MOVE_ON_AFTER(1, s) {
        AWAIT(brio_sleep(0.5));
        ck_assert_int_eq(brio_scope_set_deadline(s, 3), 0);
        AWAIT(brio_sleep(1));
        note("still here");
        AWAIT(brio_sleep(5));
    }
    ck_assert_notes("still here");
    ck_assert_time(brio_now(), 3);
}

ASYNC_TEST(deadline_can_be_moved_earlier_by_another_task)
{
    NURSERY(n) {
        MOVE_ON_AFTER(10, s) {
            struct brio_scope *scope = s;
            SPAWN(n, nap(1, "other"));
            SPAWN(n, cancel_later(scope, 2));
            brio_scope_set_deadline(scope, 1.5);
            AWAIT(brio_sleep_forever());
        }
        ck_assert_time(brio_now(), 1.5);
    }
}

ASYNC_TEST(deadline_in_the_past_cancels_at_once)
{
    AWAIT(brio_sleep(5));
    CANCEL_SCOPE(s) {
        brio_scope_set_deadline(s, 4);
        ck_assert(s->cancel_called);
        AWAIT(brio_checkpoint());
    }
    ck_assert(s->cancelled_caught);
}

ASYNC_TEST(deadline_can_be_taken_away)
{
    MOVE_ON_AFTER(1, s) {
        brio_scope_set_deadline(s, INFINITY);
        AWAIT(brio_sleep(5));
    }
    ck_assert(!s->cancel_called);
    ck_assert_time(brio_now(), 5);
}

ASYNC_TEST(moving_the_deadline_does_not_undo_a_cancellation)
{
    MOVE_ON_AFTER(1, s) {
        brio_scope_cancel(s, NULL);
        brio_scope_set_deadline(s, 100);
        AWAIT(brio_checkpoint());
    }
    ck_assert(s->cancelled_caught);
    ck_assert_time(brio_now(), 0);
}

ASYNC_TEST(deadline_as_an_option)
{
    CANCEL_SCOPE(s, .deadline = 2) {
        AWAIT(brio_sleep_forever());
    }
    ck_assert(s->cancelled_caught);
    ck_assert_time(brio_now(), 2);
}

/* C16. */
ASYNC_TEST(outer_of_two_equal_deadlines_catches)
{
    MOVE_ON_AT(1, outer) {
        MOVE_ON_AT(1, inner) {
            AWAIT(brio_sleep(5));
        }
        note("between %d", inner->cancelled_caught);
    }
    ck_assert(outer->cancelled_caught);
    ck_assert_notes("");
}

ASYNC_TEST(effective_deadline_is_the_nearest_up_to_a_shield)
{
    ck_assert(brio_effective_deadline() == INFINITY);
    MOVE_ON_AFTER(10) {
        ck_assert_time(brio_effective_deadline(), 10);
        MOVE_ON_AFTER(20) {
            ck_assert_time(brio_effective_deadline(), 10);
            SHIELD {
                ck_assert(brio_effective_deadline() == INFINITY);
                MOVE_ON_AFTER(30) {
                    ck_assert_time(brio_effective_deadline(), 30);
                }
            }
        }
        MOVE_ON_AFTER(5) {
            ck_assert_time(brio_effective_deadline(), 5);
        }
        CANCEL_SCOPE(s) {
            brio_scope_cancel(s, NULL);
            ck_assert(brio_effective_deadline() == -INFINITY);
        }
        ck_assert_time(brio_effective_deadline(), 10);
    }
}

/* CS10: the heap does not grow with every move. */
ASYNC_TEST(toggling_a_deadline_keeps_memory_bounded)
{
    MOVE_ON_AFTER(100, s) {
        size_t before = allocations_living();
        for (int i = 0; i < 100000; i++)
            brio_scope_set_deadline(s, i & 1 ? 100 : 200);
        ck_assert_uint_le(allocations_living(), before + 2);
        AWAIT(brio_sleep(1));
    }
    ck_assert(!s->cancel_called);
}

/* CP5: a deadline acts when the loop sees it. */
ASYNC_TEST(deadline_that_passes_without_a_checkpoint_fails_nothing)
{
    int code = 0;

    TRY {
        FAIL_AFTER(1) {
            note("quick");
        }
    } CATCH (e) {
        code = e->code;
    }
    ck_assert_int_eq(code, 0);
    ck_assert_notes("quick");
}

ASYNC_TEST(timeout_around_a_nursery_ends_its_children)
{
    TRY {
        FAIL_AFTER(1) {
            NURSERY(n) {
                for (int i = 0; i < 5; i++)
                    SPAWN(n, wait_for_ever("x"));
            }
        }
    } CATCH (e, ETIMEDOUT) {
        note("%s", e->code == ETIMEDOUT ? "timeout" : "group");
    }
    ck_assert_notes("x x x x x timeout");
}

ASYNC_TEST(many_deadlines_fire_in_order)
{
    for (int i = 1; i <= 100; i++) {
        MOVE_ON_AT(i, s) {
            MOVE_ON_AT(i + 0.5) {
                AWAIT(brio_sleep_forever());
            }
        }
        ck_assert(s->cancelled_caught);
        ck_assert_time(brio_now(), i);
    }
}

ASYNC_TEST(infinite_timeout_never_fires)
{
    FAIL_AFTER(INFINITY, a) {
        MOVE_ON_AT(INFINITY, b) {
            AWAIT(brio_sleep(1e9));
        }
        ck_assert(!b->cancel_called);
        ck_assert(isinf(b->deadline));
    }
    ck_assert(!a->cancel_called);
}

ASYNC_TEST(earlier_outer_deadline_wins)
{
    struct brio_scope *seen = NULL;

    MOVE_ON_AFTER(1, outer) {
        DEFER ck_assert(seen == NULL || (!seen->cancel_called && !seen->cancelled_caught));
        MOVE_ON_AFTER(2, inner) {
            seen = inner;
            ck_assert_time(brio_effective_deadline(), brio_now() + 1);
            AWAIT(brio_sleep(3));
        }
        note("not reached %d", inner->cancel_called);
    }
    ck_assert(outer->cancelled_caught);
    ck_assert_notes("");
    ck_assert_time(brio_now(), 1);
}

ASYNC_TEST(timeout_works_after_an_earlier_cancellation)
{
    NURSERY(n) {
        SPAWN(n, wait_for_ever("child"));
        AWAIT(brio_checkpoint());
        brio_nursery_cancel(n, NULL);
    }
    TRY {
        FAIL_AFTER(1) {
            AWAIT(brio_sleep(2));
        }
    } CATCH (e, ETIMEDOUT) {
        note("timeout");
    }
    ck_assert_notes("child timeout");
}

ASYNC_TEST(fail_after_around_a_nursery_raises_once)
{
    TRY {
        FAIL_AFTER(1) {
            NURSERY(n) {
                for (int i = 0; i < 3; i++)
                    SPAWN(n, brio_sleep(5));
                AWAIT(brio_sleep(5));
            }
        }
    } CATCH (e) {
        note("%d", e->code == ETIMEDOUT);
    }
    ck_assert_notes("1");
}
