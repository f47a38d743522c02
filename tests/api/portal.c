/* RUN_ON, SPAWN_ON and portals: calls from other threads. */
#define _GNU_SOURCE
#include "../support/async_test.h"

#include <brio/portal.h>
#include <brio/sync.h>
#include <brio/thread.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static ASYNC int add_later(int a, int b)
{
    AWAIT(brio_sleep(1));
    return a + b;
}

static ASYNC int add_now(int a, int b)
{
    AWAIT(brio_checkpoint_if_cancelled());
    return a + b;
}

struct large {
    char text[200];
    double number;
};

static ASYNC struct large grow(struct large in, char c)
{
    AWAIT(brio_checkpoint());
    memset(in.text, c, sizeof in.text);
    in.number++;
    return in;
}

static ASYNC void count(atomic_long *counter)
{
    ++*counter;
    AWAIT(brio_checkpoint_if_cancelled());
}

/* Runs the plain function in a thread while a portal is open on a nursery of its own. */
static ASYNC void with_portal(void (*in_thread)(struct brio_portal *portal))
{
    NURSERY(n) {
        struct brio_portal *portal = must(brio_portal_open(n));
        AWAIT_THREAD(in_thread(portal));
    }
}

/* ---- RUN_ON ---- */

static void ask_for_values(struct brio_portal *portal)
{
    struct large large = {.number = 1};
    int sum = 0;
    ck_assert_int_eq(RUN_ON(portal, &sum, add_later(1, 2)), 0);
    ck_assert_int_eq(sum, 3);
    ck_assert_int_eq(RUN_ON(portal, &sum, add_now(sum, 4)), 0);
    ck_assert_int_eq(sum, 7);
    ck_assert_int_eq(RUN_ON(portal, NULL, add_now(1, 1)), 0);
    ck_assert_int_eq(RUN_ON(portal, &large, grow(large, 'g')), 0);
    ck_assert_int_eq(large.text[199], 'g');
    ck_assert_double_eq(large.number, 2);
}

ASYNC_TEST(run_on_returns_the_value)
{
    AWAIT(with_portal(ask_for_values));
}

static pthread_t ran_in;

static ASYNC void note_thread(pthread_t *evaluated_in)
{
    ran_in = pthread_self();
    ck_assert(!pthread_equal(*evaluated_in, ran_in));
    AWAIT(brio_checkpoint());
}

static pthread_t *own_thread(pthread_t *thread)
{
    *thread = pthread_self();
    return thread;
}

static void call_from_here(struct brio_portal *portal)
{
    pthread_t thread;
    ck_assert_int_eq(RUN_ON(portal, NULL, note_thread(own_thread(&thread))), 0);
}

ASYNC_TEST(arguments_are_evaluated_in_the_calling_thread)
{
    AWAIT(with_portal(call_from_here));
    ck_assert(pthread_equal(ran_in, pthread_self()));
}

static ASYNC void fail_deep(int code)
{
    AWAIT(fail_later(1, code));
}

static void ask_for_an_error(struct brio_portal *portal)
{
    const struct brio_error *error = NULL;
    ck_assert_int_eq(RUN_ON(portal, NULL, fail_deep(EDOM)), EDOM);
    ck_assert_int_eq(RUN_ON(portal, NULL, fail_deep(ERANGE), .error = &error), ERANGE);
    ck_assert_ptr_nonnull(error);
    ck_assert_int_eq(error->code, ERANGE);
    ck_assert_str_eq(error->message, "failed after 1");
    brio_error_unref(error);
    ck_assert_int_eq(RUN_ON(portal, NULL, add_now(1, 1), .error = &error), 0);
    ck_assert_ptr_null(error);
}

ASYNC_TEST(error_goes_to_the_caller_and_not_to_the_nursery)
{
    AWAIT(with_portal(ask_for_an_error));
}

static struct brio_scope *scope_of_test;

static ASYNC void cancel_and_wait(void)
{
    brio_scope_cancel(scope_of_test, NULL);
    AWAIT(brio_sleep_forever());
}

static int result_of_call;

static void ask_for_a_cancelled_call(struct brio_portal *portal)
{
    result_of_call = RUN_ON(portal, NULL, cancel_and_wait());
}

ASYNC_TEST(call_in_a_cancelled_nursery_is_ecanceled)
{
    CANCEL_SCOPE(s) {
        scope_of_test = s;
        AWAIT(with_portal(ask_for_a_cancelled_call));
    }
    ck_assert(s->cancelled_caught);
    ck_assert_int_eq(result_of_call, ECANCELED);
}

static ASYNC const char *name_of_task(void)
{
    AWAIT(brio_checkpoint());
    return brio_task_name(brio_task_current());
}

static void ask_for_names(struct brio_portal *portal)
{
    const char *name = NULL;
    ck_assert_int_eq(RUN_ON(portal, &name, name_of_task()), 0);
    ck_assert_str_eq(name, "name_of_task");
    ck_assert_int_eq(RUN_ON(portal, &name, name_of_task(), .name = "another"), 0);
    ck_assert_str_eq(name, "another");
}

ASYNC_TEST(task_has_the_name_of_the_function_or_of_the_option)
{
    AWAIT(with_portal(ask_for_names));
}

struct aligned {
    double values[4] __attribute__((aligned(64)));
};

static ASYNC double sum_of(struct aligned in)
{
    struct aligned copy = in;
    AWAIT(brio_checkpoint());
    ck_assert_uint_eq((uintptr_t)&copy % 64, 0);
    return copy.values[0] + copy.values[3];
}

static void ask_for_a_sum(struct brio_portal *portal)
{
    struct aligned in = {.values = {1, 0, 0, 2}};
    double sum = 0;
    ck_assert_int_eq(RUN_ON(portal, &sum, sum_of(in)), 0);
    ck_assert_double_eq(sum, 3);
}

ASYNC_TEST(over_aligned_arguments_arrive)
{
    AWAIT(with_portal(ask_for_a_sum));
}

static int ask_again(struct brio_portal *portal)
{
    int sum = 0;
    ck_assert_int_eq(RUN_ON(portal, &sum, add_later(1, 1)), 0);
    return sum;
}

static ASYNC int ask_in_a_thread(struct brio_portal *portal)
{
    return AWAIT_THREAD(ask_again(portal));
}

static void nest(struct brio_portal *portal)
{
    int sum = 0;
    ck_assert_int_eq(RUN_ON(portal, &sum, ask_in_a_thread(portal)), 0);
    ck_assert_int_eq(sum, 2);
}

ASYNC_TEST(thread_calls_loop_calls_thread_calls_loop)
{
    AWAIT(with_portal(nest));
}

/* ---- the scopes around the task that waits for the thread ---- */

static atomic_int asked;

static ASYNC void wait_when_asked(void)
{
    asked++;
    AWAIT(brio_sleep_forever());
}

/* The second time it has been cancelled before it asks. */
static void ask_for_ever(struct brio_portal *portal)
{
    brio_portal_ref(portal); /* it may be left behind by the loop */
    for (int i = 0; i < 2; i++) {
        int code = RUN_ON(portal, NULL, wait_when_asked());
        if (code != -BRIO_ECLOSED) /* the portal is gone when nobody waits for the thread */
            ck_assert_int_eq(code, ECANCELED);
    }
    brio_portal_unref(portal);
}

static atomic_bool thread_is_back;

static void note_return(void *result, void *arg)
{
    (void)result, (void)arg;
    thread_is_back = true;
}

static ASYNC void ask_for_a_while(struct brio_portal *portal, bool abandon)
{
    MOVE_ON_AFTER(1, s) {
        if (abandon)
            AWAIT_THREAD(ask_for_ever(portal), .abandon_on_cancel = true, .discard = note_return);
        else
            AWAIT_THREAD(ask_for_ever(portal));
        AWAIT(brio_checkpoint());
    }
    ck_assert(s->cancelled_caught);
    ck_assert_time(brio_now(), 1);
}

ASYNC_TEST(call_ends_with_the_task_that_waits_for_its_thread)
{
    asked = 0;
    NURSERY(n) {
        struct brio_portal *portal = must(brio_portal_open(n));
        SPAWN(n, brio_sleep(2));
        AWAIT(ask_for_a_while(portal, false));
        ck_assert_int_eq(asked, 2);
    }
    ck_assert_time(brio_now(), 2);
}

static ASYNC void abandon_a_thread_that_asks(void)
{
    asked = 0;
    NURSERY(n) {
        struct brio_portal *portal = must(brio_portal_open(n));
        AWAIT(ask_for_a_while(portal, true));
        AWAIT(brio_sleep(1));
        ck_assert_int_eq(asked, 1);
        brio_nursery_cancel(n, NULL);
    }
}

PLAIN_TEST(call_of_an_abandoned_thread_goes_on)
{
    if (brio_test_sweeping())
        return; /* there may be no thread to wait for */
    thread_is_back = false;
    ck_assert_int_eq(RUN(&async_test_options, abandon_a_thread_that_asks()), 0);
    while (!thread_is_back || allocations_living() > 0)
        usleep(100);
}

/* ---- SPAWN_ON ---- */

static atomic_long counter;

static void spawn_some(struct brio_portal *portal)
{
    for (int i = 0; i < 100; i++)
        ck_assert_int_eq(SPAWN_ON(portal, count(&counter)), 0);
}

ASYNC_TEST(spawn_on_does_not_wait_and_the_nursery_does)
{
    counter = 0;
    AWAIT(with_portal(spawn_some));
    ck_assert_int_eq(counter, 100);
}

static ASYNC void note_number(int number)
{
    note("%d", number);
    AWAIT(brio_checkpoint());
}

static void spawn_in_order(struct brio_portal *portal)
{
    for (int i = 0; i < 5; i++)
        ck_assert_int_eq(SPAWN_ON(portal, note_number(i)), 0);
    ck_assert_int_eq(RUN_ON(portal, NULL, note_number(5)), 0);
}

ASYNC_TEST(calls_of_a_thread_begin_in_order)
{
    AWAIT(with_portal(spawn_in_order));
    ck_assert_notes("0 1 2 3 4 5");
}

static void spawn_a_failure(struct brio_portal *portal)
{
    ck_assert_int_eq(SPAWN_ON(portal, fail_deep(EDOM)), 0);
}

ASYNC_TEST(error_of_a_spawned_call_is_the_nurserys)
{
    TRY {
        AWAIT(with_portal(spawn_a_failure));
        ck_abort();
    } CATCH (e, EDOM) {
        ck_assert_int_eq(e->code, BRIO_EGROUP);
    }
}

/* ---- refusals ---- */

ASYNC_TEST(own_thread_is_refused)
{
    NURSERY(n) {
        struct brio_portal *portal = must(brio_portal_open(n));
        int sum = 0;
        ck_assert_int_eq(RUN_ON(portal, &sum, add_now(1, 1)), -EDEADLK);
        ck_assert_int_eq(SPAWN_ON(portal, add_now(1, 1)), -EDEADLK);
        AWAIT(brio_checkpoint());
    }
}

static void be_refused(struct brio_portal *portal)
{
    ck_assert_int_eq(RUN_ON(portal, NULL, add_now(1, 1)), -BRIO_ECLOSED);
    ck_assert_int_eq(SPAWN_ON(portal, add_now(1, 1)), -BRIO_ECLOSED);
}

ASYNC_TEST(closed_portal_refuses)
{
    NURSERY(n) {
        struct brio_portal *portal = must(brio_portal_open(n));
        brio_portal_close(portal);
        brio_portal_close(portal);
        AWAIT_THREAD(be_refused(portal));
        AWAIT_THREAD(be_refused(NULL));
    }
}

static void call_a_leaf(struct brio_portal *portal)
{
    /* under its own name it does not compile */
    ASYNC void (*waits)(double) = brio_sleep, (*returns)(void) = brio_checkpoint;
    ck_assert_int_eq(RUN_ON(portal, NULL, waits(1)), -EINVAL);
    ck_assert_int_eq(SPAWN_ON(portal, returns()), -EINVAL);
}

ASYNC_TEST(leaf_cannot_go_to_another_thread)
{
    AWAIT(with_portal(call_a_leaf));
}

ASYNC_TEST(portal_closes_with_its_nursery)
{
    struct brio_portal *portal = NULL;
    NURSERY(n) {
        portal = must(brio_portal_open(n));
        AWAIT(brio_checkpoint());
    }
    AWAIT_THREAD(be_refused(portal));
}

/* ---- many calls, and the end ---- */

enum { CALLERS = 8 };

/* BRIO_TEST_PORTAL_CALLS says how many there are in all. */
static int calls_of_each(void)
{
    const char *wanted = getenv("BRIO_TEST_PORTAL_CALLS");
    return brio_test_sweeping() ? 60 : (wanted ? atoi(wanted) : 100000) / CALLERS;
}

static void spawn_many(struct brio_portal *portal)
{
    for (int i = 0; i < calls_of_each(); i++) {
        int code = i % 50 == 0 ? RUN_ON(portal, NULL, count(&counter)) : SPAWN_ON(portal, count(&counter));
        ck_assert_int_eq(code, 0);
    }
}

static ASYNC void spawn_many_in_thread(struct brio_portal *portal)
{
    AWAIT_THREAD(spawn_many(portal));
}

ASYNC_TEST(none_of_100000_calls_from_8_threads_is_lost)
{
    counter = 0;
    NURSERY(n) {
        struct brio_portal *portal = must(brio_portal_open(n));
        NURSERY(callers) {
            for (int i = 0; i < CALLERS; i++)
                SPAWN(callers, spawn_many_in_thread(portal));
        }
    }
    ck_assert_int_eq(counter, CALLERS * calls_of_each());
}

struct caller {
    struct brio_portal *portal;
    atomic_long accepted;
    atomic_bool ready;
};

/* Until it is refused. */
static void *call_until_closed(void *arg)
{
    struct caller *caller = arg;
    int code = 0;
    brio_portal_ref(caller->portal);
    caller->ready = true;
    while (code == 0) {
        code = SPAWN_ON(caller->portal, count(&counter));
        caller->accepted += code == 0;
    }
    ck_assert_int_eq(code, -BRIO_ECLOSED);
    ck_assert_int_eq(RUN_ON(caller->portal, NULL, count(&counter)), -BRIO_ECLOSED);
    brio_portal_unref(caller->portal);
    return NULL;
}

static ASYNC void be_called_for_a_while(struct caller *caller, pthread_t *thread)
{
    NURSERY(n) {
        caller->portal = must(brio_portal_open(n));
        ck_assert_int_eq(pthread_create(thread, NULL, call_until_closed, caller), 0);
        while (!caller->ready)
            usleep(100);
        while (counter < 1000)
            AWAIT(brio_checkpoint());
    }
}

PLAIN_TEST(thread_that_outlives_the_loop_is_refused_and_loses_nothing)
{
    struct caller caller = {.accepted = 0};
    pthread_t thread;
    size_t before = allocations_living();
    counter = 0;
    ck_assert_int_eq(RUN(&async_test_options, be_called_for_a_while(&caller, &thread)), 0);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    ck_assert_int_eq(counter, caller.accepted);
    ck_assert_uint_eq(allocations_living(), before);
}

static ASYNC void set_event(struct brio_event *event)
{
    brio_event_set(event);
    AWAIT(brio_checkpoint());
}

static struct brio_event called;

/* Calls when the loop has long been idle. */
static void *call_late(void *portal)
{
    usleep(50000);
    ck_assert_int_eq(SPAWN_ON(portal, set_event(&called)), 0);
    return NULL;
}

static ASYNC void wait_to_be_called(pthread_t *thread)
{
    NURSERY(n) {
        struct brio_portal *portal = must(brio_portal_open(n));
        ck_assert_int_eq(pthread_create(thread, NULL, call_late, portal), 0);
        AWAIT(brio_event_wait(&called));
    }
}

PLAIN_TEST(open_portal_is_no_deadlock)
{
    struct brio_options options = {.clock = BRIO_CLOCK_VIRTUAL, .detect_deadlock = true};
    pthread_t thread;
    brio_event_init(&called);
    ck_assert_int_eq(RUN(&options, wait_to_be_called(&thread)), 0);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
}

struct reentry {
    struct brio_portal *portal;
    struct brio_limiter limiter;
};

static void call_back_some_times(struct reentry *reentry)
{
    for (int i = 0; i < 20; i++)
        ck_assert_int_eq(RUN_ON(reentry->portal, NULL, count(&counter)), 0);
}

static ASYNC void call_and_be_called(struct reentry *reentry)
{
    for (int i = 0; i < 5; i++)
        AWAIT_THREAD(call_back_some_times(reentry), .limiter = &reentry->limiter);
}

ASYNC_TEST(threads_that_call_back_under_a_tight_limiter_finish)
{
    struct reentry reentry = {.limiter = BRIO_LIMITER_INIT(5)};
    counter = 0;
    NURSERY(n) {
        reentry.portal = must(brio_portal_open(n));
        for (int i = 0; i < 20; i++)
            SPAWN(n, call_and_be_called(&reentry));
    }
    ck_assert_int_eq(counter, 20 * 5 * 20);
    brio_limiter_deinit(&reentry.limiter);
}

/* ---- a loop to another ---- */

static ASYNC int ask_the_other_loop(struct brio_portal *portal)
{
    int sum = 0;
    AWAIT(brio_sleep(0.001));
    int code = SPAWN_ON(portal, count(&counter));
    ck_assert_int_eq(code, 0);
    ck_assert_int_eq(RUN_ON(portal, &sum, add_now(2, 3)), 0);
    return sum;
}

static void run_another_loop(struct brio_portal *portal)
{
    int sum = 0;
    ck_assert_int_eq(RUN_INTO(&async_test_options, &sum, ask_the_other_loop(portal)), 0);
    ck_assert_int_eq(sum, 5);
}

ASYNC_TEST(task_of_another_loop_may_call)
{
    counter = 0;
    AWAIT(with_portal(run_another_loop));
    ck_assert_int_eq(counter, 1);
}

/* ---- memory ---- */

static atomic_int refusals;

static void call_without_memory(struct brio_portal *portal)
{
    int sum = 0, code = RUN_ON(portal, &sum, add_now(1, 2));
    ck_assert(code == 0 || code == -ENOMEM || code == ENOMEM || code == ECANCELED || code == -BRIO_ECLOSED);
    ck_assert(code != 0 || sum == 3);
    code = SPAWN_ON(portal, add_now(1, 2));
    ck_assert(code == 0 || code == -ENOMEM || code == -BRIO_ECLOSED);
    refusals += code != 0;
}

static ASYNC void open_and_call_without_memory(void)
{
    NURSERY(n) {
        struct brio_portal *portal = brio_portal_open(n);
        if (portal)
            AWAIT_THREAD(call_without_memory(portal));
    }
}

PLAIN_TEST(each_allocation_may_fail)
{
    for (long k = 0; k < 60; k++) {
        const struct brio_error *error = NULL;
        struct brio_options options = async_test_options;
        options.error = &error;
        fail_allocation(k);
        int code = RUN(&options, open_and_call_without_memory());
        fail_allocation(-1);
        ck_assert(code == 0 || code == ENOMEM || brio_error_contains(error, ENOMEM));
        brio_error_unref(error);
    }
}
