/* struct brio_guard: finds out where two tasks use what is made for one. */
#include "../support/async_test.h"

#include <errno.h>

static ASYNC int use(struct brio_guard *guard)
{
    int code = brio_guard_enter(guard);
    if (code != 0)
        return code;
    DEFER brio_guard_leave(guard);
    AWAIT(brio_sleep(1));
    return 0;
}

ASYNC_TEST(second_task_is_told_that_the_thing_is_busy)
{
    brio_test_keep_order();
    struct brio_guard guard = BRIO_GUARD_INIT;
    int first = 1, second = 1;

    NURSERY(n) {
        SPAWN_INTO(n, &first, use(&guard));
        SPAWN_INTO(n, &second, use(&guard));
    }
    ck_assert_int_eq(first, 0);
    ck_assert_int_eq(second, -EBUSY);
    ck_assert_int_eq(AWAIT(use(&guard)), 0);
}

ASYNC_TEST(guard_is_free_again_after_a_cancellation)
{
    struct brio_guard guard;

    brio_guard_init(&guard);
    MOVE_ON_AFTER(0.5) {
        (void)AWAIT(use(&guard));
    }
    ck_assert_int_eq(brio_guard_enter(&guard), 0);
    ck_assert_int_eq(brio_guard_enter(&guard), -EBUSY);
    ck_assert_int_eq(brio_guard_leave(&guard), 0);
    ck_assert_int_eq(brio_guard_leave(&guard), -EPERM);
}
