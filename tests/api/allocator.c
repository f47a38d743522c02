/* brio_set_allocator, and that memory is used again. What happens when there is none: sweep.c. */
#include "../support/async_test.h"

#include <errno.h>
#include <stdlib.h>

PLAIN_TEST(allocator_needs_all_functions)
{
    struct brio_allocator allocator = {0};

    ck_assert_int_eq(brio_set_allocator(&allocator), -EINVAL);
}

ASYNC_TEST(memory_of_tasks_is_used_again)
{
    size_t first = 0;

    for (int round = 0; round < 50; round++) {
        NURSERY(n) {
            for (int i = 0; i < 50; i++)
                SPAWN(n, brio_checkpoint());
        }
        if (round == 5)
            first = allocations_living();
    }
    ck_assert_uint_le(allocations_living(), first);
}

static ASYNC int recursive(int depth)
{
    char room[300] = {0};

    if (depth > 0)
        return AWAIT(recursive(depth - 1)) + room[depth];
    AWAIT(brio_checkpoint());
    return 0;
}

ASYNC_TEST(memory_of_deep_calls_is_used_again)
{
    size_t first = 0;

    for (int round = 0; round < 50; round++) {
        AWAIT(recursive(100));
        if (round == 5)
            first = allocations_living();
    }
    ck_assert_uint_le(allocations_living(), first);
}
