/* Arrays, records and what has its address taken live in the frame; a block that has no AWAIT keeps what it declares. */
#include <brio.h>
#include <stddef.h>

struct point {
    int x, y;
};

ASYNC size_t read_some(char *buffer, size_t size);
int length(const struct point *p);

ASYNC int entry(struct point start)
{
    char buffer[64], text[] = "abc";
    struct point end = {.y = 1};
    int here = 3, *there = &here;

    size_t n = AWAIT(read_some(buffer, sizeof buffer));
    for (size_t i = 0; i < n; i++) {
        char seen[4] = {0};
        seen[i % 4] = buffer[i];
        end.x += seen[0];
    }
    start.x = end.y;
    AWAIT(read_some(text, 3));
    return *there + length(&start);
}
