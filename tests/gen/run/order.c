/* Several AWAITs in one full expression run left to right, also where C leaves the order open: not compared with plain C.
 *
 * expected: by hand
 */
#include "run.h"

static int add(int a, int b, int c)
{
    return a + b + c;
}

static ASYNC void operands(void)
{
    int a[4] = {0};

    printf("%d\n", T(1) + T(2) * T(3));
    printf("%d\n", add(T(1), T(2), T(3)));
    printf("%d %d\n", T(4), T(5));
    printf("%d\n", add(T(1), add(T(2), 0, T(3)), T(4)));
    a[T(1)] = T(2);
    a[T(2)] += T(3) - T(1);
    printf("%d %d\n", a[1], a[2]);
    int b[] = {T(1), T(2), T(3)}, c = T(4), d = T(5);
    printf("%d\n", b[0] + b[1] + b[2] + c + d);
    printf("%d\n", (T(1) < T(2)) + (T(3) == T(3)) * (T(1) ? T(5) : T(6)) + T(7));
}

static ASYNC void app(void)
{
    AWAIT(operands());
}
