/* START and brio_started(). */
#include "../support/async_test.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

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

/* It is raised in START's caller, who was handling another. */
ASYNC_TEST(error_before_started_has_as_cause_what_the_caller_was_handling)
{
    NURSERY(n) {
        for (int in_defer = 0; in_defer < 2; in_defer++) {
            TRY {
                if (in_defer) {
                    DEFER START(n, fail_later(1, EIO));
                    RAISE(ENOENT, "first");
                }
                TRY {
                    RAISE(ENOENT, "first");
                } CATCH (e) {
                    START(n, fail_later(1, EIO));
                }
            } CATCH (e) {
                ck_assert_ptr_nonnull(e->cause);
                note("%d", e->code == EIO && e->cause->code == ENOENT);
            }
        }
    }
    ck_assert_notes("1 1");
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
    brio_test_keep_order();
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

static ASYNC void start_and_catch(struct brio_nursery *target)
{
    TRY {
        START(target, fail_later(2, EIO));
    } CATCH (e, EIO) {
        note("failed");
    }
}

ASYNC_TEST(pending_start_keeps_the_target_open_though_its_child_fails_then)
{
    NURSERY(outer) {
        NURSERY(target) {
            SPAWN(outer, start_and_catch(target));
            AWAIT(brio_shielded_checkpoint());
            AWAIT(brio_shielded_checkpoint());
        }
        ck_assert_time(brio_now(), 2);
    }
    ck_assert_notes("failed");
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

static ASYNC void cancel_handle_later(struct brio_handle *handle, double seconds)
{
    AWAIT(brio_sleep(seconds));
    brio_handle_cancel(handle, "not needed");
}

/* Cancelled alone: to START's caller it is a child that has not started. */
ASYNC_TEST(child_cancelled_by_its_handle_before_started_raises_enotstarted)
{
    struct brio_handle handle = {0};
    int address;

    NURSERY(n) {
        SPAWN(n, cancel_handle_later(&handle, 1));
        TRY {
            START(n, serve(5, 5, &address), .handle = &handle);
        } CATCH (e, BRIO_ENOTSTARTED) {
            note("%d", handle.status == BRIO_HANDLE_CANCELLED);
        }
        ck_assert(!n->scope->cancel_called);
    }
    ck_assert_notes("served 1");
    ck_assert_time(brio_now(), 1);
}

/* The target is through: its task is ready to leave the block, and still has to. */
static struct brio_nursery *through;

static ASYNC void leave_soon(void)
{
    NURSERY(n) {
        through = n;
        SPAWN(n, brio_sleep(1));
    }
}

static ASYNC void try_when_through(void)
{
    int address;

    AWAIT(brio_sleep(1));
    for (int i = 0; i < 2; i++) {
        TRY {
            if (i)
                SPAWN(through, brio_checkpoint());
            else
                START(through, serve(1, 1, &address));
            note("not reached");
        } CATCH (e, BRIO_ECLOSED) {
            note("refused");
        }
    }
}

ASYNC_TEST(closed_nursery_takes_no_child)
{
    brio_test_keep_order();
    if (brio_test_sweeping())
        return; /* the nursery may be gone */
    NURSERY(n) {
        SPAWN(n, leave_soon());
        SPAWN(n, try_when_through());
    }
    ck_assert_notes("refused refused");
}

static ASYNC void spawn_then_start(void)
{
    NURSERY(n) {
        SPAWN(n, wait_for_ever("grandchild"));
        AWAIT(brio_checkpoint());
        ck_assert_int_eq(brio_started(), 0);
        note("moved");
        AWAIT(brio_sleep_forever());
    }
}

static ASYNC void start_and_tell(struct brio_nursery *target)
{
    START(target, spawn_then_start());
    note("started");
}

/* ST3: moving below a cancelled nursery cancels what sleeps there. */
ASYNC_TEST(family_that_moves_below_a_cancelled_nursery_is_cancelled)
{
    brio_test_keep_order();
    if (brio_test_sweeping())
        return; /* the target may be gone */
    NURSERY(outer) {
        NURSERY(target) {
            SPAWN(outer, start_and_tell(target));
            AWAIT(brio_shielded_checkpoint()); /* START is under way, the child has not begun */
            brio_nursery_cancel(target, NULL);
        }
        note("target ended");
    }
    const char *notes = take_notes();
    ck_assert_msg(strcmp(notes, "moved grandchild started target ended") == 0 ||
                      strcmp(notes, "moved started grandchild target ended") == 0,
                  "%s", notes);
}

static ASYNC void note_then_wait(void)
{
    note("began");
    AWAIT(brio_sleep(1));
    note("not reached");
}

ASYNC_TEST(start_in_a_cancelled_scope_runs_the_child_to_its_first_checkpoint)
{
    NURSERY(n) {
        CANCEL_SCOPE(s) {
            brio_scope_cancel(s, NULL);
            START(n, note_then_wait());
            note("not reached");
        }
        ck_assert(s->cancelled_caught);
    }
    ck_assert_notes("began");
    ck_assert_time(brio_now(), 0);
}

static ASYNC void finish_in_spite(int *value)
{
    SHIELD {
        AWAIT(brio_sleep(2));
    }
    *value = 3;
    ck_assert_int_eq(brio_started(), 0);
    SHIELD {
        AWAIT(brio_sleep(2));
    }
}

/* ST2: the caller is cancelled by the time of brio_started(): nothing moves, and START ends well with the child. */
ASYNC_TEST(child_that_survives_its_cancelled_caller_ends_under_start)
{
    int value = 0;

    NURSERY(n) {
        MOVE_ON_AFTER(1, s) {
            START(n, finish_in_spite(&value));
            note("returned %d", value);
            ck_assert_ptr_null(brio_nursery_next_child(n, NULL));
        }
        ck_assert(s->cancel_called);
        ck_assert(!s->cancelled_caught);
    }
    ck_assert_notes("returned 3");
    ck_assert_time(brio_now(), 4);
}

static ASYNC void fail_soon(void)
{
    AWAIT(fail_later(1, EIO));
}

static ASYNC void start_beside_a_failure(struct brio_nursery *outer)
{
    int address;

    NURSERY(inner) {
        SPAWN(inner, fail_soon());
        START(outer, serve(5, 5, &address));
        note("not reached");
    }
}

ASYNC_TEST(error_of_a_sibling_cancels_a_start_under_way)
{
    TRY {
        NURSERY(outer) {
            SPAWN(outer, start_beside_a_failure(outer));
        }
    } CATCH (e, EIO) {
        ck_assert_int_eq(e->children[0]->code, BRIO_EGROUP);
        ck_assert_int_eq(e->children[0]->children[0]->code, EIO);
        note("%zu", e->children[0]->child_count);
    }
    ck_assert_notes("served 1");
    ck_assert_time(brio_now(), 1);
}

static ASYNC void crash_after_started(void)
{
    brio_started();
    RAISE(EPIPE, "at once");
}

ASYNC_TEST(start_returns_though_the_child_fails_right_after_it)
{
    TRY {
        NURSERY(n) {
            START(n, crash_after_started());
            note("returned");
        }
    } CATCH (e, EPIPE) {
        note("%zu", e->child_count);
    }
    ck_assert_notes("returned 1");
}

/* The reason of a START that a sibling's error cancels names the error. */
ASYNC_TEST(cancelled_start_has_the_reason_of_its_nursery)
{
    struct brio_handle handle = {0};
    int address;

    TRY {
        NURSERY(n) {
            SPAWN(n, fail_later(1, EIO));
            DEFER ck_assert_int_eq(n->scope->cancel_source, BRIO_CANCEL_ERROR);
            START(n, serve(5, 5, &address), .handle = &handle);
        }
    } CATCH (e, EIO) {
        note("%d", handle.status == BRIO_HANDLE_CANCELLED);
    }
    ck_assert_notes("served 1");
}
