/* START and brio_started(). */
#include "../support/async_test.h"

#include <errno.h>
#include <stdio.h>

static ASYNC void serve(double setup, double work, int *address)
{
    DEFER note("served");
    AWAIT(brio_sleep(setup));
    *address = 7;
    ck_assert_int_eq(brio_started(), 0);
    AWAIT(brio_sleep(work));
}

ASYNC_TEST(start_waits_until_started)
{
    int address = 0;

    NURSERY(n) {
        START(n, serve(1, 2, &address));
        ck_assert_int_eq(address, 7);
        ck_assert_time(brio_now(), 1);
        note("ready");
    }
    ck_assert_notes("ready served");
    ck_assert_time(brio_now(), 3);
}

static ASYNC void started_at_once(void)
{
    brio_started();
    note("child %d", brio_started());
    AWAIT(nap(1, "ends"));
}

ASYNC_TEST(second_started_is_refused)
{
    NURSERY(n) {
        START(n, started_at_once());
        note("parent");
    }
    char expected[64];
    snprintf(expected, sizeof expected, "child %d parent ends", -EALREADY);
    ck_assert_notes(expected);
}

ASYNC_TEST(started_does_nothing_in_a_spawned_child)
{
    int address;

    NURSERY(n) {
        SPAWN(n, serve(1, 1, &address));
    }
    AWAIT(serve(1, 1, &address));
    ck_assert_notes("served served");
}

ASYNC_TEST(child_that_ends_first_raises_enotstarted)
{
    NURSERY(n) {
        TRY {
            START(n, nap(1, "child"));
        } CATCH (e, BRIO_ENOTSTARTED) {
            note("%d", e->code == BRIO_ENOTSTARTED);
        }
    }
    ck_assert_notes("child 1");
}

ASYNC_TEST(error_before_started_is_raised_as_it_is)
{
    NURSERY(n) {
        TRY {
            START(n, fail_later(1, EIO));
        } CATCH (e) {
            note("%d %s", e->code == EIO, e->message);
        }
        AWAIT(brio_checkpoint());
        ck_assert(!n->scope->cancel_called);
    }
    ck_assert_notes("1 failed after 1");
}

static ASYNC void fail_after_started(void)
{
    brio_started();
    RAISE(EIO, "after started");
}

ASYNC_TEST(error_after_started_goes_to_the_nursery)
{
    TRY {
        NURSERY(n) {
            START(n, fail_after_started());
            note("returned");
            AWAIT(brio_sleep_forever());
        }
    } CATCH (e, EIO) {
        note("%zu", e->child_count);
    }
    ck_assert_notes("returned 1");
}

ASYNC_TEST(caller_cancelled_before_started_cancels_the_child)
{
    int address = 0;

    NURSERY(n) {
        MOVE_ON_AFTER(1, s) {
            START(n, serve(5, 5, &address));
            note("not reached");
        }
        ck_assert(s->cancelled_caught);
        ck_assert_notes("served");
        ck_assert(!n->scope->cancel_called);
    }
    ck_assert_int_eq(address, 0);
    ck_assert_time(brio_now(), 1);
}

static ASYNC void shielded_setup(void)
{
    SHIELD {
        AWAIT(brio_sleep(3));
    }
    note("setup done");
    AWAIT(brio_checkpoint());
}

ASYNC_TEST(start_waits_for_a_cancelled_child_to_end)
{
    NURSERY(n) {
        MOVE_ON_AFTER(1) {
            START(n, shielded_setup());
        }
        ck_assert_time(brio_now(), 3);
    }
    ck_assert_notes("setup done");
}

static ASYNC void fail_when_cancelled(void)
{
    DEFER RAISE(EIO, "while unwinding");
    AWAIT(brio_sleep_forever());
}

/* C37: not lost. */
ASYNC_TEST(error_while_start_is_cancelled_is_raised_by_start)
{
    int code = 0;

    NURSERY(n) {
        TRY {
            MOVE_ON_AFTER(1) {
                START(n, fail_when_cancelled());
            }
        } CATCH (e) {
            code = e->code;
        }
    }
    ck_assert_int_eq(code, EIO);
}

/* ST4, C38: until started, the child is under the caller's scope, not under the target's. */
static ASYNC void start_elsewhere(struct brio_nursery *target, int *address)
{
    START(target, serve(2, 5, address));
    note("started %d", *address);
}

ASYNC_TEST(cancelling_the_target_waits_for_started)
{
    int address = 0;

    if (brio_test_sweeping())
        return; /* it may begin when the target has closed */
    NURSERY(outer) {
        NURSERY(target) {
            SPAWN(outer, start_elsewhere(target, &address));
            AWAIT(brio_sleep(1));
            brio_nursery_cancel(target, NULL);
        }
        ck_assert_time(brio_now(), 2);
    }
    ck_assert_notes("served started 7");
}

ASYNC_TEST(pending_start_keeps_the_target_open)
{
    int address = 0;

    NURSERY(outer) {
        NURSERY(target) {
            SPAWN(outer, start_elsewhere(target, &address));
            AWAIT(brio_checkpoint());
        }
        ck_assert_time(brio_now(), 7);
    }
    ck_assert_notes("started 7 served");
}

static ASYNC void with_deadline_of_caller(struct brio_nursery *n)
{
    int address;

    MOVE_ON_AFTER(2) {
        START(n, serve(1, 10, &address));
    }
    note("caller left its scope");
}

ASYNC_TEST(started_child_is_no_longer_under_the_callers_scope)
{
    NURSERY(n) {
        AWAIT(with_deadline_of_caller(n));
    }
    ck_assert_notes("caller left its scope served");
    ck_assert_time(brio_now(), 11);
}

static ASYNC void report_parent(uint64_t *before, uint64_t *after)
{
    *before = brio_task_parent_id(brio_task_current());
    brio_started();
    AWAIT(brio_checkpoint());
    *after = brio_task_parent_id(brio_task_current());
}

static ASYNC void start_report(struct brio_nursery *n, uint64_t *me, uint64_t *before, uint64_t *after)
{
    *me = brio_task_id(brio_task_current());
    START(n, report_parent(before, after));
}

ASYNC_TEST(parent_is_the_caller_and_then_the_host)
{
    uint64_t starter = 0, before = 0, after = 0;

    NURSERY(n) {
        SPAWN(n, start_report(n, &starter, &before, &after));
    }
    ck_assert_uint_ne(starter, 0);
    ck_assert_uint_eq(before, starter);
    ck_assert_uint_eq(after, brio_task_id(brio_task_current()));
}

ASYNC_TEST(start_takes_options)
{
    struct brio_handle handle = {0};
    int address;

    NURSERY(n) {
        START(n, serve(1, 100, &address), .name = "server", .handle = &handle);
        AWAIT(brio_sleep(1));
        ck_assert_int_eq(handle.status, BRIO_HANDLE_PENDING);
        brio_handle_cancel(&handle, NULL);
    }
    ck_assert_int_eq(handle.status, BRIO_HANDLE_CANCELLED);
    ck_assert_time(brio_now(), 2);
}

ASYNC_TEST(several_starts_in_turn)
{
    int addresses[3] = {0};

    NURSERY(n) {
        for (int i = 0; i < 3; i++) {
            START(n, serve(1, 10 - i, &addresses[i]));
            ck_assert_time(brio_now(), i + 1);
        }
    }
    ck_assert_time(brio_now(), 11);
}
