/* GNU C: statement expressions, typeof, __auto_type, ?:, cleanup, asm, builtins, attributes, pragmas. */
#include "run.h"

#define MAXIMUM(a, b) ({ __auto_type _a = (a); __auto_type _b = (b); _a > _b ? _a : _b; })

static ASYNC void statement_expressions(void)
{
    int x = ({ int a = V(1), b = V(2); PAUSE(); a + b; });

    printf("%d %d\n", x, MAXIMUM(V(3), V(4)));
    printf("%d\n", MAXIMUM(MAXIMUM(V(3), 9) + 0, V(7)));
    x = ({
        int sum = 0;
        for (int i = 0; i < 4; i++) {
            if (V(i) == 2)
                continue;
            sum += V(i);
        }
        sum;
    }) * 10;
    printf("%d\n", x);
    if (({ PAUSE(); V(x) == 40; }))
        ({ puts("void value"); (void)V(1); });
    for (int i = 0; ({ V(i) < 2; }); ({ i++; PAUSE(); }))
        T(i);
    puts("");
}

static ASYNC int leaves(int x)
{
    int y = ({ if (V(x)) return 100; V(5); });

    return y;
}

static ASYNC void types(void)
{
    __auto_type a = V(5);
    __typeof__(a) b = a + V(1), *p = &b;
    typeof(a++ + 0.5) c = 1.5; /* typeof does not evaluate */
    __typeof__(int[3]) d = {1, V(2), 3};
    const __auto_type e = (long long)V(6);

    PAUSE();
    printf("%d %d %.1f %d %lld %zu\n", a, *p, c, d[V(1)], e, sizeof e);
}

static ASYNC void elvis(void)
{
    printf("%d %d %d\n", V(0) ?: V(7), V(3) ?: V(8), V(0) ?: V(0) ?: 9);
    printf("%d ", T(0) ?: T(1));
    printf("%d\n", T(2) ?: T(3));
}

static ASYNC void local_labels(void)
{
    for (int i = 0; i < 2; i++) {
        __label__ skip;
        if (V(i))
            goto skip;
        T(i);
    skip:
        T(10 + i);
    }
    {
        __label__ skip;
        goto skip;
    skip:
        T(20);
    }
    puts("");
}

static void close_it(int *p)
{
    printf("closed %d ", *p);
}

static ASYNC int cleanups(int way)
{
    int outer __attribute__((cleanup(close_it))) = 1;

    PAUSE();
    for (int i = 0; i < 2; i++) {
        __attribute__((cleanup(close_it))) int inner = V(10 + i);
        PAUSE();
        if (V(way) == 1)
            return V(inner);
        if (way == 2)
            continue;
        if (way == 3)
            goto out;
        inner += V(100);
    }
out:
    PAUSE();
    outer++;
    return 0;
}

static ASYNC void assembler(void)
{
    int x = V(5), y = 0;

    __asm__ volatile("" : "+r"(x) : : "memory");
    PAUSE();
    __asm__("" : "=r"(y) : "0"(x));
    __asm__ volatile("" : "+m"(y));
    PAUSE();
    printf("%d %d\n", x, y);
}

static ASYNC void attributes(int used __attribute__((unused)), __attribute__((unused)) int other)
{
    int a __attribute__((unused, aligned(32))) = V(1);
    struct __attribute__((packed)) { char c; int i; } s = {'x', V(2)};

    PAUSE();
    switch (V(1)) {
    case 1:
        T(1);
        __attribute__((fallthrough));
    case 2:
        T(2);
    }
    printf("%d %zu %d\n", (int)((uintptr_t)&a % 32), sizeof s, s.i);
}

static ASYNC void builtins(void)
{
    if (__builtin_expect(V(1), 1))
        T(1);
    printf("%d %d %d\n", __builtin_popcount((unsigned)V(255)), (int)__builtin_offsetof(struct { int a; char b; }, b),
           __builtin_types_compatible_p(__typeof__(value(1)), int));
    printf("%d\n", __builtin_choose_expr(1, V(4), 0));
    printf("%s\n", _Generic(1, int: "int", default: "other"));
    printf("%d\n", AWAIT(_Generic(1.0, double: value, default: told)(8)));
    _Static_assert(sizeof(int) == 4, "int");
    printf("%.1f\n", __builtin_fabs((double)V(-3)));
}

static ASYNC void pragmas(void)
{
    int sum = 0;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsign-compare"
    for (unsigned i = 0; i < V(3); i++)
        sum += V((int)i);
#pragma GCC diagnostic pop
    _Pragma("GCC diagnostic push") sum += V(1);
    _Pragma("GCC diagnostic pop")
    printf("%d\n", sum);
}

typedef int vector __attribute__((vector_size(16)));

static ASYNC void vectors(void)
{
    vector a = {V(1), 2, 3, 4}, b = a + V(1);

    PAUSE();
    b += a;
    PAUSE();
    printf("%d %d\n", b[0], b[V(3)]);
}

static ASYNC void ranges(int x)
{
    switch (V(x)) {
    case 'a' ... 'z':
        T(1);
        break;
    case '0' ... '9':
        T(2);
    }
}

static ASYNC void app(void)
{
    AWAIT(statement_expressions());
    printf("%d\n", AWAIT(leaves(0)));
    printf("%d\n", AWAIT(leaves(1)));
    AWAIT(types());
    AWAIT(elvis());
    AWAIT(local_labels());
    for (int i = 0; i < 4; i++)
        printf("%d\n", AWAIT(cleanups(i)));
    AWAIT(assembler());
    AWAIT(attributes(1, 2));
    AWAIT(builtins());
    AWAIT(pragmas());
    AWAIT(vectors());
    AWAIT(ranges('c'));
    AWAIT(ranges('7'));
    AWAIT(ranges('!'));
    puts("");
}
