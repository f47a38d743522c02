/* What few programs have: atomic locals, unnamed parameters, wide strings, definitions as before C89, types of odd sizes. */
#include "run.h"

#include <stddef.h>
#include <wchar.h>

static ASYNC int second(int a, int, int c)
{
    PAUSE();
    return a + c;
}

static int old(a, b, c)
    int a;
    char b;
    const char *c;
{
    return a + b + c[0];
}

struct flexible {
    int count;
    char text[];
};

typedef int word __attribute__((mode(HI)));

static ASYNC void atomics(void)
{
    _Atomic int counter = V(3);
    _Atomic(long) total = 0;
    int _Atomic *to = &counter;
    counter += V(4);
    ++*to;
    total = counter;
    counter = V(10);
    total += counter--;
    printf("%d %ld %d\n", counter, (long)total, *to);
}

static ASYNC void texts(void)
{
    wchar_t wide[] = L"wide";
    const char *bytes = u8"bytes";
    char joined[] = "a" "b\0c" "\x41" "1";
    static const uint_least16_t short_text[] = u"16";
    PAUSE();
    wide[0] = L'W';
    PAUSE();
    printf("%ls %s %zu %s %zu\n", wide, bytes, sizeof joined, joined + 3, sizeof short_text / sizeof *short_text);
}

static ASYNC void sizes(void)
{
    _Bool yes = V(2);
    word half = V(70000) & 0x7fff;
    unsigned char wraps = V(300);
    enum { SMALL, LARGE = 1L << 30 } constant = V(LARGE);
    long double real = V(3) / 2.0L;
    union { int i; unsigned char bytes[4]; } both = {.bytes = {V(1), V(2), 0, 0}};
    struct { unsigned a : 3, : 2, b : 5; signed c : 4; } bits = {V(7), V(31), V(-8)};
    struct flexible *flexible = malloc(sizeof *flexible + V(4));
    flexible->count = V(3);
    memcpy(flexible->text, "abc", 4);
    bits.a += V(2);
    bits.c -= 0 * V(1);
    PAUSE();
    printf("%d %d %d %d %.1Lf %d %d %d %d", yes, half, wraps, constant == LARGE, real, both.i, bits.a, bits.b, bits.c);
    printf(" %s%d\n", flexible->text + V(1), flexible->count);
    free(flexible);
}

static ASYNC int caf\u00e9(int größe)
{
    int \u03c0 = V(größe), $dollar = V(2);
    PAUSE();
    return \u03c0 * $dollar + größe;
}

static ASYNC void app(void)
{
    printf("%d\n", AWAIT(café(V(4))));
    printf("%d %d\n", AWAIT(second(1, V(2), 3)), old(V(1), 'a', "b" + V(0)));
    AWAIT(atomics());
    AWAIT(texts());
    AWAIT(sizes());
}
