#include "async_test.h"

#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct brio_options async_test_options;

enum { MOST_TESTS = 400, LONGEST_LOG = 1 << 14 };

static struct {
    const TTest *test;
    int signal;
} tests[MOST_TESTS];
static int test_count;

static char log_text[LONGEST_LOG], log_taken[LONGEST_LOG];
static size_t log_size;

static long living, failing = -1;
static bool has_failed;

static long living_before;
static int descriptors_before;
static void (*sigpipe_before)(int);

void async_test_register(const TTest *test, int signal)
{
    if (test_count == MOST_TESTS)
        abort();
    tests[test_count].test = test;
    tests[test_count++].signal = signal;
}

/* ---- log ---- */

void note(const char *format, ...)
{
    va_list arguments;
    int size;

    if (log_size > 0 && log_size + 1 < sizeof log_text)
        log_text[log_size++] = ' ';
    va_start(arguments, format);
    size = vsnprintf(log_text + log_size, sizeof log_text - log_size, format, arguments);
    va_end(arguments);
    if (size < 0 || log_size + (size_t)size >= sizeof log_text)
        abort();
    log_size += (size_t)size;
}

const char *take_notes(void)
{
    memcpy(log_taken, log_text, log_size);
    log_taken[log_size] = 0;
    log_size = 0;
    return log_taken;
}

/* ---- memory ---- */

static bool fails_now(void)
{
    if (failing < 0 || failing-- > 0)
        return false;
    has_failed = true;
    return true;
}

static void *allocate(void *arg, size_t size)
{
    (void)arg;
    if (__atomic_load_n(&failing, __ATOMIC_RELAXED) >= 0 && fails_now())
        return NULL;
    void *memory = malloc(size);
    if (memory)
        __atomic_add_fetch(&living, 1, __ATOMIC_RELAXED);
    return memory;
}

static void *reallocate(void *arg, void *memory, size_t size)
{
    if (!memory)
        return allocate(arg, size);
    if (__atomic_load_n(&failing, __ATOMIC_RELAXED) >= 0 && fails_now())
        return NULL;
    return realloc(memory, size);
}

static void release(void *arg, void *memory)
{
    (void)arg;
    if (memory)
        __atomic_sub_fetch(&living, 1, __ATOMIC_RELAXED);
    free(memory);
}

size_t allocations_living(void)
{
    return (size_t)__atomic_load_n(&living, __ATOMIC_RELAXED);
}

void fail_allocation(long count)
{
    has_failed = false;
    failing = count;
}

bool allocation_has_failed(void)
{
    return has_failed;
}

/* ---- descriptors ---- */

int descriptors_open(void)
{
    int count = 0;

    for (int fd = 0; fd < 512; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

/* ---- before and after ---- */

static void (*handler_of(int number))(int)
{
    struct sigaction action;

    sigaction(number, NULL, &action);
    return action.sa_handler;
}

void async_test_begin(void)
{
    static const struct brio_allocator allocator = {allocate, reallocate, release, NULL};

    async_test_options = (struct brio_options){.clock = BRIO_CLOCK_VIRTUAL};
    ck_assert_int_eq(brio_set_allocator(&allocator), 0);
    fail_allocation(-1);
    take_notes();
    living_before = (long)allocations_living();
    descriptors_before = descriptors_open();
    sigpipe_before = handler_of(SIGPIPE);
}

void async_test_end(void)
{
    fail_allocation(-1);
    long left = (long)allocations_living() - living_before;
    ck_assert_msg(left == 0, "%ld allocations of the library are left", left);
    ck_assert_msg(descriptors_open() == descriptors_before, "%d descriptors are left open", descriptors_open() - descriptors_before);
    ck_assert_msg(handler_of(SIGPIPE) == sigpipe_before, "the handler of SIGPIPE was changed");
    ck_assert_ptr_null(brio_task_current());
    ck_assert_ptr_null(brio_task_first());
}

/* With a name, or several: runs these tests alone. */
static bool is_wanted(const char *name, int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], name) == 0)
            return true;
    return argc < 2;
}

int main(int argc, char **argv)
{
    const char *slash = strrchr(argv[0], '/');
    Suite *suite = suite_create(slash ? slash + 1 : argv[0]);
    TCase *cases = tcase_create("all");
    int failed;

    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    bool forks = srunner_fork_status(runner) == CK_FORK;
    for (int i = 0; i < test_count; i++)
        if (is_wanted(tests[i].test->name, argc, argv) && (forks || tests[i].signal == 0))
            tcase_add_test_raise_signal(cases, tests[i].test, tests[i].signal);

    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
