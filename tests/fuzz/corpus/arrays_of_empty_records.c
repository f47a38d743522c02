struct none {};
__brio_async int f(int);
struct none table[] = {f, 1, 2, f};
struct some { struct none a, b; int (*p)(int); } some[] = {f, f, {.p = f}};
