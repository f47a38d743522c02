/* The worker threads of a loop without tasks. */
#include "thread/pool.h"

#include <check.h>
#include <ev.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fatal.h"
#include "loop/loop.h"

struct probe {
    struct brio__job job;
    pthread_t thread; /* that worked on it */
    atomic_bool go;   /* the work may end */
    atomic_bool working, worked;
    atomic_bool done, alone;
};

static struct brio__loop loop;

static enum brio__pass pass(struct brio__loop *ignored)
{
    (void)ignored;
    return BRIO__PASS_IDLE;
}

static void open_loop(void)
{
    loop = (struct brio__loop){.pass = pass};
    ck_assert_int_eq(brio__loop_open(&loop, NULL, 0), 0);
}

static void work(struct brio__job *job)
{
    struct probe *probe = brio__container(job, struct probe, job);
    probe->thread = pthread_self();
    probe->working = true;
    while (!probe->go)
        usleep(200);
    probe->worked = true;
}

static void be_done(struct brio__job *job, bool alone)
{
    struct probe *probe = brio__container(job, struct probe, job);
    probe->alone = alone;
    probe->done = true;
}

static void submit(struct probe *probe, bool go)
{
    *probe = (struct probe){.job = {.work = work, .done = be_done}, .go = go};
    ck_assert_int_eq(brio__pool_submit(&loop, &probe->job), 0);
}

static void wait_for(atomic_bool *flag)
{
    while (!*flag)
        usleep(200);
}

/* Until the end is delivered: then the worker is among the idle. */
static void finish(struct probe *probe)
{
    probe->go = true;
    while (!probe->done) {
        ev_run(loop.ev, EVRUN_NOWAIT);
        usleep(200);
    }
}

static int threads_alive(void)
{
    char line[128];
    int count = -1;
    FILE *status = fopen("/proc/self/status", "r");
    while (status && fgets(line, sizeof line, status))
        sscanf(line, "Threads: %d", &count);
    if (status)
        fclose(status);
    return count;
}

START_TEST(newest_idle_worker_is_used_first)
{
    struct probe first, second, third;
    open_loop();
    submit(&first, false);
    submit(&second, false);
    wait_for(&first.working);
    wait_for(&second.working);
    finish(&first);
    finish(&second);
    submit(&third, true);
    finish(&third);
    ck_assert(!pthread_equal(first.thread, second.thread));
    ck_assert(pthread_equal(third.thread, second.thread));
    ck_assert(!third.alone);
    brio__loop_close(&loop);
}
END_TEST

static void *do_nothing(void *arg)
{
    return arg;
}

/* A sanitizer may have a thread of its own from the program's first on. */
static void have_a_first_thread(void)
{
    pthread_t thread;
    ck_assert_int_eq(pthread_create(&thread, NULL, do_nothing, NULL), 0);
    pthread_join(thread, NULL);
    usleep(20000); /* it is seen for a little longer */
}

START_TEST(idle_workers_end_after_a_while)
{
    struct probe probes[5], last;
    have_a_first_thread();
    int before = threads_alive();
    brio__pool_idle_seconds = 0.05;
    open_loop();
    for (int i = 0; i < 5; i++)
        submit(&probes[i], false);
    for (int i = 0; i < 5; i++)
        wait_for(&probes[i].working);
    ck_assert_int_eq(threads_alive(), before + 5);
    for (int i = 0; i < 5; i++)
        probes[i].go = true;
    while (threads_alive() > before)
        usleep(5000);
    submit(&last, true);
    finish(&last);
    brio__loop_close(&loop);
    ck_assert_int_eq(threads_alive(), before);
}
END_TEST

START_TEST(job_beyond_the_limit_waits_and_can_be_withdrawn)
{
    static struct probe probes[BRIO__POOL_LIMIT + 2];
    open_loop();
    for (int i = 0; i < BRIO__POOL_LIMIT + 2; i++)
        submit(&probes[i], false);
    for (int i = 0; i < BRIO__POOL_LIMIT; i++)
        wait_for(&probes[i].working);
    ck_assert(!brio__pool_withdraw(&loop, &probes[0].job));
    ck_assert(brio__pool_withdraw(&loop, &probes[BRIO__POOL_LIMIT].job));
    ck_assert(!probes[BRIO__POOL_LIMIT + 1].working);
    probes[7].go = true;
    wait_for(&probes[BRIO__POOL_LIMIT + 1].working);
    ck_assert(pthread_equal(probes[7].thread, probes[BRIO__POOL_LIMIT + 1].thread));
    for (int i = 0; i < BRIO__POOL_LIMIT + 2; i++)
        if (i != BRIO__POOL_LIMIT)
            finish(&probes[i]);
    brio__loop_close(&loop);
    ck_assert(!probes[BRIO__POOL_LIMIT].worked && !probes[BRIO__POOL_LIMIT].done);
}
END_TEST

START_TEST(unlimited_jobs_do_not_count)
{
    static struct probe probes[BRIO__POOL_LIMIT];
    struct probe extra;
    open_loop();
    for (int i = 0; i < BRIO__POOL_LIMIT; i++)
        submit(&probes[i], false);
    extra = (struct probe){.job = {.work = work, .done = be_done, .unlimited = true}, .go = true};
    ck_assert_int_eq(brio__pool_submit(&loop, &extra.job), 0);
    finish(&extra);
    for (int i = 0; i < BRIO__POOL_LIMIT; i++)
        finish(&probes[i]);
    brio__loop_close(&loop);
}
END_TEST

/* Not on the stack: the thread has it for longer than the test runs. */
START_TEST(job_that_outlives_the_loop_is_told_so)
{
    static struct probe probe;
    open_loop();
    submit(&probe, false);
    wait_for(&probe.working);
    brio__loop_close(&loop);
    ck_assert(!probe.done);
    probe.go = true;
    wait_for(&probe.done);
    ck_assert(probe.alone);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("pool");
    TCase *cases = tcase_create("all");
    tcase_add_test(cases, newest_idle_worker_is_used_first);
    tcase_add_test(cases, idle_workers_end_after_a_while);
    tcase_add_test(cases, job_beyond_the_limit_waits_and_can_be_withdrawn);
    tcase_add_test(cases, unlimited_jobs_do_not_count);
    tcase_add_test(cases, job_that_outlives_the_loop_is_told_so);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
