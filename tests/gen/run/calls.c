/* Calls: parameters and values of every kind, recursion, pointers to ASYNC functions. */
#include "run.h"

struct small { char c; };
struct medium { long a, b; };
struct large { int a[20]; };
typedef struct { double re, im; } complex_pair;

#define RETURNING(type, name) \
    static ASYNC type name(type x) \
    { \
        type kept = x; \
        PAUSE(); \
        return kept; \
    }
RETURNING(char, a_char)
RETURNING(signed char, a_schar)
RETURNING(unsigned short, a_ushort)
RETURNING(unsigned, an_unsigned)
RETURNING(long, a_long)
RETURNING(unsigned long long, a_ulonglong)
RETURNING(_Bool, a_bool)
RETURNING(float, a_float)
RETURNING(double, a_double)
RETURNING(long double, a_long_double)
RETURNING(__int128, an_int128)
RETURNING(_Complex double, a_complex)
RETURNING(_Complex long double, a_wide_complex)
RETURNING(const char *, a_string)
RETURNING(void *, a_pointer)
RETURNING(struct small, a_small)
RETURNING(struct medium, a_medium)
RETURNING(struct large, a_large)
RETURNING(complex_pair, a_pair)

static ASYNC void types(void)
{
    struct large l = {{[19] = 19}};

    printf("%c %d %d %u %ld %llu\n", AWAIT(a_char('c')), AWAIT(a_schar(-3)), AWAIT(a_ushort(65535)), AWAIT(an_unsigned(4000000000u)),
           AWAIT(a_long(-5)), AWAIT(a_ulonglong(1ull << 63)));
    printf("%d %.2f %.3f %.1Lf %d\n", AWAIT(a_bool(17)), (double)AWAIT(a_float(1.25f)), AWAIT(a_double(0.125)), AWAIT(a_long_double(2.5L)),
           (int)(AWAIT(an_int128((__int128)3 << 100)) >> 100));
    _Complex double z = AWAIT(a_complex(1.0 + 2.0i));
    _Complex long double w = AWAIT(a_wide_complex(AWAIT(a_wide_complex(3.0L + 4.0Li))));
    printf("%.1f %.1f %.1Lf %.1Lf %s %d\n", __real__ z, __imag__ z, __real__ w, __imag__ w, AWAIT(a_string("string")),
           AWAIT(a_pointer(&l)) == &l);
    printf("%c %ld %d %.1f\n", AWAIT(a_small((struct small){'s'})).c, AWAIT(a_medium((struct medium){1, 2})).b, AWAIT(a_large(l)).a[19],
           AWAIT(a_pair((complex_pair){1, 2})).im);
    l = AWAIT(a_large(AWAIT(a_large(l))));
    struct large copies[2] = {AWAIT(a_large(l)), {{1}}};
    PAUSE();
    printf("%d %d\n", l.a[19], copies[0].a[19] + copies[1].a[0]);
}

static ASYNC long sum(char a, short b, int c, long d, float e, double f, struct medium g, unsigned char h, long long i, struct small j,
                      const int *k)
{
    PAUSE();
    return a + b + c + d + (long)e + (long)f + g.a + g.b + h + i + j.c + *k;
}

static ASYNC int fibonacci(int n)
{
    return n < 2 ? V(n) : AWAIT(fibonacci(n - 1)) + AWAIT(fibonacci(n - 2));
}

static ASYNC int is_odd(int n);

static ASYNC int is_even(int n)
{
    PAUSE();
    return n == 0 ? 1 : AWAIT(is_odd(n - 1));
}

static ASYNC int is_odd(int n)
{
    return n == 0 ? 0 : AWAIT(is_even(n - 1));
}

static ASYNC int depth(int n)
{
    char here[64];

    memset(here, n, sizeof here);
    int below = n ? AWAIT(depth(n - 1)) : V(0);
    for (size_t i = 0; i < sizeof here; i++)
        if (here[i] != (char)n)
            return -1000;
    return below + 1;
}

static ASYNC void hanoi(int n, const char *from, const char *to, const char *via)
{
    if (n == 0)
        return;
    AWAIT(hanoi(n - 1, from, via, to));
    PAUSE();
    printf("%s%s ", from, to);
    AWAIT(hanoi(n - 1, via, to, from));
}

typedef ASYNC int (*operation)(int, int);

static ASYNC int add(int a, int b)
{
    return V(a) + b;
}

static ASYNC int multiply(int a, int b)
{
    return a * V(b);
}

struct object {
    const struct object_operations *operations;
    int state;
};

struct object_operations {
    ASYNC int (*step)(struct object *self, int by);
    ASYNC void (*reset)(struct object *self);
};

static ASYNC int object_step(struct object *self, int by)
{
    PAUSE();
    return self->state += by;
}

static ASYNC void object_reset(struct object *self)
{
    PAUSE();
    self->state = 0;
}

static ASYNC int fold(operation f, const int *items, size_t count, int start)
{
    for (size_t i = 0; i < count; i++)
        start = AWAIT(f(start, items[i]));
    return start;
}

static ASYNC void pointers(void)
{
    static const struct object_operations operations = {object_step, object_reset};
    struct object object = {&operations, 5}, *o = &object;
    operation table[] = {add, multiply}, chosen = V(1) ? multiply : add;
    ASYNC int (*local)(int, int) = add;

    printf("%d %d %d %d\n", AWAIT(table[V(0)](2, 3)), AWAIT((*table[1])(2, 3)), AWAIT(chosen(4, 5)), AWAIT(local(V(4), V(5))));
    printf("%d %d\n", AWAIT(o->operations->step(o, 2)), V(0));
    AWAIT(object.operations->reset(&object));
    printf("%d\n", AWAIT(object.operations->step(o, V(3))));
    printf("%d %d\n", AWAIT(fold(add, (int[]){1, 2, 3}, 3, 0)), AWAIT(fold(multiply, (int[]){1, 2, 3, 4}, 4, 1)));
    printf("%d\n", AWAIT((V(1) ? add : multiply)(V(6), 7)));
}

static ASYNC int early(int x)
{
    if (x == 0)
        return 10;
    if (V(x) == 1)
        return V(11);
    for (;;) {
        PAUSE();
        if (x-- == 0)
            return 12;
    }
}

static ASYNC void nothing(void)
{
}

static ASYNC int no_await(int a)
{
    return a + 1;
}

static ASYNC void returns(int x)
{
    if (V(x))
        return;
    T(x);
    return AWAIT(nothing());
}

static ASYNC void parameters_change(int n, const char *s, struct medium m, int (*f)(int))
{
    n += V(1);
    s++;
    m.a = n;
    PAUSE();
    n = f(n * -2);
    s += V(1);
    m.b += m.a;
    PAUSE();
    printf("%d %s %ld %ld\n", n, s, m.a, m.b);
}

static ASYNC void app(void)
{
    AWAIT(types());
    printf("%ld\n", AWAIT(sum(1, 2, 3, 4, 5, 6, (struct medium){7, 8}, 9, 10, (struct small){11}, &(int){12})));
    printf("%d %d %d %d\n", AWAIT(fibonacci(12)), AWAIT(is_even(10)), AWAIT(is_odd(10)), AWAIT(depth(200)));
    AWAIT(hanoi(3, "a", "c", "b"));
    puts("");
    AWAIT(pointers());
    printf("%d %d %d %d\n", AWAIT(early(0)), AWAIT(early(1)), AWAIT(early(2)), AWAIT(no_await(V(3))));
    AWAIT(returns(0));
    AWAIT(returns(1));
    AWAIT(nothing());
    puts("");
    AWAIT(parameters_change(1, "string", (struct medium){3, 4}, abs));
}
