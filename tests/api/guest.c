/* GUEST: tasks in a loop that the application runs. */
#include "../support/async_test.h"

#include <errno.h>
#include <ev.h>
#include <math.h>
#include <unistd.h>

static int outcome;
static int done;

static void on_done(void *arg, int code)
{
    ck_assert_ptr_null(brio_task_current());
    ck_assert_ptr_eq(arg, &done);
    outcome = code;
    done++;
    note("done");
}

static struct ev_loop *begin(void)
{
    struct ev_loop *loop = ev_loop_new(EVFLAG_AUTO);

    ck_assert_ptr_nonnull(loop);
    outcome = -1, done = 0;
    return loop;
}

static void end(struct ev_loop *loop, int code)
{
    ck_assert_int_eq(done, 1);
    ck_assert_int_eq(outcome, code);
    ev_loop_destroy(loop);
}

PLAIN_TEST(guest_returns_before_its_task_runs)
{
    struct ev_loop *loop = begin();

    ck_assert_int_eq(GUEST(loop, NULL, on_done, &done, nap(0.001, "task")), 0);
    ck_assert_ptr_null(brio_task_current());
    note("returned");
    ev_run(loop, 0);
    note("loop ended");
    end(loop, 0);
    ck_assert_notes("returned task done loop ended");
}

PLAIN_TEST(outcome_is_the_code_of_the_error)
{
    struct ev_loop *loop = begin();
    const struct brio_error *error = NULL;
    struct brio_options options = {.error = &error};

    ck_assert_int_eq(GUEST(loop, &options, on_done, &done, fail_later(0, EIO)), 0);
    ev_run(loop, 0);
    end(loop, EIO);
    ck_assert_int_eq(error->code, EIO);
    brio_error_unref(error);
}

PLAIN_TEST(virtual_clock_in_a_guest)
{
    struct ev_loop *loop = begin();
    struct brio_options options = {.clock = BRIO_CLOCK_VIRTUAL};

    ck_assert_int_eq(GUEST(loop, &options, on_done, &done, nap(1e6, "slept")), 0);
    ev_run(loop, 0);
    end(loop, 0);
    ck_assert_notes("slept done");
}

static struct brio_scope *scope;
static struct brio_event event;
static struct brio_nursery *nursery;

static ASYNC void guest(void)
{
    NURSERY(n) {
        nursery = n;
        CANCEL_SCOPE(s) {
            scope = s;
            AWAIT(brio_event_wait(&event));
            note("event");
            AWAIT(brio_sleep_forever());
        }
        note("cancelled %d", s->cancelled_caught);
    }
}

static int ticks;

static void tick(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)events;
    ck_assert_ptr_null(brio_task_current());
    if (++ticks < 4 && done) /* before its time, in a sweep */
        return;
    switch (ticks) {
    case 1:
        brio_event_set(&event);
        break;
    case 2:
        ck_assert_int_eq(SPAWN(nursery, nap(0, "spawned")), 0);
        break;
    case 3:
        brio_scope_cancel(scope, "from a callback");
        break;
    case 4:
        ev_timer_stop(loop, timer);
    }
}

PLAIN_TEST(plain_functions_work_from_callbacks)
{
    struct ev_loop *loop = begin();
    ev_timer timer;

    ticks = 0;
    brio_event_init(&event);
    ev_timer_init(&timer, tick, 0.01, 0.01);
    ev_timer_start(loop, &timer);
    ck_assert_int_eq(GUEST(loop, NULL, on_done, &done, guest()), 0);
    ev_run(loop, 0);
    ck_assert_int_eq(ticks, 4);
    end(loop, 0);
    ck_assert_notes("event spawned cancelled 1 done");
}

static ASYNC void spin(int turns)
{
    while (turns--)
        AWAIT(brio_checkpoint());
    note("spun");
}

static void count(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)loop, (void)timer, (void)events;
    ticks++;
}

PLAIN_TEST(ready_tasks_do_not_starve_the_applications_watchers)
{
    struct ev_loop *loop = begin();
    ev_timer timer;

    ticks = 0;
    ev_timer_init(&timer, count, 0.0001, 0.0001);
    ev_timer_start(loop, &timer);
    ev_unref(loop);
    ck_assert_int_eq(GUEST(loop, NULL, on_done, &done, spin(300000)), 0);
    ev_run(loop, 0);
    ck_assert_int_gt(ticks, 2);
    ev_ref(loop);
    ev_timer_stop(loop, &timer);
    end(loop, 0);
    ck_assert_notes("spun done");
}

PLAIN_TEST(second_guest_in_one_loop_is_refused)
{
    struct ev_loop *loop = begin();

    ck_assert_int_eq(GUEST(loop, NULL, on_done, &done, nap(0, "first")), 0);
    ck_assert_int_eq(GUEST(loop, NULL, on_done, &done, nap(0, "second")), -EBUSY);
    ev_run(loop, 0);
    end(loop, 0);
    ck_assert_notes("first done");
}

static void start_another(void *arg, int code)
{
    struct ev_loop *loop = arg;

    ck_assert_int_eq(code, 0);
    note("again");
    ck_assert_int_eq(GUEST(loop, NULL, on_done, &done, nap(0, "second")), 0);
}

PLAIN_TEST(on_done_may_start_another)
{
    struct ev_loop *loop = begin();

    ck_assert_int_eq(GUEST(loop, NULL, start_another, loop, nap(0, "first")), 0);
    alarm(20); /* libev polls for a minute when nobody says that there is something to do */
    ev_run(loop, 0);
    alarm(0);
    end(loop, 0);
    ck_assert_notes("first again second done");
}

static void stop_loop(void *arg, int code)
{
    (void)code;
    ev_break(arg, EVBREAK_ALL);
}

PLAIN_TEST(on_done_may_break_the_loop)
{
    struct ev_loop *loop = begin();
    ev_timer timer;

    ev_timer_init(&timer, count, 100, 0);
    ev_timer_start(loop, &timer);
    ck_assert_int_eq(GUEST(loop, NULL, stop_loop, loop, nap(0, "task")), 0);
    ev_run(loop, 0);
    ev_timer_stop(loop, &timer);
    ev_loop_destroy(loop);
    ck_assert_notes("task");
}

PLAIN_TEST(run_on_another_loop_in_the_same_thread)
{
    struct ev_loop *loop = begin();
    struct brio_options options = {.clock = BRIO_CLOCK_VIRTUAL};

    ck_assert_int_eq(GUEST(loop, NULL, on_done, &done, nap(0, "guest")), 0);
    int code = RUN(&options, nap(1, "run"));
    ck_assert(code == 0 || code == EBUSY);
    ev_run(loop, 0);
    end(loop, 0);
}
