/* base/alloc.h - the one door to memory. */
#ifndef BASE_ALLOC_H
#define BASE_ALLOC_H

#include <brio/alloc.h>
#include <stddef.h>

/* NULL when memory is short. */
void *brio__alloc(size_t size) __attribute__((malloc));
/* Takes NULL; `size` is what it was allocated with. */
void brio__free(void *memory, size_t size);
/* Doubles an array of *capacity elements (0: not there yet). NULL: it stays as it was. */
void *brio__grow(void *array, size_t *capacity, size_t element_size);

#endif
