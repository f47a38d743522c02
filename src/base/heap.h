/* base/heap.h - timers by time: a 4-ary heap with the keys in its array, so that sifting touches no timer but to note its place. */
#ifndef BASE_HEAP_H
#define BASE_HEAP_H

#include <brio/scope.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct brio__heap_entry {
    double key;
    uintptr_t timer; /* struct brio__timer *, with the kind (0…2) in the low bits; or an entry left behind: heap.c */
};

struct brio__heap {
    struct brio__heap_entry *entries;
    size_t count, capacity; /* of entries; no timers, no entries */
    size_t dead;            /* entries that timers have left */
    uint32_t sequence;
};

/* Takes a timer that is in no heap. 0 or -ENOMEM; but one that was taken out just now is always taken back. Equal keys come out in the
 * order in which they were added. */
int brio__heap_add(struct brio__heap *heap, struct brio__timer *timer, double key, unsigned kind);
/* Takes it out, if it is in. */
void brio__heap_remove(struct brio__heap *heap, struct brio__timer *timer);
/* Takes the earliest out; the heap must not be empty. */
struct brio__timer *brio__heap_pop(struct brio__heap *heap, unsigned *kind);
/* INFINITY when empty. */
static inline double brio__heap_first(const struct brio__heap *heap)
{
    return heap->count ? heap->entries[0].key : (double)INFINITY;
}
/* The key of a timer that is in. */
double brio__heap_key(const struct brio__heap *heap, const struct brio__timer *timer);
void brio__heap_free(struct brio__heap *heap);

#endif
