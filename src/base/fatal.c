/* fatal.c - see fatal.h. */
#include "base/fatal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void brio__fatal(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("brio: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    abort();
}
