#include "support.h"

ASYNC int fetch(int number);
int plain(int number);
void keep(int (*function)(int), ASYNC int (*other)(int));
void hand(ASYNC int (*)(int));
void compare(const void *address, ...);
typedef ASYNC int (*async_pointer)(int);
struct operations {
    int (*plain)(int);
    ASYNC int (*fetch)(int);
};

ASYNC int (*at_file_scope)(int) = fetch;
struct operations table[] = {{.plain = plain, .fetch = fetch}, {.plain = (int (*)(int))fetch}};
async_pointer pointers[2] = {NULL, &fetch};

static async_pointer give(void)
{
    return fetch;
}

static ASYNC int app(struct operations *operations, bool which)
{
    int (*local)(int) = (int (*)(int))fetch;
    ASYNC int (*async)(int) = which ? fetch : NULL;
    __auto_type same = fetch;
    void *address = fetch;
    local = plain;
    operations->fetch = fetch;
    keep(plain, same);
    hand(fetch);
    compare(fetch, fetch, address);
    return AWAIT(async(local(1))) + AWAIT(same(fetch == async)) + AWAIT(give()(2));
}

struct entry {
    char name[8];
    const char *words[2];
    struct operations operations;
    union {
        ASYNC int (*fetch)(int);
        int (*plain)(int);
    };
};

struct operations in_order[] = {{plain, fetch}, plain, fetch, {.plain = plain, fetch}, [5].fetch = fetch, [6] = {.fetch = fetch, .plain = plain}};
struct entry entries[] = {
    {"one", {"a", "b"}, plain, fetch, fetch},
    {.operations = {plain, fetch}, {fetch}},
    {.words[1] = "b", {.plain = plain}, .plain = plain},
    /* how many of them are words is not asked */
    {"two", "a", "b", plain, fetch, fetch},
};
const struct operations *literal = &(struct operations){plain, (ASYNC int (*)(int))plain};

ASYNC int start(void);
ASYNC int start(void)
{
    return AWAIT(app(table, true));
}
