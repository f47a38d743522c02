/* brio/leaf.h: awaitables in plain C. */
#include "../support/async_test.h"

#include <errno.h>
#include <signal.h>

/* A slot that one task waits for. */
struct slot {
    struct brio_task *waiter;
    int aborted;
    bool refuse; /* abort says PENDING */
    bool ready;
    int value;
};

static ASYNC_LEAF int slot_get(struct slot *slot);

static enum brio_abort_result forget(struct brio_task *task, void *arg)
{
    struct slot *slot = arg;

    ck_assert_ptr_eq(slot->waiter, task);
    slot->aborted++;
    if (slot->refuse)
        return BRIO_ABORT_PENDING;
    slot->waiter = NULL;
    return BRIO_ABORTED;
}

static int slot_get(struct slot *slot)
{
    if (brio_checkpoint_fails())
        return 0;
    if (slot->ready) {
        brio_leaf_done(&slot->value, sizeof slot->value);
        return slot->value;
    }
    slot->waiter = brio_task_current();
    brio_park(forget, slot);
    return 0;
}

static void slot_put(struct slot *slot, int value)
{
    struct brio_task *task = slot->waiter;

    slot->waiter = NULL;
    brio_unpark_value(task, &value, sizeof value);
}

static ASYNC void get_and_note(struct slot *slot)
{
    note("%d", AWAIT(slot_get(slot)));
}

ASYNC_TEST(value_of_unpark_is_the_value_of_await)
{
    struct slot slot = {0};

    NURSERY(n) {
        SPAWN(n, get_and_note(&slot));
        AWAIT(brio_wait_all_blocked());
        slot_put(&slot, 5);
        note("put"); /* the task runs later, never inside the call */
    }
    ck_assert_notes("put 5");
}

ASYNC_TEST(leaf_that_completes_at_once)
{
    struct slot slot = {.ready = true, .value = 7};
    int sum = 0;

    for (int i = 0; i < 1000; i++)
        sum += AWAIT(slot_get(&slot));
    ck_assert_int_eq(sum, 7000);
}

ASYNC_TEST(leaf_can_be_spawned_into)
{
    struct slot slot = {0}, ready = {.ready = true, .value = 3};
    int a = 0, b = 0;

    NURSERY(n) {
        SPAWN_INTO(n, &a, slot_get(&slot));
        SPAWN_INTO(n, &b, slot_get(&ready));
        AWAIT(brio_wait_all_blocked());
        slot_put(&slot, 8);
    }
    ck_assert_int_eq(a, 8);
    ck_assert_int_eq(b, 3);
}

ASYNC_TEST(unpark_error_raises)
{
    struct slot slot = {0};
    int code = 0;

    TRY {
        NURSERY(n) {
            SPAWN(n, get_and_note(&slot));
            AWAIT(brio_wait_all_blocked());
            brio_unpark_error(slot.waiter, EIO, "broken by %s", "the test");
        }
    } CATCH (e) {
        code = brio_error_only(e)->code;
        note("%s", brio_error_only(e)->message);
    }
    ck_assert_int_eq(code, EIO);
    ck_assert_notes("broken by the test");
}

ASYNC_TEST(abort_is_called_once_when_cancellation_arrives)
{
    struct slot slot = {0};

    NURSERY(n) {
        CANCEL_SCOPE(s) {
            SPAWN(n, cancel_later(s, 1));
            AWAIT(slot_get(&slot));
            note("not reached");
        }
        ck_assert(s->cancelled_caught);
    }
    ck_assert_int_eq(slot.aborted, 1);
    ck_assert_ptr_null(slot.waiter);
    ck_assert_notes("");
}

ASYNC_TEST(leaf_in_a_cancelled_scope_does_nothing)
{
    struct slot slot = {0};

    CANCEL_SCOPE(s) {
        brio_scope_cancel(s, NULL);
        AWAIT(slot_get(&slot));
    }
    ck_assert_int_eq(slot.aborted, 0);
    ck_assert_ptr_null(slot.waiter);
    ck_assert(s->cancelled_caught);
}

/* AB3: the operation goes on; its owner unparks later, with a value … */
static ASYNC void put_later(struct slot *slot, double seconds, int value)
{
    AWAIT(brio_sleep(seconds));
    slot_put(slot, value);
}

ASYNC_TEST(pending_abort_then_value)
{
    struct slot slot = {.refuse = true};

    if (brio_test_sweeping())
        return; /* who unparks must know that it has ended */
    NURSERY(n) {
        SPAWN(n, put_later(&slot, 3, 9));
        MOVE_ON_AFTER(1, s) {
            note("%d", AWAIT(slot_get(&slot)));
            AWAIT(brio_checkpoint());
            note("not reached");
        }
        ck_assert(s->cancelled_caught);
    }
    ck_assert_int_eq(slot.aborted, 1);
    ck_assert_notes("9");
    ck_assert_time(brio_now(), 3);
}

/* … or as cancelled. */
static ASYNC void give_up_later(struct slot *slot, double seconds)
{
    AWAIT(brio_sleep(seconds));
    brio_unpark_cancelled(slot->waiter);
}

ASYNC_TEST(pending_abort_then_cancelled)
{
    struct slot slot = {.refuse = true};

    if (brio_test_sweeping())
        return; /* who unparks must know that it has ended */
    NURSERY(n) {
        SPAWN(n, give_up_later(&slot, 3));
        MOVE_ON_AFTER(1, s) {
            AWAIT(slot_get(&slot));
            note("not reached");
        }
        ck_assert(s->cancelled_caught);
    }
    ck_assert_notes("");
    ck_assert_time(brio_now(), 3);
}

/* A wait without abort. */
static struct brio_task *stubborn;
static ASYNC_LEAF void wait_stubbornly(void);

static void wait_stubbornly(void)
{
    if (brio_checkpoint_fails())
        return;
    stubborn = brio_task_current();
    brio_park(NULL, NULL);
}

static ASYNC void wake_stubborn_later(double seconds)
{
    AWAIT(brio_sleep(seconds));
    brio_unpark(stubborn);
}

ASYNC_TEST(wait_without_abort_is_not_cancelled)
{
    if (brio_test_sweeping())
        return; /* who unparks must know that it has ended */
    NURSERY(n) {
        SPAWN(n, wake_stubborn_later(3));
        MOVE_ON_AFTER(1, s) {
            AWAIT(wait_stubbornly());
            note("woken");
        }
        ck_assert(s->cancel_called && !s->cancelled_caught);
    }
    ck_assert_notes("woken");
}

/* Unparked before the leaf has returned. */
static ASYNC_LEAF int park_and_unpark(int value);

static int park_and_unpark(int value)
{
    struct brio_task *task = brio_task_current();

    if (brio_checkpoint_fails())
        return 0;
    brio_unpark_value(task, &value, sizeof value);
    brio_park(NULL, NULL);
    return 0;
}

ASYNC_TEST(unpark_before_park_is_kept)
{
    ck_assert_int_eq(AWAIT(park_and_unpark(4)), 4);
}

struct wide {
    double items[12];
};

static struct brio_task *wide_waiter;
static ASYNC_LEAF struct wide wide_get(void);

static struct wide wide_get(void)
{
    if (!brio_checkpoint_fails()) {
        wide_waiter = brio_task_current();
        brio_park(NULL, NULL);
    }
    return (struct wide){{0}};
}

static ASYNC void wide_put(void)
{
    struct wide wide = {{1, 2, [11] = 12}};

    AWAIT(brio_sleep(1));
    brio_unpark_value(wide_waiter, &wide, sizeof wide);
}

ASYNC_TEST(large_value_of_a_leaf)
{
    if (brio_test_sweeping())
        return; /* who unparks must know that it has ended */
    NURSERY(n) {
        SPAWN(n, wide_put());
        struct wide wide = AWAIT(wide_get());
        ck_assert_double_eq(wide.items[1] + wide.items[11], 14);
    }
}

static ASYNC_LEAF int fail_leaf(void);

static int fail_leaf(void)
{
    if (!brio_checkpoint_fails())
        brio_leaf_fail(EPIPE, "leaf %d", 5);
    return 0;
}

ASYNC_TEST(leaf_that_fails_at_once)
{
    int value = 1;

    TRY {
        value = AWAIT(fail_leaf());
    } CATCH (e, EPIPE) {
        note("%s", e->message);
    }
    ck_assert_int_eq(value, 1);
    ck_assert_notes("leaf 5");
}

/* ---- a checkpoint as the last act ---- */

static ASYNC_LEAF void yield_and(struct brio_scope *cancels);

static void yield_and(struct brio_scope *cancels)
{
    brio_checkpoint();
    ck_assert_int_eq(brio_task_state(brio_task_current()), BRIO_TASK_READY);
    if (cancels)
        brio_scope_cancel(cancels, NULL);
}

static ASYNC void yield_by_a_leaf(int number)
{
    for (int i = 0; i < 2; i++) {
        note("%d", number);
        AWAIT(yield_and(NULL));
    }
}

ASYNC_TEST(leaf_may_end_in_a_checkpoint)
{
    NURSERY(n) {
        SPAWN(n, yield_by_a_leaf(1));
        SPAWN(n, yield_by_a_leaf(2));
        SPAWN(n, yield_and(NULL));
    }
    ck_assert_notes("1 2 1 2");
}

ASYNC_TEST(cancellation_between_a_checkpoint_and_the_end_of_its_leaf_arrives_at_it)
{
    CANCEL_SCOPE(s) {
        AWAIT(yield_and(s));
        note("not reached");
    }
    ck_assert(s->cancelled_caught);
    ck_assert_notes("");
}

/* ---- misuse ends the process with a message ---- */

static ASYNC void unpark_twice(struct slot *slot)
{
    struct brio_task *task = slot->waiter;

    slot_put(slot, 1);
    brio_unpark_value(task, &(int){2}, sizeof(int));
    AWAIT(brio_checkpoint());
}

/* The await has ended already. */
static ASYNC_LEAF void yield_and_unpark(void);

static void yield_and_unpark(void)
{
    brio_checkpoint();
    brio_unpark(brio_task_current());
}

/* A leaf that forgets to park. */
static ASYNC_LEAF void unpark_and_go_on(void);

static void unpark_and_go_on(void)
{
    if (!brio_checkpoint_fails())
        brio_unpark(brio_task_current());
}

static ASYNC void misuse(int way)
{
    struct slot slot = {0};

    NURSERY(n) {
        SPAWN(n, get_and_note(&slot));
        AWAIT(brio_wait_all_blocked());
        switch (way) {
        case 0: AWAIT(unpark_twice(&slot)); break;
        case 1: brio_unpark(slot.waiter), brio_unpark(slot.waiter); break;
        case 2: brio_unpark(brio_task_current()); AWAIT(brio_checkpoint()); break;
        case 3: AWAIT(unpark_and_go_on()); AWAIT(brio_sleep(1)); break;
        case 4: AWAIT(unpark_and_go_on()); AWAIT(brio_shielded_checkpoint()); break;
        case 5: AWAIT(unpark_and_go_on()); AWAIT(brio_checkpoint()); break;
        case 6: AWAIT(yield_and_unpark()); break;
        }
    }
}

ABORTING_TEST(unparking_twice_is_caught)
{
    RUN(&async_test_options, misuse(0));
}

ABORTING_TEST(unparking_a_task_that_is_ready_is_caught)
{
    RUN(&async_test_options, misuse(1));
}

ABORTING_TEST(unparking_a_task_that_runs_on_is_caught)
{
    RUN(&async_test_options, misuse(2));
}

ABORTING_TEST(leaf_that_unparks_its_task_and_does_not_park_it_is_caught_by_the_next_wait)
{
    RUN(&async_test_options, misuse(3));
}

ABORTING_TEST(leaf_that_unparks_its_task_and_does_not_park_it_is_caught_by_the_next_checkpoint)
{
    RUN(&async_test_options, misuse(4));
}

ABORTING_TEST(leaf_that_unparks_its_task_and_does_not_park_it_is_caught_by_brio_checkpoint)
{
    RUN(&async_test_options, misuse(5));
}

ABORTING_TEST(unparking_a_task_that_yields_is_caught)
{
    RUN(&async_test_options, misuse(6));
}

ABORTING_TEST(calling_an_async_function_outside_of_a_task_is_caught)
{
    void (*f)(double, const char *) = (void (*)(double, const char *))(void *)nap;

    f(1, "outside");
}

static ASYNC void fail_slot_later(struct slot *slot, double seconds)
{
    AWAIT(brio_sleep(seconds));
    brio_unpark_error(slot->waiter, EIO, "after all");
}

ASYNC_TEST(pending_abort_then_error)
{
    struct slot slot = {.refuse = true};

    if (brio_test_sweeping())
        return; /* who unparks must know that it has ended */
    TRY {
        NURSERY(n) {
            SPAWN(n, fail_slot_later(&slot, 3));
            MOVE_ON_AFTER(1) {
                AWAIT(slot_get(&slot));
                note("not reached");
            }
        }
    } CATCH (e, EIO) {
        note("failed");
    }
    ck_assert_notes("failed");
}

/* The task has been shielded meanwhile: what its wait ends with is for the wait to say. */
ASYNC_TEST(pending_abort_is_called_once_for_two_cancels_and_ends_though_shielded_meanwhile)
{
    struct slot slot = {.refuse = true};

    if (brio_test_sweeping())
        return; /* who unparks must know that it has ended */
    NURSERY(n) {
        SPAWN(n, give_up_later(&slot, 4));
        CANCEL_SCOPE(outer) {
            CANCEL_SCOPE(inner) {
                SPAWN(n, cancel_later(inner, 1));
                SPAWN(n, cancel_later(outer, 2));
                AWAIT(slot_get(&slot));
                note("not reached");
            }
            note("not here either");
        }
        ck_assert(outer->cancelled_caught);
    }
    ck_assert_int_eq(slot.aborted, 1);
    ck_assert_notes("");
    ck_assert_time(brio_now(), 4);
}

static ASYNC void shield_and_unshield(struct brio_scope *scope)
{
    AWAIT(brio_sleep(2));
    brio_scope_set_shield(scope, true);
    AWAIT(brio_sleep(1));
    brio_scope_set_shield(scope, false);
}

ASYNC_TEST(pending_abort_is_not_called_again_when_the_cancellation_comes_back)
{
    struct slot slot = {.refuse = true};

    if (brio_test_sweeping())
        return; /* who unparks must know that it has ended */
    NURSERY(n) {
        MOVE_ON_AFTER(1) {
            CANCEL_SCOPE(inner) {
                SPAWN(n, shield_and_unshield(inner));
                SPAWN(n, put_later(&slot, 4, 5));
                note("%d", AWAIT(slot_get(&slot)));
            }
        }
    }
    ck_assert_int_eq(slot.aborted, 1);
    ck_assert_notes("5");
}

static ASYNC_LEAF int cancel_and_get(struct slot *slot, struct brio_scope *scope);

static int cancel_and_get(struct slot *slot, struct brio_scope *scope)
{
    if (brio_checkpoint_fails())
        return 0;
    slot->waiter = brio_task_current();
    brio_scope_cancel(scope, NULL);
    ck_assert_int_eq(slot->aborted, 0);
    brio_park(forget, slot);
    return 0;
}

/* CS5: cancelled between its look for that and its wait. */
ASYNC_TEST(leaf_that_cancels_its_own_scope_is_aborted_when_it_parks)
{
    struct slot slot = {0};

    CANCEL_SCOPE(s) {
        AWAIT(cancel_and_get(&slot, s));
        note("not reached");
    }
    ck_assert(s->cancelled_caught);
    ck_assert_int_eq(slot.aborted, 1);
}

static ASYNC void shield_then_give_up(struct slot *slot, struct brio_scope *scope, struct brio_nursery *n)
{
    AWAIT(brio_sleep(2));
    brio_scope_set_shield(scope, true);
    SPAWN(n, wait_for_ever("sibling"));
    AWAIT(brio_sleep(1));
    brio_unpark_cancelled(slot->waiter);
}

/* C29: such a child still takes its siblings with it, and the block ends well. */
ASYNC_TEST(cancellation_that_no_scope_asks_for_any_more_ends_the_nursery_silently)
{
    struct slot slot = {.refuse = true};

    if (brio_test_sweeping())
        return; /* who unparks must know that it has ended */
    NURSERY(others) {
        CANCEL_SCOPE(outer) {
            CANCEL_SCOPE(inner) {
                NURSERY(n) {
                    SPAWN(n, get_and_note(&slot));
                    SPAWN(others, cancel_later(outer, 1));
                    SPAWN(others, shield_then_give_up(&slot, inner, n));
                }
                note("on");
            }
            AWAIT(brio_checkpoint());
            note("not reached");
        }
        ck_assert(outer->cancelled_caught);
    }
    ck_assert_notes("sibling on");
    ck_assert_time(brio_now(), 3);
}

static struct brio_task *aborted_by;

static enum brio_abort_result note_canceller(struct brio_task *task, void *arg)
{
    (void)task, (void)arg;
    aborted_by = brio_task_current();
    return BRIO_ABORTED;
}

static ASYNC_LEAF void wait_to_be_aborted(void);

static void wait_to_be_aborted(void)
{
    if (!brio_checkpoint_fails())
        brio_park(note_canceller, NULL);
}

ASYNC_TEST(abort_runs_in_the_canceller_and_in_nobody_for_a_deadline)
{
    CANCEL_SCOPE(s) {
        NURSERY(n) {
            SPAWN(n, wait_to_be_aborted());
            AWAIT(brio_checkpoint());
            brio_scope_cancel(s, NULL);
            ck_assert_ptr_eq(aborted_by, brio_task_current());
        }
    }
    aborted_by = brio_task_current();
    MOVE_ON_AFTER(1) {
        AWAIT(wait_to_be_aborted());
    }
    ck_assert_ptr_null(aborted_by);
}

static enum brio_abort_result note_name_of_canceller(struct brio_task *task, void *arg)
{
    (void)task, (void)arg;
    note("%s", brio_task_name(brio_task_current()));
    return BRIO_ABORTED;
}

static ASYNC_LEAF void wait_to_note_the_canceller(void);

static void wait_to_note_the_canceller(void)
{
    if (!brio_checkpoint_fails())
        brio_park(note_name_of_canceller, NULL);
}

/* The last child is what ends the daemons; its memory is still there then. */
ASYNC_TEST(abort_of_a_daemon_runs_in_the_child_that_was_the_last)
{
    NURSERY(n) {
        SPAWN(n, wait_to_note_the_canceller(), .daemon = true);
        SPAWN(n, nap(1, "child"));
    }
    NURSERY(n) {
        SPAWN(n, wait_to_note_the_canceller(), .daemon = true);
        SPAWN(n, nap(1, "child"), .name = "named");
    }
    RACE(n) {
        SPAWN(n, wait_to_note_the_canceller());
        SPAWN(n, nap(1, "child"), .name = "first");
    }
    ck_assert_notes("child leaf child named child first");
}

/* ---- an abort that acts on other scopes and nurseries, in the middle of a cancellation ---- */

struct meddler {
    struct brio_scope *cancels, *shields;
    struct brio_nursery *spawns;
};

static enum brio_abort_result meddle(struct brio_task *task, void *arg)
{
    const struct meddler *meddler = arg;

    (void)task;
    note("abort");
    if (meddler->cancels)
        brio_scope_cancel(meddler->cancels, "by an abort");
    if (meddler->shields)
        brio_scope_set_shield(meddler->shields, true);
    if (meddler->spawns)
        ck_assert_int_eq(SPAWN(meddler->spawns, wait_for_ever("late")), 0);
    return BRIO_ABORTED;
}

static ASYNC_LEAF void wait_and_meddle(struct meddler *meddler);

static void wait_and_meddle(struct meddler *meddler)
{
    if (!brio_checkpoint_fails())
        brio_park(meddle, meddler);
}

static ASYNC void wait_in_a_scope(struct brio_scope **scope, const char *name)
{
    CANCEL_SCOPE(s) {
        *scope = s;
        AWAIT(wait_for_ever(name));
    }
    note("%s:%d", name, s->cancelled_caught);
}

ASYNC_TEST(abort_may_cancel_what_the_cancellation_has_not_reached_yet)
{
    brio_test_keep_order();
    struct brio_scope *later = NULL;
    struct meddler meddler = {0};

    CANCEL_SCOPE(s) {
        NURSERY(n) {
            SPAWN(n, wait_and_meddle(&meddler));
            SPAWN(n, wait_in_a_scope(&later, "later"));
            SPAWN(n, wait_for_ever("sibling"));
            AWAIT(brio_wait_all_blocked());
            meddler.cancels = later;
            meddler.spawns = n;
            brio_scope_cancel(s, NULL);
        }
    }
    ck_assert(s->cancelled_caught);
    ck_assert_notes("abort later late sibling");
}

/* What stands behind a shield that goes up meanwhile is not reached. */
ASYNC_TEST(abort_may_raise_a_shield_in_the_way_of_the_cancellation)
{
    brio_test_keep_order();
    struct meddler meddler = {0};

    CANCEL_SCOPE(s) {
        NURSERY(n) {
            SPAWN(n, wait_and_meddle(&meddler));
            CANCEL_SCOPE(inner) {
                meddler.shields = inner;
                NURSERY(m) {
                    SPAWN(m, nap(1, "shielded"));
                    SPAWN(n, cancel_later(s, 0.5));
                    AWAIT(nap(2, "body"));
                }
            }
            ck_assert(!inner->cancelled_caught);
            AWAIT(brio_checkpoint());
            note("not reached");
        }
    }
    ck_assert(s->cancelled_caught);
    ck_assert_notes("abort shielded body");
}

static ASYNC void wait_in_a_nursery_and_meddle(struct meddler *meddler)
{
    NURSERY(n) {
        SPAWN(n, wait_and_meddle(meddler));
        SPAWN(n, wait_for_ever("inner"));
    }
}

/* From inside outwards, and back. */
ASYNC_TEST(abort_may_cancel_a_scope_around_the_one_that_is_being_cancelled)
{
    struct meddler meddler = {0};

    CANCEL_SCOPE(outer) {
        CANCEL_SCOPE(s) {
            meddler.cancels = outer;
            NURSERY(n) {
                SPAWN(n, wait_in_a_nursery_and_meddle(&meddler));
                SPAWN(n, cancel_later(s, 1));
            }
        }
        note("not reached");
    }
    ck_assert(outer->cancelled_caught);
    ck_assert_notes("abort inner");
}
