/* AWAIT in every place where one may stand; and each of them completes at once, suspends, is cancelled there and fails there: what ran before is
 * what runs before it in plain C, and nothing runs after it.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum outcome { COMPLETES, SUSPENDS, IS_CANCELLED, FAILS };

static enum outcome outcome;
static int wanted, count; /* the step at which it happens, and the steps so far; 0: at each */

static int happens_here(void)
{
    return ++count == wanted || !wanted;
}

#ifdef PLAIN

#include <setjmp.h>

#define ASYNC
#define AWAIT(...) (__VA_ARGS__)

static jmp_buf out;

static void happen(void)
{
    if (happens_here() && outcome >= IS_CANCELLED)
        longjmp(out, outcome);
}

static void run(void (*position)(void))
{
    int way = setjmp(out);
    if (way == 0)
        position();
    puts(way == IS_CANCELLED ? "cancelled" : way == FAILS ? "failed" : "done");
}

#else

#include <brio.h>

static struct brio_scope *scope;

static ASYNC void happen(void)
{
    if (!happens_here() || outcome == COMPLETES)
        return;
    if (outcome == FAILS)
        RAISE(5, "failed");
    if (outcome == IS_CANCELLED)
        brio_scope_cancel(scope, "cancelled");
    AWAIT(brio_checkpoint());
}

static ASYNC void run(ASYNC void (*position)(void))
{
    TRY {
        CANCEL_SCOPE(s) {
            scope = s;
            AWAIT(position());
        }
        puts(s->cancelled_caught ? "cancelled" : "done");
    } CATCH (e, 5) {
        puts("failed");
    }
}

#endif

/* ---- what is awaited ---- */

struct pair {
    int a, b;
};

struct large {
    int items[20];
};

static ASYNC int step(int x)
{
    printf("%d ", x);
    AWAIT(happen());
    return x;
}
#define S(...) AWAIT(step(__VA_ARGS__))

static ASYNC void nothing(int x)
{
    printf("%d ", x);
    AWAIT(happen());
}

static ASYNC struct pair pair(int a, int b)
{
    printf("%d,%d ", a, b);
    AWAIT(happen());
    return (struct pair){a, b};
}

static ASYNC struct large large(int x)
{
    struct large l = {{x, [19] = x + 1}};
    AWAIT(happen());
    return l;
}

static ASYNC double number(double x)
{
    AWAIT(happen());
    return x;
}

static ASYNC int *slot(int *array, int i)
{
    AWAIT(happen());
    return &array[i];
}

static ASYNC const char *text(const char *s)
{
    AWAIT(happen());
    return s;
}

static int add(int a, int b, int c)
{
    return a + b + c;
}

static int plain(int x)
{
    printf("(%d) ", x);
    return x;
}

static int sum_of(struct pair p, int x)
{
    return p.a + p.b + x;
}

#define SHOW(...) printf("=%d ", (int)(__VA_ARGS__))

/* ---- positions ---- */

static ASYNC void statement(void)
{
    S(1);
    AWAIT(nothing(2));
    (void)S(3);
    (S(4));
    S(5), S(6);
}

static ASYNC void initializer(void)
{
    int x = S(1), y = S(x + 1);
    const int z = S(y) + 1;
    double d = S(4) / 8.0;
    SHOW(x + y + z + d * 8);
}

static ASYNC void initializer_list(void)
{
    int array[3] = {S(1), [2] = 7};
    struct pair p = {.b = S(2)}, copy = p;
    struct { struct pair p; int array[2]; } nested = {{1, S(3)}, {5}};
    SHOW(array[0] + array[2] + copy.b + nested.p.b + nested.array[0]);
}

static ASYNC int return_operand(int x)
{
    if (x)
        return S(x);
    return S(7) + 1;
}

static ASYNC void returns(void)
{
    SHOW(AWAIT(return_operand(0)));
    SHOW(AWAIT(return_operand(2)));
}

static ASYNC void arguments(void)
{
    SHOW(add(S(1), 2, 3));
    SHOW(add(1, S(2), 3));
    SHOW(add(1, 2, S(3)));
    SHOW(S(S(S(4) + 1) + 1));
    SHOW(sum_of(AWAIT(pair(1, 2)), 3));
    SHOW(add(add(S(1), 1, 1), 2, 3));
    printf("%s%d ", "x", S(9));
}

static ASYNC void operands(void)
{
    int x = 10;
    SHOW(x + S(1));
    SHOW(S(2) - x);
    SHOW(-S(3));
    SHOW(!S(4));
    SHOW(~S(5));
    SHOW((char)S(6));
    SHOW((x + S(7)) * (x - 3));
    SHOW(x < S(11));
    SHOW(S(1) << 2 | x);
}

static ASYNC void logical_and(void)
{
    SHOW(S(1) && S(2));
    SHOW(S(0) && S(3));
    SHOW(plain(1) && S(4));
    SHOW(S(5) && plain(0));
}

static ASYNC void logical_or(void)
{
    SHOW(S(1) || S(2));
    SHOW(S(0) || S(3));
    SHOW(plain(0) || S(4));
    if (S(0) || plain(0) || (S(1) && !S(0)))
        SHOW(1);
}

static ASYNC void conditional(void)
{
    SHOW(S(1) ? 2 : 3);
    SHOW(plain(1) ? S(4) : S(5));
    SHOW(plain(0) ? S(6) : S(7));
    SHOW(S(0) ? S(8) : S(0) ? S(9) : S(10));
    SHOW((S(1) ? plain(2) : S(3)) + 1);
    S(1) ? (void)S(2) : AWAIT(nothing(3));
}

static ASYNC void comma(void)
{
    int x = (S(1), plain(2), S(3));
    SHOW(x);
    SHOW((plain(4), S(5)));
    for (x = 0, S(6); x < 1; x++, S(7))
        SHOW(x);
}

static ASYNC void if_statement(void)
{
    if (S(1))
        SHOW(S(2));
    if (S(0))
        SHOW(S(3));
    else
        SHOW(S(4));
    if (S(0))
        S(5);
    else if (S(1))
        S(6);
}

static ASYNC void while_statement(void)
{
    int i = 0;
    while (S(i) < 3) {
        i++;
        if (i == 2)
            continue;
        S(10 + i);
    }
    while (S(1))
        if (S(i))
            break;
    SHOW(i);
}

static ASYNC void do_statement(void)
{
    int i = 0;
    do {
        if (i == 1)
            continue;
        S(20 + i);
    } while (S(++i) < 3);
    do
        S(30);
    while (S(0));
    SHOW(i);
}

static ASYNC void for_statement(void)
{
    for (int i = S(0); S(i) < 3; i += S(1)) {
        if (i == 1)
            continue;
        SHOW(i);
    }
    for (int i = 0;; S(40)) {
        if (i++ == 1)
            break;
        for (int j = S(50); j < 52; j++)
            S(j + i);
    }
    for (S(1); S(0); S(2))
        S(3);
}

static ASYNC void switch_statement(void)
{
    for (int i = 0; i < 4; i++)
        switch (S(i)) {
        case 0:
            S(10);
            /* fall through */
        case 1:
            S(11);
            break;
        case 2:
            if (S(1))
                break;
            /* fall through */
        default:
            S(12);
        }
}

static ASYNC void left_side(void)
{
    int array[4] = {0}, *p = array;
    struct pair pairs[2] = {{0, 0}};
    array[S(1)] = 5;
    p[S(2)] += 6;
    *(p + S(3)) = 7;
    pairs[S(1)].b = array[1];
    (&pairs[0])->a = S(8);
    *AWAIT(slot(array, 0)) = 9;
    ++*AWAIT(slot(array, 0));
    array[S(0)]++;
    SHOW(array[0] + array[1] + array[2] + array[3] + pairs[1].b + pairs[0].a);
}

static ASYNC void right_side(void)
{
    int x = 1, y = 2, array[2] = {3, 4}, *p = array;
    unsigned char small = 250;
    x = S(5);
    x = y = S(6);
    x += S(7);
    p[1] -= S(1);
    *p++ = S(8);
    small = (unsigned char)S(260);
    small = (unsigned char)(small << S(1));
    SHOW(x + y + array[0] + array[1] + small);
    if ((x = S(9)) > 8)
        SHOW(x);
}

static ASYNC void members(void)
{
    SHOW(AWAIT(pair(1, 2)).b);
    SHOW(AWAIT(large(5)).items[19]);
    SHOW(AWAIT(text("a"))[0]);
    SHOW(AWAIT(text("abc"))[1]);
    SHOW("abc"[S(1)]);
    SHOW(*AWAIT(text("z")));
    struct large l = AWAIT(large(2));
    l = AWAIT(large(3));
    SHOW(l.items[0] + l.items[19]);
    SHOW(AWAIT(number(2.5)) * 2);
}

static ASYNC void statement_expression(void)
{
    SHOW(({ S(1); S(2) + 1; }));
    int x = __extension__({ int y = S(3); if (y) y += S(4); y; });
    ({ S(5); });
    ({ if (S(0)) S(6); });
    SHOW(x + ({ S(7); }));
}

static ASYNC void macros(void)
{
#define LARGER(a, b) ((a) > (b) ? (a) : (b))
    assert(S(1));
    SHOW(LARGER(S(2), 3));
    SHOW(LARGER(5, S(4)));
#define REPEAT(n, what) do { for (int i_ = 0; i_ < (n); i_++) { what; } } while (0)
    REPEAT(2, S(6));
}

static ASYNC void generic(void)
{
    SHOW(_Generic(1, int: S(1), default: S(2)));
    SHOW(_Generic(1.0, int: S(3), default: S(4) + 1));
}

static ASYNC void literals(void)
{
    int *p = (int[]){S(1), 2};
    struct pair *q = &(struct pair){.b = S(3)};
    S(4);
    SHOW(p[0] + p[1] + q->b);
    SHOW(sum_of((struct pair){S(5), 6}, 1));
    SHOW((int[]){1, 2, 3}[S(2)]);
}

static ASYNC void jumps(void)
{
    int i = 0;
again:
    if (S(i) < 2) {
        i++;
        goto again;
    }
    for (;;) {
        for (;;) {
            if (S(5))
                goto out;
        }
    }
out:
    SHOW(S(6));
}

static ASYNC int recursive(int n)
{
    int first = S(n);
    return n ? first + AWAIT(recursive(n - 1)) : first;
}

static ASYNC void calls(void)
{
    ASYNC int (*pointer)(int) = step;
    struct { ASYNC int (*call)(int); } object = {step}, *o = &object;
    SHOW(AWAIT(recursive(3)));
    SHOW(AWAIT(pointer(4)));
    SHOW(AWAIT((*pointer)(5)));
    SHOW(AWAIT(o->call(6)));
    SHOW(AWAIT((plain(1) ? step : recursive)(7)));
    AWAIT(step(8));
}

static ASYNC void long_lives(void)
{
    int a = 1, array[3] = {1, 2, 3}, *p = &a;
    double d = 0.5;
    struct pair q = {1, 2};
    const char *s = "text";
    for (int i = 0; i < 3; i++) {
        int doubled = 2 * i;
        *p += S(i);
        d *= 2;
        q.a += array[i];
        array[i] += S(doubled);
    }
    SHOW(a + d + q.a + array[2] + (int)strlen(s));
}

/* ---- */

static const struct {
    const char *name;
    ASYNC void (*position)(void);
} positions[] = {
#define POSITION(name) {#name, name}
    POSITION(statement),       POSITION(initializer),   POSITION(initializer_list), POSITION(returns),   POSITION(arguments),
    POSITION(operands),        POSITION(logical_and),   POSITION(logical_or),       POSITION(conditional), POSITION(comma),
    POSITION(if_statement),    POSITION(while_statement), POSITION(do_statement),   POSITION(for_statement), POSITION(switch_statement),
    POSITION(left_side),       POSITION(right_side),    POSITION(members),          POSITION(statement_expression), POSITION(macros),
    POSITION(generic),         POSITION(literals),      POSITION(jumps),            POSITION(calls),     POSITION(long_lives),
};

static ASYNC int steps_of(ASYNC void (*position)(void))
{
    outcome = COMPLETES;
    wanted = count = 0;
    AWAIT(run(position));
    return count;
}

static ASYNC void all(void)
{
    static const char *const names[] = {"completes", "suspends", "is cancelled", "fails"};

    for (size_t i = 0; i < sizeof positions / sizeof *positions; i++) {
        printf("%s: ", positions[i].name);
        int steps = AWAIT(steps_of(positions[i].position));
        for (int how = SUSPENDS; how <= FAILS; how++) {
            for (int step = 0; step <= steps; step++) {
                printf("%s %d %s: ", positions[i].name, step, names[how]);
                outcome = (enum outcome)how;
                wanted = step;
                count = 0;
                AWAIT(run(positions[i].position));
            }
        }
    }
}

int main(void)
{
#ifdef PLAIN
    all();
    return 0;
#else
    return RUN(NULL, all());
#endif
}
