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

struct pair {
    int number, : 3;
    enum { ONE } one;
    union {
        int (*plain)(int);
        ASYNC int (*fetch)(int);
    };
    struct operations operations;
    struct {
        char name[4];
        int (*last)(int);
    };
};

struct operations in_order[3] = {{fetch, plain}, plain, plain, {.fetch = plain}};
struct pair pair = {1, ONE, {fetch}, plain, plain, "abc", fetch};
struct pair with_braces = {1, ONE, {fetch}, {plain, plain}, {"abc", fetch}};
struct pair designated = {.one = ONE, fetch, plain, .operations.plain = fetch, .last = fetch, .plain = plain, plain, plain};
struct operations *literal = &(struct operations){fetch, plain};

static ASYNC int initialize(struct operations given)
{
    struct operations array[] = {[1] = given, fetch, plain, [4 ... 5].fetch = plain, [6] = {plain: fetch}};
    ASYNC int (*called)(int) = (plain(1), give());
    keep(AWAIT(fetch(1)) ? NULL : fetch, plain);
    return AWAIT(called(array[0].plain(1))) + (int)sizeof(struct operations){fetch, plain};
}

// warning: 13:29: an ASYNC function in a pointer without ASYNC: calls through it would not be AWAITed [-Wbrio-plain-pointer]
// warning: 14:74: an ASYNC function in a pointer without ASYNC: calls through it would not be AWAITed [-Wbrio-plain-pointer]
// warning: 14:90: a function that is not ASYNC in a pointer to ASYNC ones: it cannot be AWAITed [-Wbrio-plain-pointer]
// warning: 15:37: an ASYNC function in a pointer without ASYNC: calls through it would not be AWAITed [-Wbrio-plain-pointer]
// warning: 19:12: an ASYNC function in a pointer without ASYNC: calls through it would not be AWAITed [-Wbrio-plain-pointer]
// warning: 24:25: an ASYNC function in a pointer without ASYNC: calls through it would not be AWAITed [-Wbrio-plain-pointer]
// warning: 25:31: a function that is not ASYNC in a pointer to ASYNC ones: it cannot be AWAITed [-Wbrio-plain-pointer]
// warning: 26:21: an ASYNC function in a pointer without ASYNC: calls through it would not be AWAITed [-Wbrio-plain-pointer]
// warning: 27:25: an ASYNC function in a pointer without ASYNC: calls through it would not be AWAITed [-Wbrio-plain-pointer]
// warning: 28:10: an ASYNC function in a pointer without ASYNC: calls through it would not be AWAITed [-Wbrio-plain-pointer]
// warning: 28:17: a function that is not ASYNC in a pointer to ASYNC ones: it cannot be AWAITed [-Wbrio-plain-pointer]
// warning: 29:10: a function that is not ASYNC in a pointer to ASYNC ones: it cannot be AWAITed [-Wbrio-plain-pointer]
// warning: 47:35: an ASYNC function in a pointer without ASYNC: calls through it would not be AWAITed [-Wbrio-plain-pointer]
// warning: 47:42: a function that is not ASYNC in a pointer to ASYNC ones: it cannot be AWAITed [-Wbrio-plain-pointer]
// warning: 47:57: a function that is not ASYNC in a pointer to ASYNC ones: it cannot be AWAITed [-Wbrio-plain-pointer]
// warning: 47:74: a function that is not ASYNC in a pointer to ASYNC ones: it cannot be AWAITed [-Wbrio-plain-pointer]
// warning: 48:30: an ASYNC function in a pointer without ASYNC: calls through it would not be AWAITed [-Wbrio-plain-pointer]
// warning: 48:45: a function that is not ASYNC in a pointer to ASYNC ones: it cannot be AWAITed [-Wbrio-plain-pointer]
// warning: 48:59: an ASYNC function in a pointer without ASYNC: calls through it would not be AWAITed [-Wbrio-plain-pointer]
// warning: 49:37: an ASYNC function in a pointer without ASYNC: calls through it would not be AWAITed [-Wbrio-plain-pointer]
// warning: 49:53: a function that is not ASYNC in a pointer to ASYNC ones: it cannot be AWAITed [-Wbrio-plain-pointer]
// warning: 49:69: an ASYNC function in a pointer without ASYNC: calls through it would not be AWAITed [-Wbrio-plain-pointer]
// warning: 50:39: an ASYNC function in a pointer without ASYNC: calls through it would not be AWAITed [-Wbrio-plain-pointer]
// warning: 50:73: an ASYNC function in a pointer without ASYNC: calls through it would not be AWAITed [-Wbrio-plain-pointer]
// warning: 50:88: an ASYNC function in a pointer without ASYNC: calls through it would not be AWAITed [-Wbrio-plain-pointer]
// warning: 51:51: an ASYNC function in a pointer without ASYNC: calls through it would not be AWAITed [-Wbrio-plain-pointer]
// warning: 51:58: a function that is not ASYNC in a pointer to ASYNC ones: it cannot be AWAITed [-Wbrio-plain-pointer]
// warning: 55:47: an ASYNC function in a pointer without ASYNC: calls through it would not be AWAITed [-Wbrio-plain-pointer]
// warning: 55:54: a function that is not ASYNC in a pointer to ASYNC ones: it cannot be AWAITed [-Wbrio-plain-pointer]
// warning: 55:79: a function that is not ASYNC in a pointer to ASYNC ones: it cannot be AWAITed [-Wbrio-plain-pointer]
// warning: 55:100: an ASYNC function in a pointer without ASYNC: calls through it would not be AWAITed [-Wbrio-plain-pointer]
// warning: 56:43: a function that is not ASYNC in a pointer to ASYNC ones: it cannot be AWAITed [-Wbrio-plain-pointer]
// warning: 57:35: an ASYNC function in a pointer without ASYNC: calls through it would not be AWAITed [-Wbrio-plain-pointer]
// warning: 57:42: a function that is not ASYNC in a pointer to ASYNC ones: it cannot be AWAITed [-Wbrio-plain-pointer]
