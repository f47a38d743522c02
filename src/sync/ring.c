/* ring.c - see ring.h. */
#include "sync/ring.h"

#include <errno.h>
#include <stdint.h>

#include "base/alloc.h"

enum { SMALLEST_BYTES = 64 };

static size_t bytes_of(const struct brio__ring *ring, size_t room)
{
    return ring->item_size ? room * ring->item_size : 1;
}

/* 0: beyond what memory can be. */
static size_t next_room(const struct brio__ring *ring)
{
    size_t item = ring->item_size ? ring->item_size : 1;
    if (ring->room > SIZE_MAX / 4 / item)
        return 0;
    size_t room = ring->room ? ring->room * 2 : SMALLEST_BYTES / item;
    if (room == 0)
        room = 1;
    return room < ring->limit ? room : ring->limit;
}

int brio__ring_grow(struct brio__ring *ring)
{
    size_t room = next_room(ring);
    char *items = room ? brio__alloc(bytes_of(ring, room)) : NULL;
    if (items == NULL)
        return -ENOMEM;
    size_t unwrapped = ring->room - ring->first;
    if (unwrapped > ring->count)
        unwrapped = ring->count;
    if (ring->count) {
        memcpy(items, ring->items + ring->first * ring->item_size, unwrapped * ring->item_size);
        memcpy(items + unwrapped * ring->item_size, ring->items, (ring->count - unwrapped) * ring->item_size);
    }
    brio__free(ring->items, bytes_of(ring, ring->room));
    ring->items = items;
    ring->room = room;
    ring->first = 0;
    return 0;
}

void brio__ring_clear(struct brio__ring *ring)
{
    brio__free(ring->items, bytes_of(ring, ring->room));
    ring->items = NULL;
    ring->room = ring->first = ring->count = 0;
}
