/* NURSERY: children end before the block does; their errors and those of the body leave as one group. */
#include "../support/async_test.h"

#include <errno.h>
#include <string.h>

ASYNC_TEST(block_waits_for_all_children)
{
    NURSERY(n) {
        SPAWN(n, nap(2, "slow"));
        SPAWN(n, nap(1, "quick"));
        note("body");
    }
    note("after");
    ck_assert_notes("body quick slow after");
    ck_assert_time(brio_now(), 2);
}

ASYNC_TEST(empty_nursery_ends)
{
    NURSERY(n) {
        (void)n;
    }
    NURSERY(n) {
        (void)n;
        AWAIT(brio_checkpoint());
    }
}

ASYNC_TEST(loop_around_an_empty_nursery_lets_others_run)
{
    int turns = 0;

    NURSERY(outer) {
        SPAWN(outer, nap(0, "other"));
        for (; turns < 10000 && !*take_notes(); turns++) {
            NURSERY(n) {
                (void)n;
            }
        }
    }
    ck_assert_int_lt(turns, 10000);
}

/* NU4: the exit is no cancellation point, but lets others run. */
ASYNC_TEST(empty_nursery_in_a_cancelled_scope_does_not_raise)
{
    CANCEL_SCOPE(s) {
        brio_scope_cancel(s, NULL);
        NURSERY(n) {
            (void)n;
        }
        note("reached");
    }
    ck_assert_notes("reached");
    ck_assert(!s->cancelled_caught);
}

static ASYNC void spawn_more(struct brio_nursery *n, int depth)
{
    note("%d", depth);
    if (depth > 0)
        SPAWN(n, spawn_more(n, depth - 1));
    AWAIT(brio_checkpoint());
}

ASYNC_TEST(children_may_spawn_siblings_while_the_body_waits)
{
    NURSERY(n) {
        SPAWN(n, spawn_more(n, 4));
    }
    ck_assert_notes("4 3 2 1 0");
}

ASYNC_TEST(child_error_cancels_siblings)
{
    const struct brio_error *error = NULL;

    TRY {
        NURSERY(n) {
            SPAWN(n, wait_for_ever("sibling"));
            SPAWN(n, fail_later(1, EIO));
        }
    } CATCH (e) {
        error = brio_error_ref(e);
    }
    ck_assert_ptr_nonnull(error);
    ck_assert_int_eq(error->code, BRIO_EGROUP);
    ck_assert_uint_eq(error->child_count, 1);
    ck_assert_int_eq(error->children[0]->code, EIO);
    ck_assert_str_eq(error->children[0]->message, "failed after 1");
    brio_error_unref(error);
    ck_assert_notes("sibling");
    ck_assert_time(brio_now(), 1);
}

ASYNC_TEST(child_error_interrupts_the_body)
{
    TRY {
        NURSERY(n) {
            SPAWN(n, fail_later(1, EIO));
            DEFER note("unwound");
            AWAIT(brio_sleep(10));
            note("not reached");
        }
    } CATCH (e) {
        note("%zu", e->child_count);
    }
    ck_assert_notes("unwound 1");
    ck_assert_time(brio_now(), 1);
}

ASYNC_TEST(body_error_cancels_children_and_leaves_in_a_group)
{
    TRY {
        NURSERY(n) {
            SPAWN(n, wait_for_ever("child"));
            AWAIT(brio_checkpoint());
            RAISE(EPERM, "body");
        }
    } CATCH (e) {
        const struct brio_error *only = brio_error_only(e);
        note("%d %zu %s", e->code == BRIO_EGROUP, e->child_count, only ? only->message : "several");
    }
    ck_assert_notes("child 1 1 body");
}

ASYNC_TEST(body_error_before_a_child_ran_still_starts_the_child)
{
    TRY {
        NURSERY(n) {
            SPAWN(n, wait_for_ever("child"));
            RAISE(EPERM, "at once");
        }
    } CATCH (e) {
        note("%zu", e->child_count);
    }
    ck_assert_notes("child 1");
}

static ASYNC void fail_when_cancelled(int code)
{
    DEFER RAISE(code, "while unwinding");
    AWAIT(brio_sleep_forever());
}

ASYNC_TEST(errors_of_several_children_are_gathered_in_order)
{
    brio_test_keep_order();
    TRY {
        NURSERY(n) {
            SPAWN(n, fail_when_cancelled(ENOENT));
            SPAWN(n, fail_later(1, EIO));
            SPAWN(n, fail_later(1, EACCES));
        }
    } CATCH (e) {
        ck_assert_uint_eq(e->child_count, 3);
        ck_assert_int_eq(e->children[0]->code, EIO);
        ck_assert(brio_error_contains(e, EACCES));
        ck_assert(brio_error_contains(e, ENOENT));
    }
    ck_assert_time(brio_now(), 1);
}

ASYNC_TEST(error_of_body_and_of_child_are_both_in_the_group)
{
    TRY {
        NURSERY(n) {
            SPAWN(n, fail_when_cancelled(ENOENT));
            AWAIT(brio_checkpoint());
            RAISE(EIO, "body");
        }
    } CATCH (e) {
        ck_assert_uint_eq(e->child_count, 2);
        ck_assert_int_eq(e->children[0]->code, EIO);
        ck_assert_int_eq(e->children[1]->code, ENOENT);
    }
}

ASYNC_TEST(nested_nurseries_give_nested_groups)
{
    TRY {
        NURSERY(outer) {
            (void)outer;
            NURSERY(inner) {
                SPAWN(inner, fail_later(1, EIO));
            }
        }
    } CATCH (e) {
        ck_assert_uint_eq(e->child_count, 1);
        ck_assert_int_eq(e->children[0]->code, BRIO_EGROUP);
        ck_assert_int_eq(e->children[0]->children[0]->code, EIO);
        ck_assert_ptr_eq(brio_error_only(e), e->children[0]->children[0]);
    }
}

ASYNC_TEST(cancelling_the_nursery_ends_it_silently)
{
    NURSERY(n) {
        SPAWN(n, wait_for_ever("child"));
        AWAIT(brio_sleep(1));
        brio_nursery_cancel(n, "enough");
        AWAIT(brio_sleep(1));
        note("not reached");
    }
    note("after");
    ck_assert_notes("child after");
    ck_assert_time(brio_now(), 1);
}

ASYNC_TEST(outer_cancellation_reaches_children_and_leaves_as_no_group)
{
    MOVE_ON_AFTER(1, s) {
        TRY {
            NURSERY(n) {
                SPAWN(n, wait_for_ever("one"));
                SPAWN(n, wait_for_ever("two"));
            }
            note("not reached");
        } CATCH (e) {
            note("caught %d", e->code);
        }
        note("not reached");
    }
    ck_assert(s->cancelled_caught);
    ck_assert_notes("one two");
}

ASYNC_TEST(cancellation_of_the_body_goes_on_though_no_child_was_cancelled)
{
    for (int children = 0; children < 2; children++) {
        CANCEL_SCOPE(s) {
            NURSERY(n) {
                if (children)
                    SPAWN(n, nap(0, "child"));
                AWAIT(brio_sleep(1));
                brio_scope_cancel(s, NULL);
                AWAIT(brio_checkpoint());
            }
            note("not reached");
        }
        ck_assert(s->cancelled_caught);
    }
    ck_assert_notes("child");
}

static ASYNC void finish_in_a_shield(double seconds)
{
    SHIELD {
        AWAIT(nap(seconds, "finished"));
    }
}

/* NU4, C30: a nursery whose children all end well is never itself the source of a cancellation. */
ASYNC_TEST(children_that_finish_in_spite_of_cancellation_let_the_block_end_well)
{
    MOVE_ON_AFTER(1, s) {
        NURSERY(n) {
            SPAWN(n, finish_in_a_shield(3));
        }
        note("went on");
    }
    ck_assert_notes("finished went on");
    ck_assert(s->cancel_called);
    ck_assert(!s->cancelled_caught);
    ck_assert_time(brio_now(), 3);
}

ASYNC_TEST(many_children_end_in_reverse)
{
    int ended = 0;

    NURSERY(n) {
        for (int i = 0; i < 20000; i++)
            SPAWN(n, answer_later(20000 - i, 0));
        AWAIT(brio_checkpoint());
        ended = 1;
    }
    ck_assert_int_eq(ended, 1);
    ck_assert_time(brio_now(), 20000);
}

ASYNC_TEST(many_children_are_cancelled_at_once)
{
    NURSERY(n) {
        for (int i = 0; i < 20000; i++)
            SPAWN(n, brio_sleep_forever());
        AWAIT(brio_checkpoint());
        brio_nursery_cancel(n, NULL);
    }
}

/* C3: the child hangs on the nursery's scope, not on the one of the spawner's block. */
ASYNC_TEST(shield_in_the_body_does_not_protect_children)
{
    MOVE_ON_AFTER(1, s) {
        NURSERY(n) {
            SHIELD {
                SPAWN(n, wait_for_ever("child"));
                AWAIT(nap(2, "body"));
            }
        }
    }
    ck_assert_notes("child body");
    ck_assert(s->cancel_called);
}

static ASYNC void nursery_inside(int depth)
{
    if (depth == 0) {
        AWAIT(wait_for_ever("leaf"));
        return;
    }
    NURSERY(n) {
        SPAWN(n, nursery_inside(depth - 1));
        SPAWN(n, nursery_inside(depth - 1));
    }
}

ASYNC_TEST(cancellation_reaches_grandchildren)
{
    MOVE_ON_AFTER(1) {
        AWAIT(nursery_inside(3));
    }
    ck_assert_notes("leaf leaf leaf leaf leaf leaf leaf leaf");
}

static ASYNC void body_and_child(void)
{
    NURSERY(n) {
        SPAWN(n, wait_for_ever("child"));
        AWAIT(wait_for_ever("body"));
        note("not reached");
    }
    note("not reached");
}

ASYNC_TEST(outer_cancellation_interrupts_bodies_of_inner_nurseries)
{
    NURSERY(n) {
        SPAWN(n, body_and_child());
        AWAIT(brio_sleep(1));
        brio_nursery_cancel(n, NULL);
    }
    const char *notes = take_notes();
    ck_assert_msg(strcmp(notes, "child body") == 0 || strcmp(notes, "body child") == 0, "%s", notes);
}

static ASYNC void swap_nurseries(struct brio_nursery *outer)
{
    NURSERY(inner) {
        (void)inner;
        SPAWN(outer, nap(5, "in outer"));
    }
    note("inner ended");
}

ASYNC_TEST(child_of_another_nursery_does_not_keep_this_one)
{
    NURSERY(n) {
        AWAIT(swap_nurseries(n));
        ck_assert_time(brio_now(), 0);
    }
    ck_assert_notes("inner ended in outer");
}

static ASYNC void spin(void)
{
    for (;;)
        AWAIT(brio_checkpoint());
}

ASYNC_TEST(child_error_ends_a_sibling_that_never_blocks)
{
    TRY {
        NURSERY(n) {
            SPAWN(n, spin());
            AWAIT(brio_checkpoint());
            SPAWN(n, fail_later(0, EIO));
            SPAWN(n, spin());
        }
    } CATCH (e, EIO) {
        note("%zu", e->child_count);
    }
    ck_assert_notes("1");
}

static ASYNC void cancel_nursery_later(struct brio_nursery *n, double seconds)
{
    AWAIT(brio_sleep(seconds));
    brio_nursery_cancel(n, "later");
}

static ASYNC void end_slowly(void)
{
    DEFER {
        SHIELD {
            AWAIT(brio_sleep(2));
        }
    }
    AWAIT(brio_sleep_forever());
}

ASYNC_TEST(nursery_cancelled_while_it_waits_goes_on_waiting)
{
    NURSERY(outer) {
        NURSERY(n) {
            SPAWN(n, end_slowly());
            SPAWN(outer, cancel_nursery_later(n, 1));
        }
        ck_assert_time(brio_now(), 3);
        note("ended well");
    }
    ck_assert_notes("ended well");
}

ASYNC_TEST(cancelling_a_nursery_whose_children_have_ended_cancels_its_body_alone)
{
    NURSERY(n) {
        SPAWN(n, nap(1, "child"));
        AWAIT(brio_sleep(2));
        brio_nursery_cancel(n, NULL);
        AWAIT(brio_checkpoint());
        note("not reached");
    }
    ck_assert_notes("child");
}

static ASYNC void open_scope(struct brio_scope **where)
{
    CANCEL_SCOPE(s) {
        *where = s;
        AWAIT(brio_sleep_forever());
    }
    note("caught %d", s->cancelled_caught);
}

ASYNC_TEST(scope_of_a_child_ends_in_that_child)
{
    struct brio_scope *inside;

    NURSERY(n) {
        SPAWN(n, open_scope(&inside));
        SPAWN(n, nap(2, "sibling"));
        AWAIT(brio_sleep(1));
        brio_scope_cancel(inside, NULL);
        AWAIT(brio_sleep(2));
        note("body");
        ck_assert(!n->scope->cancel_called);
    }
    ck_assert_notes("caught 1 sibling body");
}

static ASYNC void give_to_another(struct brio_nursery *n, uint64_t *parent)
{
    *parent = brio_task_id(brio_task_current());
    SPAWN(n, nap(1, "given"), .name = "given");
    AWAIT(brio_checkpoint());
}

ASYNC_TEST(child_belongs_to_the_nursery_and_not_to_its_spawner)
{
    uint64_t spawner = 0;

    NURSERY(n) {
        SPAWN(n, give_to_another(n, &spawner));
        AWAIT(brio_sleep(0.5));
        struct brio_task *given = brio_nursery_next_child(n, NULL);
        ck_assert_str_eq(brio_task_name(given), "given");
        ck_assert_uint_eq(brio_task_parent_id(given), brio_task_id(brio_task_current()));
        ck_assert_uint_ne(brio_task_parent_id(given), spawner);
    }
    ck_assert_notes("given");
}

/* A nursery closed under START's or SPAWN's feet: the object is still there while its block ends. */
static struct brio_nursery *ending;
static struct brio_event closed;

static ASYNC void open_and_close(void)
{
    NURSERY(n) {
        ending = n;
        SPAWN(n, brio_sleep(1));
        DEFER brio_event_set(&closed);
    }
    note("closed");
}

static ASYNC void try_when_closed(void)
{
    AWAIT(brio_event_wait(&closed));
    AWAIT(brio_sleep(0.5));
    SPAWN(ending, nap(0, "late but in time"));
}

ASYNC_TEST(nursery_takes_children_while_it_waits)
{
    brio_event_init(&closed);
    NURSERY(n) {
        SPAWN(n, open_and_close());
        SPAWN(n, try_when_closed());
    }
    ck_assert_notes("late but in time closed");
}
