/* base/fatal.h - the end of the process, for a misuse that cannot be answered with a code. */
#ifndef BASE_FATAL_H
#define BASE_FATAL_H

#include <stddef.h>

/* Says so on stderr and aborts. */
void brio__fatal(const char *format, ...) __attribute__((noreturn, cold, format(printf, 1, 2)));

#define brio__container(pointer, type, member) ((type *)(void *)((char *)(pointer) - offsetof(type, member)))

#endif
