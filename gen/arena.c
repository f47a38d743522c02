#include "arena.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { FIRST_BLOCK_SIZE = 64 * 1024, ALIGNMENT = 16, HUGE_PAGE = 2 * 1024 * 1024 };

/* What follows the head, up to arena->next for the newest block, has been given out. `pages` is 0 for memory from malloc, which is not
 * zero, and else the size of the mapping. */
struct arena_block {
    struct arena_block *next;
    size_t size, pages;
};

enum { HEAD_SIZE = (sizeof(struct arena_block) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT, LATER_BLOCK_SIZE = HUGE_PAGE - HEAD_SIZE };

static void out_of_memory(void)
{
    fputs("brio: out of memory\n", stderr);
    exit(1);
}

static char *map_pages(size_t size)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        out_of_memory();
    return memory;
}

/* From where a huge page can begin on: elsewhere the kernel has only small ones. */
static char *map_aligned(size_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), whole = (size + page - 1) & ~(page - 1);
    char *memory = map_pages(whole + HUGE_PAGE);
    size_t before = -(uintptr_t)memory & (HUGE_PAGE - 1), behind = HUGE_PAGE - before;
    if (before)
        munmap(memory, before);
    if (behind)
        munmap(memory + before + whole, behind);
    return memory + before;
}

/* Most of the time that a generator takes for a large unit is that for the first touch of its memory, page by page. */
void *pages_alloc(size_t size)
{
#ifdef MADV_HUGEPAGE
    if (size >= HUGE_PAGE && size <= SIZE_MAX / 2) {
        char *memory = map_aligned(size);
        madvise(memory, size, MADV_HUGEPAGE);
        return memory;
    }
#endif
    return map_pages(size ? size : 1);
}

void pages_free(void *memory, size_t size)
{
    if (memory)
        munmap(memory, size ? size : 1);
}

static void add_block(struct arena *arena, size_t size)
{
    size_t usual = arena->blocks == NULL ? FIRST_BLOCK_SIZE : LATER_BLOCK_SIZE, room = size > usual ? size : usual;
    if (room > SIZE_MAX / 2)
        out_of_memory();
    bool fresh = room >= LATER_BLOCK_SIZE;
    struct arena_block *block = fresh ? pages_alloc(HEAD_SIZE + room) : checked_realloc(NULL, HEAD_SIZE + room);
    block->next = arena->blocks;
    block->size = room;
    block->pages = fresh ? HEAD_SIZE + room : 0;
    arena->blocks = block;
    arena->next = (char *)block + HEAD_SIZE;
    arena->end = arena->next + room;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    if (size > SIZE_MAX - ALIGNMENT)
        out_of_memory();
    size = (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    if (arena->blocks == NULL || (size_t)(arena->end - arena->next) < size)
        add_block(arena, size);
    void *memory = arena->next;
    arena->next += size;
    assert(arena->next <= arena->end);
    return arena->blocks->pages ? memory : memset(memory, 0, size);
}

char *arena_strndup(struct arena *arena, const char *text, size_t length)
{
    char *copy = arena_alloc(arena, length + 1);
    memcpy(copy, text, length);
    return copy;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    assert(length >= 0);
    char *text = arena_alloc(arena, (size_t)length + 1);
    va_start(arguments, format);
    vsnprintf(text, (size_t)length + 1, format, arguments);
    va_end(arguments);
    return text;
}

static void free_block(struct arena_block *block)
{
    if (block->pages)
        pages_free(block, block->pages);
    else
        free(block);
}

void arena_clear(struct arena *arena)
{
    struct arena_block *block = arena->blocks;
    for (struct arena_block *next; block && block->next; block = next) {
        next = block->next;
        free_block(block);
    }
    if (block && block->pages) {
        free_block(block);
        block = NULL;
    }
    *arena = (struct arena){.blocks = block};
    if (block) {
        arena->next = (char *)block + HEAD_SIZE;
        arena->end = arena->next + block->size;
    }
}

void arena_free(struct arena *arena)
{
    for (struct arena_block *block = arena->blocks, *next; block; block = next) {
        next = block->next;
        free_block(block);
    }
    *arena = (struct arena){0};
}

void *checked_realloc(void *memory, size_t size)
{
    void *result = realloc(memory, size ? size : 1);
    if (result == NULL)
        out_of_memory();
    return result;
}
