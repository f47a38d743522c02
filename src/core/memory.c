/* memory.c - memory of tasks and frames: carved from slabs, recycled by size, never given back before the loop ends. Slabs grow with what
 * there is, and the large ones ask for huge pages: of a million tasks, most of the time went into the first touch of their memory.
 *
 * A task that has not run yet has a promise of a block for its stack: the memory for it is there, but cold, untouched since it came from
 * the system, and perhaps will never be touched, since most tasks find a block that another has just put back.
 *
 * A block carries no header; who has it knows its size. Under a memory checker every block is an allocation of its own, so that a
 * pointer into a frame that has been left, or into a task that has ended, is reported.
 */
#include <assert.h>
#include <stdio.h>
#include <sys/mman.h>

#include "base/alloc.h"
#include "core/task.h"

struct brio__slab {
    struct brio__slab *next, *next_waiting;
    size_t size;
};

enum { SLAB_HEAD = (sizeof(struct brio__slab) + BRIO__CLASS_STEP - 1) / BRIO__CLASS_STEP * BRIO__CLASS_STEP };

/* A slab is an eighth of what there is, between the usual one and the largest; the first few are smaller and double. */
enum { SMALLEST_SLAB = 4096, USUAL_SLAB = 65536, HUGE_SLAB = 4 << 20, LARGEST_SLAB = 16 << 20, PAGE = 4096 };

static size_t next_slab_size(const struct brio__memory *memory)
{
    if (memory->reserved < USUAL_SLAB)
        return memory->reserved ? memory->slabs->size * 2 : SMALLEST_SLAB;
    size_t size = memory->reserved / 8 & ~(size_t)(PAGE - 1);
    return size < USUAL_SLAB ? USUAL_SLAB : size < LARGEST_SLAB ? size : LARGEST_SLAB;
}

/* It is a matter of time only: whether there are any is for the system. */
static void ask_for_huge_pages(char *start, size_t size)
{
#ifdef MADV_HUGEPAGE
    size_t ahead = -(uintptr_t)start & (PAGE - 1);
    madvise(start + ahead, (size - ahead) & ~(size_t)(PAGE - 1), MADV_HUGEPAGE);
#else
    (void)start, (void)size;
#endif
}

static struct brio__slab *make_slab(struct brio__memory *memory)
{
    size_t size = next_slab_size(memory);
    struct brio__slab *slab = brio__alloc(size);
    if (slab == NULL && size > USUAL_SLAB)
        slab = brio__alloc(size = USUAL_SLAB);
    if (slab == NULL)
        return NULL;
    memory->reserved += size;
    *slab = (struct brio__slab){memory->slabs, NULL, size};
    memory->slabs = slab;
    return slab;
}

static char *slab_start(struct brio__slab *slab)
{
    if (slab->size >= HUGE_SLAB)
        ask_for_huge_pages((char *)slab, slab->size);
    return (char *)slab + SLAB_HEAD;
}

static void carve_from(struct brio__memory *memory, char *start, char *end)
{
    if (memory->cursor != memory->end)
        brio__block_recycle(memory, memory->cursor, (size_t)(memory->end - memory->cursor));
    memory->cursor = start;
    memory->end = end;
}

static bool add_slab(struct brio__memory *memory)
{
    struct brio__slab *slab = make_slab(memory);
    if (slab)
        carve_from(memory, slab_start(slab), (char *)slab + slab->size);
    return slab != NULL;
}

/* ---- what is promised ---- */

/* How much of a piece blocks of any sizes fill: where the next one does not fit any more, the rest is less than the largest. */
static size_t sure_room(size_t size)
{
    return size > BRIO__LARGEST_BLOCK ? size - BRIO__LARGEST_BLOCK : 0;
}

_Static_assert((size_t)SMALLEST_SLAB - 2 * BRIO__LARGEST_BLOCK >= SLAB_HEAD, "a new slab has room for what it was made for");

bool brio__memory_widen(struct brio__memory *memory, size_t size)
{
    struct brio__slab *slab = make_slab(memory);
    if (slab == NULL)
        return false;
    *(memory->waiting ? memory->waiting_end : &memory->waiting) = slab;
    memory->waiting_end = &slab->next_waiting;
    memory->cold_room += sure_room(slab->size - SLAB_HEAD);
    assert(memory->owed + size <= memory->cold_room);
    return true;
}

/* The first of the waiting slabs is what cold memory is taken from; false: none waits. There is no sure room left before it. */
static bool next_cold(struct brio__memory *memory)
{
    struct brio__slab *slab = memory->waiting;
    if (slab == NULL)
        return false;
    if (memory->cold != memory->cold_end)
        brio__block_recycle(memory, memory->cold, (size_t)(memory->cold_end - memory->cold));
    memory->waiting = slab->next_waiting;
    memory->cold = slab_start(slab);
    memory->cold_end = (char *)slab + slab->size;
    return true;
}

static char *carve_cold(struct brio__memory *memory, size_t size)
{
    char *start = memory->cold;
    size_t left = (size_t)(memory->cold_end - start);
    memory->cold += size;
    memory->cold_room -= sure_room(left) - sure_room(left - size);
    return start;
}

void *brio__block_take_cold(struct brio__memory *memory, size_t size)
{
    assert(memory->owed + size <= memory->cold_room);
    while ((size_t)(memory->cold_end - memory->cold) < size)
        if (!next_cold(memory))
            brio__fatal("promised memory is not there");
    return carve_cold(memory, size);
}

/* What is not owed of the cold memory is for all. False: it is less than that. */
static bool use_cold(struct brio__memory *memory, size_t size)
{
    size_t left;
    while ((left = (size_t)(memory->cold_end - memory->cold)) < size)
        if (!next_cold(memory))
            return false;
    size_t spare = memory->cold_room - memory->owed;
    if (sure_room(left) > spare)
        left = spare;
    if (left < size)
        return false;
    char *start = carve_cold(memory, left);
    carve_from(memory, start, start + left);
    return true;
}

static void *carve(struct brio__memory *memory, size_t size)
{
    if ((size_t)(memory->end - memory->cursor) < size && !use_cold(memory, size) && !add_slab(memory))
        return NULL;
    void *block = memory->cursor;
    memory->cursor += size;
    return block;
}

/* `size` is rounded. Only what is carved ever is in a list of free blocks. */
void *brio__block_make(struct brio__scheduler *scheduler, size_t size)
{
    bool own = size > BRIO__LARGEST_BLOCK || scheduler->checked;
    void *block = own ? brio__alloc(size) : carve(&scheduler->memory, size);
    if (block == NULL)
        return NULL;
    scheduler->memory.large += own ? size : 0;
    return block;
}

void brio__block_drop(struct brio__scheduler *scheduler, void *block, size_t size)
{
    if (block == NULL)
        return;
    assert(scheduler->memory.large >= size);
    scheduler->memory.large -= size;
    brio__free(block, size);
}

void *brio__chunk_get(struct brio__scheduler *scheduler, size_t *size)
{
    struct brio__memory *memory = &scheduler->memory;
    *size = brio__block_size(*size);
    if (memory->kept && memory->kept_size >= *size) {
        void *chunk = memory->kept;
        *size = memory->kept_size;
        memory->kept = NULL;
        return chunk;
    }
    return brio__block_get(scheduler, *size);
}

void brio__chunk_put(struct brio__scheduler *scheduler, void *chunk, size_t size)
{
    struct brio__memory *memory = &scheduler->memory;
    brio__block_put(scheduler, memory->kept, memory->kept_size);
    memory->kept = chunk;
    memory->kept_size = brio__block_size(size);
}

static size_t count_free(const struct brio__memory *memory)
{
    size_t bytes = (size_t)(memory->end - memory->cursor) + (size_t)(memory->cold_end - memory->cold) - memory->owed;
    for (const struct brio__slab *slab = memory->waiting; slab; slab = slab->next_waiting)
        bytes += slab->size - SLAB_HEAD;
    for (size_t class = 0; class < BRIO__CLASS_COUNT; class++)
        for (void *const *block = memory->free[class]; block; block = *block)
            bytes += class * BRIO__CLASS_STEP;
    return bytes;
}

void brio__memory_count(const struct brio__memory *memory, size_t *used, size_t *reserved)
{
    size_t heads = 0;
    *reserved = memory->large;
    for (const struct brio__slab *slab = memory->slabs; slab; slab = slab->next) {
        *reserved += slab->size;
        heads += SLAB_HEAD;
    }
    *used = *reserved - heads - count_free(memory);
}

void brio__memory_free(struct brio__scheduler *scheduler)
{
    struct brio__memory *memory = &scheduler->memory;
    brio__chunk_put(scheduler, NULL, 0);
#ifndef NDEBUG
    size_t used, reserved;
    brio__memory_count(memory, &used, &reserved);
    if (used)
        brio__fatal("%zu bytes of task memory are left at the end of the loop", used);
#endif
    while (memory->slabs) {
        struct brio__slab *slab = memory->slabs;
        memory->slabs = slab->next;
        brio__free(slab, slab->size);
    }
}
