#define _DEFAULT_SOURCE
#include "async_test.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LONGEST_LOG = 1 << 14 };

static char log_text[LONGEST_LOG], log_taken[LONGEST_LOG];
static size_t log_size;

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

void (*async_test_forget)(void);

static void forget(void)
{
    log_size = 0;
    if (async_test_forget)
        async_test_forget();
}

/* ---- threads ---- */

enum { LOOK_EVERY_NS = 10000000 };

bool wait_for_test(pthread_cond_t *condition, pthread_mutex_t *mutex)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += LOOK_EVERY_NS;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_cond_timedwait(condition, mutex, &until);
    return !brio_test_disturbed();
}

bool sleep_for_test(void)
{
    usleep(500);
    return !brio_test_disturbed();
}

int main(int argc, char **argv)
{
    brio_test_before_run = forget;
    return brio_test_main(argc, argv);
}
