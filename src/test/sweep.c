/* sweep.c - running one root task several times: on each back end, with each allocation failing, cancelled at each checkpoint, in shuffled
 * orders. */
#include <brio/test.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "core/scope.h"
#include "test/test.h"

enum {
    BACKENDS = 1 | 2 | 4 | 8 | 16 | 32, /* of libev: all but those that it holds to be experiments */
    EVERY_UNTIL = 300,                  /* each k so far, then in steps that grow with it */
    STEP_SHARE = 50,
    SEEDS = 20
};

/* ---- cancelling at a checkpoint ---- */

static __thread long checkpoints_to_go = -1;

static void count_checkpoint(struct brio__scheduler *scheduler)
{
    if (checkpoints_to_go >= 0 && checkpoints_to_go-- == 0)
        brio__scope_cancel(scheduler->root.scope, BRIO_CANCEL_EXPLICIT, "sweep of checkpoints");
}

static const struct brio__test_runs *running;
static pthread_t runner;

static void stop_disturbing(void)
{
    brio_test_fail_allocation(-1);
    checkpoints_to_go = -1;
    brio__set_checkpoint_hook(NULL);
    running = NULL;
}

/* Whether what this run is about has happened. */
static bool is_disturbed(const struct brio__test_runs *runs)
{
    switch (runs->kind) {
    case BRIO__TEST_CHECKPOINTS:
        return checkpoints_to_go < 0;
    case BRIO__TEST_ALLOCATIONS:
        return brio_test_allocation_failed();
    default:
        return runs->kind == BRIO__TEST_SEEDS;
    }
}

bool brio__test_is_lenient(bool here)
{
    if (running == NULL || !running->lenient || (here && !pthread_equal(runner, pthread_self())) || !is_disturbed(running))
        return false;
    if (here) {
        stop_disturbing();
        brio__run_forget();
        brio__test_close_new_descriptors();
    }
    return true;
}

/* ---- which runs ---- */

static unsigned wanted_backends(void)
{
    const char *mask = getenv("BRIO_TEST_BACKENDS");
    unsigned all = brio__loop_backends() & BACKENDS;
    if (getenv("LIBEV_FLAGS"))
        return 0;
    return mask ? all & (unsigned)strtoul(mask, NULL, 0) : all;
}

static enum brio__test_kind wanted_kind(void)
{
    static const char *const names[] = {"backends", "allocations", "checkpoints", "seeds"};
    const char *wanted = getenv("BRIO_TEST_SWEEP");
    for (int kind = BRIO__TEST_BACKENDS; wanted && kind <= BRIO__TEST_SEEDS; kind++)
        if (strcmp(names[kind], wanted) == 0)
            return (enum brio__test_kind)kind;
    return BRIO__TEST_BACKENDS;
}

bool brio_test_sweeping(void)
{
    return wanted_kind() != BRIO__TEST_BACKENDS;
}

void brio__test_runs_begin(struct brio__test_runs *runs, enum brio__test_kind kind, long count)
{
    *runs = (struct brio__test_runs){.kind = kind, .k = -1, .count = count};
    if (kind == BRIO__TEST_BACKENDS)
        runs->backends = wanted_backends();
}

void brio__test_runs_begin_wanted(struct brio__test_runs *runs)
{
    brio__test_runs_begin(runs, wanted_kind(), SEEDS);
    runs->lenient = brio_test_sweeping();
    brio__test_note_descriptors();
}

static long next_k(long k)
{
    return k < EVERY_UNTIL ? k + 1 : k + k / STEP_SHARE;
}

/* The lowest back end of those still to come; 0 once: libev's own choice, when none was named. */
static bool next_backend(struct brio__test_runs *runs)
{
    unsigned lowest = runs->backends & -runs->backends;
    if (lowest == 0 && runs->k >= 0)
        return false;
    runs->k = 0;
    runs->backends &= ~lowest;
    runs->options.ev_flags = lowest;
    return true;
}

bool brio__test_runs_next(struct brio__test_runs *runs)
{
    if (runs->over)
        return false;
    runs->options = brio_test_options;
    runs->options.error = &runs->error;
    if (runs->kind == BRIO__TEST_BACKENDS) {
        if (!next_backend(runs))
            return false;
    } else {
        runs->k = next_k(runs->k);
    }
    if (runs->kind == BRIO__TEST_SEEDS) {
        if (runs->k >= runs->count)
            return false;
        runs->options.seed = (unsigned long long)runs->k + 1;
    }
    if (brio_test_before_run)
        brio_test_before_run();
    runs->allocations = brio_test_allocations();
    runs->descriptors = brio_test_descriptors();
    checkpoints_to_go = runs->kind == BRIO__TEST_CHECKPOINTS ? runs->k : -1;
    brio__set_checkpoint_hook(checkpoints_to_go >= 0 ? count_checkpoint : NULL);
    brio_test_fail_allocation(runs->kind == BRIO__TEST_ALLOCATIONS ? runs->k : -1);
    running = runs;
    runner = pthread_self();
    return true;
}

/* ---- how they end ---- */

static const char *describe_run(const struct brio__test_runs *runs)
{
    static char text[64];
    static const char *const what[] = {"on back end %u", "allocation %ld fails", "cancelled at checkpoint %ld", "seed %ld"};
    if (runs->kind == BRIO__TEST_BACKENDS)
        snprintf(text, sizeof text, "on back end %u", runs->options.ev_flags);
    else
        snprintf(text, sizeof text, what[runs->kind], runs->k + 1);
    return text;
}

/* Whether the outcome is one that such a run may have. */
static bool is_fine(const struct brio__test_runs *runs, int code, bool disturbed)
{
    if (code == 0)
        return true;
    if (runs->kind == BRIO__TEST_ALLOCATIONS)
        return disturbed && (code == ENOMEM || (runs->error && brio_error_contains(runs->error, ENOMEM)));
    return runs->kind == BRIO__TEST_CHECKPOINTS && disturbed && code == ECANCELED;
}

static const char *judge(const struct brio__test_runs *runs, int code, bool disturbed)
{
    const char *run = describe_run(runs);
    if (!is_fine(runs, code, disturbed))
        return brio__test_message("%s: %s\n%s", run, brio_error_name(code), runs->error ? brio_error_string(runs->error) : "");
    if (runs->lenient && disturbed)
        return NULL;
    if (brio_test_descriptors() != runs->descriptors)
        return brio__test_message("%s: %d descriptors are left open", run, brio_test_descriptors() - runs->descriptors);
    return NULL;
}

const char *brio__test_runs_judge(struct brio__test_runs *runs, int code)
{
    bool disturbed = is_disturbed(runs);
    stop_disturbing();
    const char *wrong = judge(runs, code, disturbed);
    if (runs->lenient)
        brio__test_close_new_descriptors();
    brio_error_unref(runs->error);
    runs->error = NULL;
    if (wrong == NULL && brio_test_allocations() != runs->allocations && !(runs->lenient && disturbed))
        wrong = brio__test_message("%s: %ld allocations of the library are left", describe_run(runs),
                                   (long)brio_test_allocations() - (long)runs->allocations);
    runs->over = !disturbed && (runs->kind == BRIO__TEST_ALLOCATIONS || runs->kind == BRIO__TEST_CHECKPOINTS);
    return wrong;
}
