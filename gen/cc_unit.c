/* cc_unit.c - one C source: preprocess, generate, compile
 *
 * The preprocessor runs with the user's flags and with its messages kept in a file: a unit without a word of the language is left to the
 * original command, which prints them itself. The depfile is made here, since the compiler sees only preprocessed text later. */
#define _GNU_SOURCE
#include "cc.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ROLE(name) (1u << CC_##name)

/* Warnings that clang holds back for what macros of system headers expand to, which preprocessed text no longer shows. */
static const char *const clang_flags[] = {
    "-Qunused-arguments",           "-Wno-parentheses-equality", "-Wno-tautological-compare",      "-Wno-self-assign",
    "-Wno-constant-logical-operand", "-Wno-extra-semi-stmt",      "-Wno-gnu-statement-expression", "-Wno-language-extension-token",
};

static void add_words(struct cc_list *list, ...)
{
    va_list words;
    const char *word;
    va_start(words, list);
    while ((word = va_arg(words, const char *)))
        cc_list_add(list, word);
    va_end(words);
}

/* ---- names ---- */

/* "sub/foo.c", ".o" to "foo.o". */
static const char *name_in_cwd(struct arena *arena, const char *source, const char *suffix)
{
    const char *slash = strrchr(source, '/'), *base = slash ? slash + 1 : source;
    const char *dot = strrchr(base, '.');
    return arena_printf(arena, "%.*s%s", dot ? (int)(dot - base) : (int)strlen(base), base, suffix);
}

/* "sub/foo.o", ".d" to "sub/foo.d". */
static const char *with_suffix(struct arena *arena, const char *path, const char *suffix)
{
    const char *slash = strrchr(path, '/'), *dot = strrchr(path, '.');
    size_t length = dot && (!slash || dot > slash) ? (size_t)(dot - path) : strlen(path);
    return arena_printf(arena, "%.*s%s", (int)length, path, suffix);
}

/* Where the compiler would have put the dependencies. */
static const char *depfile_name(struct cc_command *command, const struct cc_unit *unit)
{
    if (command->depfile)
        return command->depfile;
    if (command->output)
        return with_suffix(&command->arena, command->output, ".d");
    const char *name = name_in_cwd(&command->arena, unit->source->word, ".d");
    return command->mode == CC_MODE_LINK && !command->clang ? arena_printf(&command->arena, "a-%s", name) : name;
}

static const char *object_name(struct cc_command *command, const struct cc_unit *unit)
{
    const char *suffix = command->mode == CC_MODE_ASSEMBLY ? (command->llvm ? ".ll" : ".s") : command->llvm ? ".bc" : ".o";
    if (unit->object)
        return unit->object;
    return command->output ? command->output : name_in_cwd(&command->arena, unit->source->word, suffix);
}

/* ---- preprocess ---- */

/* The user's own, with the names that the compiler would have chosen. */
static void add_dependency_flags(struct cc_command *command, struct cc_unit *unit, struct cc_list *words)
{
    for (int i = 0; command->dependencies && i < command->option_count; i++) {
        const struct cc_option *option = &command->options[i];
        if (option->role == CC_DEPENDENCY && option->word[2] != 'F')
            cc_option_add(option, words);
    }
    if (command->dependencies)
        add_words(words, "-MF", unit->depfile, NULL);
    /* clang derives the target of -Wp,-MD too from the output's name. */
    if ((command->dependencies || (command->clang && command->wp_dependencies)) && !command->target_given)
        add_words(words, "-MQ", command->output ? command->output : name_in_cwd(&command->arena, unit->source->word, ".o"), NULL);
}

static bool wants_colour(const struct cc_command *command)
{
    const char *terminal = getenv("TERM");
    return !command->colour_given && isatty(STDERR_FILENO) && terminal && strcmp(terminal, "dumb") != 0;
}

/* `dependencies`: flags for them. `messages`: a file, or NULL for standard error. */
static void preprocess(struct cc_command *command, struct cc_unit *unit, const struct cc_list *dependencies, const char *messages)
{
    struct cc_list words = {0};
    cc_list_add_all(&words, &command->compiler);
    cc_command_add(command, &words, ROLE(EVERYWHERE) | ROLE(PREPROCESS));
    if (command->clang)
        cc_list_add(&words, "-Qunused-arguments");
    if (messages && wants_colour(command))
        cc_list_add(&words, "-fdiagnostics-color=always");
    cc_list_add_all(&words, dependencies);
    add_words(&words, "-DBRIO_GENERATOR", "-E", "-o", unit->preprocessed, "-x", "c", unit->source->word, NULL);
    unit->status = cc_run(&words, (struct cc_streams){unit->input, messages});
    cc_list_free(&words);
}

static bool has_words(const char *path)
{
    size_t size;
    char *text = cc_file_read(path, &size);
    bool found = text && memmem(text, size, "__brio_", 7);
    free(text);
    return found;
}

static void name_temporary_files(struct cc_command *command, struct cc_unit *unit, int index)
{
    struct arena *arena = &command->arena;
    const char *source = unit->source->word;
    bool from_stdin = strcmp(source, "-") == 0;
    const char *name = from_stdin ? "stdin" : source;
    unit->preprocessed = cc_temp_path(arena, index, name_in_cwd(arena, name, ".in.i"));
    unit->generated = cc_temp_path(arena, index, name_in_cwd(arena, name, ".i"));
    unit->depfile = cc_temp_path(arena, index, name_in_cwd(arena, name, ".d"));
    if (command->mode == CC_MODE_LINK)
        unit->object = cc_temp_path(arena, index, name_in_cwd(arena, name, ".o"));
    if (from_stdin) {
        unit->input = cc_temp_path(arena, index, "stdin");
        if (!cc_file_copy(NULL, unit->input))
            cc_die("cannot read standard input: %s", strerror(errno));
    }
}

void cc_unit_prepare(struct cc_command *command, struct cc_unit *unit, int index)
{
    name_temporary_files(command, unit, index);
    const char *messages = cc_temp_path(&command->arena, index, "messages");
    struct cc_list dependencies = {0};
    add_dependency_flags(command, unit, &dependencies);
    preprocess(command, unit, &dependencies, messages);
    cc_list_free(&dependencies);
    unit->has_words = unit->status == 0 && has_words(unit->preprocessed);
    if (!unit->has_words && unit->status == 0)
        return;
    cc_file_copy(messages, NULL);
    if (unit->has_words && command->dependencies && !cc_file_copy(unit->depfile, depfile_name(command, unit)))
        cc_die("cannot write %s: %s", depfile_name(command, unit), strerror(errno));
}

/* ---- generate ---- */

void cc_unit_generate(struct cc_command *command, struct cc_unit *unit, const char *output)
{
    struct cc_list words = {0};
    cc_list_add(&words, cc_find_briogen(&command->arena));
    cc_list_add_all(&words, &command->brio_flags);
    if (command->no_line)
        cc_list_add(&words, "--no-line");
    add_words(&words, unit->preprocessed, "-o", output, NULL);
    unit->status = cc_run(&words, (struct cc_streams){NULL, NULL});
    cc_list_free(&words);
}

/* -save-temps: "foo.brio.c", where the compiler puts its own. */
static void keep_generated(struct cc_command *command, const struct cc_unit *unit)
{
    struct arena *arena = &command->arena;
    const char *kept = strcmp(command->save_temps, "obj") == 0 && command->output
                           ? with_suffix(arena, command->output, ".brio.c")
                           : name_in_cwd(arena, unit->source->word, ".brio.c");
    if (!cc_file_copy(unit->generated, kept))
        cc_die("cannot write %s: %s", kept, strerror(errno));
}

/* ---- compile ---- */

static void add_warning_flags(const struct cc_command *command, struct cc_list *words)
{
    /* The comments that say "falls through" are gone. */
    if (!command->strict_fallthrough)
        cc_list_add(words, "-Wno-implicit-fallthrough");
    for (size_t i = 0; command->clang && i < sizeof clang_flags / sizeof *clang_flags; i++)
        cc_list_add(words, clang_flags[i]);
}

/* A compiler that does not see the link would put .gcno, .dwo and the like beside the object, which goes away. GCC names them after the
 * program. */
static void add_gcc_names(struct cc_command *command, const struct cc_unit *unit, struct cc_list *words)
{
    add_words(words, "-dumpdir", arena_printf(&command->arena, "%s-", command->output ? command->output : "a"), "-dumpbase",
              name_in_cwd(&command->arena, unit->source->word, ".c"), "-dumpbase-ext", ".c", NULL);
}

/* clang names them after the source. */
static void add_clang_names(struct cc_command *command, const struct cc_unit *unit, struct cc_list *words)
{
    struct arena *arena = &command->arena;
    const char *source = unit->source->word;
    char directory[PATH_MAX];
    if (command->coverage && getcwd(directory, sizeof directory))
        add_words(words, "-Xclang", arena_printf(arena, "-coverage-notes-file=%s/%s", directory, name_in_cwd(arena, source, ".gcno")),
                  "-Xclang", arena_printf(arena, "-coverage-data-file=%s/%s", directory, name_in_cwd(arena, source, ".gcda")), NULL);
    if (command->split_dwarf)
        add_words(words, "-Xclang", "-split-dwarf-output", "-Xclang", name_in_cwd(arena, source, ".dwo"), "-Xclang", "-split-dwarf-file",
                  "-Xclang", name_in_cwd(arena, source, ".dwo"), NULL);
}

void cc_unit_compile(struct cc_command *command, struct cc_unit *unit)
{
    struct cc_list words = {0};
    assert(unit->has_words);
    if (command->save_temps)
        keep_generated(command, unit);
    cc_list_add_all(&words, &command->compiler);
    cc_command_add(command, &words, ROLE(EVERYWHERE) | ROLE(COMPILE));
    add_warning_flags(command, &words);
    if (unit->object && command->clang)
        add_clang_names(command, unit, &words);
    else if (unit->object)
        add_gcc_names(command, unit, &words);
    if (command->mode == CC_MODE_CHECK)
        cc_list_add(&words, "-fsyntax-only");
    else
        add_words(&words, command->mode == CC_MODE_ASSEMBLY ? "-S" : "-c", "-o", object_name(command, unit), NULL);
    add_words(&words, "-x", "cpp-output", unit->generated, NULL);
    unit->status = cc_run(&words, (struct cc_streams){NULL, NULL});
    cc_list_free(&words);
}

/* ---- briocc --generate ---- */

static void rename_or_die(const char *from, const char *to)
{
    if (rename(from, to) != 0)
        cc_die("cannot write %s: %s", to, strerror(errno));
}

static const struct cc_option *only_source(const struct cc_command *command)
{
    if (command->unit_count != 1)
        cc_die("--generate wants one C source, there are %d", command->unit_count);
    for (int i = 0; i < command->option_count; i++)
        if (command->options[i].role == CC_SOURCE)
            return &command->options[i];
    return NULL;
}

int cc_generate(struct cc_command *command, const char *output, const char *depfile)
{
    struct cc_list dependencies = {0};
    struct cc_unit unit = {.source = only_source(command)};
    const char *new_output = cc_temp_beside(&command->arena, output);
    unit.preprocessed = cc_temp_path(&command->arena, 0, "in.i");
    if (depfile) {
        unit.depfile = cc_temp_beside(&command->arena, depfile);
        add_words(&dependencies, "-MD", "-MF", unit.depfile, "-MQ", output, NULL);
    }
    preprocess(command, &unit, &dependencies, NULL);
    cc_list_free(&dependencies);
    if (unit.status == 0)
        cc_unit_generate(command, &unit, new_output);
    if (unit.status != 0)
        return unit.status;
    if (depfile)
        rename_or_die(unit.depfile, depfile);
    rename_or_die(new_output, output);
    return 0;
}
