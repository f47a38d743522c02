/* AWAIT and ASYNC functions as such; the constructs of C around them are in tests/gen/run. */
#include "../support/async_test.h"

#include <errno.h>
#include <string.h>

static ASYNC int twice(int x)
{
    return AWAIT(answer_later(0.5, x)) * 2;
}

ASYNC_TEST(await_has_the_value_of_the_call)
{
    ck_assert_int_eq(AWAIT(twice(21)), 42);
    ck_assert_time(brio_now(), 0.5);
}

ASYNC_TEST(check_macros_take_await)
{
    ck_assert(AWAIT(twice(1)) == 2);
    ck_assert_int_lt(AWAIT(twice(1)), AWAIT(twice(2)));
    ck_assert_msg(AWAIT(twice(3)) == 6, "%d", AWAIT(twice(3)));
    ck_assert_double_eq(AWAIT(twice(2)) / 8.0, 0.5);
}

ASYNC_TEST(code_between_awaits_is_not_interrupted)
{
    brio_test_keep_order();
    NURSERY(n) {
        SPAWN(n, nap(0, "child"));
        for (int i = 0; i < 1000; i++)
            note("body");
        take_notes();
        AWAIT(brio_checkpoint());
        AWAIT(brio_checkpoint());
        ck_assert_notes("child");
    }
}

static ASYNC int nest(int depth)
{
    return depth == 0 ? AWAIT(answer_later(1, 0)) : AWAIT(nest(depth - 1)) + 1;
}

ASYNC_TEST(deep_recursion_suspends_and_returns)
{
    ck_assert_int_eq(AWAIT(nest(1000)), 1000);
    ck_assert_time(brio_now(), 1);
}

static ASYNC int endless(int depth)
{
    char filler[256];

    for (size_t i = 0; i < sizeof filler; i++)
        filler[i] = (char)depth;
    return AWAIT(endless(depth + 1)) + filler[depth & 0xff];
}

ASYNC_TEST(recursion_beyond_the_stack_limit_raises_enomem)
{
    int code = 0;

    TRY {
        AWAIT(endless(0));
    } CATCH (e) {
        code = e->code;
    }
    ck_assert_int_eq(code, ENOMEM);
    ck_assert_int_eq(AWAIT(nest(10)), 10);
}

static ASYNC int fails_below(int depth, int *exits);

static ASYNC int has_an_exit(int depth, int *exits)
{
    DEFER ++*exits;
    return AWAIT(fails_below(depth - 1, exits));
}

/* Every fourth call is of a function with an exit; the frames of all fill several chunks. */
static ASYNC int fails_below(int depth, int *exits)
{
    char filler[100];

    memset(filler, depth, sizeof filler);
    if (depth == 0) {
        AWAIT(brio_sleep(1));
        RAISE(ERANGE, "at the bottom");
    }
    int below = depth % 4 ? AWAIT(fails_below(depth - 1, exits)) : AWAIT(has_an_exit(depth, exits));
    return below + filler[0];
}

/* Those without an exit are not entered again. */
ASYNC_TEST(what_fails_after_a_wait_leaves_all_calls_and_runs_the_exits_among_them)
{
    int exits = 0, code = 0;

    TRY {
        AWAIT(fails_below(40, &exits));
    } CATCH (e) {
        code = e->code;
    }
    ck_assert_int_eq(code, ERANGE);
    ck_assert_int_eq(exits, 10);
    MOVE_ON_AFTER(0.5, s) {
        AWAIT(fails_below(40, &exits));
    }
    ck_assert(s->cancelled_caught);
    ck_assert_int_eq(exits, 20);
    ck_assert_int_eq(AWAIT(nest(10)), 10);
}

static ASYNC void fills_a_struct(struct brio_scope **scope, int *value)
{
    CANCEL_SCOPE(s) {
        *scope = s;
        AWAIT(brio_checkpoint());
        *value = !s->cancel_called;
    }
}

ASYNC_TEST(pointers_to_locals_of_the_caller_stay_valid)
{
    struct brio_scope *scope;
    int value = 0;

    AWAIT(fills_a_struct(&scope, &value));
    ck_assert_int_eq(value, 1);
}

ASYNC_TEST(await_that_is_always_ready_does_not_starve_others)
{
    struct brio_event event = BRIO_EVENT_INIT;
    bool done = false;

    brio_event_set(&event);
    NURSERY(n) {
        SPAWN(n, nap(0, "other"));
        for (int i = 0; i < 10000 && !done; i++) {
            AWAIT(brio_event_wait(&event));
            done = *take_notes() != 0;
        }
    }
    ck_assert(done);
}

static char *end_of_stack(void)
{
    return brio__current->limit;
}

static ASYNC int goes_down(int levels, bool waits)
{
    char room[100];

    room[0] = (char)levels;
    if (waits)
        AWAIT(brio_checkpoint());
    return levels == 0 ? 0 : AWAIT(goes_down(levels - 1, waits)) + room[0];
}

static ASYNC void calls_across_a_border(char **ends)
{
    int sum = 0;

    ends[0] = end_of_stack();
    for (int i = 1; i < 4; i++) {
        sum += AWAIT(goes_down(4, false));
        ends[i] = end_of_stack();
    }
    ck_assert_int_eq(sum, 3 * (4 + 3 + 2 + 1));
    AWAIT(brio_sleep(1));
    ends[4] = end_of_stack();
    ck_assert_int_eq(AWAIT(goes_down(4, true)), 4 + 3 + 2 + 1);
    ck_assert_int_eq(AWAIT(goes_down(40, true)), 40 * 41 / 2);
    ck_assert_int_eq(AWAIT(goes_down(4, false)), 4 + 3 + 2 + 1);
}

/* The first task crosses in its own call; a later one has room for some of the frames below, so that the border is further down than the
 * loop, and goes down to it the second time. What the function's tasks need is remembered, until they do not cross any more. */
ASYNC_TEST(stack_that_a_loop_crosses_into_again_and_again_stays_until_the_task_waits)
{
    static bool remembered;
    bool checked = memory_is_checked(), first = !remembered && !checked;
    int crossing = 0, lowering = 0;

    remembered = true;
    for (int i = 0; i < 3; i++) {
        char *ends[5] = {NULL};
        NURSERY(n) {
            SPAWN(n, calls_across_a_border(ends));
        }
        if (checked)
            continue;
        crossing += ends[2] != ends[0];
        lowering += ends[2] != ends[0] && ends[1] == ends[0];
        ck_assert_ptr_eq(ends[3], ends[2]);
        ck_assert_ptr_eq(ends[4], ends[0]);
    }
    if (first) {
        ck_assert_int_gt(crossing, 0);
        ck_assert_int_gt(lowering, 0);
    }
}
