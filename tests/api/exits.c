/* Every way out of nested blocks: children are joined, each exit runs once and in order, also when an exit itself waits or fails. */
#include "../support/async_test.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum way { FALL, RETURN, BREAK, CONTINUE, GOTO_FORWARD, GOTO_BACKWARD, ERROR, FAILING_AWAIT, CANCELLATION, WAYS };

static const char *const way_names[] = {
    "fall", "return", "break", "continue", "goto forward", "goto backward", "error", "failing await", "cancellation",
};

static int living;

static ASYNC void child(double seconds)
{
    living++;
    DEFER living--;
    AWAIT(brio_sleep(seconds));
}

static ASYNC int fail_now(void)
{
    AWAIT(brio_checkpoint());
    RAISE(EIO, "failing await");
    return 0;
}

/* What the innermost block does; the outcomes that leave it by themselves are spelt out there. */
static ASYNC void do_raise(enum way way, struct brio_scope *scope)
{
    if (way == ERROR)
        RAISE(EIO, "error");
    if (way == FAILING_AWAIT)
        AWAIT(fail_now());
    if (way == CANCELLATION) {
        brio_scope_cancel(scope, "way");
        AWAIT(brio_sleep_forever());
    }
}

static int evaluated(const char *what, int value)
{
    note("%s", what);
    return value;
}

/* Three nurseries, each with a DEFER before and after it is opened. Each DEFER waits when `slow` is set. */
static ASYNC int leave(enum way way, bool slow, struct brio_scope *scope)
{
    int turns = 0;

again:
    note("enter");
    for (; turns < 2; note("step")) {
        turns++;
        NURSERY(a) {
            DEFER {
                if (slow)
                    AWAIT(brio_sleep(0.25));
                note("a");
            }
            SPAWN(a, child(3));
            NURSERY(b) {
                DEFER {
                    if (slow)
                        AWAIT(brio_sleep(0.25));
                    note("b");
                }
                SPAWN(b, child(2));
                NURSERY(c) {
                    DEFER {
                        if (slow)
                            AWAIT(brio_sleep(0.25));
                        note("c");
                    }
                    SPAWN(c, child(1));
                    AWAIT(brio_sleep(0.5));
                    ck_assert_int_eq(living, 3);
                    if (turns == 1) {
                        if (way == RETURN)
                            return evaluated("value", 42);
                        if (way == BREAK)
                            break;
                        if (way == CONTINUE)
                            continue;
                        if (way == GOTO_FORWARD)
                            goto out;
                        if (way == GOTO_BACKWARD)
                            goto again;
                        AWAIT(do_raise(way, scope));
                    }
                    note("end");
                }
                ck_assert_int_eq(living, 2);
                note("after c");
            }
            ck_assert_int_eq(living, 1);
            note("after b");
        }
        ck_assert_int_eq(living, 0);
        note("after a");
        if (way == FALL)
            break;
    }
    return -1;
out:
    note("out");
    return -2;
}

static const char *const whole_turn = "end c after c b after b a after a";

static const char *expected_of(enum way way)
{
    static char text[512];

    switch (way) {
    case FALL:
        snprintf(text, sizeof text, "enter %s value -1", whole_turn);
        break;
    case RETURN:
        return "enter value c b a value 42";
    case BREAK:
        return "enter c b a value -1";
    case CONTINUE:
        snprintf(text, sizeof text, "enter c b a step %s step value -1", whole_turn);
        break;
    case GOTO_FORWARD:
        return "enter c b a out value -2";
    case GOTO_BACKWARD:
        snprintf(text, sizeof text, "enter c b a enter %s step value -1", whole_turn);
        break;
    case ERROR:
    case FAILING_AWAIT:
        return "enter c b a caught";
    case CANCELLATION:
        return "enter c b a cancelled";
    case WAYS:
        break;
    }
    return text;
}

static ASYNC void leave_and_note(enum way way, bool slow)
{
    CANCEL_SCOPE(s) {
        TRY {
            note("value %d", AWAIT(leave(way, slow, s)));
        } CATCH (e, EIO) {
            ck_assert_int_eq(brio_error_only(e)->code, EIO);
            note("caught");
        }
    }
    if (s->cancelled_caught)
        note("cancelled");
    ck_assert_int_eq(living, 0);
}

ASYNC_TEST(every_way_out_of_three_nurseries)
{
    brio_test_keep_order();
    living = 0;
    for (enum way way = 0; way < WAYS; way++) {
        AWAIT(leave_and_note(way, false));
        const char *actual = take_notes();
        ck_assert_msg(strcmp(actual, expected_of(way)) == 0, "%s: %s, not %s", way_names[way], actual, expected_of(way));
    }
}

ASYNC_TEST(every_way_out_with_exits_that_wait)
{
    brio_test_keep_order();
    living = 0;
    for (enum way way = 0; way < WAYS; way++) {
        if (way == CANCELLATION)
            continue; /* there the waits in DEFER are cancelled as well: the next test */
        AWAIT(leave_and_note(way, true));
        const char *actual = take_notes();
        ck_assert_msg(strcmp(actual, expected_of(way)) == 0, "%s: %s, not %s", way_names[way], actual, expected_of(way));
    }
}

ASYNC_TEST(cancellation_cuts_exits_that_wait_short)
{
    living = 0;
    AWAIT(leave_and_note(CANCELLATION, true));
    ck_assert_notes("enter cancelled");
    ck_assert_time(brio_now(), 0.5);
}

/* How long each way waits: leaving by return, break, continue or goto waits for the children and does not cancel them. */
ASYNC_TEST(jumps_wait_for_children_and_errors_cancel_them)
{
    double start = brio_now();

    AWAIT(leave_and_note(RETURN, false));
    ck_assert_time(brio_now() - start, 3);
    start = brio_now();
    AWAIT(leave_and_note(BREAK, false));
    ck_assert_time(brio_now() - start, 3);
    start = brio_now();
    AWAIT(leave_and_note(ERROR, false));
    ck_assert_time(brio_now() - start, 0.5);
    take_notes();
}

/* ---- a child fails, or the outside cancels, while a jump waits in the join ---- */

static ASYNC int return_over_a_failing_child(void)
{
    NURSERY(n) {
        SPAWN(n, fail_later(2, EIO));
        SPAWN(n, wait_for_ever("sibling"));
        DEFER note("deferred");
        return 1;
    }
    return 2;
}

ASYNC_TEST(child_that_fails_during_the_join_turns_a_return_into_an_error)
{
    TRY {
        AWAIT(return_over_a_failing_child());
        note("not reached");
    } CATCH (e, EIO) {
        note("caught");
    }
    ck_assert_notes("deferred sibling caught");
    ck_assert_time(brio_now(), 2);
}

static ASYNC int return_and_wait(void)
{
    NURSERY(n) {
        SPAWN(n, wait_for_ever("child"));
        return 1;
    }
    return 2;
}

ASYNC_TEST(cancellation_during_the_join_of_a_return_unwinds)
{
    MOVE_ON_AFTER(1, s) {
        note("%d", AWAIT(return_and_wait()));
        note("not reached");
    }
    ck_assert(s->cancelled_caught);
    ck_assert_notes("child");
}

static ASYNC int return_and_wait_for_a_stubborn_child(void)
{
    NURSERY(n) {
        SPAWN(n, brio_sleep(0.5));
        return 1;
    }
    return 2;
}

ASYNC_TEST(cancelled_scope_around_a_return_that_meets_no_checkpoint_keeps_the_value)
{
    MOVE_ON_AFTER(1, s) {
        note("%d", AWAIT(return_and_wait_for_a_stubborn_child()));
    }
    ck_assert(!s->cancel_called);
    ck_assert_notes("1");
}

/* ---- an exit that fails ---- */

static ASYNC int failing_exits(enum way way, struct brio_scope *scope)
{
    for (int i = 0; i < 2; i++) {
        DEFER note("loop");
        NURSERY(n) {
            SPAWN(n, wait_for_ever("child"));
            AWAIT(brio_checkpoint());
            DEFER note("inner");
            DEFER RAISE(EACCES, "exit failed");
            if (way == RETURN)
                return 42;
            if (way == BREAK)
                break;
            if (way == CONTINUE)
                continue;
            if (way == GOTO_FORWARD)
                goto out;
            AWAIT(do_raise(way, scope));
        }
    }
out:
    return -1;
}

ASYNC_TEST(exit_that_fails_takes_over_every_way)
{
    brio_test_keep_order();
    for (enum way way = 0; way < WAYS; way++) {
        if (way == GOTO_BACKWARD)
            continue;
        CANCEL_SCOPE(s) {
            TRY {
                AWAIT(failing_exits(way, s));
                note("not reached");
            } CATCH (e, EACCES) {
                const struct brio_error *leaf = brio_error_only(e);
                ck_assert_ptr_nonnull(leaf);
                ck_assert_int_eq(leaf->cause != NULL, way == ERROR || way == FAILING_AWAIT);
                note("caught");
            }
        }
        const char *actual = take_notes();
        ck_assert_msg(strcmp(actual, "inner child loop caught") == 0, "%s: %s", way_names[way], actual);
    }
}

/* ---- scopes, TRY and HOLD between the nurseries ---- */

static ASYNC int through_everything(enum way way, struct brio_lock *lock, struct brio_scope *scope)
{
    for (int i = 0; i < 1; i++) {
        DEFER note("1");
        TRY {
            NURSERY(n) {
                SPAWN(n, child(1));
                HOLD(lock) {
                    MOVE_ON_AFTER(10, s) {
                        SHIELD {
                            TRY {
                                DEFER note("2");
                                AWAIT(brio_sleep(0.1));
                                if (way == RETURN)
                                    return 42;
                                if (way == BREAK)
                                    break;
                                if (way == CONTINUE)
                                    continue;
                                if (way == GOTO_FORWARD)
                                    goto out;
                            } FINALLY {
                                note("3");
                            }
                        }
                        AWAIT(do_raise(way, scope));
                    }
                    note("end of lock");
                }
            }
            note("joined");
        } CATCH (e, ENOENT) {
            note("not reached");
        } FINALLY {
            note("4 %d", brio_lock_is_locked(lock));
        }
    }
    return 1;
out:
    return 2;
}

ASYNC_TEST(every_way_through_all_kinds_of_blocks)
{
    brio_test_keep_order();
    static const char *const expected[WAYS] = {
        [FALL] = "2 3 end of lock joined 4 0 1 value 1", [RETURN] = "2 3 4 0 1 value 42", [BREAK] = "2 3 4 0 1 value 1",
        [CONTINUE] = "2 3 4 0 1 value 1", [GOTO_FORWARD] = "2 3 4 0 1 value 2", [ERROR] = "2 3 4 0 1 caught",
        [FAILING_AWAIT] = "2 3 4 0 1 caught", [CANCELLATION] = "2 3 4 0 1 cancelled",
    };
    struct brio_lock lock = BRIO_LOCK_INIT;

    living = 0;
    for (enum way way = 0; way < WAYS; way++) {
        if (!expected[way])
            continue;
        CANCEL_SCOPE(s) {
            TRY {
                note("value %d", AWAIT(through_everything(way, &lock, s)));
            } CATCH (e, EIO) {
                note("caught");
            }
        }
        if (s->cancelled_caught)
            note("cancelled");
        const char *actual = take_notes();
        ck_assert_msg(strcmp(actual, expected[way]) == 0, "%s: %s, not %s", way_names[way], actual, expected[way]);
        ck_assert_int_eq(living, 0);
    }
}

/* ---- a switch between the loop and the block: break leaves the switch alone ---- */

ASYNC_TEST(break_of_a_switch_inside_a_block_stays_inside)
{
    NURSERY(n) {
        SPAWN(n, nap(1, "child"));
        switch (1) {
        case 1:
            AWAIT(brio_checkpoint());
            break;
        }
        note("still inside");
    }
    ck_assert_notes("still inside child");
}

ASYNC_TEST(break_of_a_block_inside_a_switch_leaves_the_switch)
{
    for (int i = 0; i < 2; i++) {
        switch (i) {
        case 0:
            NURSERY(n) {
                SPAWN(n, nap(1, "child"));
                break;
            }
            note("not reached");
            break;
        case 1:
            CANCEL_SCOPE(s) {
                (void)s;
                continue;
            }
        }
        note("after the switch");
    }
    ck_assert_notes("child after the switch");
}

ASYNC_TEST(loops_inside_a_block_keep_their_break_and_continue)
{
    NURSERY(n) {
        DEFER note("deferred");
        for (int i = 0; i < 5; i++) {
            if (i == 1)
                continue;
            if (i == 3)
                break;
            SPAWN(n, nap(i + 1, "child"));
            AWAIT(brio_checkpoint());
            note("%d", i);
        }
        note("end");
    }
    ck_assert_notes("0 2 end deferred child child");
}

struct large {
    long items[16];
};

static ASYNC struct large return_a_struct(void)
{
    struct large large = {{1, 2, [15] = 16}};

    NURSERY(n) {
        SPAWN(n, brio_sleep(1));
        DEFER large.items[0] = 100;
        return large;
    }
    return (struct large){{0}};
}

ASYNC_TEST(returned_struct_is_kept_across_the_join)
{
    struct large large = AWAIT(return_a_struct());

    ck_assert_int_eq(large.items[0], 1);
    ck_assert_int_eq(large.items[15], 16);
}
