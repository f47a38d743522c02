/* AWAIT in the arguments of the user's macros, and macros that hide declarations, loops and returns. */
#include "run.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>

#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define SQUARE(x) ((x) * (x))
#define COUNT(array) (sizeof(array) / sizeof *(array))
#define EACH(item, array) for (size_t i_ = 0; i_ < COUNT(array); i_++) for (int item = (array)[i_], once_ = 1; once_; once_ = 0)
#define CHECK(condition, message) \
    do { \
        if (!(condition)) { \
            printf("check failed: %s at %s\n", message, #condition); \
            return -1; \
        } \
    } while (0)
#define DECLARE(name, from) int name = (from), name##_twice = 2 * name
#define SWAP(type, a, b) do { type swap_ = (a); (a) = (b); (b) = swap_; } while (0)
#define CALL(f, ...) AWAIT(f(__VA_ARGS__))
#define WAITING(expression) (PAUSE(), (expression))
#define STRING_(x) #x
#define STRING(x) STRING_(x)

static ASYNC int add(int a, int b)
{
    PAUSE();
    return a + b;
}

static ASYNC int checks(int x)
{
    CHECK(V(x) != 1, "one");
    CHECK(V(x) < 3 && V(x) != 2, "two");
    assert(V(x) == 0);
    assert(V(1) && "message");
    return V(0);
}

static ASYNC void app(void)
{
    int items[] = {3, 1, 2}, a = 1, b = 2;
    DECLARE(x, V(5));

    printf("%d %d %d\n", MIN(V(1), V(2)), SQUARE(V(3)), MIN(SQUARE(V(2)), V(5)));
    EACH(item, items) {
        if (V(item) == 1)
            continue;
        T(item);
    }
    printf("\n%d\n", AWAIT(checks(0)));
    printf("%d\n", AWAIT(checks(1)));
    printf("%d\n", AWAIT(checks(2)));
    PAUSE();
    printf("%d %d\n", x, x_twice);
    SWAP(int, a, b);
    SWAP(int, items[V(0)], items[1]);
    printf("%d %d %d\n", a, b, items[0]);
    printf("%d %d\n", CALL(add, 1, CALL(add, 2, 3)), WAITING(V(4)));
    printf("%d %c\n", !!isdigit(V('7')), *strchr("abc", V('b')));
    printf("%s\n", strchr("abc", V('b')));
    memset(items, V(0), sizeof items);
    errno = V(ENOENT);
    printf("%d %d\n", items[2], errno == ENOENT);
    printf("%s %d\n", STRING(add), __LINE__);
    printf("%d\n", INT32_MAX - V(1) + (int)UINT8_C(1));
}
