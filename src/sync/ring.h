/* sync/ring.h - items of one size, first in, first out: an array that grows up to a limit. */
#ifndef SYNC_RING_H
#define SYNC_RING_H

#include <assert.h>
#include <brio/abi.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct brio__ring {
    char *items;
    size_t item_size;
    size_t limit; /* of items; SIZE_MAX: none */
    size_t room;  /* for items */
    size_t first; /* where the oldest is */
    size_t count;
    size_t peak; /* the highest count so far */
};

/* Makes room for another item. 0 or -ENOMEM. */
int brio__ring_grow(struct brio__ring *ring);
/* Drops all items, and the memory with them. */
void brio__ring_clear(struct brio__ring *ring);

/* Bytes that an empty ring may keep. To grow beyond it again takes as many items. */
enum { BRIO__RING_KEPT = 65536 };

#pragma GCC diagnostic push
#ifndef __clang__ /* gcc looks into the cases of other sizes than the item's, too */
#pragma GCC diagnostic ignored "-Warray-bounds"
#pragma GCC diagnostic ignored "-Wstringop-overflow"
#endif
/* The usual sizes without a call. */
static inline void brio__item_copy(void *to, const void *from, size_t size)
{
    switch (size) {
    case 4: memcpy(to, from, 4); break;
    case 8: memcpy(to, from, 8); break;
    case 16: memcpy(to, from, 16); break;
    case 0: break;
    default: memcpy(to, from, size);
    }
}
#pragma GCC diagnostic pop

/* The same, but false for another size. Calls nothing. */
static inline bool brio__item_copy_small(void *to, const void *from, size_t size)
{
    if (brio_likely(size == 8))
        memcpy(to, from, 8);
    else if (size == 4)
        memcpy(to, from, 4);
    else if (size == 16)
        memcpy(to, from, 16);
    else
        return size == 0;
    return true;
}

static inline bool brio__ring_is_full(const struct brio__ring *ring)
{
    return ring->count == ring->limit;
}

/* Where the next item goes, where there is room for it. */
static inline char *brio__ring_end(const struct brio__ring *ring)
{
    size_t place = ring->first + ring->count;
    if (place >= ring->room)
        place -= ring->room;
    return ring->items + place * ring->item_size;
}

/* An item has been put there; there were `count`. */
static inline void brio__ring_extend(struct brio__ring *ring, size_t count)
{
    ring->count = count + 1;
    if (count >= ring->peak)
        ring->peak = count + 1;
}

static inline char *brio__ring_start(const struct brio__ring *ring)
{
    return ring->items + ring->first * ring->item_size;
}

/* The item there, where `first` was and `count` were, has been taken. The memory stays, for an item that takes the place: see
 * brio__ring_trim. */
static inline void brio__ring_drop(struct brio__ring *ring, size_t first, size_t count)
{
    ring->first = first + 1 == ring->room ? 0 : first + 1;
    ring->count = count - 1;
}

/* Must not be full. 0 or -ENOMEM. */
static inline int brio__ring_push(struct brio__ring *ring, const void *item)
{
    assert(!brio__ring_is_full(ring));
    if (brio_unlikely(ring->count == ring->room)) {
        int code = brio__ring_grow(ring);
        if (code != 0)
            return code;
    }
    brio__item_copy(brio__ring_end(ring), item, ring->item_size);
    brio__ring_extend(ring, ring->count);
    return 0;
}

/* Must not be empty. */
static inline void brio__ring_pop(struct brio__ring *ring, void *item)
{
    assert(ring->count);
    brio__item_copy(item, brio__ring_start(ring), ring->item_size);
    brio__ring_drop(ring, ring->first, ring->count);
}

/* Gives much memory back when the ring is empty. */
static inline void brio__ring_trim(struct brio__ring *ring)
{
    if (ring->count == 0 && brio_unlikely(ring->room * ring->item_size > BRIO__RING_KEPT))
        brio__ring_clear(ring);
}

#endif
