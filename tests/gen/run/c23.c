/* std: gnu2x. What compilers have of C23: attributes in brackets, digit separators, binary constants, static_assert without a text, {}, unnamed
 * parameters. */
#include <assert.h>

#include "run.h"

struct [[maybe_unused]] pair {
    [[deprecated("use b")]] int a;
    int b;
};

[[nodiscard]] static ASYNC int checked(int x)
{
    PAUSE();
    return x;
}

[[maybe_unused, gnu::noinline]] static ASYNC int attributed([[maybe_unused]] int x, int)
{
    [[maybe_unused]] int unused = V(x), used [[gnu::aligned(16)]] = V(2);

    switch (V(x)) {
    case 1:
        used += V(1);
        [[fallthrough]];
    case 2:
        used += 10;
        break;
    default:
        break;
    }
    static_assert(sizeof used == 4);
    return used;
}

static ASYNC void constants(void)
{
    long large = V(1'000) * 1'000'000L;
    int binary = V(0b101), array[3] = {}, matrix[2][2] = {};
    struct pair empty = {};

    PAUSE();
    array[V(1)] = binary;
    printf("%ld %d %d %d %d\n", large, array[0], array[1], matrix[1][1], empty.b);
    empty = (struct pair){};
    matrix[V(1)][0] = V(0x1'0);
    printf("%d %d\n", matrix[1][0], empty.b);
}

static ASYNC void app(void)
{
    printf("%d\n", AWAIT(checked(3)));
    printf("%d\n", AWAIT(attributed(1, 2)));
    printf("%d\n", AWAIT(attributed(3, 2)));
    AWAIT(constants());
}
