/* _Generic with AWAIT in its associations: only the chosen one runs. */
#include "run.h"

struct pair {
    int a, b;
};

static ASYNC struct pair make(int a, int b)
{
    PAUSE();
    return (struct pair){a, b};
}

static ASYNC double half(int x)
{
    PAUSE();
    return x / 2.0;
}

#define describe(x) _Generic((x), int: T(1), double: T(2), char *: T(3), default: T(4))
#define size_of(x) _Generic((x), struct pair: T(8), int: (T(4), 4), default: 0)

static ASYNC void app(void)
{
    int i = 0;
    double d = 0;
    char text[4] = "abc";
    long l = 1;
    struct pair p = {1, 2};

    printf("%d\n", describe(i));
    printf("%d\n", describe(d));
    printf("%d\n", describe(text));
    printf("%d\n", describe(l));
    printf("%d\n", size_of(p));
    printf("%d\n", size_of(i));
    i = _Generic(i, int: V(5), default: 6) + _Generic(l, int: 7, long: V(8));
    printf("%d\n", i);
    d = _Generic(d, double: AWAIT(half(5)), int: V(1));
    printf("%.1f\n", d);
    p = _Generic(p, struct pair: AWAIT(make(3, V(4))), default: p);
    printf("%d %d\n", p.a, p.b);
    _Generic(i, int: T(9), default: (void)0);
    printf("%d\n", _Generic(&i, int *: _Generic(d, double: T(10), default: T(11)), default: 0));
    if (_Generic(i, int: V(0), default: V(1)) || _Generic(l, long: V(1), default: 0))
        puts("yes");
    *_Generic(i, int: V(1) ? &i : NULL, default: &i) = _Generic(d, default: V(12));
    printf("%d\n", i);
    printf("%s\n", _Generic(d, int: "int", default: V(1) ? "other" : "none"));
    printf("%d\n", _Generic(i, int: AWAIT(make(V(1), 2)), default: p).b);
    i = _Generic(i, int: V(13), long: (void)0, default: free(NULL));
    printf("%d\n", i);
}
