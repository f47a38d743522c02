struct s { struct s *y; } x;
typedef __typeof__(x.y) T;
T x;
__brio_async int f(void) { __typeof__(x.y->y) z = x; return __brio_await(x.y.y()); }
__auto_type b = 1; __auto_type a = b.c; __auto_type b = a.d;
__brio_async int g(void) { return __brio_await(b.x()); }
