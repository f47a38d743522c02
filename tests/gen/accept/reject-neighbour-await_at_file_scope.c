#include "support.h"

ASYNC int fetch(int x);
ASYNC int (*const table[])(int) = { fetch };
