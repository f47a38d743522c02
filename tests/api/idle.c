/* What happens when every task is blocked: brio_wait_all_blocked, the virtual clock's jumps, deadlocks; and the dump on a signal. */
#include "../support/async_test.h"

#include <errno.h>
#include <ev.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- what goes to stderr ---- */

static FILE *diverted;
static int stderr_before;

static void divert_stderr(void)
{
    diverted = tmpfile();
    ck_assert_ptr_nonnull(diverted);
    fflush(stderr);
    stderr_before = dup(2);
    dup2(fileno(diverted), 2);
}

/* Static storage. */
static const char *diverted_text(void)
{
    static char text[1 << 14];

    fflush(stderr);
    dup2(stderr_before, 2);
    close(stderr_before);
    rewind(diverted);
    text[fread(text, 1, sizeof text - 1, diverted)] = 0;
    fclose(diverted);
    return text;
}

/* ---- brio_wait_all_blocked ---- */

static ASYNC void wait_idle(double cushion, const char *name)
{
    AWAIT(brio_wait_all_blocked(cushion));
    note("%s", name);
}

ASYNC_TEST(shortest_cushion_is_first_and_equals_go_together)
{
    NURSERY(n) {
        SPAWN(n, wait_idle(0.02, "long"));
        SPAWN(n, wait_idle(0.005, "short1"));
        SPAWN(n, wait_idle(0.005, "short2"));
        SPAWN(n, wait_idle(0, "none"));
    }
    ck_assert_notes("none short1 short2 long");
}

ASYNC_TEST(negative_cushion_is_none_and_nan_is_refused)
{
    AWAIT(brio_wait_all_blocked(-1));
    TRY {
        AWAIT(brio_wait_all_blocked(NAN));
        note("not reached");
    } CATCH (e, EINVAL) {
        note("refused");
    }
    ck_assert_notes("refused");
}

ASYNC_TEST(infinite_cushion_ends_by_cancellation_only)
{
    NURSERY(n) {
        SPAWN(n, wait_idle(INFINITY, "never"));
        AWAIT(brio_wait_all_blocked(0.001));
        note("blocked");
        brio_nursery_cancel(n, NULL);
    }
    ck_assert_notes("blocked");
}

ASYNC_TEST(cancelled_wait_leaves_the_others)
{
    struct brio_handle handle;

    NURSERY(n) {
        SPAWN(n, wait_idle(0.001, "first"), .handle = &handle);
        SPAWN(n, wait_idle(0.002, "second"));
        AWAIT(brio_checkpoint());
        brio_handle_cancel(&handle, NULL);
    }
    ck_assert_notes("second");
}

static ASYNC void read_byte(int fd)
{
    char byte;

    AWAIT(brio_wait_readable(fd));
    ck_assert_int_eq(read(fd, &byte, 1), 1);
    note("read");
}

/* What has come by the time of the call is handled first. */
ASYNC_TEST(data_that_has_come_is_handled_before_all_are_blocked)
{
    int ends[2];

    ck_assert_int_eq(pipe(ends), 0);
    NURSERY(n) {
        SPAWN(n, read_byte(ends[0]));
        AWAIT(brio_checkpoint());
        ck_assert_int_eq(write(ends[1], "x", 1), 1);
        AWAIT(brio_wait_all_blocked());
        note("blocked");
    }
    close(ends[0]);
    close(ends[1]);
    ck_assert_notes("read blocked");
}

ASYNC_TEST(waiting_for_a_descriptor_counts_as_blocked)
{
    int ends[2];

    ck_assert_int_eq(pipe(ends), 0);
    NURSERY(n) {
        SPAWN(n, brio_wait_readable(ends[0]));
        AWAIT(brio_wait_all_blocked());
        note("blocked");
        brio_nursery_cancel(n, NULL);
    }
    close(ends[0]);
    close(ends[1]);
    ck_assert_notes("blocked");
}

static ASYNC void wait_with_sleepers(void)
{
    double start = brio_now();

    NURSERY(n) {
        SPAWN(n, brio_sleep(1000));
        AWAIT(brio_wait_all_blocked(0.01));
        ck_assert_double_ge(brio_now() - start, 0.01);
        brio_nursery_cancel(n, NULL);
    }
}

PLAIN_TEST(cushion_is_of_real_time)
{
    ck_assert_int_eq(RUN(NULL, wait_with_sleepers()), 0);
}

static ASYNC void wait_beside_a_task_that_wakes(void)
{
    double start = brio_now();

    NURSERY(n) {
        SPAWN(n, nap(0.02, "woke"));
        SPAWN(n, nap(0.04, "woke"));
        AWAIT(brio_wait_all_blocked(0.05));
        ck_assert_notes("woke woke");
        ck_assert_double_ge(brio_now() - start, 0.04 + 0.05);
    }
}

PLAIN_TEST(cushion_begins_anew_when_a_task_has_run)
{
    ck_assert_int_eq(RUN(NULL, wait_beside_a_task_that_wakes()), 0);
}

/* ---- the virtual clock ---- */

ASYNC_TEST(clock_is_moved_by_hand)
{
    brio_clock_set_autojump(INFINITY);
    NURSERY(n) {
        SPAWN(n, nap(1, "1"));
        SPAWN(n, nap(3, "3"));
        AWAIT(brio_wait_all_blocked());
        note("blocked");
        ck_assert_int_eq(brio_clock_advance(2), 0);
        ck_assert_time(brio_now(), 2);
        AWAIT(brio_wait_all_blocked());
        note("again");
        ck_assert_int_eq(brio_clock_advance(0), 0);
        ck_assert_int_eq(brio_clock_advance(1.5), 0);
        ck_assert_time(brio_now(), 3.5);
    }
    ck_assert_notes("blocked 1 again 3");
}

ASYNC_TEST(clock_refuses_what_makes_no_sense)
{
    ck_assert_int_eq(brio_clock_advance(-1), -EINVAL);
    ck_assert_int_eq(brio_clock_advance(NAN), -EINVAL);
    ck_assert_int_eq(brio_clock_advance(INFINITY), -EINVAL);
    ck_assert_int_eq(brio_clock_set_rate(-0.5), -EINVAL);
    ck_assert_int_eq(brio_clock_set_rate(NAN), -EINVAL);
    ck_assert_int_eq(brio_clock_set_rate(INFINITY), -EINVAL);
    ck_assert_int_eq(brio_clock_set_autojump(-1), -EINVAL);
    ck_assert_int_eq(brio_clock_set_autojump(NAN), -EINVAL);
    ck_assert_double_eq(brio_now(), 0);
    AWAIT(brio_sleep(1));
    ck_assert_double_eq(brio_now(), 1);
}

static ASYNC void real_clock_does_not_obey(void)
{
    ck_assert_int_eq(brio_clock_advance(1), -ENOTSUP);
    ck_assert_int_eq(brio_clock_set_rate(1), -ENOTSUP);
    ck_assert_int_eq(brio_clock_set_autojump(1), -ENOTSUP);
    AWAIT(brio_checkpoint());
}

PLAIN_TEST(real_clock_is_not_for_moving)
{
    ck_assert_int_eq(brio_clock_advance(1), -BRIO_ENOTRUNNING);
    ck_assert_int_eq(RUN(NULL, real_clock_does_not_obey()), 0);
    struct brio_options options = {.autojump = -1};
    const struct brio_error *error = NULL;
    options.error = &error;
    ck_assert_int_eq(RUN(&options, nap(0, "no")), EINVAL);
    brio_error_unref(error);
    ck_assert_notes("");
}

ASYNC_TEST(change_of_rate_does_not_jump)
{
    AWAIT(brio_sleep(10));
    ck_assert_int_eq(brio_clock_set_rate(1000), 0);
    double first = brio_now();
    ck_assert_double_ge(first, 10);
    ck_assert_double_lt(first, 1000);
    ck_assert_int_eq(brio_clock_set_rate(0), 0);
    double second = brio_now();
    ck_assert_double_ge(second, first);
    ck_assert_double_eq(brio_now(), second);
}

ASYNC_TEST(clock_with_a_rate_passes_by_itself)
{
    brio_clock_set_autojump(INFINITY);
    ck_assert_int_eq(brio_clock_set_rate(10000), 0);
    AWAIT(brio_sleep(50));
    ck_assert_double_ge(brio_now(), 50);
    ck_assert_double_lt(brio_now(), 50 + 10000.);
}

/* The clock stands still for a task that waits for a descriptor, unless a threshold says for how long. */
ASYNC_TEST(autojump_passes_over_waits_for_descriptors)
{
    int ends[2];

    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(brio_clock_set_autojump(0.002), 0);
    MOVE_ON_AFTER(1000, s) {
        AWAIT(brio_wait_readable(ends[0]));
    }
    ck_assert(s->cancelled_caught);
    ck_assert_time(brio_now(), 1000);
    close(ends[0]);
    close(ends[1]);
}

PLAIN_TEST(autojump_is_an_option)
{
    async_test_options.autojump = 0.001;
    ck_assert_int_eq(RUN(&async_test_options, nap(1e6, "slept")), 0);
    ck_assert_notes("slept");
}

static void *nap_in_thread(void *arg)
{
    usleep(20000);
    return arg;
}

static ASYNC void work_in_thread(void)
{
    AWAIT(brio_to_thread(nap_in_thread, NULL, NULL));
    ck_assert_double_eq(brio_now(), 0);
    note("thread");
}

ASYNC_TEST(thread_in_flight_holds_the_clock)
{
    ck_assert_int_eq(brio_clock_set_autojump(0.001), 0);
    NURSERY(n) {
        SPAWN(n, work_in_thread());
        SPAWN(n, nap(5, "slept"));
    }
    ck_assert_notes("thread slept");
}

ASYNC_TEST(idle_waiters_go_before_the_clock)
{
    brio_clock_set_autojump(0.001);
    NURSERY(n) {
        SPAWN(n, nap(1, "slept"));
        SPAWN(n, wait_idle(0.01, "idle"));
    }
    ck_assert_notes("idle slept");
}

/* ---- deadlock ---- */

static ASYNC void wait_for(struct brio_event *event, const char *name)
{
    DEFER note("%s", name);
    AWAIT(brio_event_wait(event));
}

static ASYNC void deadlocked(void)
{
    struct brio_event a = BRIO_EVENT_INIT, b = BRIO_EVENT_INIT;

    NURSERY(n) {
        SPAWN(n, wait_for(&a, "a"), .name = "left");
        SPAWN(n, wait_for(&b, "b"), .name = "right");
        AWAIT(brio_sleep(1));
        note("slept");
    }
}

static int run_to_deadlock(const struct brio_error **error)
{
    async_test_options.detect_deadlock = true;
    async_test_options.error = error;
    return RUN(&async_test_options, deadlocked());
}

PLAIN_TEST(deadlock_is_found_shown_and_ended)
{
    const struct brio_error *error = NULL;

    divert_stderr();
    int code = run_to_deadlock(&error);
    const char *text = diverted_text();
    ck_assert_int_eq(code, BRIO_EDEADLOCK);
    ck_assert_int_eq(error->code, BRIO_EDEADLOCK);
    brio_error_unref(error);
    ck_assert_ptr_nonnull(strstr(text, "deadlock"));
    ck_assert_ptr_nonnull(strstr(text, "left"));
    ck_assert_ptr_nonnull(strstr(text, "right"));
    ck_assert_ptr_nonnull(strstr(text, "brio_event_wait"));
    ck_assert_notes("slept a b");
}

static ASYNC void deadlocked_in_a_shield(struct brio_event *event)
{
    SHIELD {
        AWAIT(wait_for(event, "shielded"));
    }
    note("after");
    AWAIT(brio_checkpoint());
    note("not reached");
}

PLAIN_TEST(deadlock_in_a_shield_is_ended_too)
{
    struct brio_event event = BRIO_EVENT_INIT;
    const struct brio_error *error = NULL;

    async_test_options.detect_deadlock = true;
    async_test_options.error = &error;
    divert_stderr();
    int code = RUN(&async_test_options, deadlocked_in_a_shield(&event));
    diverted_text();
    ck_assert_int_eq(code, BRIO_EDEADLOCK);
    brio_error_unref(error);
    ck_assert_notes("shielded after");
}

static ASYNC void fail_when_cancelled(void)
{
    TRY {
        AWAIT(brio_sleep_forever());
    } FINALLY {
        RAISE(EIO, "while ending");
    }
}

PLAIN_TEST(what_fails_while_a_deadlock_is_ended_is_its_cause)
{
    const struct brio_error *error = NULL;

    async_test_options.detect_deadlock = true;
    async_test_options.error = &error;
    divert_stderr();
    int code = RUN(&async_test_options, fail_when_cancelled());
    diverted_text();
    ck_assert_int_eq(code, BRIO_EDEADLOCK);
    ck_assert_ptr_nonnull(error->cause);
    ck_assert_int_eq(error->cause->code, EIO);
    brio_error_unref(error);
}

static ASYNC void wait_in_every_way(int fd)
{
    AWAIT(brio_sleep(1));
    AWAIT(brio_to_thread(nap_in_thread, NULL, NULL));
    MOVE_ON_AFTER(0.001) {
        AWAIT(brio_wait_readable(fd));
    }
    AWAIT(brio_wait_all_blocked());
    AWAIT(brio_sleep(0.001));
    note("alive");
}

PLAIN_TEST(sleep_thread_and_descriptor_are_no_deadlock)
{
    struct brio_options options = {.detect_deadlock = true, .clock = BRIO_CLOCK_VIRTUAL, .autojump = 0.001};
    int ends[2];

    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(RUN(&options, wait_in_every_way(ends[0])), 0);
    close(ends[0]);
    close(ends[1]);
    ck_assert_notes("alive");
}

PLAIN_TEST(deadlock_is_found_with_the_real_clock)
{
    const struct brio_error *error = NULL;
    struct brio_options options = {.detect_deadlock = true, .error = &error};

    divert_stderr();
    int code = RUN(&options, brio_sleep_forever());
    diverted_text();
    ck_assert_int_eq(code, BRIO_EDEADLOCK);
    brio_error_unref(error);
}

/* ---- the dump on a signal ---- */

static volatile sig_atomic_t handled;

static void own_handler(int number)
{
    handled = number;
}

static ASYNC void send_signal(void)
{
    kill(getpid(), SIGUSR1);
    AWAIT(brio_sleep(0.02));
}

PLAIN_TEST(signal_of_choice_dumps_the_tasks)
{
    struct brio_options options = {.dump_signal = SIGUSR1, .name = "the root"};

    signal(SIGUSR1, own_handler);
    divert_stderr();
    int code = RUN(&options, send_signal());
    const char *text = diverted_text();
    ck_assert_int_eq(code, 0);
    ck_assert_ptr_nonnull(strstr(text, "the root"));
    ck_assert_ptr_nonnull(strstr(text, "brio_sleep"));
    handled = 0;
    kill(getpid(), SIGUSR1);
    ck_assert_int_eq(handled, SIGUSR1); /* the handler is back */
    signal(SIGUSR1, SIG_DFL);
}

static void on_done(void *arg, int outcome)
{
    (void)arg;
    note("done %d", outcome);
}

PLAIN_TEST(dump_signal_is_for_one_loop)
{
    struct ev_loop *loop = ev_loop_new(EVFLAG_AUTO);
    struct brio_options options = {.dump_signal = SIGUSR1};
    const struct brio_error *error = NULL;

    ck_assert_int_eq(GUEST(loop, &options, on_done, NULL, nap(0.001, "guest")), 0);
    options.error = &error;
    ck_assert_int_eq(RUN(&options, nap(0, "second")), EBUSY);
    brio_error_unref(error);
    options.dump_signal = 4711;
    ck_assert_int_eq(RUN(&options, nap(0, "none")), EINVAL);
    brio_error_unref(error);
    ev_run(loop, 0);
    ev_loop_destroy(loop);
    ck_assert_notes("guest done 0");
}
