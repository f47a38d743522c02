/* C23 that compilers of today do not have, so it is not compiled: auto, constexpr, nullptr, typeof, bool, enums of a type. */
#include <brio.h>
#include <stddef.h>

ASYNC double fetch(int number);
ASYNC bool ready(void);

ASYNC int entry(int x, const char *text)
{
    auto first = AWAIT(fetch(x));
    auto copy = text ? text : nullptr;
    constexpr int limit = 3, numbers[limit] = {1, 2};
    typeof(first) second = first * limit;
    typeof_unqual(x) third = x;
    enum small : short { ONE = 1 } one = ONE;
    alignas(16) char buffer[limit];
    thread_local static int calls;
    bool yes = true;

    static_assert(limit == 3);
    yes = AWAIT(ready()) && yes != false;
    calls++;
    buffer[one] = (char)third;
    return copy == nullptr ? numbers[1] : (int)second + yes + buffer[1];
}
