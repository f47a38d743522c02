/* Tasks seen from outside. */
#include "../support/async_test.h"

#include <errno.h>
#include <math.h>
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

/* ---- the tree, from any place in it ---- */

static struct brio_task *find_task(const char *name)
{
    for (struct brio_task *task = brio_task_first(); task; task = brio_task_next(task))
        if (strcmp(brio_task_name(task), name) == 0)
            return task;
    return NULL;
}

ASYNC_TEST(tree_can_be_walked_in_both_directions)
{
    struct brio_task *root = brio_task_current();

    ck_assert_ptr_null(brio_task_parent(root));
    ck_assert_ptr_null(brio_task_nursery(root));
    ck_assert_ptr_null(brio_task_next_nursery(root, NULL));
    NURSERY(outer) {
        SPAWN(outer, nap(1, ""), .name = "a");
        NURSERY(inner) {
            SPAWN(inner, nap(1, ""), .name = "b");
            SPAWN(inner, nap(1, ""), .name = "c");
            CANCEL_SCOPE() {
                ck_assert_ptr_eq(brio_task_next_nursery(root, NULL), outer);
                ck_assert_ptr_eq(brio_task_next_nursery(root, outer), inner);
                ck_assert_ptr_null(brio_task_next_nursery(root, inner));
            }
            ck_assert_ptr_eq(brio_nursery_task(inner), root);
            struct brio_task *b = brio_nursery_next_child(inner, NULL);
            struct brio_task *c = brio_nursery_next_child(inner, b);
            ck_assert_str_eq(brio_task_name(b), "b");
            ck_assert_str_eq(brio_task_name(c), "c");
            ck_assert_ptr_null(brio_nursery_next_child(inner, c));
            ck_assert_ptr_eq(brio_task_parent(c), root);
            ck_assert_ptr_eq(brio_task_nursery(c), inner);
            ck_assert_ptr_null(brio_task_eventual_nursery(c));
        }
        ck_assert_ptr_null(brio_task_next_nursery(root, outer));
    }
    ck_assert_ptr_null(brio_task_next_nursery(root, NULL));
    take_notes();
}

static ASYNC void fail_in_nurseries(void)
{
    NURSERY(a) {
        NURSERY(b) {
            SPAWN(b, fail_later(1, EIO));
        }
        SPAWN(a, nap(1, ""));
    }
}

ASYNC_TEST(nurseries_are_gone_after_an_error)
{
    TRY {
        AWAIT(fail_in_nurseries());
    } CATCH (e, EIO) {
        ck_assert_ptr_null(brio_task_next_nursery(brio_task_current(), NULL));
        note("caught");
    }
    ck_assert_notes("caught");
}

static ASYNC void start_late(void)
{
    AWAIT(brio_sleep(1));
    brio_started();
    AWAIT(brio_sleep(1));
}

static ASYNC void start_child(struct brio_nursery *n)
{
    START(n, start_late(), .name = "started");
}

ASYNC_TEST(started_child_moves_in_the_tree)
{
    struct brio_task *root = brio_task_current();

    NURSERY(target) {
        SPAWN(target, start_child(target), .name = "starter");
        AWAIT(brio_sleep(0.5));
        struct brio_task *child = find_task("started");
        ck_assert_ptr_eq(brio_task_parent(child), find_task("starter"));
        ck_assert_ptr_null(brio_task_nursery(child));
        ck_assert_ptr_eq(brio_task_eventual_nursery(child), target);
        ck_assert_ptr_null(brio_task_next_nursery(find_task("starter"), NULL));
        AWAIT(brio_sleep(1));
        ck_assert_ptr_eq(brio_task_parent(child), root);
        ck_assert_ptr_eq(brio_task_nursery(child), target);
        ck_assert_ptr_null(brio_task_eventual_nursery(child));
    }
}

/* ---- states, and where a task is ---- */

static ASYNC void inner(struct brio_event *event)
{
    AWAIT(brio_event_wait(event));
}

static ASYNC void outer(struct brio_event *event)
{
    AWAIT(inner(event));
}

ASYNC_TEST(await_chain_is_readable)
{
    struct brio_event event = BRIO_EVENT_INIT;
    struct brio_await awaits[3];

    NURSERY(n) {
        SPAWN(n, outer(&event), .name = "waiter");
        struct brio_task *waiter = find_task("waiter");
        ck_assert_uint_eq(brio_task_awaits(waiter, awaits, 3), 1);
        ck_assert_str_eq(awaits[0].function, "outer");
        ck_assert_ptr_null(awaits[0].callee);
        AWAIT(brio_wait_all_blocked());
        ck_assert_uint_eq(brio_task_awaits(waiter, NULL, 0), 2);
        ck_assert_uint_eq(brio_task_awaits(waiter, awaits, 3), 2);
        ck_assert_str_eq(awaits[0].function, "inner");
        ck_assert_str_eq(awaits[0].callee, "brio_event_wait");
        ck_assert_ptr_nonnull(strstr(awaits[0].file, "task.c"));
        ck_assert_str_eq(awaits[1].function, "outer");
        ck_assert_str_eq(awaits[1].callee, "inner");
        ck_assert_uint_gt(awaits[1].line, awaits[0].line);
        brio_event_set(&event);
    }
}

ASYNC_TEST(states)
{
    struct brio_event event = BRIO_EVENT_INIT;

    NURSERY(n) {
        SPAWN(n, brio_sleep(1), .name = "sleeper");
        SPAWN(n, inner(&event), .name = "waiter");
        ck_assert_int_eq(brio_task_state(find_task("waiter")), BRIO_TASK_READY);
        ck_assert_int_eq(brio_task_state(brio_task_current()), BRIO_TASK_RUNNING);
        AWAIT(brio_wait_all_blocked());
        ck_assert_int_eq(brio_task_state(find_task("waiter")), BRIO_TASK_BLOCKED);
        ck_assert_int_eq(brio_task_state(find_task("sleeper")), BRIO_TASK_ASLEEP);
        brio_event_set(&event);
        ck_assert_int_eq(brio_task_state(find_task("waiter")), BRIO_TASK_READY);
    }
}

/* ---- statistics ---- */

ASYNC_TEST(statistics_count)
{
    struct brio_statistics before, now;

    ck_assert_int_eq(brio_statistics(&before), 0);
    ck_assert_uint_eq(before.tasks_living, 1);
    ck_assert_uint_eq(before.tasks_ready, 0);
    ck_assert_uint_eq(before.timers, 0);
    ck_assert(isinf(before.seconds_to_next_timer));
    NURSERY(n) {
        for (int i = 1; i <= 10; i++)
            SPAWN(n, brio_sleep(i));
        SPAWN(n, nap(0, ""));
        ck_assert_int_eq(brio_statistics(&now), 0);
        ck_assert_uint_eq(now.tasks_living, 12);
        ck_assert_uint_eq(now.tasks_ready, 1); /* sleeps that are spawned sleep at once */
        AWAIT(brio_wait_all_blocked());
        FAIL_AFTER(0.5) {
            brio_statistics(&now);
            ck_assert_uint_eq(now.timers, 11);
            ck_assert_time(now.seconds_to_next_timer, 0.5);
        }
        brio_statistics(&now);
        ck_assert_uint_eq(now.tasks_living, 11);
        ck_assert_uint_eq(now.tasks_spawned, before.tasks_spawned + 11);
        ck_assert_time(now.seconds_to_next_timer, 1);
        ck_assert_int_eq(brio_clock_advance(1.5), 0);
        brio_statistics(&now);
        ck_assert_time(now.seconds_to_next_timer, -0.5);
        ck_assert_uint_gt(now.memory_in_use, before.memory_in_use);
        ck_assert_uint_ge(now.memory_reserved, now.memory_in_use);
    }
    brio_statistics(&now);
    ck_assert_uint_eq(now.tasks_living, 1);
    ck_assert_uint_eq(now.timers, 0);
    take_notes();
}

static ASYNC void sleep_with_room(long *sum)
{
    char room[1700];

    room[0] = (char)*sum;
    AWAIT(brio_sleep_forever());
    *sum += room[0];
}

ASYNC_TEST(memory_of_many_tasks_is_little_more_than_they_need)
{
    struct brio_statistics now;
    long sum = 0;

    NURSERY(n) {
        for (int i = 0; i < 50; i++) {
            for (int k = 0; k < 500; k++)
                SPAWN(n, sleep_with_room(&sum));
            ck_assert_int_eq(brio_statistics(&now), 0);
            if (now.memory_reserved == now.memory_in_use)
                break; /* a memory checker watches: each has an allocation of its own */
            ck_assert_uint_le(now.memory_reserved, now.memory_in_use + now.memory_in_use / 5 + 131072);
        }
        brio_nursery_cancel(n, NULL);
    }
}

PLAIN_TEST(statistics_need_a_loop)
{
    struct brio_statistics statistics;

    ck_assert_int_eq(brio_statistics(&statistics), -BRIO_ENOTRUNNING);
}

ASYNC_TEST(wait_all_blocked_in_a_scope_that_cancelled_itself_is_cancelled)
{
    CANCEL_SCOPE(s) {
        brio_scope_cancel(s, NULL);
        AWAIT(brio_wait_all_blocked());
        note("not reached");
    }
    ck_assert(s->cancelled_caught);
    AWAIT(brio_wait_all_blocked());
    ck_assert_notes("");
}
