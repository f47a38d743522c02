#include "support.h"

ASYNC const int *one(void);
ASYNC char *two(const char *) __attribute__((cold, nonnull(1), warn_unused_result, deprecated("pure")));
