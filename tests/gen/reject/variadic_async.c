#include "support.h"

ASYNC int first(const char *format, ...);

static ASYNC int second(int count, ...)
{
    return count;
}

typedef ASYNC int third(int, ...);

// error: 3:11: an ASYNC function cannot have variable arguments: give it an array and its length
// error: 5:18: an ASYNC function cannot have variable arguments: give it an array and its length
// error: 10:19: an ASYNC function cannot have variable arguments: give it an array and its length
