/* sweep.c - running one root task several times: on each back end, with each allocation failing, cancelled at each checkpoint, in shuffled
 * orders.
 *
 * A sweep that the environment asked for disturbs tests that were not written for that: a run may end amidst threads and open descriptors.
 * It is made in a process of its own, which goes on to the next run for as long as nothing is left behind, and else ends. The process that
 * waits makes another then. */
#include <brio/test.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/scope.h"
#include "test/test.h"

enum {
    BACKENDS = 1 | 2 | 4 | 8 | 16 | 32, /* of libev: all but those that it holds to be experiments */
    EVERY_UNTIL = 200,                  /* each k so far, then in steps that grow with it */
    STEP_SHARE = 20,
    SEEDS = 20
};

static const double JUMPS_AFTER = 0.02;

static struct brio__test_runs *running;

/* Now one side of a connection may sleep before it tries again, while the other waits. */
void brio__test_disturbance(void)
{
    struct brio__loop *loop = brio__loop_current();
    if (running && loop)
        brio__scheduler(loop)->autojump_over_io = JUMPS_AFTER;
}

/* ---- cancelling at a checkpoint ---- */

static __thread long checkpoints_to_go = -1;
static bool has_cancelled;

static void count_checkpoint(struct brio__scheduler *scheduler)
{
    if (checkpoints_to_go < 0 || checkpoints_to_go-- > 0)
        return;
    __atomic_store_n(&has_cancelled, true, __ATOMIC_RELAXED);
    brio__test_disturbance();
    brio__scope_cancel(scheduler->root.scope, BRIO_CANCEL_EXPLICIT, "sweep of checkpoints");
}

static void stop_disturbing(void)
{
    brio__test_arm_allocation(-1);
    checkpoints_to_go = -1;
    brio__set_checkpoint_hook(NULL);
    running = NULL;
}

/* Whether what this run is about has happened. */
static bool is_disturbed(const struct brio__test_runs *runs)
{
    switch (runs->kind) {
    case BRIO__TEST_CHECKPOINTS:
        return __atomic_load_n(&has_cancelled, __ATOMIC_RELAXED);
    case BRIO__TEST_ALLOCATIONS:
        return brio_test_allocation_failed();
    default:
        return false;
    }
}

/* ---- order ---- */

static unsigned long long seed;

unsigned long long brio_test_seed(void)
{
    return seed;
}

unsigned long long brio__test_begin_order(void)
{
    const char *named = getenv("BRIO_TEST_SEED");
    return seed = named ? strtoull(named, NULL, 0) : 0;
}

void brio_test_keep_order(void)
{
    struct brio__loop *loop = brio__loop_current();
    brio_test_options.seed = seed = 0;
    if (loop)
        brio__scheduler(loop)->shuffles = false;
}

bool brio_test_disturbed(void)
{
    return running && is_disturbed(running);
}

void brio__test_leave_undisturbed(void)
{
    if (running == NULL)
        return;
    running->over = true;
    stop_disturbing();
}

/* ---- processes ---- */

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

enum status { STATUS_OVER, STATUS_DIRTY = 3, STATUS_WRONG = 4 };

/* Shared by both processes: the run that was begun last, and what was wrong with it. NULL: this is not the process of a run. */
static struct report {
    long k;
    char wrong[4000];
} *report;

static void leave_process(enum status status)
{
    fflush(NULL);
    _exit(status);
}

bool brio__test_is_run(void)
{
    return report != NULL;
}

void brio__test_assertion_in_run(const char *file, int line, const char *text)
{
    if (report == NULL)
        return;
    if (brio_test_disturbed())
        leave_process(STATUS_DIRTY);
    snprintf(report->wrong, sizeof report->wrong, "%s:%d: %s", file, line, text);
    leave_process(STATUS_WRONG);
}

/* 0 in the new process; in the old one how that has ended. */
static int fork_run(bool *is_new)
{
    int status = 0;
    fflush(NULL);
    pid_t child = fork();
    *is_new = child == 0;
    if (child < 0)
        ck_abort_msg("fork: %s", strerror(errno));
    while (child > 0 && waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            ck_abort_msg("waitpid: %s", strerror(errno));
    return status;
}

/* In a new process as often as one has ended dirty. False: that was all. */
static bool fork_runs(struct brio__test_runs *runs)
{
    struct report *shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED)
        ck_abort_msg("mmap: %s", strerror(errno));
    shared->k = runs->k;
    for (bool is_new;;) {
        int status = fork_run(&is_new);
        if (is_new) {
            report = shared;
            return true;
        }
        runs->k = shared->k;
        if (WIFEXITED(status) && WEXITSTATUS(status) == STATUS_DIRTY)
            continue;
        if (!WIFEXITED(status) || WEXITSTATUS(status) != STATUS_OVER)
            ck_abort_msg("%s: %s", describe_run(runs), shared->wrong[0] ? shared->wrong : "the process has died");
        munmap(shared, sizeof *shared);
        return false;
    }
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
    brio__test_leave_undisturbed();
    *runs = (struct brio__test_runs){.kind = kind, .k = -1, .count = count};
    if (kind == BRIO__TEST_BACKENDS)
        runs->backends = wanted_backends();
}

void brio__test_runs_begin_wanted(struct brio__test_runs *runs)
{
    brio__test_runs_begin(runs, wanted_kind(), SEEDS);
    runs->lenient = brio_test_sweeping();
}

static long next_k(long k)
{
    const char *every = getenv("BRIO_TEST_EVERY");
    return k < (every ? atol(every) : EVERY_UNTIL) ? k + 1 : k + k / STEP_SHARE;
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

/* The one run of a sweep that is wanted, from 0; -1: all are. */
static long only_run(void)
{
    const char *run = getenv("BRIO_TEST_RUN");
    return run ? atol(run) - 1 : -1;
}

/* Chooses the next run. False: that was the last. */
static bool choose_run(struct brio__test_runs *runs)
{
    if (runs->over)
        return false;
    if (runs->lenient && only_run() >= 0) {
        runs->over = true;
        runs->k = only_run();
    }
    if (runs->kind == BRIO__TEST_BACKENDS)
        return next_backend(runs);
    runs->k = runs->over ? runs->k : next_k(runs->k);
    if (runs->kind != BRIO__TEST_SEEDS)
        return true;
    runs->options.seed = (unsigned long long)runs->k + 1;
    return runs->over || runs->k < runs->count;
}

bool brio__test_runs_next(struct brio__test_runs *runs)
{
    if (runs->lenient && report == NULL && only_run() < 0 && !fork_runs(runs))
        return false;
    runs->options = brio_test_options;
    runs->options.seed = brio__test_begin_order();
    runs->options.error = &runs->error;
    if (!choose_run(runs)) {
        if (report)
            leave_process(STATUS_OVER);
        return false;
    }
    if (report)
        report->k = runs->k;
    seed = runs->options.seed;
    brio_test_also_fine = 0;
    if (brio_test_before_run)
        brio_test_before_run();
    runs->allocations = brio_test_allocations();
    runs->descriptors = brio_test_descriptors();
    has_cancelled = false;
    checkpoints_to_go = runs->kind == BRIO__TEST_CHECKPOINTS ? runs->k : -1;
    brio__set_checkpoint_hook(checkpoints_to_go >= 0 ? count_checkpoint : NULL);
    brio__test_arm_allocation(runs->kind == BRIO__TEST_ALLOCATIONS ? runs->k : -1);
    running = runs->lenient ? runs : NULL;
    return true;
}

/* ---- how they end ---- */

/* Whether the outcome is one that such a run may have. */
static bool is_fine(const struct brio__test_runs *runs, int code, bool disturbed)
{
    if (code == 0)
        return true;
    if (!disturbed)
        return false;
    int other = brio_test_also_fine;
    if (other && runs->error && brio_error_contains(runs->error, other))
        return true;
    if (runs->kind == BRIO__TEST_ALLOCATIONS)
        return code == ENOMEM || (runs->error && brio_error_contains(runs->error, ENOMEM));
    return runs->kind == BRIO__TEST_CHECKPOINTS && code == ECANCELED;
}

/* NULL, or what it has left behind. */
static const char *find_leavings(const struct brio__test_runs *runs)
{
    int descriptors = brio_test_descriptors() - runs->descriptors;
    long allocations = (long)brio_test_allocations() - (long)runs->allocations;
    if (descriptors != 0)
        return brio__test_message("%s: %d descriptors are left open", describe_run(runs), descriptors);
    return allocations == 0 ? NULL : brio__test_message("%s: %ld allocations of the library are left", describe_run(runs), allocations);
}

const char *brio__test_runs_judge(struct brio__test_runs *runs, int code)
{
    bool disturbed = is_disturbed(runs);
    const char *wrong = NULL;
    stop_disturbing();
    if (!is_fine(runs, code, disturbed))
        wrong =
            brio__test_message("%s: %s\n%s", describe_run(runs), brio_error_name(code), runs->error ? brio_error_string(runs->error) : "");
    brio_error_unref(runs->error);
    runs->error = NULL;
    const char *left = wrong ? NULL : find_leavings(runs);
    if (left && runs->lenient && disturbed)
        leave_process(STATUS_DIRTY);
    runs->over |= !disturbed && (runs->kind == BRIO__TEST_ALLOCATIONS || runs->kind == BRIO__TEST_CHECKPOINTS);
    return wrong ? wrong : left;
}

void brio__test_run_plain(void (*body)(void), int signal)
{
    static struct brio__test_runs runs;
    if (signal != 0 || !brio_test_sweeping()) {
        body();
        return;
    }
    brio__test_runs_begin_wanted(&runs);
    while (brio__test_runs_next(&runs)) {
        brio__test_reset();
        brio_test_options.seed = seed = runs.options.seed;
        body();
        const char *wrong = brio__test_runs_judge(&runs, 0);
        if (wrong)
            ck_abort_msg("%s", wrong);
    }
}
