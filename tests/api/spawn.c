/* SPAWN, SPAWN_INTO, their options, and spawning from plain code. */
#include "../support/async_test.h"

#include <errno.h>
#include <ev.h>

static int counted;

static int count(void)
{
    return ++counted;
}

static ASYNC void note_number(int number)
{
    note("%d", number);
    AWAIT(brio_checkpoint());
}

ASYNC_TEST(arguments_are_evaluated_at_once_and_the_body_runs_later)
{
    counted = 0;
    NURSERY(n) {
        int local = 10;
        SPAWN(n, note_number(count()));
        SPAWN(n, note_number(local));
        local = 20;
        note("body %d", counted);
    }
    ck_assert_notes("body 1 1 10");
}

ASYNC_TEST(children_start_in_the_order_of_spawning)
{
    NURSERY(n) {
        for (int i = 0; i < 5; i++)
            SPAWN(n, note_number(i));
    }
    ck_assert_notes("0 1 2 3 4");
}

static ASYNC int add(int a, int b)
{
    AWAIT(brio_sleep(0.5));
    return a + b;
}

ASYNC_TEST(arguments_may_await)
{
    int sum = 0;

    NURSERY(n) {
        SPAWN_INTO(n, &sum, add(AWAIT(add(1, 2)), AWAIT(add(3, 4))));
        ck_assert_time(brio_now(), 1);
    }
    ck_assert_int_eq(sum, 10);
}

struct large {
    int items[30];
};

static ASYNC struct large make_large(int x)
{
    struct large large = {{[29] = x}};

    AWAIT(brio_sleep(x));
    return large;
}

static ASYNC double half(double x)
{
    AWAIT(brio_checkpoint());
    return x / 2;
}

static ASYNC bool immediately(bool waits)
{
    if (waits)
        AWAIT(brio_checkpoint());
    return true;
}

ASYNC_TEST(spawn_into_stores_values_of_any_type)
{
    struct large a = {{0}}, b = {{0}};
    double d = 0;
    bool flag = false;
    int array[3] = {0};

    NURSERY(n) {
        SPAWN_INTO(n, &a, make_large(1));
        SPAWN_INTO(n, &b, make_large(2));
        SPAWN_INTO(n, &d, half(3));
        SPAWN_INTO(n, &flag, immediately(false));
        for (int i = 0; i < 3; i++)
            SPAWN_INTO(n, &array[i], add(i, 100));
    }
    ck_assert_int_eq(a.items[29], 1);
    ck_assert_int_eq(b.items[29], 2);
    ck_assert_double_eq(d, 1.5);
    ck_assert(flag);
    ck_assert_int_eq(array[0] + array[1] + array[2], 303);
}

ASYNC_TEST(result_of_a_failed_child_is_left_alone)
{
    int value = -7;

    NURSERY(n) {
        SPAWN_INTO(n, &value, answer_later(5, 1));
        AWAIT(brio_sleep(1));
        brio_nursery_cancel(n, NULL);
    }
    ck_assert_int_eq(value, -7);
}

ASYNC_TEST(value_is_dropped_by_spawn)
{
    NURSERY(n) {
        SPAWN(n, answer_later(1, 5));
        SPAWN(n, make_large(1));
    }
}

ASYNC_TEST(library_waits_can_be_spawned)
{
    struct brio_event event = BRIO_EVENT_INIT;

    NURSERY(n) {
        SPAWN(n, brio_sleep(3));
        SPAWN(n, brio_event_wait(&event));
        SPAWN(n, brio_checkpoint());
        AWAIT(brio_sleep(1));
        brio_event_set(&event);
    }
    ck_assert_time(brio_now(), 3);
}

static ASYNC void through_pointer(ASYNC void (*f)(double, const char *), struct brio_nursery *n)
{
    SPAWN(n, f(1, "pointer"));
    AWAIT(brio_checkpoint());
}

ASYNC_TEST(function_pointers_can_be_spawned)
{
    NURSERY(n) {
        AWAIT(through_pointer(nap, n));
    }
    ck_assert_notes("pointer");
}


static struct brio_nursery *closing;

/* The nursery's storage is still there, and it has closed: the last child has ended. */
static ASYNC void spawn_too_late(void)
{
    int code = 0;

    TRY {
        SPAWN(closing, nap(0, "never"));
    } CATCH (e, BRIO_ECLOSED) {
        code = e->code;
    }
    note("%d", code == BRIO_ECLOSED);
}

static ASYNC void run_to_a_checkpoint(const char *name)
{
    note("%s", name);
    AWAIT(brio_checkpoint());
    note("not reached");
}

static ASYNC void spawn_a_sibling(struct brio_nursery *n)
{
    SPAWN(n, run_to_a_checkpoint("sibling"));
    AWAIT(brio_checkpoint());
    note("not reached");
}

ASYNC_TEST(spawn_into_a_cancelled_nursery_runs_to_the_first_checkpoint)
{
    NURSERY(n) {
        brio_nursery_cancel(n, NULL);
        SPAWN(n, run_to_a_checkpoint("child"));
        SPAWN(n, spawn_a_sibling(n));
    }
    ck_assert_notes("child sibling");
}

ASYNC_TEST(spawn_while_the_block_waits_is_fine)
{
    NURSERY(n) {
        SPAWN(n, spawn_too_late()); /* not too late at all: this child keeps it open */
        closing = n;
    }
    ck_assert_notes("0 never");
}

ASYNC_TEST(name_is_the_functions_or_the_one_given)
{
    NURSERY(n) {
        SPAWN(n, nap(1, ""));
        SPAWN(n, nap(1, ""), .name = "given");
        AWAIT(brio_checkpoint());
        for (struct brio_task *task = brio_task_first(); task; task = brio_task_next(task))
            if (task != brio_task_current())
                note("%s", brio_task_name(task));
        ck_assert_notes("nap given");
    }
}

/* ---- from plain code ---- */

static struct brio_nursery *target;

static void from_callback(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)loop, (void)timer, (void)events;
    note("callback %d", SPAWN(target, nap(0, "spawned")));
}

static ASYNC void host(struct ev_loop *loop)
{
    ev_timer timer;

    NURSERY(n) {
        target = n;
        ev_timer_init(&timer, from_callback, 0.01, 0);
        ev_timer_start(loop, &timer);
        DEFER ev_timer_stop(loop, &timer);
        AWAIT(brio_sleep(0.1));
    }
}

PLAIN_TEST(spawn_in_a_watcher_callback_starts_a_child)
{
    struct ev_loop *loop = ev_loop_new(EVFLAG_AUTO);
    struct brio_options options = {.loop = loop};

    ck_assert_int_eq(RUN(&options, host(loop)), 0);
    ev_loop_destroy(loop);
    ck_assert_notes("callback 0 spawned");
}

static int spawn_plain(struct brio_nursery *n, int *into)
{
    int code = SPAWN(n, nap(1, "plain"), .name = "plain");

    return code < 0 ? code : SPAWN_INTO(n, into, answer_later(2, 9));
}

static ASYNC void note_answers(const char *name, bool stopping, double deadline, int started)
{
    AWAIT(brio_checkpoint());
    note("%s %d %g %d", name, stopping, deadline, started);
}

static int spawn_with_answers(struct brio_nursery *n)
{
    return SPAWN(n, note_answers(brio_task_name(brio_task_current()), brio_stopping(), brio_effective_deadline(), brio_started()));
}

ASYNC_TEST(arguments_may_ask_for_the_task_that_spawns)
{
    CANCEL_SCOPE(s, .deadline = 50) {
        ck_assert_int_eq(brio_scope_shutdown(s, INFINITY), 0);
        NURSERY(n) {
            ck_assert_int_eq(spawn_with_answers(n), 0);
            SPAWN(n, note_answers(brio_task_name(brio_task_current()), brio_stopping(), brio_effective_deadline(), brio_started()));
            int tasks = 0;
            for (struct brio_task *task = brio_task_first(); task; task = brio_task_next(task))
                tasks++;
            ck_assert_int_eq(tasks, 3);
        }
    }
    ck_assert_notes("arguments_may_ask_for_the_task_that_spawns_body 1 50 0 arguments_may_ask_for_the_task_that_spawns_body 1 50 0");
}

ASYNC_TEST(spawn_in_a_plain_function_called_by_a_task)
{
    int value = 0;

    NURSERY(n) {
        ck_assert_int_eq(spawn_plain(n, &value), 0);
    }
    ck_assert_notes("plain");
    ck_assert_int_eq(value, 9);
}

ASYNC_TEST(spawn_in_the_arguments_of_spawn)
{
    NURSERY(n) {
        SPAWN(n, note_number(spawn_plain(n, &(int){0})));
    }
    ck_assert_notes("0 plain");
}
