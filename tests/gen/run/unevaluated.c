/* Macros that name their argument where it is not evaluated, too, of libc and of everybody; arrays of a parameter's length. */
#include <assert.h>
#include <ctype.h>
#include <tgmath.h>

#include "run.h"

static ASYNC int last(int count, int numbers[count])
{
    PAUSE();
    return numbers[count - 1] + V(1);
}

static ASYNC int corner(const size_t rows, unsigned char columns, const int (*table)[4], int first[const static rows - 1], int last[][4])
{
    int before = first[0];

    PAUSE();
    return table[rows - 1][columns] + before + first[rows - 2] + last[1][columns];
}

#define MAX(a, b) ({ __typeof__(a) a_ = (a); __typeof__(b) b_ = (b); a_ > b_ ? a_ : b_; })
#define SWAP(a, b) do { __typeof__(a) t_ = (a); (a) = (b); (b) = t_; } while (0)
#define HOLDER(p) \
    ({ const __typeof__(((struct holder *)0)->held) *p_ = (p); (struct holder *)(void *)((char *)p_ - offsetof(struct holder, held)); })
#define SHOW(x) _Generic((x), int: show_int, double: show_double, struct holder *: show_holder)(x)

struct holder {
    int number, held;
};

static void show_int(int x) { printf("int %d\n", x); }
static void show_double(double x) { printf("double %g\n", x); }
static ASYNC void show_holder(struct holder *x) { PAUSE(); printf("holder %d\n", x->number); }
static ASYNC double real(double x) { PAUSE(); return x; }
static ASYNC int *held_by(struct holder *holder) { PAUSE(); return &holder->held; }

static ASYNC void macros(void)
{
    int a = V(3), list[] = {1, 2, 3};
    struct holder holder = {7, 8};

    printf("%d %d\n", MAX(V(a), V(5)), MAX(MAX(V(1), V(2)), 0));
    printf("%.1f %.1f\n", MAX(AWAIT(real(2.5)), V(2)), MAX(V(2), AWAIT(real(a))));
    SWAP(list[V(0)], list[V(2)]);
    printf("%d %d %d\n", list[0], list[1], list[2]);
    SHOW(V(4));
    SHOW(AWAIT(real(0.5)) + V(1));
    AWAIT(SHOW(HOLDER(AWAIT(held_by(&holder)))));
    printf("%.1f %.1f\n", sqrt(AWAIT(real(16))), pow(AWAIT(real(2)), V(5)));
}

static ASYNC void app(void)
{
    int numbers[] = {1, 2, 3};
    int table[3][4] = {[2] = {1, 2, 3, 4}};

    printf("%d\n", AWAIT(corner(3, 2, table, numbers, table + 1)));
    AWAIT(macros());

    assert(V(1) == 1);
    printf("%c%c%c\n", toupper(V('a')), tolower(V('B')), toupper(T('c')));
    printf("%d\n", AWAIT(last(3, numbers)));
}
