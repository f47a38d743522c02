/* layout.h - generated text for people (--no-line): indented by its braces, a statement a line, the user's line breaks kept. */
#ifndef GEN_LAYOUT_H
#define GEN_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>

#include "buffer.h"

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
};

/* A token of the user's. `spaced`: a space stands before it in the source. */
void layout_token(struct layout *layout, const char *text, size_t length, bool spaced);
/* A piece of a line that stands between such tokens. */
void layout_word(struct layout *layout, const char *text);
/* Statements, on lines of their own. */
void layout_glue(struct layout *layout, const char *text);
/* Ends the line, if one was begun. */
void layout_break(struct layout *layout);
/* An empty line, but not two. */
void layout_gap(struct layout *layout);

/* Would these two characters, adjacent, look wrong with a space between them? */
bool layout_sticks(char left, char right);

#endif
