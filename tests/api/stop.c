/* Soft stop: INTERRUPTIBLE, brio_scope_shutdown, brio_stopping. */
#include "../support/async_test.h"

#include <errno.h>
#include <math.h>

static ASYNC void serve(const char *name)
{
    for (int request = 1;; request++) {
        INTERRUPTIBLE {
            AWAIT(brio_sleep(1));
        }
        if (brio_stopping())
            break;
        AWAIT(brio_sleep(2));
        note("%s%d", name, request);
    }
    note("%s stops", name);
}

ASYNC_TEST(shutdown_lets_what_has_begun_finish)
{
    CANCEL_SCOPE(s) {
        NURSERY(n) {
            SPAWN(n, serve("a"));
            AWAIT(brio_sleep(2));
            ck_assert(!brio_stopping());
            ck_assert_int_eq(brio_scope_shutdown(s, 100), 0);
            ck_assert(brio_stopping());
        }
        ck_assert_time(brio_now(), 3);
    }
    ck_assert(!s->cancelled_caught);
    ck_assert(!brio_stopping());
    ck_assert_notes("a1 a stops");
}

ASYNC_TEST(shutdown_ends_interruptible_waits_at_once)
{
    CANCEL_SCOPE(s) {
        NURSERY(n) {
            SPAWN(n, serve("a"));
            SPAWN(n, serve("b"));
            AWAIT(brio_sleep(0.5));
            brio_scope_shutdown(s, INFINITY);
        }
    }
    ck_assert_notes("a stops b stops");
    ck_assert_time(brio_now(), 0.5);
}

ASYNC_TEST(interruptible_block_opened_later_is_cancelled_at_its_first_checkpoint)
{
    CANCEL_SCOPE(s) {
        brio_scope_shutdown(s, 100);
        AWAIT(brio_sleep(1));
        INTERRUPTIBLE {
            note("entered");
            AWAIT(brio_sleep(1));
            note("not reached");
        }
        AWAIT(brio_sleep(1));
        note("after");
    }
    ck_assert_notes("entered after");
    ck_assert_time(brio_now(), 2);
}

ASYNC_TEST(shutdown_reaches_interruptible_blocks_in_a_shield_and_the_grace_does_not)
{
    CANCEL_SCOPE(s) {
        SHIELD {
            brio_scope_shutdown(s, 3);
            ck_assert(brio_stopping());
            INTERRUPTIBLE {
                AWAIT(brio_sleep(1));
                note("not reached");
            }
            ck_assert_time(brio_now(), 0);
            AWAIT(brio_sleep(5));
            note("shielded");
        }
        AWAIT(brio_checkpoint());
        note("not reached");
    }
    ck_assert(s->cancelled_caught);
    ck_assert_notes("shielded");
    ck_assert_time(brio_now(), 5);
}

ASYNC_TEST(grace_ends_with_cancellation)
{
    CANCEL_SCOPE(s) {
        brio_scope_shutdown(s, 3);
        AWAIT(brio_sleep(100));
        note("not reached");
    }
    ck_assert(s->cancelled_caught);
    ck_assert_notes("");
    ck_assert_time(brio_now(), 3);
}

ASYNC_TEST(second_shutdown_may_shorten_the_grace)
{
    CANCEL_SCOPE(s) {
        brio_scope_shutdown(s, 100);
        brio_scope_shutdown(s, 2);
        AWAIT(brio_sleep(1000));
    }
    ck_assert(s->cancelled_caught);
    ck_assert_time(brio_now(), 2);
}

/* Grace is a second deadline: an earlier deadline of the scope stays. */
ASYNC_TEST(grace_does_not_put_off_a_deadline)
{
    MOVE_ON_AFTER(1, s) {
        brio_scope_shutdown(s, 100);
        AWAIT(brio_sleep(1000));
    }
    ck_assert(s->cancelled_caught);
    ck_assert_time(brio_now(), 1);
}

ASYNC_TEST(grace_is_in_no_deadline)
{
    MOVE_ON_AFTER(10, s) {
        brio_scope_shutdown(s, 3);
        ck_assert_time(s->deadline, 10);
        ck_assert_time(brio_effective_deadline(), 10);
        AWAIT(brio_sleep(1000));
    }
    ck_assert_int_eq(s->cancel_source, BRIO_CANCEL_SHUTDOWN);
    ck_assert_time(brio_now(), 3);
}

/* As a server does that gives each request its time. */
ASYNC_TEST(deadline_that_is_moved_meanwhile_leaves_the_grace)
{
    MOVE_ON_AFTER(2, s) {
        brio_scope_shutdown(s, 5);
        for (;;) {
            ck_assert_int_eq(brio_scope_set_deadline(s, brio_now() + 2), 0);
            AWAIT(brio_sleep(1));
        }
    }
    ck_assert_int_eq(s->cancel_source, BRIO_CANCEL_SHUTDOWN);
    ck_assert_time(brio_now(), 5);
    MOVE_ON_AFTER(100, t) {
        brio_scope_shutdown(t, 50);
        brio_scope_set_deadline(t, brio_now() + 2);
        brio_scope_shutdown(t, 70);
        AWAIT(brio_sleep(1000));
    }
    ck_assert_int_eq(t->cancel_source, BRIO_CANCEL_DEADLINE);
    ck_assert_time(brio_now(), 7);
}

ASYNC_TEST(end_of_the_grace_is_no_timeout)
{
    FAIL_AFTER(10, s) {
        brio_scope_shutdown(s, 3);
        AWAIT(brio_sleep(1000));
    }
    ck_assert(s->cancelled_caught);
    TRY {
        FAIL_AFTER(3, t) {
            brio_scope_shutdown(t, 3);
            AWAIT(brio_sleep(1000));
        }
    } CATCH (e, ETIMEDOUT) {
        note("timeout");
    }
    ck_assert_notes("timeout");
}

ASYNC_TEST(nearest_end_of_nested_graces_counts)
{
    for (int i = 0; i < 2; i++) {
        double start = brio_now();
        CANCEL_SCOPE(outer) {
            CANCEL_SCOPE(inner) {
                brio_scope_shutdown(inner, i ? 5 : 2);
                brio_scope_shutdown(outer, i ? 2 : 5);
                AWAIT(brio_sleep(100));
            }
            ck_assert(inner->cancelled_caught == !i);
        }
        ck_assert(outer->cancelled_caught == i);
        ck_assert_time(brio_now() - start, 2);
    }
}

static ASYNC void serve_elsewhere(void)
{
    CANCEL_SCOPE() {
        ck_assert(brio_stopping());
        brio_started();
        ck_assert(!brio_stopping());
        INTERRUPTIBLE {
            AWAIT(nap(1, "not interrupted"));
        }
    }
}

/* A child that leaves a scope that was shut down. */
ASYNC_TEST(child_that_moves_out_with_started_is_stopped_no_more)
{
    NURSERY(n) {
        CANCEL_SCOPE(s) {
            brio_scope_shutdown(s, 100);
            START(n, serve_elsewhere());
        }
    }
    ck_assert_notes("not interrupted");
}

ASYNC_TEST(interruptible_without_shutdown_does_nothing)
{
    INTERRUPTIBLE {
        AWAIT(brio_sleep(1));
        note("slept");
    }
    ck_assert_notes("slept");
}

ASYNC_TEST(shutdown_of_an_inner_scope_stays_inside)
{
    INTERRUPTIBLE {
        CANCEL_SCOPE(s) {
            brio_scope_shutdown(s, 0.5);
            AWAIT(brio_sleep(5));
        }
        ck_assert(s->cancelled_caught);
        ck_assert(!brio_stopping());
        AWAIT(brio_sleep(1));
        note("outer went on");
    }
    ck_assert_notes("outer went on");
}
