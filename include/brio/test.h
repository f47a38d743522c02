/* brio/test.h - for Check: tests whose body is a task, and sweeps. In a library of its own, brio-test; brio.h does not include it.
 *
 *     #include <brio/test.h>
 *
 *     ASYNC_TEST(reply_comes_in_time)
 *     {
 *         FAIL_AFTER(1) {
 *             ck_assert_int_eq(AWAIT(ask("ping")), 4);
 *         }
 *     }
 *
 *     PLAIN_TEST(service_survives_everything)
 *     {
 *         BRIO_SWEEP_ALLOCATIONS(service());
 *         BRIO_SWEEP_CHECKPOINTS(service());
 *     }
 *
 *     int main(int argc, char **argv) { return brio_test_main(argc, argv); }
 *
 * The body of an ASYNC_TEST is the root task of a fresh loop with the virtual clock, once on each back end that libev has here; it fails if
 * an error leaves it, or if every task waits for another. The body of a PLAIN_TEST is plain C, that of an ABORTING_TEST is expected to end
 * in abort(). Each fails if it leaves memory of the library, descriptors or signal handlers behind. They define a test as START_TEST of
 * Check does, for tcase_add_test(tcase, name); those of a program that has no suites of its own run with brio_test_main.
 *
 * The environment says more: BRIO_TEST_BACKENDS is a mask of libev's back ends to be used (LIBEV_FLAGS leaves one); BRIO_TEST_SWEEP, one of
 * "allocations", "checkpoints", "seeds", makes a sweep of the body of every test, the aborting ones left out; BRIO_TEST_EVERY says how far
 * a sweep takes each k, before its steps grow, BRIO_TEST_RUN that only this run of it is made, for a debugger. BRIO_TEST_SEED is the seed
 * of every run that has none of its own.
 */
#ifndef BRIO_TEST_H
#define BRIO_TEST_H

#include <brio/alloc.h>
#include <brio/error.h>
#include <brio/language.h>
#include <brio/run.h>
#include <check.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What the runs of a test begin with: virtual clock, detect_deadlock, the seed of the environment. Reset before each test; `loop`,
 * `ev_flags`, `seed` and `error` are the runs' own. */
extern struct brio_options brio_test_options;
/* Of the run; 0: ready tasks run first come, first served. */
unsigned long long brio_test_seed(void);
/* For a test that is about this order, as its first words: there is no seed. */
void brio_test_keep_order(void);
/* Called before each run of a body, to forget what the one before has left in the test's own variables. NULL: nothing. */
extern void (*brio_test_before_run)(void);

/* Runs all tests of the program, or those named in the arguments. For main to return. */
int brio_test_main(int argc, char **argv);

/* ---- the library's memory, and descriptors ---- */

/* Allocations that are in use. */
size_t brio_test_allocations(void);
/* The allocation after the next `count` fails, once; negative: none does. */
void brio_test_fail_allocation(long count);
/* Whether it has, since then. */
bool brio_test_allocation_failed(void);
/* How many this process has open (of the first 1,024). */
int brio_test_descriptors(void);

/* ---- sweeps: statements, for plain C. `call` is one call of an ASYNC function, which becomes the root task of each run ---- */

/* The k-th allocation fails, for k = 1, 2, … until none does: each run ends well or with ENOMEM, and leaves nothing behind. From 200 on k
 * makes larger steps; the same in the next. */
#define BRIO_SWEEP_ALLOCATIONS(call) BRIO__TEST_RUNS(BRIO__TEST_ALLOCATIONS, 0, call)
/* Everything is cancelled at the k-th checkpoint: each run ends well or cancelled. */
#define BRIO_SWEEP_CHECKPOINTS(call) BRIO__TEST_RUNS(BRIO__TEST_CHECKPOINTS, 0, call)
/* Tasks run in an order shuffled from the seeds 1 to `count`: each run ends well. */
#define BRIO_SWEEP_SEEDS(count, call) BRIO__TEST_RUNS(BRIO__TEST_SEEDS, count, call)

/* True in a sweep that the environment has asked for. Most tests say what an undisturbed run does, and clean up at their end: so an
 * assertion that fails after the disturbance ends only that run, on the spot, and what is left behind does not count. What does: how the
 * run ends otherwise, and that it does. The runs are in processes of their own, a new one after each run that left something behind. */
bool brio_test_sweeping(void);
/* In such a sweep: whether the disturbance of this run has happened. From any thread; for those that wait for what the test would have done
 * next. */
bool brio_test_disturbed(void);
/* Another code that a disturbed run may end with: what one end of a connection makes of the end of the other. 0 before each run. */
extern int brio_test_also_fine;

/* ---- private ---- */

enum brio__test_kind { BRIO__TEST_BACKENDS, BRIO__TEST_ALLOCATIONS, BRIO__TEST_CHECKPOINTS, BRIO__TEST_SEEDS };

/* Several runs of one root task. */
struct brio__test_runs {
    struct brio_options options;
    const struct brio_error *error;
    enum brio__test_kind kind;
    long k, count;
    unsigned backends; /* still to come */
    size_t allocations;
    int descriptors;
    bool lenient; /* asked for by the environment */
    bool over;
};

void brio__test_runs_begin(struct brio__test_runs *runs, enum brio__test_kind kind, long count);
/* Of the kind that the environment has asked for. */
void brio__test_runs_begin_wanted(struct brio__test_runs *runs);
/* False: that was the last. */
bool brio__test_runs_next(struct brio__test_runs *runs);
/* How it has ended: NULL, or what is wrong with that (static storage). */
const char *brio__test_runs_judge(struct brio__test_runs *runs, int code);

/* The body of a test in plain C: once, or as a sweep. */
void brio__test_run_plain(void (*body)(void), int signal);

/* Where an assertion has failed: tells Check, or ends this run alone. */
void brio__test_assertion_failed(const char *file, int line, const char *expression, ...);
#define _ck_assert_failed brio__test_assertion_failed
/* Where one has held: tells Check, but not in the process of a sweep's run. */
void brio__test_assertion_held(const char *file, int line);
#define _mark_point brio__test_assertion_held

/* Around a test; end: NULL, or what it has left behind (static storage). */
void brio__test_begin(void);
const char *brio__test_end(void);
void brio__test_register(const TTest *test, const char *name, int signal);

#define BRIO__TEST_RUNS(kind, count, call) BRIO__TEST_EACH_RUN(brio__test_runs_begin(&brio__t, (kind), (count)), call)
#define BRIO__TEST_EACH_RUN(begin, call) \
    do { \
        static struct brio__test_runs brio__t; \
        begin; \
        while (brio__test_runs_next(&brio__t)) { \
            const char *brio__wrong = brio__test_runs_judge(&brio__t, BRIO_RUN(&brio__t.options, call)); \
            if (brio__wrong) \
                ck_abort_msg("%s", brio__wrong); \
        } \
    } while (0)

#define BRIO_PLAIN_TEST(name) BRIO__TEST_IN_C(name, 0)
/* What the library answers with a message and abort(). */
#define BRIO_ABORTING_TEST(name) BRIO__TEST_IN_C(name, 6)
#define BRIO_ASYNC_TEST(name) \
    static BRIO_ASYNC void name##_body(void); \
    BRIO__TEST(name, 0, BRIO__TEST_EACH_RUN(brio__test_runs_begin_wanted(&brio__t), name##_body())) \
    static BRIO_ASYNC void name##_body(void)

#define BRIO__TEST_IN_C(name, signal) \
    static void name##_plain(void); \
    BRIO__TEST(name, signal, brio__test_run_plain(name##_plain, signal)) \
    static void name##_plain(void)
#define BRIO__TEST(name, signal, statement) \
    START_TEST(name) \
    { \
        brio__test_begin(); \
        statement; \
        const char *brio__left = brio__test_end(); \
        if (brio__left) \
            ck_abort_msg("%s", brio__left); \
    } \
    END_TEST \
    static void __attribute__((constructor)) name##_register(void) \
    { \
        brio__test_register(name, #name, signal); \
    }

#ifndef BRIO_NO_SHORT_NAMES
#define PLAIN_TEST(name) BRIO_PLAIN_TEST(name)
#define ASYNC_TEST(name) BRIO_ASYNC_TEST(name)
#define ABORTING_TEST(name) BRIO_ABORTING_TEST(name)
#endif

#ifdef __cplusplus
}
#endif

#endif
