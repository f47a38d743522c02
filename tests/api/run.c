/* RUN, RUN_INTO and their options. */
#include "../support/async_test.h"

#include <errno.h>
#include <ev.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static ASYNC int compute(int x)
{
    AWAIT(brio_sleep(0));
    return x * 2;
}

PLAIN_TEST(run_returns_zero_and_run_into_the_value)
{
    int value = 0;
    struct brio_scope *pointer = (void *)&value;

    ck_assert_int_eq(RUN(NULL, compute(1)), 0);
    ck_assert_int_eq(RUN_INTO(NULL, &value, compute(21)), 0);
    ck_assert_int_eq(value, 42);
    ck_assert_ptr_nonnull(pointer);
}

static ASYNC int immediately(bool waits)
{
    if (waits)
        AWAIT(brio_checkpoint());
    return 7;
}

PLAIN_TEST(root_that_never_waits)
{
    int value = 0;

    ck_assert_int_eq(RUN_INTO(NULL, &value, immediately(false)), 0);
    ck_assert_int_eq(value, 7);
}

PLAIN_TEST(runs_one_after_another)
{
    for (int i = 0; i < 20; i++) {
        int value = 0;
        ck_assert_int_eq(RUN_INTO(&async_test_options, &value, compute(i)), 0);
        ck_assert_int_eq(value, 2 * i);
    }
}

/* NU7: unwrapped. */
PLAIN_TEST(error_of_the_root_task_is_stored)
{
    const struct brio_error *error = NULL;

    async_test_options.error = &error;
    ck_assert_int_eq(RUN(&async_test_options, fail_later(1, EIO)), EIO);
    ck_assert_ptr_nonnull(error);
    ck_assert_int_eq(error->code, EIO);
    ck_assert_str_eq(error->message, "failed after 1");
    brio_error_unref(error);
}

PLAIN_TEST(without_an_error_the_place_for_it_is_null)
{
    const struct brio_error *error = (void *)&error;

    async_test_options.error = &error;
    ck_assert_int_eq(RUN(&async_test_options, nap(1, "done")), 0);
    ck_assert_ptr_null(error);
    ck_assert_notes("done");
}

static ASYNC void fail_in_a_nursery(void)
{
    NURSERY(n) {
        SPAWN(n, fail_later(1, EIO));
        SPAWN(n, fail_later(1, EPIPE));
    }
}

PLAIN_TEST(group_leaves_run_as_a_group)
{
    const struct brio_error *error = NULL;

    async_test_options.error = &error;
    ck_assert_int_eq(RUN(&async_test_options, fail_in_a_nursery()), BRIO_EGROUP);
    ck_assert_uint_eq(error->child_count, 2);
    brio_error_unref(error);
}

PLAIN_TEST(unhandled_error_is_printed)
{
    char text[4096];
    FILE *file = tmpfile();
    int saved = dup(2);

    ck_assert_ptr_nonnull(file);
    fflush(stderr);
    dup2(fileno(file), 2);
    int code = RUN(&async_test_options, fail_in_a_nursery());
    fflush(stderr);
    dup2(saved, 2);
    close(saved);
    rewind(file);
    text[fread(text, 1, sizeof text - 1, file)] = 0;
    fclose(file);
    ck_assert_int_eq(code, BRIO_EGROUP);
    ck_assert_ptr_nonnull(strstr(text, "EIO"));
    ck_assert_ptr_nonnull(strstr(text, "EPIPE"));
    ck_assert_ptr_nonnull(strstr(text, "failed after 1"));
}

static ASYNC void run_inside(void)
{
    const struct brio_error *error = NULL;
    struct brio_options options = {.error = &error};
    int value = 1;

    ck_assert_int_eq(RUN(&options, compute(1)), EBUSY);
    brio_error_unref(error);
    ck_assert_int_eq(RUN_INTO(&options, &value, compute(1)), EBUSY);
    brio_error_unref(error);
    ck_assert_int_eq(value, 1);
    AWAIT(brio_checkpoint());
    note("alive");
}

PLAIN_TEST(run_inside_a_task_is_refused)
{
    ck_assert_int_eq(RUN(&async_test_options, run_inside()), 0);
    ck_assert_notes("alive");
}

/* ---- an existing loop ---- */

static int ticks;

static void tick(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)loop, (void)timer, (void)events;
    ticks++;
}

PLAIN_TEST(run_on_an_existing_loop_leaves_its_watchers_alone)
{
    struct ev_loop *loop = ev_loop_new(EVFLAG_AUTO);
    struct brio_options options = {.loop = loop};
    ev_timer timer;

    ticks = 0;
    ev_set_userdata(loop, &ticks);
    ev_timer_init(&timer, tick, 0.002, 0.002);
    ev_timer_start(loop, &timer);
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(RUN(&options, nap(0.02, "slept")), 0);
    ck_assert_int_gt(ticks, 2);
    ck_assert(ev_is_active(&timer));
    ck_assert_ptr_eq(ev_userdata(loop), &ticks);
    ck_assert_uint_eq(ev_pending_count(loop), 0);
    ev_timer_stop(loop, &timer);
    ev_run(loop, 0); /* nothing of the library holds it */
    ev_loop_destroy(loop);
    ck_assert_notes("slept slept");
}

PLAIN_TEST(back_end_of_choice)
{
    struct brio_options options = {.ev_flags = EVBACKEND_SELECT, .clock = BRIO_CLOCK_VIRTUAL};

    ck_assert_int_eq(RUN(&options, nap(1, "select")), 0);
    options.ev_flags = EVBACKEND_POLL;
    ck_assert_int_eq(RUN(&options, nap(1, "poll")), 0);
    ck_assert_notes("select poll");
}

/* ---- order ---- */

static ASYNC void batches(int tasks)
{
    NURSERY(n) {
        for (int i = 0; i < tasks; i++) {
            static const char *const names[] = {"a", "b", "c", "d", "e", "f"};
            SPAWN(n, nap(0, names[i]));
        }
    }
}

PLAIN_TEST(ready_tasks_run_first_come_first_served)
{
    ck_assert_int_eq(RUN(&async_test_options, batches(6)), 0);
    ck_assert_notes("a b c d e f");
}

PLAIN_TEST(seed_shuffles_reproducibly)
{
    brio_test_keep_order();
    char first[64];
    int different = 0;

    for (unsigned long long seed = 1; seed <= 20; seed++) {
        async_test_options.seed = seed;
        ck_assert_int_eq(RUN(&async_test_options, batches(6)), 0);
        snprintf(first, sizeof first, "%s", take_notes());
        different += strcmp(first, "a b c d e f") != 0;
        ck_assert_int_eq(RUN(&async_test_options, batches(6)), 0);
        ck_assert_str_eq(take_notes(), first);
    }
    ck_assert_int_gt(different, 10);
}

static ASYNC void name_of_root(void)
{
    note("%s", brio_task_name(brio_task_current()));
    AWAIT(brio_checkpoint());
}

PLAIN_TEST(name_of_the_root_task)
{
    ck_assert_int_eq(RUN(&async_test_options, name_of_root()), 0);
    async_test_options.name = "given";
    ck_assert_int_eq(RUN(&async_test_options, name_of_root()), 0);
    ck_assert_notes("name_of_root given");
}

static ASYNC int recursive(int depth)
{
    char room[200];

    for (size_t i = 0; i < sizeof room; i++)
        room[i] = (char)i;
    if (depth > 0)
        return AWAIT(recursive(depth - 1)) + room[100] - 100;
    AWAIT(brio_checkpoint());
    return 0;
}

PLAIN_TEST(stack_limit_of_choice)
{
    const struct brio_error *error = NULL;
    int value = -1;

    async_test_options.stack_limit = 8192;
    async_test_options.error = &error;
    ck_assert_int_eq(RUN_INTO(&async_test_options, &value, recursive(5)), 0);
    ck_assert_int_eq(value, 0);
    ck_assert_int_eq(RUN(&async_test_options, recursive(1000)), ENOMEM);
    brio_error_unref(error);
    async_test_options.stack_limit = 1 << 20;
    ck_assert_int_eq(RUN_INTO(&async_test_options, &value, recursive(1000)), 0);
}

/* ---- several loops in several threads ---- */

static ASYNC void busy(int *sum)
{
    NURSERY(n) {
        for (int i = 0; i < 100; i++)
            SPAWN(n, brio_sleep(i));
        for (int i = 0; i < 100; i++) {
            AWAIT(brio_checkpoint());
            ++*sum;
        }
    }
}

static void *run_in_thread(void *arg)
{
    struct brio_options options = {.clock = BRIO_CLOCK_VIRTUAL};

    for (int i = 0; i < 10; i++)
        if (RUN(&options, busy(arg)) != 0)
            return NULL;
    return arg;
}

PLAIN_TEST(loops_in_several_threads_are_independent)
{
    pthread_t threads[4];
    int sums[4] = {0};

    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, run_in_thread, &sums[i]), 0);
    for (int i = 0; i < 4; i++) {
        void *result;
        pthread_join(threads[i], &result);
        ck_assert_ptr_eq(result, &sums[i]);
        ck_assert_int_eq(sums[i], 1000);
    }
}
