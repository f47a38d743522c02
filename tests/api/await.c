/* AWAIT and ASYNC functions as such; the constructs of C around them are in tests/gen/run. */
#include "../support/async_test.h"

#include <errno.h>

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
