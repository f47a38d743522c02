/* check_internal.h - the parts of check. */
#ifndef GEN_CHECK_INTERNAL_H
#define GEN_CHECK_INTERNAL_H

#include "check.h"
#include "diag.h"

struct check {
    struct unit *unit;
    struct diag *diag;
    const struct function *function;
    bool leaf; /* the definition of an ASYNC_LEAF function, which may hand over to others in plain calls */
};

/* How the user wrote it: "AWAIT" for __brio_await, "the call" for what is no name. */
const char *check_spelling(const struct check *check, const struct node *node);
/* The name of the file-scope function that is called; NULL if it is none, or no call. */
const char *check_called_name(const struct check *check, const struct node *call);
/* Without parentheses around it. */
const struct node *check_strip(const struct node *node);

/* check_flow.c: jumps into and out of blocks, and where DEFER may stand. Of ASYNC functions. */
void check_flow(struct check *check);
/* check_storage.c: variable-length arrays and alloca. Of ASYNC functions. */
void check_storage(struct check *check);
/* check_warn.c. Of ASYNC functions. */
void check_warnings(struct check *check);
/* check_advice.c. Of ASYNC functions. */
void check_advice(struct check *check);
/* check_names.c. Of every function. */
void check_names(struct check *check);
/* check_pointer.c. Of every function. */
void check_pointers(struct check *check);

#endif
