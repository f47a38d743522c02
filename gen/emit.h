/* emit.h - lowered text to the output, with its line markers. */
#ifndef GEN_EMIT_H
#define GEN_EMIT_H

#include "buffer.h"
#include "layout.h"
#include "lower.h"

struct emitter {
    struct unit *unit;
    struct buffer *out;
    bool no_line;      /* for reading: no line markers, and only what is in the main file; laid out anew */
    uint32_t copied;   /* the offset up to which the unit's text has been dealt with */
    int after;         /* the token behind which the output is not where the text is any more, or 0 */
    /* where the output is */
    uint32_t file, line, column;
    bool system, known, at_start;
    int previous;         /* the token written last */
    uint32_t last_column; /* of the last token, in its source */
    bool glued;           /* the line is glue, and more may follow */
    bool guarded;         /* the check of the headers' version has been written */
    struct layout layout; /* for no_line */
    uint32_t lowest_line; /* … in the source, of anything written so far */
    bool behind_token;    /* the last thing written was one of the user's */
};

void emit_text(struct emitter *emitter, int first, int last);
void emit_lowered(struct emitter *emitter, int first, int last, const struct lowered *lowered);
/* What stands behind the last token. */
void emit_rest(struct emitter *emitter);

#endif
