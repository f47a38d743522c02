/* diag.h - the one place that prints errors and warnings, as GCC prints them:
 *
 *   foo.c:12:9: error: 'fetch' is an ASYNC function: call it with AWAIT
 *      12 |     n = fetch(x);
 *         |         ^~~~~
 *   foo.c:12:9: note: …
 */
#ifndef GEN_DIAG_H
#define GEN_DIAG_H

#include <stdbool.h>

struct unit;

struct diag {
    struct unit *unit;
    bool silent; /* what was reported last is not shown, nor are the notes on it */
    int errors, warnings;
    int error_limit;   /* stop printing after this many: 50 */
    bool warnings_are_errors;
    const char *const *disabled; /* names of warnings switched off: "brio-blocking"; "brio-blocking=sleep" for that function alone */
    int disabled_count;
    const char *const *enforced; /* names of warnings that are errors: -Werror=brio-blocking */
    int enforced_count;
    const char *const *blocking; /* functions that brio-blocking is to know besides its own: --brio-blocking=NAME */
    int blocking_count;
    bool quiet; /* no warnings: -w */
    bool colour;
};

/* token 0: about the unit as a whole. The range first..last is underlined (on first's line). */
void diag_error(struct diag *diag, int first, int last, const char *format, ...) __attribute__((format(printf, 4, 5)));
/* name: without "-W", printed behind as [-Wbrio-blocking]. */
void diag_warning(struct diag *diag, const char *name, int first, int last, const char *format, ...) __attribute__((format(printf, 5, 6)));
void diag_note(struct diag *diag, int first, int last, const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
