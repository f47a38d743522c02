/* test/test.h - between the files of the test kit. */
#ifndef TEST_TEST_H
#define TEST_TEST_H

#include <brio/task.h>
#include <stdarg.h>

/* In static storage, until the next. */
const char *brio__test_message(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The seed that the environment names, which is that of the test from now on. */
unsigned long long brio__test_begin_order(void);
/* Sets what each test begins with. */
void brio__test_reset(void);

/* As brio_test_fail_allocation, for a sweep. */
void brio__test_arm_allocation(long count);
/* The test makes a sweep, or allocations fail, by itself: one disturbance is enough. */
void brio__test_leave_undisturbed(void);
/* In a sweep: what this run is about happens now. The virtual clock passes over waits for I/O from now on. */
void brio__test_disturbance(void);

/* Whether this is the process of one or more runs of a sweep. */
bool brio__test_is_run(void);
/* Ends the process if it is one of those. */
void brio__test_assertion_in_run(const char *file, int line, const char *text);

#endif
