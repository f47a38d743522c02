#include "support.h"

_Noreturn ASYNC void one(void);
ASYNC void two(void) __attribute__((noreturn));
__attribute__((__pure__)) ASYNC int three(int);
ASYNC int four(int) __attribute__((cold, const));
ASYNC char *five(void) __attribute__((malloc, returns_nonnull));
[[noreturn]] ASYNC void six(void);

// error: 3:1: an ASYNC function cannot be '_Noreturn': it may be suspended, and then returns to its caller before it has ended
// error: 4:37: an ASYNC function cannot be 'noreturn': it may be suspended, and then returns to its caller before it has ended
// error: 5:16: an ASYNC function cannot be 'pure': it may be suspended, and then returns to its caller before it has ended
// error: 6:42: an ASYNC function cannot be 'const': it may be suspended, and then returns to its caller before it has ended
// error: 7:39: an ASYNC function cannot be 'malloc': it may be suspended, and then returns to its caller before it has ended
// error: 7:47: an ASYNC function cannot be 'returns_nonnull': it may be suspended, and then returns to its caller before it has ended
// error: 8:3: an ASYNC function cannot be 'noreturn': it may be suspended, and then returns to its caller before it has ended
