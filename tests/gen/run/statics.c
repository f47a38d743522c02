/* Types that depend on what a block declares without room of its own: static and extern objects, functions, constants. */
#include "run.h"
static ASYNC void app(void)
{
    static const int table[] = {1, 2, 3};
    int copy[sizeof table / sizeof *table];
    static struct { int a; } s;
    __typeof__(s) t = {V(2)};
    __typeof__(s.a) u = V(1);
    extern int shared;
    double f(int);
    __typeof__(shared) v = V(3);
    __typeof__(f(1)) w = V(3);
    __auto_type z = shared + table[V(0)];
    memcpy(copy, table, sizeof copy);
    PAUSE();
    printf("%d %d %d %d %g %d\n", copy[2], t.a, u, v, w / 2, z);
    {
        static char names[][4] = {"a", "b"};
        enum { N = sizeof names / sizeof *names };
        char other[N][sizeof names[0]];
        memcpy(other, names, sizeof other);
        PAUSE();
        puts(other[1]);
    }
}
int shared = 4;
double f(int x) { return x; }
