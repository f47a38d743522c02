/* options.h - the command line of briogen, and its files. */
#ifndef GEN_OPTIONS_H
#define GEN_OPTIONS_H

#include <stdbool.h>

#include "buffer.h"
#include "diag.h"
#include "lex.h"

enum dump { DUMP_NONE, DUMP_TOKENS, DUMP_AST, DUMP_LIVE, DUMP_LOWERED };

struct options {
    const char *input, *output; /* "-": standard input and output */
    enum dump dump;
    bool no_line;
    bool warnings_are_errors, no_warnings, colour;
    const char **warnings; /* the -W options as they were given, without "-W" */
    int warning_count;
    const char **blocking; /* --brio-blocking=NAME */
    int blocking_count;
    int status;            /* to exit with, when options_parse says so */
};

/* 0; or 1 when the program is to end with options->status (after --help, --version or an error). */
int options_parse(struct options *options, int argc, char **argv);
void options_apply(const struct options *options, struct diag *diag);
void options_free(struct options *options, struct diag *diag);
/* The whole file, NUL-terminated, in the unit's arena or mapped for as long as the program runs: nobody may shorten it meanwhile. 0, or -1
 * with a message on stderr. */
int input_read(struct unit *unit, const char *path);
/* The file appears whole or not at all. An exit status. */
int output_write(const struct buffer *text, const char *path);

#endif
