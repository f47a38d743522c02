/* Shadowed names, types of inner blocks that the frame needs, arrays sized by what is in them. */
#include <brio.h>

ASYNC int fetch(int number);
ASYNC void fill(void *buffer);

ASYNC int entry(int x)
{
    struct item {
        int key;
    } item = {x};
    {
        int x = AWAIT(fetch(item.key));
        struct item {
            char key[8];
        } items[] = {{"a"}, {"b"}};
        typedef enum { RED, GREEN = 4 } colour;
        colour colours[GREEN];
        AWAIT(fill(items));
        AWAIT(fill(colours));
        item.key += items[1].key[0] + (int)colours[x] + RED;
    }
    for (struct { int i, j; } at = {0}; at.i < 3; at.i++)
        at.j += AWAIT(fetch(at.i));
    return x + item.key;
}
