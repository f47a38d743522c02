/* arena.h - memory that is freed all at once. Running out of memory ends the program with a message and exit status 1. */
#ifndef GEN_ARENA_H
#define GEN_ARENA_H

#include <stdarg.h>
#include <stddef.h>

struct arena_block;
struct arena {
    struct arena_block *blocks;
    char *next, *end;
};

/* Zeroed, aligned for anything. */
void *arena_alloc(struct arena *arena, size_t size);
char *arena_strndup(struct arena *arena, const char *text, size_t length);
char *arena_printf(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Frees all that was allocated; clear keeps a block for what comes next. */
void arena_clear(struct arena *arena);
void arena_free(struct arena *arena);
#define ARENA_NEW(arena, type) ((type *)arena_alloc((arena), sizeof(type)))

/* malloc family that does not return NULL. */
void *checked_realloc(void *memory, size_t size);

/* Zeroed memory for one large table, straight from the system. Ends the program as arena_alloc does. */
void *pages_alloc(size_t size);
void pages_free(void *memory, size_t size);

#endif
