#include "support.h"

ASYNC void child(int *x);
ASYNC int value(char *text);
struct brio_handle { int status; };

static ASYNC void app(void)
{
    NURSERY (n) {
        int x = 1;
        char text[10];
        SPAWN(n, child(&x));
        SPAWN_INTO(n, &x, value(text));
        for (int i = 0; i < 3; i++) {
            struct brio_handle h;
            SPAWN(n, child(&i), .handle = &h);
        }
    }
}

// warning: 12:24: the child may outlive 'x', which ends before the nursery 'n' does [-Wbrio-spawn-local]
// warning: 13:33: the child may outlive 'text', which ends before the nursery 'n' does [-Wbrio-spawn-local]
// warning: 13:23: the child may outlive 'x', which ends before the nursery 'n' does [-Wbrio-spawn-local]
// warning: 16:28: the child may outlive 'i', which ends before the nursery 'n' does [-Wbrio-spawn-local]
// warning: 16:43: the child may outlive 'h', which ends before the nursery 'n' does [-Wbrio-spawn-local]
