/* SPAWN_INTO, START, and SPAWN and RUN in plain functions. */
#include <brio.h>

ASYNC int fetch(int number);
ASYNC int serve(int port);

ASYNC int entry(struct brio_nursery *outer)
{
    int results[2];
    struct brio_handle handle;

    NURSERY(n) {
        SPAWN_INTO(n, &results[0], fetch(0));
        SPAWN_INTO(n, &results[1], fetch(1), .name = "one", .handle = &handle);
        START(outer, serve(80));
    }
    return results[0] + results[1];
}

int add_child(struct brio_nursery *n)
{
    return SPAWN(n, fetch(5), .daemon = 1);
}

int main(void)
{
    int result;
    return RUN_INTO(0, &result, fetch(1)) || RUN(0, fetch(2));
}
