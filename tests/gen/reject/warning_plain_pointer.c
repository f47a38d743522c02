#include "support.h"

ASYNC int fetch(int number);
int plain(int number);
void keep(int (*function)(int), ASYNC int (*other)(int));
void hand(ASYNC int (*)(int));
typedef int (*plain_pointer)(int);
struct operations {
    int (*plain)(int);
    ASYNC int (*fetch)(int);
};

int (*at_file_scope)(int) = fetch;
struct operations table[] = {{.plain = plain, .fetch = fetch}, {.plain = fetch, .fetch = plain}};
plain_pointer pointers[2] = {plain, &fetch};

static plain_pointer give(void)
{
    return fetch;
}

static ASYNC int app(struct operations *operations, bool which)
{
    int (*local)(int) = fetch;
    ASYNC int (*async)(int) = plain;
    local = which ? fetch : plain;
    operations->plain = &fetch;
    keep(fetch, plain);
    hand(plain);
    return AWAIT(async(local(give()(1))));
}

// warning: 13:29: an ASYNC function in a pointer without ASYNC: calls through it would not be AWAITed [-Wbrio-plain-pointer]
// warning: 14:74: an ASYNC function in a pointer without ASYNC: calls through it would not be AWAITed [-Wbrio-plain-pointer]
// warning: 14:90: a function that is not ASYNC in a pointer to ASYNC ones: it cannot be AWAITed [-Wbrio-plain-pointer]
// warning: 15:37: an ASYNC function in a pointer without ASYNC: calls through it would not be AWAITed [-Wbrio-plain-pointer]
// warning: 19:12: an ASYNC function in a pointer without ASYNC: calls through it would not be AWAITed [-Wbrio-plain-pointer]
// warning: 24:25: an ASYNC function in a pointer without ASYNC: calls through it would not be AWAITed [-Wbrio-plain-pointer]
// warning: 25:31: a function that is not ASYNC in a pointer to ASYNC ones: it cannot be AWAITed [-Wbrio-plain-pointer]
// warning: 26:13: an ASYNC function in a pointer without ASYNC: calls through it would not be AWAITed [-Wbrio-plain-pointer]
// warning: 27:25: an ASYNC function in a pointer without ASYNC: calls through it would not be AWAITed [-Wbrio-plain-pointer]
// warning: 28:10: an ASYNC function in a pointer without ASYNC: calls through it would not be AWAITed [-Wbrio-plain-pointer]
// warning: 28:17: a function that is not ASYNC in a pointer to ASYNC ones: it cannot be AWAITed [-Wbrio-plain-pointer]
// warning: 29:10: a function that is not ASYNC in a pointer to ASYNC ones: it cannot be AWAITed [-Wbrio-plain-pointer]
