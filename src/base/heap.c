/* heap.c - see heap.h.
 *
 * Most deadlines are taken out long before they come, and when much is cancelled at once, all of them are. So a timer that is taken out of
 * the middle leaves its entry behind, dead, with the key and the sequence number that keep the order of the others right; nothing is moved.
 * Dead entries go when they come to the top or the end, when three of four are dead, or when there is no room for a new one.
 *
 * Invariant: the entry at the top is alive. So the heap has no entries when it has no timers, and its first key is a timer's.
 */
#include "base/heap.h"

#include <assert.h>
#include <errno.h>

#include "base/alloc.h"

enum { KIND_BITS = 3, DEAD = 3, SEQUENCE_STEP = 4, FEW = 32 };

static bool is_dead(const struct brio__heap_entry *entry)
{
    return (entry->timer & KIND_BITS) == DEAD;
}

static struct brio__timer *entry_timer(const struct brio__heap_entry *entry)
{
    return (struct brio__timer *)(entry->timer & ~(uintptr_t)KIND_BITS);
}

static uint32_t entry_sequence(const struct brio__heap_entry *entry)
{
    return is_dead(entry) ? (uint32_t)entry->timer & ~(uint32_t)KIND_BITS : entry_timer(entry)->sequence;
}

static bool entry_before(const struct brio__heap_entry *a, const struct brio__heap_entry *b)
{
    if (a->key < b->key)
        return true;
    if (a->key > b->key)
        return false;
    return (int32_t)(entry_sequence(a) - entry_sequence(b)) < 0;
}

static void put_entry(struct brio__heap *heap, size_t at, struct brio__heap_entry entry)
{
    heap->entries[at] = entry;
    if (!is_dead(&entry))
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

/* ---- the dead ---- */

static void trim_end(struct brio__heap *heap)
{
    while (heap->dead && is_dead(&heap->entries[heap->count - 1])) {
        heap->count--;
        heap->dead--;
    }
}

/* The timer at the top is out. */
static void drop_top(struct brio__heap *heap)
{
    heap->entries[0].timer = DEAD;
    heap->dead++;
    while (trim_end(heap), heap->count && is_dead(&heap->entries[0])) {
        struct brio__heap_entry last = heap->entries[--heap->count];
        heap->dead--;
        sift_down(heap, 0, last);
    }
}

/* Drops all that are dead and puts the others in order anew. */
static void compact(struct brio__heap *heap)
{
    size_t alive = 0;
    for (size_t i = 0; i < heap->count; i++)
        if (!is_dead(&heap->entries[i]))
            put_entry(heap, alive++, heap->entries[i]);
    heap->count = alive;
    heap->dead = 0;
    for (size_t at = (alive + 2) / 4; at-- > 0;)
        sift_down(heap, at, heap->entries[at]);
}

/* 0 or -ENOMEM. What was taken out can always be put in again: its entry, dead, makes room. */
static int make_room(struct brio__heap *heap)
{
    if (heap->count >= UINT32_MAX / 2)
        return -ENOMEM;
    void *entries = heap->dead <= heap->count / 2 ? brio__grow(heap->entries, &heap->capacity, sizeof *heap->entries) : NULL;
    if (entries)
        heap->entries = entries;
    else if (heap->dead)
        compact(heap);
    else
        return -ENOMEM;
    return 0;
}

/* ---- */

/* One that does not stay at the end, or finds no room there. */
static __attribute__((noinline)) int add_specially(struct brio__heap *heap, struct brio__timer *timer, double key, unsigned kind)
{
    if (heap->count == heap->capacity && make_room(heap) != 0)
        return -ENOMEM;
    timer->sequence = heap->sequence;
    heap->sequence += SEQUENCE_STEP;
    struct brio__heap_entry entry = {key, (uintptr_t)timer | kind};
    sift_up(heap, heap->count++, entry);
    return 0;
}

int brio__heap_add(struct brio__heap *heap, struct brio__timer *timer, double key, unsigned kind)
{
    size_t at = heap->count;
    assert(timer->index == 0 && kind < DEAD);
    if (brio_unlikely(at == heap->capacity || (at > 0 && !(key > heap->entries[(at - 1) / 4].key))))
        return add_specially(heap, timer, key, kind);
    timer->sequence = heap->sequence;
    heap->sequence += SEQUENCE_STEP;
    heap->count = at + 1;
    heap->entries[at] = (struct brio__heap_entry){key, (uintptr_t)timer | kind};
    timer->index = (uint32_t)at + 1;
    return 0;
}

void brio__heap_remove(struct brio__heap *heap, struct brio__timer *timer)
{
    if (timer->index == 0)
        return;
    size_t at = timer->index - 1;
    assert(at < heap->count && entry_timer(&heap->entries[at]) == timer);
    timer->index = 0;
    if (at == heap->count - 1) {
        heap->count--;
        trim_end(heap);
        return;
    }
    if (at == 0) {
        drop_top(heap);
        return;
    }
    heap->entries[at].timer = timer->sequence | DEAD;
    heap->dead++;
    if (heap->dead > heap->count / 4 * 3 && heap->dead > FEW)
        compact(heap);
}

struct brio__timer *brio__heap_pop(struct brio__heap *heap, unsigned *kind)
{
    assert(heap->count);
    struct brio__timer *timer = entry_timer(&heap->entries[0]);
    *kind = (unsigned)(heap->entries[0].timer & KIND_BITS);
    timer->index = 0;
    drop_top(heap);
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
    *heap = (struct brio__heap){.entries = NULL};
}
