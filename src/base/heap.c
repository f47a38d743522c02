/* heap.c - see heap.h. */
#include "base/heap.h"

#include <assert.h>
#include <errno.h>

#include "base/alloc.h"

enum { KIND_BITS = 3 };

static struct brio__timer *entry_timer(const struct brio__heap_entry *entry)
{
    return (struct brio__timer *)(entry->timer & ~(uintptr_t)KIND_BITS);
}

static bool entry_before(const struct brio__heap_entry *a, const struct brio__heap_entry *b)
{
    if (a->key < b->key)
        return true;
    if (a->key > b->key)
        return false;
    return (int32_t)(entry_timer(a)->sequence - entry_timer(b)->sequence) < 0;
}

static void put_entry(struct brio__heap *heap, size_t at, struct brio__heap_entry entry)
{
    heap->entries[at] = entry;
    entry_timer(&entry)->index = (uint32_t)at + 1;
}

static void sift_up(struct brio__heap *heap, size_t at, struct brio__heap_entry entry)
{
    while (at) {
        size_t parent = (at - 1) / 4;
        if (!entry_before(&entry, &heap->entries[parent]))
            break;
        put_entry(heap, at, heap->entries[parent]);
        at = parent;
    }
    put_entry(heap, at, entry);
}

static void sift_down(struct brio__heap *heap, size_t at, struct brio__heap_entry entry)
{
    for (;;) {
        size_t child = at * 4 + 1;
        if (child >= heap->count)
            break;
        size_t end = child + 4 < heap->count ? child + 4 : heap->count;
        size_t least = child;
        while (++child < end)
            if (entry_before(&heap->entries[child], &heap->entries[least]))
                least = child;
        if (!entry_before(&heap->entries[least], &entry))
            break;
        put_entry(heap, at, heap->entries[least]);
        at = least;
    }
    put_entry(heap, at, entry);
}

int brio__heap_add(struct brio__heap *heap, struct brio__timer *timer, double key, unsigned kind)
{
    assert(timer->index == 0 && kind <= KIND_BITS);
    if (heap->count == heap->capacity) {
        if (heap->count >= UINT32_MAX / 2)
            return -ENOMEM;
        void *entries = brio__grow(heap->entries, &heap->capacity, sizeof *heap->entries);
        if (entries == NULL)
            return -ENOMEM;
        heap->entries = entries;
    }
    timer->sequence = heap->sequence++;
    struct brio__heap_entry entry = {key, (uintptr_t)timer | kind};
    sift_up(heap, heap->count++, entry);
    return 0;
}

void brio__heap_remove(struct brio__heap *heap, struct brio__timer *timer)
{
    if (timer->index == 0)
        return;
    size_t at = timer->index - 1;
    assert(at < heap->count && entry_timer(&heap->entries[at]) == timer);
    timer->index = 0;
    struct brio__heap_entry last = heap->entries[--heap->count];
    if (at == heap->count)
        return;
    if (at && entry_before(&last, &heap->entries[(at - 1) / 4]))
        sift_up(heap, at, last);
    else
        sift_down(heap, at, last);
}

struct brio__timer *brio__heap_pop(struct brio__heap *heap, unsigned *kind)
{
    assert(heap->count);
    struct brio__timer *timer = entry_timer(&heap->entries[0]);
    *kind = (unsigned)(heap->entries[0].timer & KIND_BITS);
    brio__heap_remove(heap, timer);
    return timer;
}

double brio__heap_key(const struct brio__heap *heap, const struct brio__timer *timer)
{
    assert(timer->index && timer->index <= heap->count);
    return heap->entries[timer->index - 1].key;
}

void brio__heap_free(struct brio__heap *heap)
{
    brio__free(heap->entries, heap->capacity * sizeof *heap->entries);
    *heap = (struct brio__heap){NULL, 0, 0, 0};
}
