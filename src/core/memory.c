/* memory.c - memory of tasks and frames: carved from slabs, recycled by size, never given back before the loop ends. Slabs grow with what
 * there is, and the large ones ask for huge pages: of a million tasks, most of the time went into the first touch of their memory.
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
    struct brio__slab *next;
    size_t size;
};

/* A slab is an eighth of what there is, between the usual one and the largest; the first few are smaller and double. */
enum { SMALLEST_SLAB = 4096, USUAL_SLAB = 65536, HUGE_SLAB = 4 << 20, LARGEST_SLAB = 16 << 20, PAGE = 4096 };

static void push_free(struct brio__memory *memory, void *block, size_t size)
{
    void **list = &memory->free[size / BRIO__CLASS_STEP];
    *(void **)block = *list;
    *list = block;
}

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

static struct brio__slab *make_slab(size_t size)
{
    struct brio__slab *slab = brio__alloc(size);
    if (slab && size >= HUGE_SLAB)
        ask_for_huge_pages((char *)slab, size);
    return slab;
}

static bool add_slab(struct brio__memory *memory)
{
    size_t size = next_slab_size(memory);
    struct brio__slab *slab = make_slab(size);
    if (slab == NULL && size > USUAL_SLAB)
        slab = make_slab(size = USUAL_SLAB);
    if (slab == NULL)
        return false;
    memory->reserved += size;
    if (memory->cursor != memory->end)
        push_free(memory, memory->cursor, (size_t)(memory->end - memory->cursor));
    *slab = (struct brio__slab){memory->slabs, size};
    memory->slabs = slab;
    memory->cursor = (char *)slab + brio__block_size(sizeof *slab);
    memory->end = (char *)slab + size;
    return true;
}

static void *carve(struct brio__memory *memory, size_t size)
{
    if ((size_t)(memory->end - memory->cursor) < size && !add_slab(memory))
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
    size_t bytes = (size_t)(memory->end - memory->cursor);
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
        heads += brio__block_size(sizeof *slab);
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
