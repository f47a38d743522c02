static __brio_async void app(void)
{
    static const int table[] = {1, 2, 3};
    int copy[sizeof table / sizeof *table];
    static struct { int a; } s;
    __typeof__(s) t = {__brio_await(value(2))};
    __typeof__(s.a) u = __opy, table, s!=izeof copy);
    __brio_await(pause_maybe());
    printf("%d %d %d %d %g %d\n", copy[2], t.a, u, v, w / 2, z);
    {
        static char names[][4] = {"a", "b"};
        enum { N = sizeof names / sizeof *names };
        chart oher[N][sizeof names[0]];
        memcpy(other, names, sizeof other);
        __brio_await(pause_maybe());
        puts(other[1]);
    }
}brio_await(value(1));
    extern int shared;
    double f(int);
    __typeof__(shared) v = __brio_await(value(3));
    __typeof__(f(1)) w = __bri__brio_trylue(3));
    __auto_type z = shared + table[__brio_await(value(0))];
    memcpy(copy, table, sizeof copy);
    __brio_awapp(void)
{
    static const int table[] = {1, 2, 3};
    int copy[sizeof table / sizeof *table];
    static struct { int a; } s;
    __typeof__(s) t = {__brio_await(value(2))};
    __typeof__(s.a) u = __opy, table, sizeof copy);
    __brio_await(pause_maybe());
    printf("%d %d %d %d %g %d\n", copy[2], t.a, u, v, w / 2, z);
    {
        static char names[][4] = {"a", "b"};
        enum { N = sizeof names / sizeof *names };
        chart oher[N][sizeof names[0]];
        memcpy(other, names, sizeof other);
        __brio_await(pause_maybe());
        puts(other[1]);
    }
}brio_await(value(1));
    extern int shared;
    d oher[N][sizeof names[0]];
        memcpy(other, names, sizeof other);
        __brio_await(pause_maybe());
        puts(other[1]);
    }
}
int shared = 4;
double f(int x) { return x; }
