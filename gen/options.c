#include "options.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "arena.h"

#ifndef BRIO_VERSION
#define BRIO_VERSION "unknown"
#endif

static const char usage[] =
    "Usage: briogen [OPTION]... [INPUT]\n"
    "Turns the ASYNC functions of one C unit, preprocessed with -DBRIO_GENERATOR, into plain C.\n"
    "Without INPUT, or where it is -, reads standard input.\n"
    "\n"
    "  -o FILE               write to FILE, which appears whole or not at all (default: standard output)\n"
    "  --dump=STAGE          print what a stage made, instead: tokens, ast, live, lowered\n"
    "  --no-line             for reading: no line markers, and the main file alone\n"
    "  -Wno-brio-NAME        switch a warning off (-Wbrio-NAME: on again)\n"
    "  -Werror[=brio-NAME]   make warnings errors, or one of them\n"
    "  -w                    no warnings\n"
    "  --brio-blocking=NAME  warn about calls of NAME in ASYNC functions, too\n"
    "  --colour              colours in messages\n"
    "  --version, --help\n";

static int end(struct options *options, int status)
{
    options->status = status;
    return 1;
}

static int bad_usage(struct options *options, const char *what, const char *argument)
{
    fprintf(stderr, "briogen: %s '%s'; see briogen --help\n", what, argument);
    return end(options, 2);
}

static int parse_dump(struct options *options, const char *stage)
{
    static const char *const stages[] = {"", "tokens", "ast", "live", "lowered"};
    for (size_t i = 1; i < sizeof stages / sizeof *stages; i++) {
        if (!strcmp(stage, stages[i])) {
            options->dump = (enum dump)i;
            return 0;
        }
    }
    return bad_usage(options, "no such stage", stage);
}

static void add(const char ***list, int *count, const char *text)
{
    *list = checked_realloc((void *)*list, sizeof **list * (size_t)(*count + 1));
    (*list)[(*count)++] = text;
}

static int parse_option(struct options *options, const char *option)
{
    if (!strncmp(option, "--dump=", 7))
        return parse_dump(options, option + 7);
    if (!strncmp(option, "--brio-blocking=", 16))
        add(&options->blocking, &options->blocking_count, option + 16);
    else if (!strcmp(option, "--no-line"))
        options->no_line = true;
    else if (!strcmp(option, "--colour"))
        options->colour = true;
    else if (!strcmp(option, "-w"))
        options->no_warnings = true;
    else if (!strcmp(option, "-Werror"))
        options->warnings_are_errors = true;
    else if (!strncmp(option, "-W", 2))
        add(&options->warnings, &options->warning_count, option + 2);
    else
        return bad_usage(options, "unknown option", option);
    return 0;
}

int options_parse(struct options *options, int argc, char **argv)
{
    *options = (struct options){.output = "-"};
    for (int i = 1; i < argc; i++) {
        const char *argument = argv[i];
        if (!strcmp(argument, "--help")) {
            fputs(usage, stdout);
            return end(options, 0);
        }
        if (!strcmp(argument, "--version")) {
            puts("briogen " BRIO_VERSION);
            return end(options, 0);
        }
        if (!strcmp(argument, "-o")) {
            if (++i == argc)
                return bad_usage(options, "a file name is missing behind", argument);
            options->output = argv[i];
        } else if (argument[0] == '-' && argument[1]) {
            if (parse_option(options, argument))
                return 1;
        } else if (options->input) {
            return bad_usage(options, "more than one input", argument);
        } else {
            options->input = argument;
        }
    }
    if (!options->input)
        options->input = "-";
    return 0;
}

/* ---- files ---- */

static int cannot(const char *what, const char *path)
{
    fprintf(stderr, "briogen: cannot %s %s: %s\n", what, path, strerror(errno));
    return -1;
}

enum { MAX_INPUT = 1 << 30 };

/* The text of a regular file, where what follows its end in memory is a zero. */
static bool map_input(struct unit *unit, FILE *file)
{
    struct stat status;
    if (fstat(fileno(file), &status) < 0 || !S_ISREG(status.st_mode) || status.st_size % sysconf(_SC_PAGESIZE) == 0 ||
        status.st_size > MAX_INPUT || lseek(fileno(file), 0, SEEK_CUR) != 0)
        return false;
    void *text = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fileno(file), 0);
    if (text == MAP_FAILED)
        return false;
    unit->text = text;
    unit->length = (size_t)status.st_size;
    return true;
}

int input_read(struct unit *unit, const char *path)
{
    bool standard = !strcmp(path, "-");
    FILE *file = standard ? stdin : fopen(path, "rb");
    struct buffer buffer = {0};
    char chunk[65536];
    size_t count;
    unit->name = standard ? "<stdin>" : path;
    if (!file)
        return cannot("open", path);
    if (map_input(unit, file)) {
        if (!standard)
            fclose(file);
        return 0;
    }
    while ((count = fread(chunk, 1, sizeof chunk, file)) > 0) {
        if (buffer.length + count > MAX_INPUT) {
            fprintf(stderr, "briogen: %s is larger than 1 GiB\n", unit->name);
            buffer_free(&buffer);
            if (!standard)
                fclose(file);
            return -1;
        }
        buffer_add(&buffer, chunk, count);
    }
    int status = ferror(file) ? cannot("read", unit->name) : 0;
    if (!standard)
        fclose(file);
    unit->text = arena_strndup(unit->arena, buffer.text ? buffer.text : "", buffer.length);
    unit->length = buffer.length;
    buffer_free(&buffer);
    return status;
}

static int write_all(int fd, const struct buffer *text)
{
    for (size_t written = 0; written < text->length;) {
        ssize_t count = write(fd, text->text + written, text->length - written);
        if (count < 0 && errno != EINTR)
            return -1;
        written += count > 0 ? (size_t)count : 0;
    }
    return 0;
}

static bool is_special(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && !S_ISREG(status.st_mode);
}

int output_write(const struct buffer *text, const char *path)
{
    if (!strcmp(path, "-"))
        return write_all(STDOUT_FILENO, text) < 0 ? (cannot("write", "standard output"), 1) : 0;
    size_t length = strlen(path);
    char *temporary = checked_realloc(NULL, length + 32);
    if (is_special(path)) /* /dev/null, a pipe */
        memcpy(temporary, path, length + 1);
    else
        snprintf(temporary, length + 32, "%s.%ld.tmp", path, (long)getpid());
    int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666), status = 0;
    if (fd < 0 || write_all(fd, text) < 0 || close(fd) < 0 || (strcmp(temporary, path) && rename(temporary, path) < 0)) {
        cannot("write", path);
        if (strcmp(temporary, path))
            unlink(temporary);
        status = 1;
    }
    free(temporary);
    return status;
}

/* ---- warnings ---- */

static void apply_warning(struct diag *diag, const char ***disabled, const char ***enforced, const char *option)
{
    if (!strncmp(option, "no-", 3))
        add(disabled, &diag->disabled_count, option + 3);
    else if (!strncmp(option, "error=", 6))
        add(enforced, &diag->enforced_count, option + 6);
    for (int i = 0; i < diag->disabled_count; i++)
        if (!strcmp((*disabled)[i], option))
            (*disabled)[i] = "";
}

void options_apply(const struct options *options, struct diag *diag)
{
    const char **disabled = NULL, **enforced = NULL;
    for (int i = 0; i < options->warning_count; i++)
        apply_warning(diag, &disabled, &enforced, options->warnings[i]);
    diag->disabled = disabled;
    diag->enforced = enforced;
    diag->warnings_are_errors = options->warnings_are_errors;
    diag->blocking = options->blocking;
    diag->blocking_count = options->blocking_count;
    diag->quiet = options->no_warnings;
    diag->colour = options->colour;
}

void options_free(struct options *options, struct diag *diag)
{
    free((void *)diag->disabled);
    free((void *)diag->enforced);
    free((void *)options->warnings);
    free((void *)options->blocking);
}
