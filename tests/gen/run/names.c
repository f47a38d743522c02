/* A name is the local only where C says so: members, tags, labels, designators, inner redeclarations and typedefs keep theirs. */
#include "run.h"

typedef int number;
struct s { int s, x; };
enum { CONSTANT = 5 };
static int global = 1000;

static ASYNC void members(void)
{
    int x = V(1), y = V(2);
    struct { int x, y; } p = {.x = x + 1, .y = y + 2}, *q = &p;
    struct s s = {.s = x, .x = y};

    PAUSE();
    q->x += x, p.y += y;
    printf("%d %d %d %d %d %d\n", p.x, q->y, s.s, s.x, x, y);
    q = &(__typeof__(p)){.x = V(x), .y = x};
    printf("%d %d %zu\n", q->x, q->y, offsetof(struct s, x));
}

static ASYNC void typedef_hidden(void)
{
    number a = V(4);
    int number = V(2);

    PAUSE();
    printf("%d %d\n", number * a, (number) + a); /* a product and a sum, no declaration and no cast */
    {
        typedef char number;
        number b = (number)V(300);
        PAUSE();
        printf("%d %zu\n", b, sizeof(number));
    }
    {
        struct number { int number; } number = {V(3)};
        PAUSE();
        printf("%d\n", ((struct number *)&number)->number);
    }
}

static ASYNC void constants_hidden(int CONSTANT)
{
    PAUSE();
    T(CONSTANT);
    {
        enum { CONSTANT = 7, other };
        PAUSE();
        T(CONSTANT + other);
    }
    T(CONSTANT);
    puts("");
}

static ASYNC void globals(int global)
{
    PAUSE();
    T(global);
    {
        int global = V(3);
        PAUSE();
        T(global);
    }
    puts("");
}

static ASYNC void own_initializer(void)
{
    int x = 1;

    {
        int y = x, x = y + V(1); /* the right side of y sees the outer x */
        PAUSE();
        T(x), T(y);
    }
    {
        void *self = &self;
        PAUSE();
        T(self == (void *)&self);
    }
    T(x);
    puts("");
}

/* Names that a generator may have wanted for itself. */
static ASYNC int wanted(int task, int frame, int self, int pc, int state, int result, int values, int resume_1, int t)
{
    int base = V(task), next = V(frame), signal = 1, why = 2, fail = 3, f = 4, resume = 5, next_pc = 6;
    int brio = 7, r = 8, saved = 9, temporary = 10;

    PAUSE();
    base += self + pc + state + result + values + resume_1 + t;
    if (base < 0)
        goto resume_1;
    if (base < 1)
        goto fail;
    next += signal + why + fail + f + resume + next_pc + brio + r + saved + temporary;
    PAUSE();
fail:
resume_1:
    return base * 1000 + next;
}

/* As long as a function's own name or that of one it calls is not called inside. */
static ASYNC void own_name(int x)
{
    int own_name = V(x), printed = 0;

    PAUSE();
    {
        int app = own_name + V(1), main = 2;
        PAUSE();
        printed = app + main;
    }
    printf("%d\n", printed);
}

static ASYNC void prototypes_inside(void)
{
    int x = V(1);
    int later(int x, int y);
    extern int global;

    PAUSE();
    printf("%d %d\n", later(x, V(2)), global);
}

int later(int x, int y);
int later(int x, int y)
{
    return 10 * x + y;
}

static ASYNC void tags(void)
{
    struct s { char c[3]; } a = {"ab"};

    PAUSE();
    {
        struct s { double d; };
        struct s b = {V(1)};
        PAUSE();
        printf("%zu %.1f ", sizeof(struct s), b.d);
    }
    struct s *p = &a;
    PAUSE();
    printf("%zu %s\n", sizeof(struct s), p->c);
    {
        struct incomplete *q = NULL;
        struct incomplete { struct incomplete *next; int v; } r = {q, V(4)};
        q = &r;
        PAUSE();
        printf("%d\n", q->v);
    }
}

static ASYNC void for_scopes(void)
{
    int i = 100;

    for (int i = V(0); i < 2; i++) {
        int j = i;
        for (int i = V(5); i < 7; i++)
            T(i * 10 + j);
    }
    for (struct { int a, b; } i = {V(0), 5}; i.a < i.b; i.a += 2, i.b--)
        T(i.a);
    T(i);
    if (V(1)) {
        int i = 3;
        T(i);
    } else {
        int i = 4;
        T(i);
    }
    puts("");
}

static ASYNC void app(void)
{
    AWAIT(members());
    AWAIT(typedef_hidden());
    AWAIT(constants_hidden(6));
    AWAIT(globals(2));
    AWAIT(own_initializer());
    printf("%d\n", AWAIT(wanted(1, 2, 3, 4, 5, 6, 7, 8, 9)));
    AWAIT(own_name(4));
    AWAIT(prototypes_inside());
    AWAIT(tags());
    AWAIT(for_scopes());
}
