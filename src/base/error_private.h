/* base/error_private.h - what an error is made of; for error.c, group.c and error_text.c. */
#ifndef BASE_ERROR_PRIVATE_H
#define BASE_ERROR_PRIVATE_H

#include "base/error.h"

struct brio__error {
    struct brio_error head;
    int references; /* 0: static */
    unsigned place_count;
    size_t size;     /* of this allocation */
    size_t capacity; /* of head.children */
    char *text;      /* of brio_error_string, once made */
    size_t text_size;
    struct brio__place *places;
    const char *cancel_source; /* static; NULL: its task was not cancelled */
    const char *cancel_reason; /* copied */
    const char *cancelled_by;  /* static; NULL: no task, or not known */
    struct brio__error *next_doomed;
};

static inline struct brio__error *brio__error_inside(const struct brio_error *error)
{
    union {
        const struct brio_error *shared;
        struct brio__error *own;
    } both = {error};
    return both.own;
}

#endif
