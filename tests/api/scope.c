/* CANCEL_SCOPE: which scope takes a cancellation, and what it says afterwards. */
#include "../support/async_test.h"

#include <errno.h>
#include <math.h>
#include <string.h>

ASYNC_TEST(cancelled_scope_ends_its_block)
{
    CANCEL_SCOPE(s) {
        brio_scope_cancel(s, "because");
        note("up to the checkpoint");
        AWAIT(brio_checkpoint());
        note("not reached");
    }
    ck_assert_notes("up to the checkpoint");
    ck_assert(s->cancel_called);
    ck_assert(s->cancelled_caught);
    ck_assert_str_eq(s->cancel_reason, "because");
}

ASYNC_TEST(scope_without_checkpoint_catches_nothing)
{
    CANCEL_SCOPE(s) {
        brio_scope_cancel(s, NULL);
        note("ran");
    }
    ck_assert(s->cancel_called);
    ck_assert(!s->cancelled_caught);
    AWAIT(brio_checkpoint());
    ck_assert_notes("ran");
}

ASYNC_TEST(scope_that_was_not_cancelled_says_so)
{
    CANCEL_SCOPE(s) {
        AWAIT(brio_checkpoint());
    }
    ck_assert(!s->cancel_called && !s->cancelled_caught);
    ck_assert_ptr_null(s->cancel_reason);
    ck_assert(isinf(s->deadline));
}

ASYNC_TEST(first_reason_counts)
{
    CANCEL_SCOPE(s) {
        brio_scope_cancel(s, "first");
        brio_scope_cancel(s, "second");
        AWAIT(brio_checkpoint());
    }
    ck_assert_str_eq(s->cancel_reason, "first");
}

ASYNC_TEST(scope_cancelled_by_another_task)
{
    NURSERY(n) {
        CANCEL_SCOPE(s) {
            SPAWN(n, cancel_later(s, 1));
            AWAIT(wait_for_ever("unwound"));
        }
        ck_assert(s->cancelled_caught);
    }
    ck_assert_notes("unwound");
    ck_assert_time(brio_now(), 1);
}

/* Level-triggered: every checkpoint, again and again. CATCH cannot stop it, DEFER runs under it. */
ASYNC_TEST(every_checkpoint_in_a_cancelled_scope_unwinds)
{
    int tries = 0;

    CANCEL_SCOPE(s) {
        brio_scope_cancel(s, NULL);
        DEFER {
            tries++;
            AWAIT(brio_checkpoint());
            tries += 100;
        }
        DEFER {
            tries++;
            AWAIT(brio_sleep(1));
            tries += 100;
        }
        AWAIT(brio_checkpoint());
    }
    ck_assert_int_eq(tries, 2);
    ck_assert_time(brio_now(), 0);
    ck_assert(s->cancelled_caught);
}

ASYNC_TEST(catch_does_not_see_cancellation)
{
    CANCEL_SCOPE(s) {
        TRY {
            brio_scope_cancel(s, NULL);
            AWAIT(brio_checkpoint());
        } CATCH (e) {
            note("caught %d", e->code);
        } FINALLY {
            note("finally");
        }
        note("not reached");
    }
    ck_assert_notes("finally");
}

/* CS7: the outermost cancelled scope that no shield hides. */
ASYNC_TEST(outermost_of_two_cancelled_scopes_catches)
{
    CANCEL_SCOPE(outer) {
        CANCEL_SCOPE(inner) {
            brio_scope_cancel(inner, NULL);
            brio_scope_cancel(outer, NULL);
            AWAIT(brio_checkpoint());
        }
        note("between");
        AWAIT(brio_checkpoint());
        note("not reached");
    }
    ck_assert(outer->cancelled_caught);
    ck_assert_notes("");
}

ASYNC_TEST(inner_scope_alone_catches_its_own)
{
    CANCEL_SCOPE(outer) {
        CANCEL_SCOPE(inner) {
            brio_scope_cancel(inner, NULL);
            AWAIT(brio_checkpoint());
        }
        ck_assert(inner->cancelled_caught);
        AWAIT(brio_checkpoint());
        note("between");
    }
    ck_assert(!outer->cancel_called);
    ck_assert_notes("between");
}

/* C15: the outer one is cancelled while the inner one unwinds; judged when the inner scope is left. */
ASYNC_TEST(outer_cancelled_during_unwinding_takes_over)
{
    CANCEL_SCOPE(outer) {
        CANCEL_SCOPE(inner) {
            DEFER brio_scope_cancel(outer, NULL);
            brio_scope_cancel(inner, NULL);
            AWAIT(brio_checkpoint());
        }
        note("not reached");
    }
    ck_assert(outer->cancelled_caught);
    ck_assert_notes("");
}

ASYNC_TEST(shielded_inner_catches_although_outer_is_cancelled)
{
    CANCEL_SCOPE(outer) {
        CANCEL_SCOPE(inner, .shield = true) {
            DEFER brio_scope_cancel(outer, NULL);
            brio_scope_cancel(inner, NULL);
            AWAIT(brio_checkpoint());
        }
        ck_assert(inner->cancelled_caught);
        note("between");
        AWAIT(brio_checkpoint());
        note("not reached");
    }
    ck_assert(outer->cancelled_caught);
    ck_assert_notes("between");
}

ASYNC_TEST(pending_cancellation_ends_with_its_scope)
{
    CANCEL_SCOPE(s) {
        brio_scope_cancel(s, NULL);
    }
    AWAIT(brio_sleep(1));
    ck_assert_time(brio_now(), 1);
    ck_assert(!s->cancelled_caught);
}

ASYNC_TEST(cancel_after_the_block_has_no_effect)
{
    CANCEL_SCOPE(s) {
        AWAIT(brio_checkpoint());
    }
    brio_scope_cancel(s, NULL);
    AWAIT(brio_sleep(1));
    note("alive");
    ck_assert_notes("alive");
}

static ASYNC int return_from_a_cancelled_scope(void)
{
    CANCEL_SCOPE(s) {
        brio_scope_cancel(s, NULL);
        return 5;
    }
    return 6;
}

ASYNC_TEST(return_out_of_a_cancelled_scope_returns)
{
    ck_assert_int_eq(AWAIT(return_from_a_cancelled_scope()), 5);
}

static ASYNC void nest(int depth)
{
    if (depth == 0) {
        AWAIT(brio_sleep_forever());
        return;
    }
    CANCEL_SCOPE() {
        AWAIT(nest(depth - 1));
    }
    note("inner scope caught it");
}

ASYNC_TEST(many_nested_scopes_are_cancelled_from_the_outermost)
{
    MOVE_ON_AFTER(1, s) {
        AWAIT(nest(2000));
    }
    ck_assert(s->cancelled_caught);
    ck_assert_notes("");
}

ASYNC_TEST(same_task_is_cancelled_twice_in_a_row)
{
    for (int i = 0; i < 2; i++) {
        MOVE_ON_AFTER(1, s) {
            AWAIT(brio_sleep_forever());
        }
        ck_assert(s->cancelled_caught);
    }
    ck_assert_time(brio_now(), 2);
}

ASYNC_TEST(scope_in_a_loop_starts_afresh)
{
    for (int i = 0; i < 3; i++) {
        CANCEL_SCOPE(s) {
            ck_assert(!s->cancel_called);
            if (i != 1)
                brio_scope_cancel(s, NULL);
            AWAIT(brio_checkpoint());
            note("%d", i);
        }
        ck_assert_int_eq(s->cancelled_caught, i != 1);
    }
    ck_assert_notes("1");
}

ASYNC_TEST(error_of_the_body_passes_a_cancelled_scope)
{
    int code = 0;
    struct brio_scope *scope = NULL;

    TRY {
        DEFER ck_assert(scope == NULL || (scope->cancel_called && !scope->cancelled_caught));
        CANCEL_SCOPE(s) {
            scope = s;
            brio_scope_cancel(s, NULL);
            RAISE(EIO, "not a cancellation");
        }
    } CATCH (e) {
        code = e->code;
    }
    ck_assert_int_eq(code, EIO);
}

static ASYNC void fail_at_once(int code)
{
    RAISE(code, "at once");
    AWAIT(brio_checkpoint());
}

/* A group without any cancellation in it. */
ASYNC_TEST(group_that_passes_a_cancelled_scope_is_not_caught_by_it)
{
    struct brio_scope *scope = NULL;

    TRY {
        DEFER ck_assert(scope == NULL || (scope->cancel_called && !scope->cancelled_caught));
        CANCEL_SCOPE(s) {
            scope = s;
            NURSERY(n) {
                SPAWN(n, fail_at_once(EIO));
                SPAWN(n, fail_at_once(EPIPE));
                brio_scope_cancel(s, NULL);
            }
        }
    } CATCH (e) {
        note("%zu", e->child_count);
    }
    ck_assert_notes("2");
}

/* CS8: the scope takes the cancellations out of what a nursery gathered, the errors go on in their group. */
static ASYNC void fail_when_cancelled(void)
{
    DEFER RAISE(EIO, "while unwinding");
    AWAIT(brio_sleep_forever());
}

ASYNC_TEST(scope_takes_the_cancellation_and_lets_errors_of_the_group_pass)
{
    size_t children = 0;
    struct brio_scope *scope = NULL;

    TRY {
        DEFER ck_assert(scope == NULL || scope->cancelled_caught);
        CANCEL_SCOPE(s) {
            scope = s;
            NURSERY(n) {
                SPAWN(n, wait_for_ever("cancelled"));
                SPAWN(n, fail_when_cancelled());
                AWAIT(brio_checkpoint());
                brio_scope_cancel(s, NULL);
            }
        }
    } CATCH (e, EIO) {
        children = e->child_count;
    }
    ck_assert_uint_eq(children, 1);
    ck_assert_notes("cancelled");
    AWAIT(brio_checkpoint());
}

static ASYNC void fail_in_an_inner_nursery(void)
{
    NURSERY(n) {
        SPAWN(n, wait_for_ever("inner"));
        SPAWN(n, fail_when_cancelled());
    }
}

ASYNC_TEST(cancellations_leave_groups_in_groups_and_the_nesting_stays)
{
    brio_test_keep_order();
    TRY {
        CANCEL_SCOPE(s) {
            NURSERY(n) {
                SPAWN(n, fail_in_an_inner_nursery());
                SPAWN(n, wait_for_ever("outer"));
                SPAWN(n, fail_when_cancelled());
                AWAIT(brio_wait_all_blocked());
                brio_scope_cancel(s, NULL);
            }
        }
    } CATCH (e) {
        ck_assert_uint_eq(e->child_count, 2);
        ck_assert_int_eq(e->children[0]->code, EIO);
        ck_assert_int_eq(e->children[1]->code, BRIO_EGROUP);
        ck_assert_uint_eq(e->children[1]->child_count, 1);
        ck_assert_int_eq(e->children[1]->children[0]->code, EIO);
    }
    take_notes();
    AWAIT(brio_checkpoint());
}

ASYNC_TEST(outer_scope_cancelled_right_after_an_inner_timeout_catches_nothing)
{
    CANCEL_SCOPE(outer) {
        MOVE_ON_AFTER(1, inner) {
            AWAIT(brio_sleep(2));
        }
        ck_assert(inner->cancelled_caught);
        brio_scope_cancel(outer, NULL);
    }
    ck_assert(!outer->cancelled_caught);
    AWAIT(brio_checkpoint());
}

ASYNC_TEST(checkpoint_in_a_scope_that_cancelled_itself_inside_a_cancelled_one_goes_outward)
{
    CANCEL_SCOPE(outer) {
        brio_scope_cancel(outer, NULL);
        CANCEL_SCOPE(inner) {
            brio_scope_cancel(inner, NULL);
            AWAIT(brio_checkpoint());
        }
        note("not reached");
    }
    ck_assert(outer->cancelled_caught);
    ck_assert_notes("");
}

ASYNC_TEST(scope_cancelled_from_a_nursery_inside_it)
{
    CANCEL_SCOPE(s) {
        NURSERY(n) {
            SPAWN(n, cancel_later(s, 1));
            SPAWN(n, wait_for_ever("child"));
            AWAIT(brio_sleep_forever());
        }
        note("not reached");
    }
    ck_assert(s->cancelled_caught);
    ck_assert_notes("child");
}
