/* Sleeping, the virtual clock, and a little of the real one. */
#include "../support/async_test.h"

#include <errno.h>
#include <ev.h>
#include <math.h>
#include <sys/resource.h>
#include <unistd.h>

ASYNC_TEST(virtual_clock_starts_at_zero_and_jumps)
{
    ck_assert_double_eq(brio_now(), 0);
    AWAIT(brio_sleep(1e6));
    ck_assert_time(brio_now(), 1e6);
    AWAIT(brio_sleep_until(2e6));
    ck_assert_time(brio_now(), 2e6);
}

ASYNC_TEST(sleepers_wake_in_the_order_of_their_times)
{
    NURSERY(n) {
        SPAWN(n, nap(3, "3"));
        SPAWN(n, nap(1, "1"));
        SPAWN(n, nap(2, "2a"));
        SPAWN(n, nap(2, "2b"));
        SPAWN(n, nap(0.5, "0.5"));
    }
    ck_assert_notes("0.5 1 2a 2b 3");
}

ASYNC_TEST(sleep_of_zero_and_less_lets_others_run_and_takes_no_time)
{
    NURSERY(n) {
        SPAWN(n, nap(0, "other"));
        AWAIT(brio_sleep(0));
        AWAIT(brio_sleep(-5));
        AWAIT(brio_sleep_until(-5));
        note("body");
    }
    ck_assert_notes("other body");
    ck_assert_double_eq(brio_now(), 0);
}

ASYNC_TEST(nan_is_refused)
{
    for (int i = 0; i < 2; i++) {
        TRY {
            if (i)
                AWAIT(brio_sleep(NAN));
            else
                AWAIT(brio_sleep_until(NAN));
            note("not reached");
        } CATCH (e, EINVAL) {
            note("refused");
        }
    }
    ck_assert_notes("refused refused");
}

ASYNC_TEST(sleep_for_infinity_ends_by_cancellation_only)
{
    MOVE_ON_AFTER(1e9, s) {
        AWAIT(brio_sleep(INFINITY));
    }
    ck_assert(s->cancelled_caught);
    ck_assert_time(brio_now(), 1e9);
}

ASYNC_TEST(time_stands_still_while_tasks_are_ready)
{
    NURSERY(n) {
        SPAWN(n, nap(1, "slept"));
        for (int i = 0; i < 1000; i++)
            AWAIT(brio_checkpoint());
        ck_assert_double_eq(brio_now(), 0);
        note("ready");
    }
    ck_assert_notes("ready slept");
}

ASYNC_TEST(many_sleepers)
{
    NURSERY(n) {
        for (int i = 0; i < 10000; i++)
            SPAWN(n, brio_sleep((i * 7919) % 10007));
    }
    ck_assert_time(brio_now(), 10006);
}

/* ---- the real clock: short, and never early ---- */

static ASYNC void sleep_and_measure(double seconds)
{
    double start = brio_now(), waited;

    AWAIT(brio_sleep(seconds));
    waited = brio_now() - start;
    ck_assert_double_ge(waited, seconds);
    ck_assert_double_lt(waited, seconds + 2);
}

PLAIN_TEST(real_sleep_is_never_early)
{
    for (int i = 0; i < 5; i++)
        ck_assert_int_eq(RUN(NULL, sleep_and_measure(0.003 * i)), 0);
}

static double processor_time(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return (double)usage.ru_utime.tv_sec + (double)usage.ru_utime.tv_usec * 1e-6 + (double)usage.ru_stime.tv_sec +
           (double)usage.ru_stime.tv_usec * 1e-6;
}

static ASYNC void wait_in_a_shield(void)
{
    MOVE_ON_AFTER(0.01) {
        NURSERY(n) {
            SPAWN(n, brio_sleep_forever());
            SHIELD {
                AWAIT(brio_sleep(0.2));
            }
        }
    }
}

/* C12: cancellation is a flag and is not delivered again and again. */
PLAIN_TEST(waiting_in_a_shield_of_a_cancelled_scope_burns_no_processor_time)
{
    double start = processor_time();

    ck_assert_int_eq(RUN(NULL, wait_in_a_shield()), 0);
    ck_assert_double_lt(processor_time() - start, 0.1);
}

static void compute_for_long(void)
{
    usleep(30000);
}

static ASYNC void expire_after_a_long_step(void)
{
    MOVE_ON_AFTER(0.01, s) {
        compute_for_long(); /* longer than the deadline */
        AWAIT(brio_checkpoint());
        note("not reached");
    }
    note("%d", s->cancelled_caught);
}

/* CP3: the loop has looked at the clock by the time of the test. */
PLAIN_TEST(checkpoint_sees_a_deadline_that_passed_just_before)
{
    ck_assert_int_eq(RUN(NULL, expire_after_a_long_step()), 0);
    ck_assert_notes("1");
}

static ASYNC void look_at_the_clock_twice(void)
{
    double start = brio_now();

    usleep(2000);
    ck_assert_double_ge(brio_now() - start, 0.002);
    AWAIT(brio_checkpoint());
}

PLAIN_TEST(real_clock_passes_inside_a_step)
{
    ck_assert_int_eq(RUN(NULL, look_at_the_clock_twice()), 0);
}
