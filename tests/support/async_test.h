/* async_test.h - what this project's own tests have beyond brio/test.h: a log, short names, small tasks. main is in async_test.c: a file
 * holds tests and nothing else.
 */
#ifndef ASYNC_TEST_H
#define ASYNC_TEST_H

#include <brio.h>
#include <brio/debug.h>
#include <brio/test.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#define async_test_options brio_test_options
#define allocations_living() brio_test_allocations()
#define fail_allocation(count) brio_test_fail_allocation(count)
#define allocation_has_failed() brio_test_allocation_failed()
#define descriptors_open() brio_test_descriptors()

/* What is forgotten before each run of a test, beside the log. For a constructor of the test's file. */
extern void (*async_test_forget)(void);

/* Threads wait with these for what the test does next: pthread_cond_wait, usleep; false, after a while, when a sweep has ended it. */
bool wait_for_test(pthread_cond_t *condition, pthread_mutex_t *mutex);
bool sleep_for_test(void);

/* What a plain function has made, which gives NULL where memory has run out. */
static inline __attribute__((unused)) void *must(void *made)
{
    ck_assert_ptr_nonnull(made);
    return made;
}

/* Under a memory checker every frame is an allocation of its own, at once, and none is held that is not used. In a task. */
static inline __attribute__((unused)) bool memory_is_checked(void)
{
    struct brio_statistics statistics;

    ck_assert_int_eq(brio_statistics(&statistics), 0);
    return statistics.memory_reserved == statistics.memory_in_use;
}

/* ---- the log of a test ---- */

/* Appends a word. */
void note(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The words since the last call, with a space between them; valid until the next note. */
const char *take_notes(void);
#define ck_assert_notes(expected) ck_assert_str_eq(take_notes(), sort_notes(expected))
/* Under a seed, by which tasks run in any order, the same words in alphabetical order, as take_notes gives
 * them then; else the text itself. */
const char *sort_notes(const char *text);

/* Virtual times are sums of decimal fractions. */
#define ck_assert_time(actual, expected) ck_assert_double_eq_tol(actual, expected, 1e-9)

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
