/* cc_command.c - the words of a compiler command and what each is good for */
#define _GNU_SOURCE
#include "cc.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum form { FORM_EXACT, FORM_NEXT, FORM_JOINED, FORM_EITHER };

static const struct known_option {
    const char *name;
    enum form form;
    enum cc_role role;
} known_options[] = {
#define OPTION(name, form, role) {name, FORM_##form, CC_##role},
#include "cc_options.def"
#undef OPTION
};
enum { KNOWN_OPTIONS = sizeof known_options / sizeof *known_options };

static bool starts_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

/* ---- response files ---- */

/* The next word of a response file, as GCC reads it: quotes of both kinds, a backslash before any character. NULL at the end. */
static char *read_quoted_word(struct arena *arena, const char **at)
{
    const char *p = *at;
    char quote = '\0';
    while (isspace((unsigned char)*p))
        p++;
    if (!*p)
        return NULL;
    char *word = arena_alloc(arena, strlen(p) + 1), *end = word;
    for (; *p && (quote || !isspace((unsigned char)*p)); p++) {
        if (*p == '\\' && p[1])
            *end++ = *++p;
        else if (quote ? *p == quote : *p == '\'' || *p == '"')
            quote = quote ? '\0' : *p;
        else
            *end++ = *p;
    }
    *at = p;
    return word;
}

/* Adds a word, or what stands in the response file that it names. A file that cannot be read is a plain word, as for the compilers. */
static void add_expanded(struct cc_command *command, struct cc_list *list, const char *word, int depth)
{
    struct stat info;
    size_t size;
    char *text = NULL;
    if (word[0] == '@' && depth < 32 && stat(word + 1, &info) == 0 && S_ISREG(info.st_mode))
        text = cc_file_read(word + 1, &size);
    if (!text) {
        cc_list_add(list, word);
        return;
    }
    const char *at = text;
    char *inner;
    while ((inner = read_quoted_word(&command->arena, &at)))
        add_expanded(command, list, inner, depth + 1);
    free(text);
    command->expanded = true;
}

/* ---- which compiler ---- */

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static bool is_launcher(const char *word)
{
    static const char *const names[] = {"ccache", "sccache", "distcc", "icecc", "env", "nice"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(base_name(word), names[i]) == 0)
            return true;
    return false;
}

/* The file that a command's name stands for, with links followed: Debian's cc may be clang. */
static bool resolves_to(const char *name, const char *part)
{
    char real[PATH_MAX];
    const char *path = getenv("PATH");
    if (strstr(base_name(name), part))
        return true;
    if (strchr(name, '/'))
        return realpath(name, real) && strstr(base_name(real), part);
    while (path && *path) {
        size_t length = strcspn(path, ":");
        char *candidate;
        if (asprintf(&candidate, "%.*s/%s", (int)length, path, name) < 0)
            return false;
        bool found = access(candidate, X_OK) == 0;
        bool fits = found && realpath(candidate, real) && strstr(base_name(real), part);
        free(candidate);
        if (found)
            return fits;
        path += length + (path[length] == ':');
    }
    return false;
}

/* Takes the compiler's words off the front; the first of the rest. */
static char **read_compiler(struct cc_command *command, char **words)
{
    cc_list_add(&command->compiler, *words);
    while (is_launcher(*words++) && *words)
        cc_list_add(&command->compiler, *words);
    command->clang = resolves_to(words[-1], "clang");
    return words;
}

/* ---- options ---- */

static const struct known_option *find_option(const char *word)
{
    const struct known_option *best = NULL;
    for (int i = 0; i < KNOWN_OPTIONS; i++) {
        const struct known_option *known = &known_options[i];
        bool fits = known->form == FORM_EXACT || known->form == FORM_NEXT ? strcmp(word, known->name) == 0 : starts_with(word, known->name);
        if (fits && (!best || strlen(known->name) > strlen(best->name)))
            best = known;
    }
    return best;
}

static bool is_c_source(const struct cc_command *command, const char *word)
{
    if (command->language)
        return strcmp(command->language, "c") == 0;
    const char *dot = strrchr(base_name(word), '.');
    return dot ? strcmp(dot, ".c") == 0 : strcmp(word, "-") == 0;
}

static struct cc_option *add_option(struct cc_command *command, enum cc_role role, const char *word)
{
    if (command->option_count == command->option_room) {
        command->option_room = command->option_room ? command->option_room * 2 : 32;
        command->options = checked_realloc(command->options, (size_t)command->option_room * sizeof *command->options);
    }
    struct cc_option *option = &command->options[command->option_count++];
    *option = (struct cc_option){.role = role, .word = word};
    return option;
}

static void note_dependency(struct cc_command *command, const struct cc_option *option)
{
    switch (option->word[2]) {
    case 'D':
    case 'M':
        command->dependencies = true;
        break;
    case 'F':
        command->depfile = option->value;
        break;
    case 'T':
    case 'Q':
        command->target_given = true;
        break;
    }
}

static void note_mode(struct cc_command *command, const char *word)
{
    /* Of several, the one that stops earliest counts. */
    enum cc_mode mode = word[1] == 'c'   ? CC_MODE_COMPILE
                        : word[1] == 'S' ? CC_MODE_ASSEMBLY
                        : word[1] == 'E' ? CC_MODE_PREPROCESS
                                         : CC_MODE_CHECK;
    static const int rank[] = {
        [CC_MODE_LINK] = 0, [CC_MODE_COMPILE] = 1, [CC_MODE_ASSEMBLY] = 2, [CC_MODE_CHECK] = 3, [CC_MODE_PREPROCESS] = 4};
    if (rank[mode] > rank[command->mode])
        command->mode = mode;
}

/* What the launcher itself wants to know of options that go on to the compiler. */
static void note_general(struct cc_command *command, const char *word)
{
    if (strcmp(word, "-w") == 0 || strcmp(word, "-Werror") == 0 || strcmp(word, "-Wno-error") == 0)
        cc_list_add(&command->brio_flags, word);
    else if (strcmp(word, "--coverage") == 0 || strcmp(word, "-coverage") == 0 || strcmp(word, "-ftest-coverage") == 0)
        command->coverage = true;
    else if (strcmp(word, "-Wimplicit-fallthrough=5") == 0)
        command->strict_fallthrough = true;
    else if (starts_with(word, "-fdiagnostics-color") || starts_with(word, "-fno-diagnostics-color") ||
             strcmp(word, "-fcolor-diagnostics") == 0 || strcmp(word, "-fno-color-diagnostics") == 0)
        command->colour_given = true;
}

static void note_option(struct cc_command *command, const struct cc_option *option)
{
    switch (option->role) {
    case CC_OUTPUT:
        command->output = option->value;
        break;
    case CC_LANGUAGE:
        command->language = option->value && strcmp(option->value, "none") != 0 ? option->value : NULL;
        break;
    case CC_MODE:
        note_mode(command, option->word);
        break;
    case CC_DEPENDENCY:
        note_dependency(command, option);
        break;
    case CC_AS_IS:
        command->as_is = true;
        break;
    case CC_BRIO:
        command->for_brio = true;
        cc_list_add(&command->brio_flags, option->word);
        break;
    case CC_PREPROCESS:
        command->wp_dependencies |= starts_with(option->word, "-Wp,-MD,") || starts_with(option->word, "-Wp,-MMD,");
        break;
    case CC_DROP:
        command->no_line |= strcmp(option->word, "-P") == 0;
        break;
    case CC_COMPILE:
        if (strstr(option->word, "save-temps"))
            command->save_temps = strstr(option->word, "=obj") ? "obj" : "cwd";
        command->llvm |= strcmp(option->word, "-emit-llvm") == 0;
        command->split_dwarf |= starts_with(option->word, "-gsplit-dwarf");
        break;
    default:
        note_general(command, option->word);
    }
}

/* Reads one option or input; how many words it took. */
static int read_word(struct cc_command *command, char **words)
{
    const char *word = words[0];
    if (word[0] != '-' || strcmp(word, "-") == 0) {
        bool source = is_c_source(command, word);
        struct cc_option *input = add_option(command, source ? CC_SOURCE : CC_INPUT, word);
        input->unit = source ? command->unit_count++ : 0;
        return 1;
    }
    const struct known_option *known = find_option(word);
    struct cc_option *option = add_option(command, known ? known->role : CC_EVERYWHERE, word);
    size_t length = known ? strlen(known->name) : 0;
    if (known && (known->form == FORM_NEXT || (known->form == FORM_EITHER && !word[length]))) {
        option->value = words[1];
        option->next = words[1] != NULL;
    } else if (known && known->form != FORM_EXACT) {
        option->value = word + length;
    }
    note_option(command, option);
    return option->next ? 2 : 1;
}

void cc_command_read(struct cc_command *command, char **words)
{
    struct cc_list expanded = {0};
    assert(*words);
    *command = (struct cc_command){0};
    for (char **word = words; *word; word++)
        cc_list_add(&command->original, *word);
    words = read_compiler(command, words);
    for (; *words; words++)
        add_expanded(command, &expanded, *words, 0);
    for (int i = 0; i < expanded.count;)
        i += read_word(command, expanded.items + i);
    cc_list_free(&expanded);
    /* Several sources with one output that is not a program: the compiler says so best. */
    if ((command->mode == CC_MODE_COMPILE || command->mode == CC_MODE_ASSEMBLY) && command->output && command->unit_count > 1)
        command->as_is = true;
}

void cc_command_free(struct cc_command *command)
{
    cc_list_free(&command->original);
    cc_list_free(&command->compiler);
    cc_list_free(&command->brio_flags);
    free(command->options);
    arena_free(&command->arena);
}

void cc_option_add(const struct cc_option *option, struct cc_list *list)
{
    cc_list_add(list, option->word);
    if (option->next)
        cc_list_add(list, option->value);
}

void cc_command_add(const struct cc_command *command, struct cc_list *list, unsigned roles)
{
    for (int i = 0; i < command->option_count; i++)
        if (roles & 1u << command->options[i].role)
            cc_option_add(&command->options[i], list);
}
