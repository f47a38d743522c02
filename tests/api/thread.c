/* AWAIT_THREAD, and what the called function may do in its thread. brio_to_thread and the pool are in resolve.c. */
#define _GNU_SOURCE
#include "../support/async_test.h"

#include <brio/sync.h>
#include <brio/thread.h>
#include <errno.h>
#include <ev.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Threads wait here. */
static struct {
    pthread_mutex_t mutex;
    pthread_cond_t opened;
    bool open;
    atomic_int inside, passed;
} gate = {.mutex = PTHREAD_MUTEX_INITIALIZER, .opened = PTHREAD_COND_INITIALIZER};

static void close_gate(void)
{
    gate.open = false;
    gate.inside = gate.passed = 0;
}

static void open_gate(void)
{
    pthread_mutex_lock(&gate.mutex);
    gate.open = true;
    pthread_cond_broadcast(&gate.opened);
    pthread_mutex_unlock(&gate.mutex);
}

static int pass_gate(int value)
{
    gate.inside++;
    pthread_mutex_lock(&gate.mutex);
    while (!gate.open && wait_for_test(&gate.opened, &gate.mutex))
        continue;
    pthread_mutex_unlock(&gate.mutex);
    gate.passed++;
    return value;
}

static void wait_inside(int count)
{
    while (gate.inside < count && sleep_for_test())
        continue;
}

static ASYNC int answer_in_thread(int value)
{
    return AWAIT_THREAD(pass_gate(value));
}

/* ---- calls ---- */

static pthread_t loop_thread;

static bool is_elsewhere(void)
{
    return !pthread_equal(loop_thread, pthread_self());
}

static int add(int a, int b)
{
    return a + b;
}

static double halve(double x)
{
    return x / 2;
}

struct large {
    char text[100];
    int number;
};

static struct large repeat(struct large in, char c)
{
    memset(in.text, c, sizeof in.text);
    in.number++;
    return in;
}

static void increment(int *number)
{
    ++*number;
}

ASYNC_TEST(call_runs_in_another_thread)
{
    loop_thread = pthread_self();
    ck_assert(AWAIT_THREAD(is_elsewhere()));
    ck_assert(!is_elsewhere());
}

ASYNC_TEST(value_has_the_type_of_the_call)
{
    struct large large = {.number = 41};
    ck_assert_int_eq(AWAIT_THREAD(add(2, 3)), 5);
    ck_assert_double_eq(AWAIT_THREAD(halve(5)), 2.5);
    large = AWAIT_THREAD(repeat(large, 'x'));
    ck_assert_int_eq(large.number, 42);
    ck_assert_int_eq(large.text[0], 'x');
    ck_assert_int_eq(large.text[99], 'x');
    ck_assert_str_eq(AWAIT_THREAD(strchr("abc", 'b')), "bc");
}

ASYNC_TEST(call_may_return_nothing_and_use_locals)
{
    int number = 1;
    for (int i = 0; i < 10; i++)
        AWAIT_THREAD(increment(&number));
    ck_assert_int_eq(number, 11);
}

ASYNC_TEST(calls_stand_in_expressions)
{
    int sum = AWAIT_THREAD(add(1, AWAIT_THREAD(add(2, 3)))) + AWAIT_THREAD(add(AWAIT(answer_later(1, 4)), 5));
    ck_assert_int_eq(sum, 15);
    ck_assert(AWAIT_THREAD(add(1, -1)) == 0 || AWAIT_THREAD(add(1, 1)) == 0);
}

static pthread_t evaluated_in;

static int note_thread(int value)
{
    evaluated_in = pthread_self();
    return value;
}

ASYNC_TEST(arguments_are_evaluated_here)
{
    ck_assert_int_eq(AWAIT_THREAD(add(note_thread(1), 2)), 3);
    ck_assert(pthread_equal(evaluated_in, pthread_self()));
}

ASYNC_TEST(function_may_be_called_through_a_pointer)
{
    int (*function)(int, int) = add;
    struct { double (*function)(double); } table[] = {{halve}};
    ck_assert_int_eq(AWAIT_THREAD(function(3, 4)), 7);
    ck_assert_double_eq(AWAIT_THREAD(table[0].function(1)), 0.5);
}

static bool is_aligned(const char *block, size_t align)
{
    return (uintptr_t)block % align == 0;
}

ASYNC_TEST(over_aligned_frame_goes_to_the_thread)
{
    char block[64] __attribute__((aligned(64))) = "block";
    ck_assert(AWAIT_THREAD(is_aligned(block, 64)));
    ck_assert_str_eq(block, "block");
}

static ASYNC int call_at_depth(int depth)
{
    char room[500];
    memset(room, depth, sizeof room);
    int result = depth == 0 ? AWAIT_THREAD(add(1, 0)) : AWAIT(call_at_depth(depth - 1)) + 1;
    ck_assert_int_eq(room[250], depth);
    return result;
}

ASYNC_TEST(deep_frames_are_kept)
{
    ck_assert_int_eq(AWAIT(call_at_depth(50)), 51);
}

ASYNC_TEST(tasks_call_at_the_same_time)
{
    close_gate();
    int results[30] = {0};
    NURSERY(n) {
        for (int i = 0; i < 30; i++)
            SPAWN_INTO(n, &results[i], answer_in_thread(i));
        AWAIT(brio_wait_all_blocked());
        wait_inside(30);
        open_gate();
    }
    for (int i = 0; i < 30; i++)
        ck_assert_int_eq(results[i], i);
}

/* ---- cancellation ---- */

static ASYNC void call_and_note(void)
{
    DEFER note("left");
    note("%d", AWAIT_THREAD(pass_gate(7)));
    AWAIT(brio_checkpoint());
    note("not cancelled");
}

ASYNC_TEST(cancelled_call_returns_its_value_and_the_next_checkpoint_is_cancelled)
{
    close_gate();
    NURSERY(n) {
        SPAWN(n, call_and_note());
        AWAIT(brio_wait_all_blocked());
        wait_inside(1);
        brio_nursery_cancel(n, NULL);
        SHIELD { AWAIT(brio_checkpoint()); }
        ck_assert_notes("");
        open_gate();
    }
    ck_assert_notes("7 left");
}

ASYNC_TEST(call_in_a_cancelled_scope_never_runs)
{
    close_gate();
    open_gate();
    CANCEL_SCOPE(s) {
        brio_scope_cancel(s, NULL);
        AWAIT_THREAD(pass_gate(0));
        ck_abort();
    }
    ck_assert(s->cancelled_caught);
    ck_assert_int_eq(gate.inside, 0);
}

static atomic_int discarded;

static void discard_int(void *result, void *arg)
{
    ck_assert_ptr_null(arg);
    discarded = result ? *(int *)result : -1;
}

static ASYNC void abandon_call(void)
{
    DEFER note("abandoned");
    note("%d", AWAIT_THREAD(pass_gate(9), .abandon_on_cancel = true, .discard = discard_int));
}

static ASYNC void abandon(void)
{
    NURSERY(n) {
        SPAWN(n, abandon_call());
        AWAIT(brio_wait_all_blocked());
        wait_inside(1);
        brio_nursery_cancel(n, NULL);
    }
    ck_assert_int_eq(gate.passed, 0);
    ck_assert_notes("abandoned");
}

static ASYNC void abandon_and_wait(void)
{
    AWAIT(abandon());
    open_gate();
    while (discarded == 0 && !brio_test_disturbed())
        AWAIT(brio_checkpoint());
}

ASYNC_TEST(abandoned_call_is_cancelled_at_once_and_its_value_discarded)
{
    close_gate();
    discarded = 0;
    AWAIT(abandon_and_wait());
    ck_assert_int_eq(discarded, 9);
}

PLAIN_TEST(loop_may_end_before_an_abandoned_thread)
{
    size_t before = allocations_living();
    close_gate();
    discarded = 0;
    ck_assert_int_eq(RUN(&async_test_options, abandon()), 0);
    open_gate();
    while (discarded == 0 || allocations_living() > before)
        usleep(500);
    ck_assert_int_eq(discarded, 9);
}

ASYNC_TEST(call_that_did_not_run_discards_nothing)
{
    discarded = 0;
    CANCEL_SCOPE(s) {
        brio_scope_cancel(s, NULL);
        AWAIT_THREAD(pass_gate(1), .discard = discard_int);
    }
    ck_assert_int_eq(discarded, -1);
}

static int wait_for_cancellation(void)
{
    int code = brio_thread_check_cancelled();
    ck_assert_int_eq(code, 0);
    gate.inside++;
    while ((code = brio_thread_check_cancelled()) == 0 && sleep_for_test())
        continue;
    return code;
}

static ASYNC void note_cancellation(bool shielded)
{
    CANCEL_SCOPE(s, .shield = shielded) {
        int code = AWAIT_THREAD(wait_for_cancellation());
        note("%s", brio_error_name(code));
    }
}

ASYNC_TEST(thread_learns_of_the_cancellation)
{
    close_gate();
    NURSERY(n) {
        SPAWN(n, note_cancellation(false));
        AWAIT(brio_wait_all_blocked());
        wait_inside(1);
        brio_nursery_cancel(n, NULL);
    }
    ck_assert_notes("ECANCELED");
}

static ASYNC void abandon_waiting(void)
{
    note("%d", AWAIT_THREAD(wait_for_cancellation(), .abandon_on_cancel = true, .discard = discard_int));
}

ASYNC_TEST(abandoned_thread_learns_of_it_too)
{
    close_gate();
    discarded = 0;
    NURSERY(n) {
        SPAWN(n, abandon_waiting());
        AWAIT(brio_wait_all_blocked());
        wait_inside(1);
        brio_nursery_cancel(n, NULL);
    }
    while (discarded == 0 && !brio_test_disturbed())
        AWAIT(brio_checkpoint());
    ck_assert_int_eq(discarded, -ECANCELED);
}

static int check_twice(void)
{
    gate.inside++;
    int before = brio_thread_check_cancelled();
    usleep(20000);
    return before | brio_thread_check_cancelled();
}

ASYNC_TEST(shield_keeps_the_cancellation_from_the_thread)
{
    close_gate();
    CANCEL_SCOPE(s) {
        SHIELD {
            brio_scope_cancel(s, NULL);
            ck_assert_int_eq(AWAIT_THREAD(check_twice()), 0);
        }
    }
    ck_assert(!s->cancelled_caught);
}

ASYNC_TEST(check_cancelled_is_for_workers_only)
{
    ck_assert_int_eq(brio_thread_check_cancelled(), -BRIO_ENOTRUNNING);
    AWAIT(brio_checkpoint());
}

/* ---- limiters ---- */

static atomic_int inside_now, most_inside;

static int pass_counted(int value)
{
    int now = ++inside_now;
    if (now > most_inside)
        most_inside = now;
    usleep(1000);
    inside_now--;
    return value;
}

static ASYNC int call_limited(struct brio_limiter *limiter, int value)
{
    return AWAIT_THREAD(pass_counted(value), .limiter = limiter);
}

static size_t tokens_out(struct brio_limiter *limiter)
{
    struct brio_limiter_statistics statistics;
    brio_limiter_statistics(limiter, &statistics);
    return statistics.borrowed;
}

ASYNC_TEST(limiter_bounds_the_threads_at_work)
{
    struct brio_limiter limiter = BRIO_LIMITER_INIT(3);
    int results[20] = {0};
    inside_now = most_inside = 0;
    NURSERY(n) {
        for (int i = 0; i < 20; i++)
            SPAWN_INTO(n, &results[i], call_limited(&limiter, i));
    }
    for (int i = 0; i < 20; i++)
        ck_assert_int_eq(results[i], i);
    ck_assert_int_le(most_inside, 3);
    ck_assert_uint_eq(tokens_out(&limiter), 0);
}

static ASYNC void pass_gate_limited(struct brio_limiter *limiter)
{
    AWAIT_THREAD(pass_gate(0), .limiter = limiter);
}

ASYNC_TEST(own_limiter_may_let_more_than_forty_run)
{
    struct brio_limiter limiter = BRIO_LIMITER_INIT(50);
    close_gate();
    NURSERY(n) {
        for (int i = 0; i < 50; i++)
            SPAWN(n, pass_gate_limited(&limiter));
        AWAIT(brio_wait_all_blocked());
        wait_inside(50);
        open_gate();
    }
    ck_assert_int_eq(gate.passed, 50);
    brio_limiter_deinit(&limiter);
}

static ASYNC int code_of_call(void)
{
    TRY {
        AWAIT_THREAD(pass_gate(2));
    } CATCH (e) {
        return e->code;
    }
    return 0;
}

/* The one at work may be waiting for it. */
ASYNC_TEST(call_without_a_thread_fails_though_another_is_at_work)
{
    close_gate();
    NURSERY(n) {
        SPAWN(n, answer_in_thread(1));
        AWAIT(brio_wait_all_blocked());
        wait_inside(1);
        fail_allocation(1); /* after the record of the call: the worker */
        int code = AWAIT(code_of_call());
        open_gate();
        ck_assert(allocation_has_failed());
        ck_assert_int_eq(code, ENOMEM);
    }
    fail_allocation(-1);
}

static ASYNC void abandon_limited(struct brio_limiter *limiter)
{
    int value = AWAIT_THREAD(pass_gate(3), .limiter = limiter, .abandon_on_cancel = true, .discard = discard_int);
    note("%d", value);
}

ASYNC_TEST(abandoned_thread_keeps_its_token_until_it_ends)
{
    struct brio_limiter limiter = BRIO_LIMITER_INIT(1);
    close_gate();
    discarded = 0;
    NURSERY(n) {
        SPAWN(n, abandon_limited(&limiter));
        AWAIT(brio_wait_all_blocked());
        wait_inside(1);
        brio_nursery_cancel(n, NULL);
    }
    ck_assert_uint_eq(tokens_out(&limiter), 1);
    NURSERY(m) {
        SPAWN(m, abandon_limited(&limiter));
        AWAIT(brio_wait_all_blocked());
        ck_assert_int_eq(gate.inside, 1);
        open_gate();
    }
    ck_assert_notes("3");
    ck_assert_int_eq(discarded, 3);
    ck_assert_uint_eq(tokens_out(&limiter), 0);
}

ASYNC_TEST(call_that_waits_for_a_token_can_be_cancelled)
{
    struct brio_limiter limiter = BRIO_LIMITER_INIT(0);
    close_gate();
    discarded = 0;
    NURSERY(n) {
        SPAWN(n, abandon_limited(&limiter));
        AWAIT(brio_wait_all_blocked());
        brio_nursery_cancel(n, NULL);
    }
    ck_assert_int_eq(gate.inside, 0);
    ck_assert_int_eq(discarded, -1);
    ck_assert_uint_eq(tokens_out(&limiter), 0);
}

static void *pass_counted_untyped(void *arg)
{
    pass_counted(0);
    return arg;
}

ASYNC_TEST(to_thread_takes_a_limiter_and_can_be_spawned)
{
    struct brio_limiter limiter = BRIO_LIMITER_INIT(2);
    struct brio_thread_options options = {.limiter = &limiter};
    void *results[9] = {NULL};
    inside_now = most_inside = 0;
    NURSERY(n) {
        for (int i = 0; i < 9; i++)
            SPAWN_INTO(n, &results[i], brio_to_thread(pass_counted_untyped, &limiter, &options));
    }
    for (int i = 0; i < 9; i++)
        ck_assert_ptr_eq(results[i], &limiter);
    ck_assert_int_le(most_inside, 2);
    ck_assert_ptr_eq(AWAIT(brio_to_thread(pass_counted_untyped, &options, &options)), &options);
}

/* ---- in the thread ---- */

static bool has_no_task(void)
{
    return brio_task_current() == NULL && brio_task_first() == NULL;
}

static int run_a_loop(void)
{
    int result = 0;
    if (RUN_INTO(&async_test_options, &result, answer_later(5, 6)) != 0)
        return -1;
    return result + (brio_thread_check_cancelled() == 0);
}

ASYNC_TEST(thread_has_no_task_and_may_run_a_loop_of_its_own)
{
    ck_assert(AWAIT_THREAD(has_no_task()));
    ck_assert_int_eq(AWAIT_THREAD(run_a_loop()), 7);
}

/* ---- memory ---- */

static ASYNC void call_once(void)
{
    struct brio_limiter limiter = BRIO_LIMITER_INIT(1);
    ck_assert_int_eq(AWAIT_THREAD(add(1, 1)), 2);
    ck_assert_int_eq(AWAIT_THREAD(add(1, 1), .limiter = &limiter), 2);
}

PLAIN_TEST(each_allocation_of_a_call_may_fail)
{
    int code = ENOMEM;
    for (long k = 0; k < 50 && code != 0; k++) {
        const struct brio_error *error = NULL;
        struct brio_options options = async_test_options;
        options.error = &error;
        fail_allocation(k);
        code = RUN(&options, call_once());
        fail_allocation(-1);
        ck_assert(code == 0 || code == ENOMEM);
        brio_error_unref(error);
    }
    ck_assert_int_eq(code, 0);
}

/* ---- fork ---- */

#ifdef __has_feature
#define UNDER_THREAD_SANITIZER __has_feature(thread_sanitizer)
#elif defined __SANITIZE_THREAD__
#define UNDER_THREAD_SANITIZER 1
#else
#define UNDER_THREAD_SANITIZER 0
#endif

static int get_seven(void)
{
    return 7;
}

/* Threads are there before the fork, one of them at work; the child has none of them. */
static ASYNC void go_on_in_a_child(struct ev_loop *loop, pid_t *child)
{
    NURSERY(n) {
        ck_assert_int_eq(AWAIT_THREAD(get_seven()), 7);
        *child = fork();
        if (*child == 0)
            ev_loop_fork(loop);
        for (int i = 0; i < 3; i++)
            ck_assert_int_eq(AWAIT_THREAD(get_seven()), 7);
    }
}

static int wait_for_child(pid_t child)
{
    int status = -1;
    for (int tries = 0; tries < 2000; tries++) {
        if (waitpid(child, &status, WNOHANG) == child)
            return status;
        usleep(5000);
    }
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
    return status;
}

PLAIN_TEST(child_process_makes_threads_of_its_own)
{
    if (brio_test_sweeping() || UNDER_THREAD_SANITIZER)
        return; /* the processes of a sweep are not to have others; that sanitizer ends the child */
    struct ev_loop *loop = ev_loop_new(0);
    struct brio_options options = {.loop = loop};
    pid_t child = -1;
    int code = RUN(&options, go_on_in_a_child(loop, &child));
    ev_loop_destroy(loop);
    if (child == 0)
        _exit(code);
    ck_assert_int_eq(code, 0);
    ck_assert_int_eq(wait_for_child(child), 0);
}
