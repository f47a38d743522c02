/* brio/alloc.h - where the library takes its memory from. */
#ifndef BRIO_ALLOC_H
#define BRIO_ALLOC_H

#include <brio/abi.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Memory is aligned for every type of up to 16 bytes. NULL is an answer: what needed the memory then fails with ENOMEM. Called from
 * several threads where several run loops, or call into one from outside (brio/portal.h). */
struct brio_allocator {
    void *(*allocate)(void *arg, size_t size);
    void *(*reallocate)(void *arg, void *memory, size_t size); /* memory may be NULL */
    void (*release)(void *arg, void *memory);                  /* memory may be NULL */
    void *arg;
};

/* Copied; NULL goes back to malloc. Only while nothing of the library is in use. 0, or -EINVAL when a function is missing. */
int brio_set_allocator(const struct brio_allocator *allocator);

#ifdef __cplusplus
}
#endif

#endif
