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

static int compare_words(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

const char *sort_notes(const char *text)
{
    enum { MOST = LONGEST_LOG / 2 };
    static char split[LONGEST_LOG], sorted[2][LONGEST_LOG];
    static int turn;
    char *words[MOST], *rest = split, *end = sorted[turn = !turn];
    size_t count = 0;
    if (brio_test_seed() == 0)
        return text;
    snprintf(split, sizeof split, "%s", text);
    for (char *word; (word = strsep(&rest, " ")) != NULL;)
        words[count++] = word;
    qsort(words, count, sizeof words[0], compare_words);
    *end = 0;
    for (size_t i = 0; i < count; i++)
        end += sprintf(end, "%s%s", i ? " " : "", words[i]);
    return sorted[turn];
}

const char *take_notes(void)
{
    memcpy(log_taken, log_text, log_size);
    log_taken[log_size] = 0;
    log_size = 0;
    return sort_notes(log_taken);
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
