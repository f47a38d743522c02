/* DEFER runs on every way out of its block, in reverse order; so does a cleanup attribute whose variable lives across an AWAIT. */
#include <brio.h>

ASYNC int fetch(int number);
ASYNC void close_late(int fd);
int open_it(int number);
void close_it(int fd);
void close_at(int *fd);

static ASYNC int defers(int count)
{
    for (int i = 0; i < count; i++) {
        int fd = open_it(i);
        DEFER close_it(fd);
        if (fd < 0)
            continue;
        int other = open_it(i + 1);
        DEFER {
            AWAIT(close_late(other));
        }
        if (AWAIT(fetch(other)))
            return fd;
    }
    return -1;
}

ASYNC int entry(void)
{
    __attribute__((cleanup(close_at))) int fd = open_it(1);
    return AWAIT(defers(fd));
}
