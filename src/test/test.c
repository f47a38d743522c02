/* test.c - tests of a program: their list, and what must be after each of them as it was before. See brio/test.h. */
#include <brio/test.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "test/test.h"

enum { SIGNALS = 32, DESCRIPTORS = 1024, TESTS_MAX = 1000 };

struct brio_options brio_test_options;
int brio_test_also_fine;
void (*brio_test_before_run)(void);

static struct {
    const TTest *test;
    const char *name;
    int signal; /* it is to end with; 0: none */
} tests[TESTS_MAX];
static int test_count;

static long living, failing = -1;
static bool has_failed;

static struct {
    long living;
    int descriptors;
    void (*handlers[SIGNALS])(int);
} before;

/* ---- memory ---- */

static bool fails_now(void)
{
    if (__atomic_load_n(&failing, __ATOMIC_RELAXED) < 0 || __atomic_fetch_sub(&failing, 1, __ATOMIC_RELAXED) != 0)
        return false;
    has_failed = true;
    brio__test_disturbance();
    return true;
}

static void *allocate(void *arg, size_t size)
{
    (void)arg;
    void *memory = fails_now() ? NULL : malloc(size);
    if (memory)
        __atomic_add_fetch(&living, 1, __ATOMIC_RELAXED);
    return memory;
}

static void *reallocate(void *arg, void *memory, size_t size)
{
    if (memory == NULL)
        return allocate(arg, size);
    return fails_now() ? NULL : realloc(memory, size);
}

static void release(void *arg, void *memory)
{
    (void)arg;
    if (memory)
        __atomic_sub_fetch(&living, 1, __ATOMIC_RELAXED);
    free(memory);
}

size_t brio_test_allocations(void)
{
    return (size_t)__atomic_load_n(&living, __ATOMIC_RELAXED);
}

void brio_test_fail_allocation(long count)
{
    brio__test_leave_undisturbed();
    brio__test_arm_allocation(count);
}

void brio__test_arm_allocation(long count)
{
    has_failed = false;
    __atomic_store_n(&failing, count, __ATOMIC_RELAXED);
}

bool brio_test_allocation_failed(void)
{
    return has_failed;
}

/* ---- descriptors, signals ---- */

int brio_test_descriptors(void)
{
    int count = 0;
    for (int fd = 0; fd < DESCRIPTORS; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

static void (*handler_of(int number))(int)
{
    struct sigaction action;
    return sigaction(number, NULL, &action) == 0 ? action.sa_handler : SIG_DFL;
}

/* The first signal whose handler was changed; 0: none. */
static int changed_handler(void)
{
    for (int number = 1; number < SIGNALS; number++)
        if (handler_of(number) != before.handlers[number])
            return number;
    return 0;
}

/* ---- around a test ---- */

void brio__test_reset(void)
{
    brio_test_options = (struct brio_options){.clock = BRIO_CLOCK_VIRTUAL, .detect_deadlock = true};
    brio_test_options.seed = brio__test_begin_order();
    brio_test_also_fine = 0;
}

void brio__test_begin(void)
{
    static const struct brio_allocator allocator = {allocate, reallocate, release, NULL};
    if (brio_set_allocator(&allocator) != 0)
        abort();
    brio__test_reset();
    brio__test_arm_allocation(-1);
    if (brio_test_before_run)
        brio_test_before_run();
    before.living = (long)brio_test_allocations();
    before.descriptors = brio_test_descriptors();
    for (int number = 1; number < SIGNALS; number++)
        before.handlers[number] = handler_of(number);
}

const char *brio__test_end(void)
{
    brio__test_arm_allocation(-1);
    long allocations = (long)brio_test_allocations() - before.living;
    int descriptors = brio_test_descriptors() - before.descriptors, number = changed_handler();
    if (brio_task_first() || brio_task_current())
        return brio__test_message("tasks are left alive");
    if (brio_test_sweeping())
        return NULL;
    if (allocations != 0)
        return brio__test_message("%ld allocations of the library are left", allocations);
    if (descriptors != 0)
        return brio__test_message("%d descriptors are left open", descriptors);
    if (number != 0)
        return brio__test_message("the handler of signal %d was changed", number);
    return NULL;
}

const char *brio__test_message(const char *format, ...)
{
    static char message[4096];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    return message;
}

#undef _ck_assert_failed
#undef _mark_point

/* A sweep's run may be left at once, by any thread; what another thread is writing to Check then would be cut off in the middle, and Check
 * could not read on. */
void brio__test_assertion_held(const char *file, int line)
{
    if (!brio__test_is_run())
        _mark_point(file, line);
}

void brio__test_assertion_failed(const char *file, int line, const char *expression, ...)
{
    char text[4096] = "";
    va_list arguments;
    va_start(arguments, expression);
    const char *format = va_arg(arguments, const char *);
    if (format)
        vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    brio__test_assertion_in_run(file, line, format ? text : expression);
    if (format)
        _ck_assert_failed(file, line, expression, "%s", text);
    else
        _ck_assert_failed(file, line, expression, NULL);
}

/* ---- all tests ---- */

void brio__test_register(const TTest *test, const char *name, int signal)
{
    if (test_count == TESTS_MAX)
        abort();
    tests[test_count].test = test;
    tests[test_count].name = name;
    tests[test_count++].signal = signal;
}

/* With a name, or several: these alone. */
static bool is_wanted(const char *name, int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], name) == 0)
            return true;
    return argc < 2;
}

int brio_test_main(int argc, char **argv)
{
    const char *slash = strrchr(argv[0], '/');
    Suite *suite = suite_create(slash ? slash + 1 : argv[0]);
    TCase *cases = tcase_create("all");
    SRunner *runner = srunner_create(suite);
    bool forks = srunner_fork_status(runner) == CK_FORK; /* else a signal would end all tests */
    for (int i = 0; i < test_count; i++)
        if (is_wanted(tests[i].name, argc, argv) && (forks || tests[i].signal == 0))
            tcase_add_test_raise_signal(cases, tests[i].test, tests[i].signal);
    suite_add_tcase(suite, cases);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
