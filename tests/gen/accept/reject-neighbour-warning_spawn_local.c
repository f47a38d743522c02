#include "support.h"

ASYNC void child(int *x);
ASYNC int value(char *text);
struct brio_handle { int status; };

static ASYNC void app(struct brio_nursery *given)
{
    int x = 1;
    char text[10];
    struct brio_handle handles[3];
    NURSERY (n) {
        int *pointer = &x, local = 2;
        static int kept;
        SPAWN(n, child(&x));
        SPAWN(n, child(pointer));
        SPAWN(n, child(&kept));
        SPAWN(n, child(&pointer[1]));
        SPAWN_INTO(n, &x, value(text));
        for (int i = 0; i < 3; i++)
            SPAWN(n, child(&x + i), .handle = &handles[i]);
        START(n, child(&local));
        NURSERY (inner)
            SPAWN(inner, child(&local));
    }
    SPAWN(given, child(NULL));
}
