/* layout.h - generated text for people (--no-line): indented by its braces, a statement a line, the user's line breaks kept. */
#ifndef GEN_LAYOUT_H
#define GEN_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>

#include "buffer.h"

enum { MAX_EXPRESSIONS = 20 };

struct layout {
    struct buffer *out;
    struct buffer line;   /* the one under construction, without its indentation */
    unsigned depth;       /* braces that are open, but for `lists` */
    unsigned lists;       /* braces of initializers in glue */
    unsigned begun_depth; /* depth and lists when the line began */
    unsigned parentheses; /* and brackets */
    unsigned headers;     /* if, else, for, … whose statement without braces is still to come */
    bool header;          /* the statement under construction is one of them */
    bool continued;       /* the line goes on with the statement of the one before */
    bool closed;          /* the line ends in a glue's } */
    struct outside {      /* what is open around each of glue's statement expressions, the innermost last */
        unsigned depth, parentheses;
    } outside[MAX_EXPRESSIONS];
    unsigned expressions;
};

/* A token of the user's. `spaced`: a space stands before it in the source. */
void layout_token(struct layout *layout, const char *text, size_t length, bool spaced);
/* A piece of a line that stands between such tokens. */
void layout_word(struct layout *layout, const char *text, bool spaced);
/* Statements, on lines of their own. */
void layout_glue(struct layout *layout, const char *text);
/* Nothing is under construction, or a whole statement. */
bool layout_is_whole(const struct layout *layout);
/* Ends the line, if one was begun. */
void layout_break(struct layout *layout);
/* An empty line, but not two, nor one behind an opening brace. */
void layout_gap(struct layout *layout);

/* Between text that ends in `left` and text that begins with `right`. `spaced`: the source has a space there. */
bool layout_needs_space(char left, char right, bool spaced);

#endif
