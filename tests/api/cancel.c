/* When cancellation arrives: checkpoints, values that win, waits that are undone. */
#include "../support/async_test.h"

#include <errno.h>
#include <string.h>

/* CP3. */
ASYNC_TEST(checkpoints)
{
    CANCEL_SCOPE(s) {
        AWAIT(brio_checkpoint());
        AWAIT(brio_checkpoint_if_cancelled());
        brio_scope_cancel(s, NULL);
        AWAIT(brio_shielded_checkpoint());
        note("shielded");
        AWAIT(brio_checkpoint_if_cancelled());
        note("not reached");
    }
    ck_assert_notes("shielded");
}

ASYNC_TEST(checkpoint_lets_other_tasks_run)
{
    NURSERY(n) {
        SPAWN(n, nap(0, "child"));
        AWAIT(brio_shielded_checkpoint());
        AWAIT(brio_shielded_checkpoint());
        note("body");
    }
    ck_assert_notes("child body");
}

/* CP1: every await of the library is a checkpoint, also when it could complete at once. */
ASYNC_TEST(ready_operations_are_cancelled_and_take_nothing)
{
    struct brio_event event = BRIO_EVENT_INIT;
    struct brio_lock lock = BRIO_LOCK_INIT;
    struct brio_semaphore semaphore = BRIO_SEMAPHORE_INIT(1, 0);

    brio_event_set(&event);
    for (int i = 0; i < 8; i++) {
        CANCEL_SCOPE(s) {
            brio_scope_cancel(s, NULL);
            switch (i) {
            case 0: AWAIT(brio_event_wait(&event)); break;
            case 1: AWAIT(brio_lock_acquire(&lock)); break;
            case 2: AWAIT(brio_semaphore_acquire(&semaphore)); break;
            case 3: AWAIT(brio_sleep(0)); break;
            case 4: AWAIT(brio_sleep_until(-1)); break;
            case 5: AWAIT(brio_wait_all_blocked()); break;
            case 6: AWAIT(brio_checkpoint()); break;
            case 7: AWAIT(brio_sleep(-1)); break;
            }
            note("%d was no checkpoint", i);
        }
        ck_assert(s->cancelled_caught);
    }
    ck_assert_notes("");
    ck_assert(!brio_lock_is_locked(&lock));
    ck_assert_uint_eq(brio_semaphore_value(&semaphore), 1);
}

/* AB4, C8: what was handed over stays; the cancellation hits the next checkpoint. */
static ASYNC void wait_then_checkpoint(struct brio_event *event, struct brio_scope **scope)
{
    CANCEL_SCOPE(s) {
        *scope = s;
        AWAIT(brio_event_wait(event));
        note("woken");
        AWAIT(brio_checkpoint());
        note("not reached");
    }
    note("caught %d", s->cancelled_caught);
}

ASYNC_TEST(value_wins_over_a_later_cancel_in_the_same_pass)
{
    struct brio_event event = BRIO_EVENT_INIT;
    struct brio_scope *scope;

    NURSERY(n) {
        SPAWN(n, wait_then_checkpoint(&event, &scope));
        AWAIT(brio_wait_all_blocked());
        brio_event_set(&event);
        brio_scope_cancel(scope, NULL);
    }
    ck_assert_notes("woken caught 1");
}

ASYNC_TEST(cancel_wins_over_a_later_value)
{
    struct brio_event event = BRIO_EVENT_INIT;
    struct brio_scope *scope;

    NURSERY(n) {
        SPAWN(n, wait_then_checkpoint(&event, &scope));
        AWAIT(brio_wait_all_blocked());
        brio_scope_cancel(scope, NULL);
        brio_event_set(&event);
    }
    ck_assert_notes("caught 1");
}

/* AB6, C7. */
static ASYNC void run_up_to_a_checkpoint(void)
{
    note("ran");
    SHIELD {
        AWAIT(brio_sleep(1));
    }
    note("through the shield");
    AWAIT(brio_checkpoint());
    note("not reached");
}

ASYNC_TEST(task_cancelled_before_its_first_step_still_runs_to_a_checkpoint)
{
    NURSERY(n) {
        SPAWN(n, run_up_to_a_checkpoint());
        brio_nursery_cancel(n, NULL);
    }
    ck_assert_notes("ran through the shield");
}

ASYNC_TEST(cancelled_sleep_leaves_no_timer)
{
    for (int i = 0; i < 100; i++) {
        MOVE_ON_AFTER(1) {
            AWAIT(brio_sleep(1000));
        }
    }
    ck_assert_time(brio_now(), 100);
}

ASYNC_TEST(cancelled_waiter_leaves_the_queue)
{
    struct brio_event event = BRIO_EVENT_INIT;

    MOVE_ON_AFTER(1) {
        AWAIT(brio_event_wait(&event));
    }
    ck_assert_uint_eq(brio_event_waiting(&event), 0);
    brio_event_set(&event);
}

static ASYNC void cancel_each_other(struct brio_scope *other, struct brio_event *go, const char *name)
{
    AWAIT(brio_event_wait(go));
    brio_scope_cancel(other, name);
    note("%s", name);
}

ASYNC_TEST(several_tasks_cancel_one_scope)
{
    brio_test_keep_order();
    struct brio_event go = BRIO_EVENT_INIT;

    NURSERY(n) {
        CANCEL_SCOPE(s) {
            SPAWN(n, cancel_each_other(s, &go, "a"));
            SPAWN(n, cancel_each_other(s, &go, "b"));
            AWAIT(brio_wait_all_blocked());
            brio_event_set(&go);
            AWAIT(brio_sleep_forever());
        }
        ck_assert_str_eq(s->cancel_reason, "a");
    }
    ck_assert_notes("a b");
}

/* A task may cancel the scope that it is in, from a function that knows nothing of the block. */
static ASYNC int deep(int depth, struct brio_scope *scope)
{
    DEFER note("%d", depth);
    if (depth == 0) {
        brio_scope_cancel(scope, NULL);
        AWAIT(brio_checkpoint());
        return 1;
    }
    return AWAIT(deep(depth - 1, scope)) + 1;
}

ASYNC_TEST(cancellation_unwinds_the_frames_one_by_one)
{
    CANCEL_SCOPE(s) {
        note("%d", AWAIT(deep(3, s)));
    }
    ck_assert_notes("0 1 2 3");
}

ASYNC_TEST(reason_and_source_pass_down_to_inner_scopes)
{
    CANCEL_SCOPE(outer) {
        CANCEL_SCOPE(inner) {
            ck_assert_ptr_null(inner->cancelled_by);
            brio_scope_cancel(outer, "from above");
            ck_assert_str_eq(inner->cancel_reason, "from above");
            ck_assert_str_eq(inner->cancelled_by, "reason_and_source_pass_down_to_inner_scopes_body");
            ck_assert(!inner->cancel_called);
            AWAIT(brio_checkpoint());
        }
    }
    ck_assert_int_eq(outer->cancel_source, BRIO_CANCEL_EXPLICIT);
}

ASYNC_TEST(child_error_is_the_reason_of_the_nurserys_scope)
{
    TRY {
        NURSERY(n) {
            DEFER {
                ck_assert_int_eq(n->scope->cancel_source, BRIO_CANCEL_ERROR);
                ck_assert_str_eq(n->scope->cancelled_by, "fail_later");
            }
            SPAWN(n, fail_later(1, EIO));
            AWAIT(brio_sleep_forever());
        }
    } CATCH (e) {
    }
}

/* ---- cancellation at every step of something larger ---- */

struct scenario {
    struct brio_lock lock;
    struct brio_semaphore semaphore;
    struct brio_event event;
    int living;
};

static ASYNC void critical(struct scenario *all)
{
    all->living++;
    DEFER all->living--;
    HOLD(&all->lock) {
        AWAIT(brio_checkpoint());
        HOLD(&all->semaphore) {
            AWAIT(brio_sleep(0.1));
        }
    }
    AWAIT(brio_event_wait(&all->event));
}

static ASYNC void starting(struct scenario *all)
{
    all->living++;
    DEFER {
        SHIELD {
            AWAIT(brio_checkpoint());
        }
        all->living--;
    }
    AWAIT(brio_checkpoint());
    brio_started();
    AWAIT(brio_sleep(0.05));
}

static ASYNC void everything(struct scenario *all)
{
    struct brio_handle handle = {0};
    int value = 0;

    NURSERY(n) {
        for (int i = 0; i < 3; i++)
            SPAWN(n, critical(all));
        SPAWN(n, wait_for_ever("daemon"), .daemon = true);
        START(n, starting(all), .handle = &handle);
        MOVE_ON_AFTER(0.2) {
            AWAIT(brio_lock_acquire(&all->lock));
            DEFER brio_lock_release(&all->lock);
            AWAIT(brio_checkpoint());
        }
        RACE(r) {
            SPAWN_INTO(r, &value, answer_later(0.1, 1));
            SPAWN(r, brio_sleep_forever());
        }
        TRY {
            FAIL_AFTER(0.1) {
                AWAIT(brio_sleep(1));
            }
        } CATCH (e, ETIMEDOUT) {
            AWAIT(brio_checkpoint());
        } FINALLY {
            AWAIT(brio_checkpoint());
        }
        brio_event_set(&all->event);
        AWAIT(brio_handle_wait(&handle));
    }
    note("complete");
}

/* Turns of the loop, and where those do not move on, of the clock. */
static ASYNC void cancel_after_steps(struct brio_scope *scope, int steps)
{
    for (int i = 0; i < steps; i++) {
        if (i % 8 < 7)
            AWAIT(brio_checkpoint());
        else
            AWAIT(brio_sleep(0.01));
    }
    brio_scope_cancel(scope, NULL);
}

ASYNC_TEST(cancellation_at_every_step_leaves_nothing_behind)
{
    bool complete = false;

    for (int steps = 0; !complete; steps++) {
        struct scenario all = {BRIO_LOCK_INIT, BRIO_SEMAPHORE_INIT(1, 1), BRIO_EVENT_INIT, 0};
        ck_assert_int_lt(steps, 2000);
        NURSERY(n) {
            CANCEL_SCOPE(s) {
                SPAWN(n, cancel_after_steps(s, steps), .daemon = true);
                AWAIT(everything(&all));
            }
            complete = !s->cancelled_caught;
        }
        ck_assert_int_eq(strstr(take_notes(), "complete") != NULL, complete);
        ck_assert_int_eq(all.living, 0);
        ck_assert(!brio_lock_is_locked(&all.lock));
        ck_assert_uint_eq(brio_lock_waiting(&all.lock), 0);
        ck_assert_uint_eq(brio_semaphore_value(&all.semaphore), 1);
        ck_assert_uint_eq(brio_semaphore_waiting(&all.semaphore), 0);
        ck_assert_uint_eq(brio_event_waiting(&all.event), 0);
    }
}

/* ---- who cancelled ---- */

static ASYNC void fail_to_clean_up(void)
{
    DEFER RAISE(EIO, "cannot clean up");
    AWAIT(brio_sleep_forever());
}

static ASYNC void fail_after_a_checkpoint(void)
{
    AWAIT(brio_checkpoint());
    RAISE(EDOM, "first");
}

ASYNC_TEST(error_of_a_cancelled_task_tells_by_whom_and_why)
{
    char reason[] = "going home";
    const struct brio_error *kept = NULL;
    TRY {
        NURSERY(n) {
            SPAWN(n, fail_to_clean_up());
            AWAIT(brio_checkpoint());
            brio_nursery_cancel(n, reason);
        }
    } CATCH (e) {
        kept = brio_error_ref(e);
    }
    memset(reason, 'x', sizeof reason - 1); /* the error has a copy */
    ck_assert_ptr_nonnull(
        strstr(brio_error_string(kept), "while cancelled (explicit: going home) by error_of_a_cancelled_task_tells_by_whom_and_why_body"));
    brio_error_unref(kept);
    TRY {
        NURSERY(n) {
            SPAWN(n, fail_to_clean_up());
            SPAWN(n, fail_after_a_checkpoint());
        }
    } CATCH (e) {
        ck_assert_ptr_nonnull(
            strstr(brio_error_string(e), "while cancelled (error: another task of the nursery failed) by fail_after_a_checkpoint"));
        ck_assert_ptr_null(strstr(brio_error_string(e->children[0]), "while cancelled"));
    }
    TRY {
        MOVE_ON_AFTER(1) {
            AWAIT(fail_to_clean_up());
        }
    } CATCH (e) {
        ck_assert_ptr_nonnull(strstr(brio_error_string(e), "while cancelled (deadline: deadline exceeded)"));
        ck_assert_ptr_null(strstr(brio_error_string(e), "exceeded) by"));
    }
}

ASYNC_TEST(first_cause_counts_deadline_or_call)
{
    MOVE_ON_AFTER(1, a) {
        AWAIT(brio_sleep(2));
    }
    brio_scope_cancel(a, "too late");
    ck_assert_int_eq(a->cancel_source, BRIO_CANCEL_DEADLINE);
    ck_assert_str_eq(a->cancel_reason, "deadline exceeded");
    MOVE_ON_AFTER(1, b) {
        brio_scope_cancel(b, "by hand");
        SHIELD {
            AWAIT(brio_sleep(2));
        }
        AWAIT(brio_checkpoint());
    }
    ck_assert_int_eq(b->cancel_source, BRIO_CANCEL_EXPLICIT);
    ck_assert_str_eq(b->cancel_reason, "by hand");
}

static ASYNC void see_the_cause(struct brio_nursery *n)
{
    DEFER note("%d", n->scope->cancel_source == BRIO_CANCEL_ERROR);
    AWAIT(brio_sleep_forever());
}

ASYNC_TEST(error_of_the_body_is_the_cause)
{
    TRY {
        NURSERY(n) {
            SPAWN(n, see_the_cause(n));
            AWAIT(brio_checkpoint());
            RAISE(EIO, "body");
        }
    } CATCH (e, EIO) {
    }
    ck_assert_notes("1");
}

ASYNC_TEST(error_before_a_child_began_is_its_cause_too)
{
    TRY {
        NURSERY(n) {
            SPAWN(n, see_the_cause(n));
            RAISE(EIO, "body");
        }
    } CATCH (e, EIO) {
    }
    ck_assert_notes("1");
}
