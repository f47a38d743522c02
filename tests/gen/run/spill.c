/* Values that change on some paths and live on across suspensions: what is saved, and when. */
#include "run.h"

static ASYNC int one_path(int x)
{
    int a = 1, b, c = 3;

    if (V(x))
        a = V(10), b = a + 1;
    else
        b = 5;
    PAUSE();
    if (x > 1) {
        c = V(30);
        b += V(c);
    }
    return a + b + c;
}

/* Each round, one gets the value of the other. */
static ASYNC void rotate(void)
{
    int a = 1, b = 2, c = 3, d = 4;

    for (int i = 0; i < 5; i++) {
        int t = a;
        a = V(b);
        b = V(c);
        PAUSE();
        c = d, d = t;
    }
    printf("%d%d%d%d\n", a, b, c, d);
}

/* Set late, used in the next round only. */
static ASYNC void carried(void)
{
    int previous = -1, best = 0;
    const char *who = "nobody";

    for (int i = 0; i < 6; i++) {
        if (V(previous) > best) {
            best = previous;
            who = i & 1 ? "odd" : "even";
        }
        PAUSE();
        previous = (i * 7) % 5;
    }
    printf("%d %s %d\n", best, who, previous);
}

static ASYNC double many(void)
{
    int a = V(1);
    long b = V(2);
    char c = (char)V(3);
    float d = V(4);
    double e = V(5);
    unsigned char f = (unsigned char)V(6);
    short g = (short)V(7);
    bool h = V(8);
    long long i = V(9);
    const char *j = "0123456789";
    long double k = V(10);
    _Complex float l = 11.0f;
    int *m = &a;
    uint64_t n = (uint64_t)V(12) << 40;
    struct { short x; } o = {(short)V(13)};

    PAUSE();
    *m += V(1);
    n >>= 40;
    PAUSE();
    return a + (double)b + c + d + e + f + g + h + (double)i + *(j + V(5)) + (double)k + (double)__real__ l + (double)n + o.x;
}

static ASYNC unsigned hash(const char *s)
{
    unsigned h = 2166136261u;

    while (*s) {
        h ^= (unsigned char)*s++;
        if (V(1))
            h *= 16777619u;
    }
    return h;
}

/* A value computed before and used after, in one expression, beside others. */
static ASYNC void temporaries(void)
{
    int a[3] = {1, 2, 3}, i = 0;
    const char *s = "abcdef";

    printf("%d\n", a[i] * 100 + V(a[1]) * 10 + a[2]);
    printf("%d\n", (a[0] + a[1]) * (a[1] + V(a[2])) - (V(1) + a[0]) * (V(2) + V(3)));
    printf("%d %c\n", a[V(i) + V(1)] + a[V(2)], s[V(1) + a[V(0)]]);
    i = a[0] + (a[1] + (a[2] + V(1)));
    printf("%d\n", i);
    printf("%.3f\n", 1.0 / 3 + V(1) / 3.0 + (float)V(1) / 3);
    printf("%ld\n", 1L << 40 | (V(1) + (5L - V(2))));
}

/* Dead at the pause, set again after it. */
static ASYNC int dead(int n)
{
    int x = n, y;

    x = V(x) + 1;
    y = x;
    PAUSE();
    x = 2;
    PAUSE();
    y += x;
    x = V(y);
    return x;
}

static ASYNC int uninitialized(int known)
{
    int x;

    PAUSE();
    if (known)
        x = V(4);
    PAUSE();
    return known ? x : -1;
}

static ASYNC int collatz(unsigned long n)
{
    int steps = 0;

    for (; n != 1; steps++)
        n = V(1) && n % 2 ? 3 * n + 1 : n / 2;
    return steps;
}

static ASYNC void primes(void)
{
    bool composite[60] = {false};
    int count = 0;

    for (int i = 2; i < 60; i++) {
        if (composite[V(i)])
            continue;
        count++;
        for (int j = i * i; j < 60; j += V(i))
            composite[j] = true;
    }
    printf("%d primes\n", count);
}

static ASYNC void sorted(void)
{
    int a[] = {5, 2, 8, 1, 9, 3};
    const int n = (int)(sizeof a / sizeof *a);

    for (int i = 1; i < n; i++) {
        int key = a[i], j = i - 1;
        while (j >= 0 && V(a[j]) > key) {
            a[j + 1] = V(a[j]);
            j--;
        }
        a[j + 1] = key;
    }
    for (int i = 0; i < n; i++)
        printf("%d", a[i]);
    puts("");
}

/* What it was before it is assigned in a condition is dead while that is awaited, but not where something is awaited behind it. */
static ASYNC void assigned_in_conditions(void)
{
    int left = 3, n = 7, m = 5;

    while ((n = V(left--)) > 0)
        printf("%d,", n);
    while (((m = V(n + 2)) > 0 && V(m) < 4) || !(left = V(left + 1)))
        printf("%d'", n++);
    if (!(n = V(m - 4)))
        printf("none %d ", m);
    if ((m = V(left + 8)) != V(8))
        printf("%d/", m);
    if ((n = V(6)) > (left ? V(4) : 2) && (m = V(n)) < n + 1 && n)
        printf("%d;", m);
    printf("%d %d %d\n", left, m, n);
}

static ASYNC void app(void)
{
    printf("%d %d %d\n", AWAIT(one_path(0)), AWAIT(one_path(1)), AWAIT(one_path(2)));
    AWAIT(rotate());
    AWAIT(carried());
    printf("%.1f\n", AWAIT(many()));
    printf("%u\n", AWAIT(hash("a string to be hashed")));
    AWAIT(temporaries());
    printf("%d %d %d\n", AWAIT(dead(5)), AWAIT(uninitialized(0)), AWAIT(uninitialized(1)));
    printf("%d\n", AWAIT(collatz(27)));
    AWAIT(primes());
    AWAIT(sorted());
    AWAIT(assigned_in_conditions());
}
