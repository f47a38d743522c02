/* lower.h - an ASYNC function as a list of pieces of text.
 *
 * Lowering keeps the user's statements as they stand, token by token, and adds glue: suspension points, exits of blocks, the frame. The
 * result is a flat list of pieces; emit.c writes it with its line numbers.
 */
#ifndef GEN_LOWER_H
#define GEN_LOWER_H

#include "live.h"

enum op_kind {
    OP_TOKENS, /* the user's tokens first..last as they are */
    OP_PLACED, /* `text` in the place of tokens first..last */
    OP_WORD,   /* `text` wherever the line is by now; `first` says which line */
    OP_GLUE    /* `text`, a line of its own, on behalf of token `first` */
};

struct op {
    enum op_kind kind;
    int first, last;
    const char *text;
    struct op *next;
};

struct op_list {
    struct op *first, **end;
};

/* The text before, of and after a function. */
struct lowered {
    struct op_list before, body, after;
};

/* An ASYNC function. `analysis` is the result of live_function. */
void lower_async(struct analysis *analysis, struct lowered *lowered);
/* A plain function or a declaration at file scope: tokens first..last with our words replaced. `function` NULL for a declaration. */
void lower_plain(struct unit *unit, struct arena *arena, struct function *function, int first, int last, struct lowered *lowered);
/* For --dump=lowered. */
void lowered_dump(const struct unit *unit, const struct lowered *lowered, struct buffer *out);

#endif
