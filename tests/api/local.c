/* Values that tasks inherit, and values of a loop. */
#include "../support/async_test.h"

#include <errno.h>
#include <ev.h>
#include <string.h>

static struct brio_local color = {.initial = "none"}, shape = {.initial = "none"};

static const char *color_here(void)
{
    return brio_local_get(&color);
}

static ASYNC void note_color(const char *name)
{
    AWAIT(brio_checkpoint());
    note("%s=%s", name, color_here());
}

ASYNC_TEST(value_is_initial_until_set)
{
    ck_assert_str_eq(color_here(), "none");
    ck_assert_int_eq(brio_local_set(&color, "red"), 0);
    ck_assert_str_eq(color_here(), "red");
    AWAIT(brio_sleep(1));
    ck_assert_str_eq(color_here(), "red");
    ck_assert_str_eq(brio_local_get(&shape), "none");
    ck_assert_int_eq(brio_local_set(&color, "blue"), 0);
    ck_assert_str_eq(color_here(), "blue");
}

static ASYNC void paint(const char *value)
{
    AWAIT(brio_checkpoint());
    ck_assert_int_eq(brio_local_set(&color, (void *)value), 0);
    AWAIT(brio_checkpoint());
    note("%s", color_here());
}

ASYNC_TEST(child_has_a_copy_of_its_spawners_values)
{
    ck_assert_int_eq(brio_local_set(&color, "red"), 0);
    NURSERY(n) {
        SPAWN(n, note_color("early"));
        SPAWN(n, paint("green"));
        SPAWN(n, paint("yellow"));
        ck_assert_int_eq(brio_local_set(&color, "blue"), 0);
        SPAWN(n, note_color("late"));
    }
    ck_assert_str_eq(color_here(), "blue");
    ck_assert_notes("early=red late=blue green yellow");
}

static ASYNC void spawn_elsewhere(struct brio_nursery *n)
{
    ck_assert_int_eq(brio_local_set(&color, "child"), 0);
    SPAWN(n, note_color("grandchild"));
    AWAIT(brio_checkpoint());
}

ASYNC_TEST(spawner_counts_and_not_the_nursery)
{
    ck_assert_int_eq(brio_local_set(&color, "parent"), 0);
    NURSERY(n) {
        SPAWN(n, spawn_elsewhere(n));
    }
    ck_assert_str_eq(color_here(), "parent");
    ck_assert_notes("grandchild=child");
}

static ASYNC void start_with_color(void)
{
    note("%s", color_here());
    brio_started();
    AWAIT(brio_sleep(1));
    note("%s", color_here());
}

ASYNC_TEST(started_child_inherits)
{
    NURSERY(n) {
        brio_local_set(&color, "red");
        START(n, start_with_color());
        brio_local_set(&color, "blue");
    }
    ck_assert_notes("red red");
}

ASYNC_TEST(called_function_shares_the_values_of_its_task)
{
    AWAIT(paint("red"));
    ck_assert_str_eq(color_here(), "red");
    take_notes();
}

ASYNC_TEST(pushed_value_is_undone_by_pop)
{
    brio_local_set(&color, "outer");
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(brio_local_push(&color, "inner"), 0);
        DEFER brio_local_pop(&color);
        ck_assert_str_eq(color_here(), "inner");
        brio_local_set(&color, "changed");
        AWAIT(brio_checkpoint());
        ck_assert_str_eq(color_here(), "changed");
    }
    ck_assert_str_eq(color_here(), "outer");
    ck_assert_int_eq(brio_local_pop(&color), 0);
    ck_assert_str_eq(color_here(), "none");
    ck_assert_int_eq(brio_local_pop(&color), -ENOENT);
}

static ASYNC void pop_both(void)
{
    ck_assert_int_eq(brio_local_pop(&color), 0);
    note("%s", color_here());
    ck_assert_int_eq(brio_local_pop(&color), 0);
    note("%s", color_here());
    AWAIT(brio_checkpoint());
}

ASYNC_TEST(what_a_child_pops_stays_with_its_spawner)
{
    brio_local_push(&color, "1");
    brio_local_push(&shape, "round");
    brio_local_push(&color, "2");
    NURSERY(n) {
        SPAWN(n, pop_both());
        AWAIT(brio_checkpoint());
        ck_assert_str_eq(color_here(), "2");
    }
    ck_assert_str_eq(color_here(), "2");
    ck_assert_int_eq(brio_local_pop(&shape), 0);
    ck_assert_str_eq(color_here(), "2");
    ck_assert_str_eq(brio_local_get(&shape), "none");
    ck_assert_notes("1 none");
}

/* ---- values with an owner ---- */

static int released[8];

static void count_release(void *value)
{
    ++*(int *)value;
}

static struct brio_local counted = {.release = count_release};

static ASYNC void hold_for(double seconds)
{
    AWAIT(brio_sleep(seconds));
    ck_assert_ptr_eq(brio_local_get(&counted), &released[0]);
    ck_assert_int_eq(released[0], 0);
}

ASYNC_TEST(value_is_released_when_nobody_has_it)
{
    memset(released, 0, sizeof released);
    NURSERY(n) {
        brio_local_set(&counted, &released[0]);
        SPAWN(n, hold_for(1));
        SPAWN(n, hold_for(2));
        brio_local_set(&counted, &released[1]);
        brio_local_set(&counted, &released[2]);
        ck_assert_int_eq(released[1], 1);
        brio_local_push(&counted, &released[3]);
        brio_local_pop(&counted);
        ck_assert_int_eq(released[3], 1);
        ck_assert_int_eq(released[0], 0);
    }
    ck_assert_int_eq(released[0], 1);
    ck_assert_int_eq(released[2], 0);
}

static ASYNC void change_in_the_middle(void)
{
    brio_local_set(&counted, &released[1]);
    AWAIT(brio_sleep(1));
    ck_assert_ptr_eq(brio_local_get(&counted), &released[1]);
    ck_assert_str_eq(brio_local_get(&color), "above");
    ck_assert_str_eq(brio_local_get(&shape), "below");
}

ASYNC_TEST(change_below_the_newest_leaves_what_others_see)
{
    memset(released, 0, sizeof released);
    brio_local_set(&shape, "below");
    brio_local_set(&counted, &released[0]);
    brio_local_set(&color, "above");
    NURSERY(n) {
        SPAWN(n, change_in_the_middle());
        AWAIT(brio_sleep(0.5));
        ck_assert_ptr_eq(brio_local_get(&counted), &released[0]);
        brio_local_set(&counted, &released[2]);
        ck_assert_int_eq(released[0], 1);
        ck_assert_str_eq(brio_local_get(&shape), "below");
    }
    ck_assert_int_eq(released[1], 1);
    ck_assert_int_eq(released[2], 0);
}

static ASYNC void die_with_a_value(void)
{
    brio_local_set(&counted, &released[0]);
    AWAIT(brio_sleep_forever());
}

ASYNC_TEST(cancelled_task_releases_its_values)
{
    memset(released, 0, sizeof released);
    NURSERY(n) {
        SPAWN(n, die_with_a_value());
        AWAIT(brio_sleep(1));
        brio_nursery_cancel(n, NULL);
    }
    ck_assert_int_eq(released[0], 1);
}

ASYNC_TEST(many_sets_keep_memory_bounded)
{
    size_t before = 0;

    for (int i = 0; i < 1000; i++) {
        NURSERY(n) {
            brio_local_set(&color, i & 1 ? "a" : "b");
            brio_local_set(&shape, "c");
            SPAWN(n, brio_checkpoint());
            brio_local_set(&color, "d");
        }
        if (i == 10)
            before = allocations_living();
    }
    ck_assert_uint_eq(allocations_living(), before);
}

/* ---- outside of tasks ---- */

PLAIN_TEST(outside_of_a_task_there_are_initial_values)
{
    ck_assert_str_eq(color_here(), "none");
    ck_assert_int_eq(brio_local_set(&color, "x"), -BRIO_ENOTRUNNING);
    ck_assert_int_eq(brio_local_push(&color, "x"), -BRIO_ENOTRUNNING);
    ck_assert_int_eq(brio_local_pop(&color), -BRIO_ENOTRUNNING);
    ck_assert_str_eq(brio_loop_local_get(&color), "none");
    ck_assert_int_eq(brio_loop_local_set(&color, "x"), -BRIO_ENOTRUNNING);
}

static struct brio_nursery *nursery;

static void spawn_from_callback(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)loop, (void)timer, (void)events;
    note("%s", color_here());
    ck_assert_str_eq(brio_loop_local_get(&shape), "of the loop");
    ck_assert_int_eq(SPAWN(nursery, note_color("spawned")), 0);
}

static ASYNC void wait_for_callback(void)
{
    brio_local_set(&color, "red");
    brio_loop_local_set(&shape, "of the loop");
    NURSERY(n) {
        nursery = n;
        AWAIT(brio_sleep(0.01));
    }
}

PLAIN_TEST(child_of_a_callback_has_the_values_of_the_nurserys_task)
{
    struct ev_loop *loop = ev_loop_new(EVFLAG_AUTO);
    struct brio_options options = {.loop = loop};
    ev_timer timer;

    ev_timer_init(&timer, spawn_from_callback, 0.001, 0);
    ev_timer_start(loop, &timer);
    ck_assert_int_eq(RUN(&options, wait_for_callback()), 0);
    ev_loop_destroy(loop);
    ck_assert_notes("none spawned=red");
}

/* ---- of a loop ---- */

static ASYNC void set_loop_color(const char *value)
{
    ck_assert_int_eq(brio_loop_local_set(&color, (void *)value), 0);
    AWAIT(brio_checkpoint());
}

ASYNC_TEST(all_tasks_of_a_loop_see_its_values)
{
    ck_assert_str_eq(brio_loop_local_get(&color), "none");
    NURSERY(n) {
        SPAWN(n, set_loop_color("child's"));
    }
    ck_assert_str_eq(brio_loop_local_get(&color), "child's");
    ck_assert_str_eq(color_here(), "none");
}

static ASYNC void look_at_loop_color(void)
{
    note("%s", (const char *)brio_loop_local_get(&color));
    brio_loop_local_set(&color, "set");
    brio_loop_local_set(&counted, &released[0]);
    brio_loop_local_set(&counted, &released[1]);
    ck_assert_int_eq(released[0], 1);
    AWAIT(brio_checkpoint());
}

PLAIN_TEST(values_of_a_loop_end_with_it)
{
    memset(released, 0, sizeof released);
    for (int i = 1; i < 4; i++) {
        released[0] = 0;
        ck_assert_int_eq(RUN(&async_test_options, look_at_loop_color()), 0);
        ck_assert_int_eq(released[1], i);
    }
    ck_assert_notes("none none none");
}

/* ---- without memory ---- */

static ASYNC void use_locals(int *code)
{
    if ((*code = brio_local_set(&shape, "1")) != 0)
        return;
    if ((*code = brio_local_push(&color, "2")) != 0)
        return;
    NURSERY(n) {
        SPAWN(n, note_color("child"));
        if ((*code = brio_local_set(&shape, "3")) != 0)
            return;
        if ((*code = brio_loop_local_set(&shape, "4")) != 0)
            return;
        ck_assert_str_eq(color_here(), "2");
        if ((*code = brio_local_pop(&shape)) != 0)
            return;
    }
    ck_assert_str_eq(brio_local_get(&shape), "none");
    ck_assert_str_eq(color_here(), "2");
}

PLAIN_TEST(locals_without_memory)
{
    for (long k = 0;; k++) {
        const struct brio_error *error = NULL;
        int code = 0;
        async_test_options.error = &error;
        fail_allocation(k);
        int outcome = RUN(&async_test_options, use_locals(&code));
        bool failed = allocation_has_failed();
        fail_allocation(-1);
        ck_assert(code == 0 || code == -ENOMEM);
        ck_assert(outcome == 0 || brio_error_contains(error, ENOMEM));
        brio_error_unref(error);
        take_notes();
        if (!failed)
            break;
    }
}
