/* Where ASYNC may stand among the specifiers, return types with declarators of their own, qualified ones, and how calls can be spelt. */
#include "run.h"

struct pair {
    int a, b;
};
typedef struct pair pair_type;
typedef int three[3];
typedef int (*plain_function)(int);
enum colour { RED, GREEN };

static ASYNC int first(void);
ASYNC static int second(void);
static int ASYNC third(void);
int static ASYNC unsigned fourth(void);
static inline ASYNC long unsigned int fifth(void);
static __attribute__((noinline)) ASYNC struct pair *sixth(struct pair *p) __attribute__((unused));
extern ASYNC int elsewhere(int x);

static ASYNC int first(void) { PAUSE(); return 1; }
ASYNC static int second(void) { PAUSE(); return 2; }
static int ASYNC third(void) { PAUSE(); return 3; }
int static ASYNC unsigned fourth(void) { PAUSE(); return 4; }
static inline ASYNC long unsigned int fifth(void) { PAUSE(); return 5; }
static ASYNC struct pair *sixth(struct pair *p) { PAUSE(); return p; }
ASYNC int elsewhere(int x) { PAUSE(); return x; }

/* ---- declarators of return types ---- */

static int square(int x)
{
    return x * x;
}

static three rows[2] = {{1, 2, 3}, {4, 5, 6}};

static ASYNC int (*row(int i))[3]
{
    PAUSE();
    return &rows[i];
}

static ASYNC three *same_row(int i)
{
    return AWAIT(row(i));
}

static ASYNC int (*function(int which))(int)
{
    PAUSE();
    return which ? square : abs;
}

static ASYNC plain_function same_function(int which)
{
    plain_function f = AWAIT(function(which));
    PAUSE();
    return f;
}

typedef ASYNC int (*waiting_function)(int);

static ASYNC waiting_function chosen(int which)
{
    PAUSE();
    return which ? elsewhere : value;
}

/* ---- qualified ---- */

static ASYNC const int constant(void)
{
    PAUSE();
    return 7;
}

static ASYNC const struct pair constant_pair(const int a, const int *const p)
{
    const struct pair local = {a, *p};

    PAUSE();
    return local;
}

static ASYNC const char *const text(void)
{
    const char *const here = "text";

    PAUSE();
    return here;
}

static ASYNC volatile int changing(volatile int x)
{
    PAUSE();
    return x;
}

static ASYNC enum colour colour(enum colour c)
{
    PAUSE();
    return c == RED ? GREEN : RED;
}

static ASYNC pair_type by_typedef(pair_type p, three array, int matrix[2][3], int f(int))
{
    PAUSE();
    p.a += array[1] + matrix[1][2];
    p.b = f(p.b);
    return p;
}

static ASYNC int variable_parameter(int n, int a[n])
{
    int sum = 0;

    PAUSE();
    for (int i = 0; i < n; i++)
        sum += V(a[i]);
    return sum;
}

static ASYNC void several(int a, int b), also(int);

static ASYNC void several(int a, int b)
{
    AWAIT(also(a + b));
}

static ASYNC void also(int x)
{
    T(x);
}

/* ---- calls ---- */

struct object {
    ASYNC int (*get)(int);
    struct object *next;
};

static ASYNC struct object *find(struct object *o, int steps)
{
    while (steps--) {
        PAUSE();
        o = o->next;
    }
    return o;
}

static ASYNC void calls(void)
{
    struct object b = {elsewhere, NULL}, a = {value, &b};
    waiting_function table[2][1] = {{value}, {elsewhere}}, *pointer = &table[1][0];
    int inner[] = {2, 0, 1};

    printf("%d %d %d\n", AWAIT((elsewhere)(1)), AWAIT((*elsewhere)(2)), AWAIT((&elsewhere)(3)));
    printf("%d %d %d\n", AWAIT(table[V(1)][V(0)](4)), AWAIT((*pointer)(5)), AWAIT(pointer[V(0)](6)));
    printf("%d %d\n", AWAIT(AWAIT(find(&a, 1))->get(7)), AWAIT((*AWAIT(chosen(1)))(8)));
    printf("%d\n", AWAIT((V(0) ? a : b).get(9)));
    printf("%d\n", inner[V(inner[V(inner[V(0)])])]);
    printf("%d\n", AWAIT(elsewhere((AWAIT(elsewhere(AWAIT(elsewhere(V(10)))))))));
    printf("%d\n", AWAIT((AWAIT(chosen(0)))(11)));
    int once = 12, result = AWAIT(elsewhere(once++));
    printf("%d %d\n", once, result);
}

static ASYNC void app(void)
{
    struct pair p = {1, 2};

    printf("%d %d %d %u %lu %d\n", AWAIT(first()), AWAIT(second()), AWAIT(third()), AWAIT(fourth()), AWAIT(fifth()), AWAIT(sixth(&p))->b);
    printf("%d %d %d %d\n", (*AWAIT(row(1)))[2], (*AWAIT(same_row(0)))[1], AWAIT(function(1))(5), AWAIT(same_function(0))(-5));
    printf("%d %d %d\n", AWAIT(constant()), AWAIT(constant_pair(3, &p.a)).b, AWAIT(changing(4)));
    const struct pair q = AWAIT(constant_pair(5, &p.b));
    const char *s = AWAIT(text());
    int c = AWAIT(constant()) + AWAIT(constant());
    PAUSE();
    printf("%d %d %s %d %d\n", q.a, q.b, s, c, AWAIT(colour(RED)) == GREEN);
    p = AWAIT(by_typedef((pair_type){1, -3}, (three){1, 2, 3}, rows, abs));
    printf("%d %d %d\n", p.a, p.b, AWAIT(variable_parameter(3, rows[1])));
    AWAIT(several(1, 2));
    puts("");
    AWAIT(calls());
}
