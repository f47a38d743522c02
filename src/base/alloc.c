/* alloc.c - see alloc.h. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/alloc.h"

static void *default_allocate(void *arg, size_t size)
{
    (void)arg;
    return malloc(size);
}

static void *default_reallocate(void *arg, void *memory, size_t size)
{
    (void)arg;
    return realloc(memory, size);
}

static void default_release(void *arg, void *memory)
{
    (void)arg;
    free(memory);
}

static const struct brio_allocator default_allocator = {default_allocate, default_reallocate, default_release, NULL};
static struct brio_allocator allocator = {default_allocate, default_reallocate, default_release, NULL};

int brio_set_allocator(const struct brio_allocator *own)
{
    if (own == NULL)
        own = &default_allocator;
    if (own->allocate == NULL || own->reallocate == NULL || own->release == NULL)
        return -EINVAL;
    allocator = *own;
    return 0;
}

void *brio__alloc(size_t size)
{
    return allocator.allocate(allocator.arg, size);
}

void *brio__grow(void *array, size_t *capacity, size_t element_size)
{
    size_t wanted = *capacity ? *capacity * 2 : 8;
    if (wanted > SIZE_MAX / element_size / 2)
        return NULL;
    void *grown = allocator.reallocate(allocator.arg, array, wanted * element_size);
    if (grown)
        *capacity = wanted;
    return grown;
}

void brio__free(void *memory, size_t size)
{
    (void)size;
    allocator.release(allocator.arg, memory);
}
