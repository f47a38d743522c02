#include "support.h"

ASYNC int first(const char *format, __builtin_va_list arguments);
ASYNC int (*variable)(int (*callback)(int, ...));
