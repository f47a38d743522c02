/* base/error.h - making errors. Nothing here returns NULL: where memory is short, the answer is the one static ENOMEM error.
 *
 * References: what is returned is the caller's; `cause` and children given stay the caller's too, unless it says "takes".
 */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <brio/error.h>
#include <stdarg.h>

/* A place where somebody awaited what failed. The strings are static. */
struct brio__place {
    const char *function;
    const char *file;
    unsigned line;
};

enum { BRIO__PLACES_MAX = 16 };

struct brio__origin {
    struct brio__place raised; /* file NULL: not known */
    struct brio__place awaited[BRIO__PLACES_MAX];
    unsigned awaited_count;
    const char *cancel_source, *cancel_reason; /* of the task's scope, if it was cancelled; the reason may be NULL */
    const char *cancelled_by; /* the function of the task that did; NULL: no task */
};

/* `origin` and `cause` may be NULL; a format of NULL is the code's own text. */
const struct brio_error *brio__error_new(int code, const struct brio_error *cause, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
const struct brio_error *brio__error_make(int code, const struct brio__origin *origin, const struct brio_error *cause, const char *format,
                                          va_list arguments) __attribute__((format(printf, 4, 0)));
const struct brio_error *brio__error_no_memory(void);

/* For an error that nobody else holds: gives it its cause, or its place, if it has none yet. */
void brio__error_set_cause(const struct brio_error *error, const struct brio_error *cause);
void brio__error_set_place(const struct brio_error *error, const struct brio__place *place);

/* Appends to the group in *group, which NULL begins. Takes the child. Where memory is short, one ENOMEM is in the place of those for which
 * there was none. */
void brio__group_add(struct brio_error **group, const struct brio_error *child);
/* The group is complete: takes it. ENOMEM if it could not be begun (`group` is NULL). */
const struct brio_error *brio__group_finish(struct brio_error *group, const struct brio__place *place, const struct brio_error *cause);

/* Parts an error: the leaves with one of the codes, and the others, each in the shape of the whole; NULL for a part that is empty. 0 or
 * -ENOMEM. */
int brio__error_split(const struct brio_error *error, const int *codes, size_t count, const struct brio_error **matched,
                      const struct brio_error **rest);
/* Two parts of `whole` become one part of it, in its shape and order; takes both, either may be NULL. Where memory is short they are
 * joined instead. */
const struct brio_error *brio__error_merge(const struct brio_error *whole, const struct brio_error *first, const struct brio_error *second);
/* Both in one group; takes both, either may be NULL. Parts of one group become one group again. */
const struct brio_error *brio__error_join(const struct brio_error *first, const struct brio_error *second);

#endif
