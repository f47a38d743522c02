#include "async_test.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

static void forget_notes(void)
{
    log_size = 0;
}

int main(int argc, char **argv)
{
    brio_test_before_run = forget_notes;
    return brio_test_main(argc, argv);
}
