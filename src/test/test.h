/* test/test.h - between the files of the test kit. */
#ifndef TEST_TEST_H
#define TEST_TEST_H

#include <brio/task.h>
#include <stdarg.h>

/* In static storage, until the next. */
const char *brio__test_message(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Whether assertions do not count now; with `here` also, whether this is the thread of the run, which has been given up then. */
bool brio__test_is_lenient(bool here);

/* What is open now; and closes what is open beyond that. */
void brio__test_note_descriptors(void);
void brio__test_close_new_descriptors(void);

#endif
