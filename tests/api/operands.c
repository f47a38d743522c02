/* The operands of SPAWN and its like are evaluated in the spawner, before there is a child. */
#include "async_test.h"

static struct brio_task *spawner;

static struct brio_task *who(void)
{
    return brio_task_current();
}

static ASYNC void compare(struct brio_task *task, double deadline)
{
    AWAIT(brio_checkpoint());
    note("%d %g", task == spawner, deadline);
}

static ASYNC int compare_and_say(struct brio_task *task)
{
    AWAIT(brio_checkpoint());
    brio_started();
    return task == spawner;
}

ASYNC_TEST(operands_of_spawn_run_in_the_spawner)
{
    int same = 0;
    spawner = brio_task_current();
    MOVE_ON_AT(brio_now() + 5) {
        NURSERY(n) {
            SPAWN(n, compare(who(), brio_effective_deadline() - brio_now()));
            SPAWN_INTO(n, &same, compare_and_say(who()));
            START(n, compare_and_say(brio_task_current()));
        }
    }
    ck_assert_int_eq(same, 1);
    ck_assert_notes("1 5");
}
