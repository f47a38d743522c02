/* Tasks seen from outside. */
#include "../support/async_test.h"

#include <string.h>

static ASYNC void identify(uint64_t *id, uint64_t *parent)
{
    *id = brio_task_id(brio_task_current());
    *parent = brio_task_parent_id(brio_task_current());
    AWAIT(brio_checkpoint());
}

ASYNC_TEST(ids_and_parents)
{
    uint64_t ids[2], parents[2], me = brio_task_id(brio_task_current());

    ck_assert_uint_gt(me, 0);
    ck_assert_uint_eq(brio_task_parent_id(brio_task_current()), 0);
    NURSERY(n) {
        SPAWN(n, identify(&ids[0], &parents[0]));
        SPAWN(n, identify(&ids[1], &parents[1]));
    }
    ck_assert_uint_ne(ids[0], ids[1]);
    ck_assert_uint_ne(ids[0], me);
    ck_assert_uint_eq(parents[0], me);
    ck_assert_uint_eq(parents[1], me);
}

PLAIN_TEST(outside_of_a_loop_there_is_no_task)
{
    ck_assert_ptr_null(brio_task_current());
    ck_assert_ptr_null(brio_task_first());
    ck_assert(!brio_stopping());
}

ASYNC_TEST(iteration_visits_parents_before_children)
{
    NURSERY(n) {
        SPAWN(n, nap(1, ""), .name = "a");
        NURSERY(inner) {
            SPAWN(inner, nap(1, ""), .name = "b");
            SPAWN(n, nap(1, ""), .name = "c");
            AWAIT(brio_wait_all_blocked());
            int count = 0;
            for (struct brio_task *task = brio_task_first(); task; task = brio_task_next(task)) {
                ck_assert_int_eq(count == 0, task == brio_task_current());
                count++;
            }
            ck_assert_int_eq(count, 4);
        }
    }
}

ASYNC_TEST(cancel_pending)
{
    CANCEL_SCOPE(s) {
        ck_assert(!brio_task_cancel_pending(brio_task_current()));
        brio_scope_cancel(s, NULL);
        ck_assert(brio_task_cancel_pending(brio_task_current()));
    }
    ck_assert(!brio_task_cancel_pending(brio_task_current()));
}

static ASYNC void ping_pong(struct brio_event *mine, struct brio_event *theirs)
{
    AWAIT(brio_event_wait(mine));
    AWAIT(brio_checkpoint());
    note("passed");
    brio_event_set(theirs);
}

ASYNC_TEST(wait_all_blocked_waits_for_chains_of_events)
{
    struct brio_event events[4] = {BRIO_EVENT_INIT};

    NURSERY(n) {
        for (int i = 0; i < 3; i++)
            SPAWN(n, ping_pong(&events[i], &events[i + 1]));
        brio_event_set(&events[0]);
        AWAIT(brio_wait_all_blocked());
        note("blocked");
    }
    ck_assert_notes("passed passed passed blocked");
}

ASYNC_TEST(wait_all_blocked_does_not_move_the_virtual_clock)
{
    NURSERY(n) {
        SPAWN(n, nap(1, "slept"));
        AWAIT(brio_wait_all_blocked());
        ck_assert_double_eq(brio_now(), 0);
        note("blocked");
    }
    ck_assert_notes("blocked slept");
}

static ASYNC void alternate(const char *name)
{
    for (int i = 0; i < 3; i++) {
        note("%s", name);
        AWAIT(brio_checkpoint());
    }
}

ASYNC_TEST(tasks_alternate_step_by_step)
{
    NURSERY(n) {
        SPAWN(n, alternate("a"));
        SPAWN(n, alternate("b"));
    }
    ck_assert_notes("a b a b a b");
}
