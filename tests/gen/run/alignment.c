/* Aligned objects, also as operands of calls in threads: the alignment is the object's, and no part of its type. */
#include "run.h"

#include <stdalign.h>

static int add_up(const char *bytes, int count)
{
    int sum = 0;
    while (count--)
        sum += *bytes++;
    return sum;
}

static bool is_aligned(const void *object, uintptr_t alignment)
{
    return (uintptr_t)object % alignment == 0;
}

struct record {
    alignas(32) char bytes[8];
    int count;
};

static ASYNC void app(void)
{
    alignas(64) char buffer[16];
    _Alignas(64) int number = 5;
    alignas(double) short fitted = 2;
    static alignas(128) char kept[8] = "abc";
    alignas(64) struct record record = {{1, 2, 3}, 3};
    char loose[4] __attribute__((aligned(64))) = {1, 1, 1, 1};

    memset(buffer, 1, sizeof buffer);
    printf("%d %d", AWAIT_THREAD(add_up(buffer, 16)), AWAIT_THREAD(add_up((char *)&number, (int)sizeof number)));
    printf(" %d %d", AWAIT_THREAD(add_up(record.bytes, record.count)), AWAIT_THREAD(add_up(kept, V(3))));
    printf(" %d %d\n", AWAIT_THREAD(add_up(loose, fitted)), buffer[V(2)] + number + fitted * V(number));
    printf("%d %d %d", is_aligned(buffer, 64), is_aligned(&number, 64), is_aligned(&fitted, alignof(double)));
    printf(" %d %d %d\n", is_aligned(kept, 128), is_aligned(&record, 64), is_aligned(loose, 64));
    {
        alignas(256) long inner[2] = {V(1)};
        long *first = &inner[V(0)];
        *first = V(7);
        printf("%ld %d\n", inner[0], is_aligned(inner, 256));
    }
}
