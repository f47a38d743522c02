/* `for` with every form of declaration, and declarations of every kind in blocks that suspend. */
#include "run.h"

struct pair {
    int a, b;
};

static ASYNC void for_forms(void)
{
    int outside;
    for (outside = V(1); outside < V(3); outside += V(1))
        printf("%d ", outside);
    for (int i = V(0), *p = &i, last = 2; *p < last; ++*p)
        printf("%d ", i + V(0));
    for (char c[] = "ab", *p = c; *p; p += V(1))
        putchar(*p);
    for (struct pair p = {V(1), 3}; p.a < p.b; p.a++)
        printf(" %d", V(p.a));
    for (struct { int i; double d; } s = {0, 0.5}; s.i < 2; s.i += V(1), s.d *= 2)
        printf(" %.1f", s.d);
    for (const int limit = V(2), *q = &limit; outside > *q; outside--)
        PAUSE();
    for (register int r = 0; r < 2; r++)
        printf(" %d", V(r));
    for (unsigned u = 3; u--; PAUSE())
        if (u == 1)
            continue;
    for (int i = 0, j = V(4), k[2] = {V(5), 6}; i < j; i += 2, j -= V(1))
        printf(" %d", k[i % 2]);
    for (__auto_type t = V(2); t; t--)
        PAUSE();
    for (__typeof__(outside) t = V(2); t; t--)
        PAUSE();
    for (int (*array)[2] = &(int[2]){V(1), 2}; array; array = NULL)
        printf(" %d", (*array)[V(1)]);
    for (_Bool once = 1; once; once = V(0))
        ;
    for (;;) {
        if (V(1))
            break;
    }
    for (; V(0);)
        puts("never");
    for (struct pair *p = &(struct pair){1, V(2)}; p; p = V(0) ? p : NULL)
        printf(" %d\n", p->b);
}

static ASYNC void declarations(int n)
{
    static int calls;
    extern int shared;
    int plain, with = V(1), *pointer = &with, array[2], function(int);
    typedef struct pair pairs[2];
    pairs two = {{V(1), 2}, {3, V(4)}};
    const pairs constant = {{5, 6}};
    int const *volatile watched = pointer;
    int (*call)(int) = function;
    const char *const text = V(1) ? "text" : "";
    struct pair only;
    union { struct pair p; long l; } both = {.p = {V(7), 8}}, copied = both;
    enum { FIRST, SECOND = FIRST + 3, THIRD } named = THIRD;
    _Static_assert(THIRD == 4, "counted");
    __attribute__((unused)) int unused = V(9), also __attribute__((aligned(32))) = V(10);
    _Thread_local static int per_thread;

    calls++;
    per_thread += V(1);
    shared = V(n);
    plain = shared;
    array[V(0)] = array[1] = plain;
    only = two[V(1)];
    only.a += (*call)(V(1));
    PAUSE();
    printf("%d %d %d %d %d %s %d %d %d %d %d %d %d\n", array[1], with, two[0].b, constant[0].b, *watched, text, only.a, copied.p.b, (int)named,
           also, calls > 0, per_thread > 0, both.p.a);
}

int shared;

int function(int x)
{
    return x + shared;
}

static ASYNC void anonymous(int)
    __attribute__((unused));
static ASYNC void anonymous(int x)
{
    (void)x;
    PAUSE();
}

static ASYNC int(parenthesized)(int x)
{
    return(V(x));
}

static ASYNC const char *(*chooser(int x))(int);

static const char *name_of(int x)
{
    return x ? "one" : "none";
}

static ASYNC const char *(*chooser(int x))(int)
{
    PAUSE();
    return x ? name_of : NULL;
}

static ASYNC void app(void)
{
    AWAIT(for_forms());
    AWAIT(declarations(3));
    AWAIT(anonymous(1));
    printf("%d %s\n", AWAIT(parenthesized(4)), AWAIT(chooser(1))(V(1)));
}
