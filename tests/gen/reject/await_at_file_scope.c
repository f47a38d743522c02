#include "support.h"

ASYNC int fetch(int x);
int value = AWAIT(fetch(1));

// error: 4:13: AWAIT outside a function
