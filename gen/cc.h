/* cc.h - briocc, the launcher: what its files share.
 *
 *   cc_main     what was asked for: help, --generate, a compiler command
 *   cc_command  the words of a compiler command and what each is good for
 *   cc_unit     one C source: preprocess, generate, compile
 *   cc_process  programs, signals, temporary files
 */
#ifndef GEN_CC_H
#define GEN_CC_H

#include "arena.h"

#include <stdbool.h>
#include <stddef.h>

/* ---- cc_process ---- */

/* Pointers to strings that live elsewhere; items[count] is NULL. */
struct cc_list {
    char **items;
    int count, room;
};
void cc_list_add(struct cc_list *list, const char *text);
void cc_list_add_all(struct cc_list *list, const struct cc_list *other);
void cc_list_free(struct cc_list *list);

/* Where a program's standard streams go; 0 and NULL: ours. */
struct cc_streams {
    const char *input;  /* a file to read */
    const char *errors; /* a file to write */
};
/* From here on signals that end this program are passed on to the running child, and temporary files are removed first. */
void cc_signals_catch(void);
/* The exit status of the program; 127 with a message when it cannot be started. Does not return after a signal that ends this program. */
int cc_run(const struct cc_list *words, struct cc_streams streams);
/* Becomes the program. Temporary files are removed first; `input` may be one of them. */
void cc_exec(const struct cc_list *words, const char *input) __attribute__((noreturn));
/* Ends this program, without temporary files. */
void cc_exit(int status) __attribute__((noreturn));
void cc_die(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

/* The path of a file in directory `index` of our temporary files, which is made when needed. */
const char *cc_temp_path(struct arena *arena, int index, const char *name);
/* The name of a temporary file in the same directory as `path`, to be renamed to it. */
const char *cc_temp_beside(struct arena *arena, const char *path);
/* The whole of a file, NUL-terminated; NULL with errno set. */
char *cc_file_read(const char *path, size_t *size);
/* From a file, NULL for standard input, to another, NULL for standard error. False with errno set. */
bool cc_file_copy(const char *from, const char *to);
/* The briogen that goes with this briocc: $BRIOGEN, the one beside it, the one in libexec, the one in PATH. */
const char *cc_find_briogen(struct arena *arena);

/* ---- cc_command ---- */

enum cc_role {
    CC_EVERYWHERE,
    CC_SOURCE, /* a C source */
    CC_INPUT,  /* any other input */
    CC_LANGUAGE,
    CC_OUTPUT,
    CC_MODE,
    CC_PREPROCESS,
    CC_DEPENDENCY,
    CC_COMPILE,
    CC_LINK,
    CC_DROP,
    CC_AS_IS,
    CC_BRIO
};

struct cc_option {
    enum cc_role role;
    const char *word;
    const char *value; /* inside the word, or the next word; NULL if it has none */
    bool next;         /* the value is the next word */
    int unit;          /* of a SOURCE: its number */
};

enum cc_mode { CC_MODE_LINK, CC_MODE_COMPILE, CC_MODE_ASSEMBLY, CC_MODE_PREPROCESS, CC_MODE_CHECK };

/* A compiler command, read. */
struct cc_command {
    struct arena arena;
    struct cc_list original; /* as it was given */
    struct cc_list compiler; /* "gcc", or "ccache" "gcc" */
    struct cc_option *options;
    int option_count, option_room;
    int unit_count; /* C sources */
    enum cc_mode mode;
    const char *output;   /* of -o, or NULL */
    const char *language; /* of the last -x, or NULL */
    const char *depfile;  /* of -MF, or NULL */
    const char *save_temps; /* NULL, "cwd" or "obj" */
    bool as_is;             /* the launcher has nothing to do */
    bool dependencies;      /* -MD, -MMD */
    bool wp_dependencies;   /* -Wp,-MD,FILE */
    bool target_given;      /* -MT, -MQ */
    bool expanded;          /* there were response files */
    bool for_brio;          /* there are options that the compiler must not see */
    bool no_line;           /* -P */
    bool colour_given;
    bool clang;
    bool llvm;                 /* -emit-llvm */
    bool strict_fallthrough;   /* -Wimplicit-fallthrough=5 */
    bool coverage;             /* --coverage, -ftest-coverage */
    bool split_dwarf;
    struct cc_list brio_flags; /* for briogen */
};

void cc_command_read(struct cc_command *command, char **words);
void cc_command_free(struct cc_command *command);
/* Adds the options of the roles in the set `roles` (1u << CC_…), in their order. */
void cc_command_add(const struct cc_command *command, struct cc_list *list, unsigned roles);
void cc_option_add(const struct cc_option *option, struct cc_list *list);

/* ---- cc_unit ---- */

struct cc_unit {
    const struct cc_option *source;
    const char *preprocessed, *generated, *depfile; /* temporary files */
    const char *input;                              /* a copy of standard input, or NULL */
    const char *object;                             /* when it is linked at once: a temporary file */
    bool has_words;                                 /* of the language: it needs the generator */
    int status;
};

/* Runs the preprocessor and looks for words of the language. */
void cc_unit_prepare(struct cc_command *command, struct cc_unit *unit, int index);
/* Through briogen into `output`, "-" for standard output. */
void cc_unit_generate(struct cc_command *command, struct cc_unit *unit, const char *output);
/* Compiles what was generated, to where the compiler would have put it, or to unit->object. */
void cc_unit_compile(struct cc_command *command, struct cc_unit *unit);
/* `briocc --generate`: the command's one C source into `output`, and its dependencies into `depfile` (or NULL), both whole or not at all.
 * The exit status. */
int cc_generate(struct cc_command *command, const char *output, const char *depfile);

#endif
