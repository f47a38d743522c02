#include "arena.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The later ones are large enough for malloc to take them fresh from the system, all zero. */
enum { FIRST_BLOCK_SIZE = 64 * 1024, LATER_BLOCK_SIZE = 1024 * 1024, ALIGNMENT = 16 };

struct arena_block {
    struct arena_block *next;
    size_t size;
};

static void out_of_memory(void)
{
    fputs("brio: out of memory\n", stderr);
    exit(1);
}

static void add_block(struct arena *arena, size_t size)
{
    size_t head = (sizeof(struct arena_block) + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    size_t usual = arena->blocks ? LATER_BLOCK_SIZE : FIRST_BLOCK_SIZE, room = size > usual ? size : usual;
    struct arena_block *block = room > SIZE_MAX - head ? NULL : calloc(1, head + room);
    if (block == NULL)
        out_of_memory();
    block->next = arena->blocks;
    block->size = room;
    arena->blocks = block;
    arena->next = (char *)block + head;
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
    return memory;
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

void arena_free(struct arena *arena)
{
    for (struct arena_block *block = arena->blocks, *next; block; block = next) {
        next = block->next;
        free(block);
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
