/* async_test.h - Check tests whose body is a task.
 *
 *     ASYNC_TEST(child_error_cancels_siblings)
 *     {
 *         … AWAIT, NURSERY, ck_assert_int_eq(AWAIT(f()), 1) …
 *     }
 *
 * runs its body as the root task of a fresh loop with the virtual clock, and expects that no error leaves it. PLAIN_TEST is the same for a
 * body in plain C, which calls RUN or GUEST itself. Before and after each test the harness counts descriptors, the library's memory and
 * signal handlers; what a test leaves behind fails it. A test registers itself, and main is in async_test.c: a file holds tests and nothing
 * else.
 */
#ifndef ASYNC_TEST_H
#define ASYNC_TEST_H

#include <brio.h>
#include <check.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
#error "for C"
#endif

/* The virtual clock; reset before each test. */
extern struct brio_options async_test_options;

/* `signal`: the one that has to end the test, or 0. */
void async_test_register(const TTest *test, int signal);
void async_test_begin(void);
void async_test_end(void);

#define PLAIN_TEST(name) ASYNC_TEST_ENDING_WITH(name, 0)
/* What the library answers with a message and abort(). */
#define ABORTING_TEST(name) ASYNC_TEST_ENDING_WITH(name, SIGABRT)

#define ASYNC_TEST_ENDING_WITH(name, signal) \
    static void name##_plain(void); \
    START_TEST(name) \
    { \
        async_test_begin(); \
        name##_plain(); \
        async_test_end(); \
    } \
    END_TEST \
    static void __attribute__((constructor)) name##_register(void) \
    { \
        async_test_register(name, signal); \
    } \
    static void name##_plain(void)

#define ASYNC_TEST(name) \
    static ASYNC void name##_body(void); \
    PLAIN_TEST(name) \
    { \
        ck_assert_int_eq(RUN(&async_test_options, name##_body()), 0); \
    } \
    static ASYNC void name##_body(void)

/* ---- the log of a test ---- */

/* Appends a word. */
void note(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The words since the last call, with a space between them; valid until the next note. */
const char *take_notes(void);
#define ck_assert_notes(expected) ck_assert_str_eq(take_notes(), expected)

/* Virtual times are sums of decimal fractions. */
#define ck_assert_time(actual, expected) ck_assert_double_eq_tol(actual, expected, 1e-9)

/* ---- the library's memory ---- */

size_t allocations_living(void);
/* The allocation after the next `count` fails, once; negative: none does. */
void fail_allocation(long count);
/* Whether it has, since fail_allocation. */
bool allocation_has_failed(void);

int descriptors_open(void);

/* ---- small tasks ---- */

/* Notes `name` when the time is over. */
static inline __attribute__((unused)) ASYNC void nap(double seconds, const char *name)
{
    AWAIT(brio_sleep(seconds));
    note("%s", name);
}

static inline __attribute__((unused)) ASYNC void fail_later(double seconds, int code)
{
    AWAIT(brio_sleep(seconds));
    RAISE(code, "failed after %g", seconds);
}

/* Notes `name` when it is cancelled. */
static inline __attribute__((unused)) ASYNC void wait_for_ever(const char *name)
{
    DEFER note("%s", name);
    AWAIT(brio_sleep_forever());
}

static inline __attribute__((unused)) ASYNC int answer_later(double seconds, int value)
{
    AWAIT(brio_sleep(seconds));
    return value;
}

static inline __attribute__((unused)) ASYNC void cancel_later(struct brio_scope *scope, double seconds)
{
    AWAIT(brio_sleep(seconds));
    brio_scope_cancel(scope, "later");
}

static inline __attribute__((unused)) ASYNC void set_later(struct brio_event *event, double seconds)
{
    AWAIT(brio_sleep(seconds));
    brio_event_set(event);
}

#endif
