/* cc_main.c - briocc: stands in front of a compiler, so that any build takes Brio sources
 *
 *   briocc CC ARGS…                                              does what CC ARGS… does, with C sources through briogen
 *   briocc --generate -o OUT.c [--depfile OUT.d] CC ARGS… IN.c   only the generator's output, for explicit build steps
 *
 * A command in which no C source has a word of the language runs as it was given. Else each source that has one is preprocessed with the
 * command's own flags, put through briogen and compiled; the rest of the command runs with the objects in place of those sources. */
#include "cc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help_text[] =
    "usage: briocc CC ARGS...\n"
    "       briocc --generate -o OUT.c [--depfile OUT.d] CC ARGS... IN.c\n"
    "\n"
    "Runs the compiler command CC ARGS..., with C sources that use Brio's language put through briogen.\n"
    "Everything else goes to the compiler as it is: make CC=\"briocc gcc\", ./configure CC=\"briocc gcc\".\n"
    "\n"
    "With --generate writes what briogen makes of IN.c, preprocessed with the flags in ARGS, to OUT.c.\n"
    "  -o OUT.c          the C source to write\n"
    "  --depfile OUT.d   a Make rule that lists what OUT.c is made from\n"
    "\n"
    "In ARGS:\n"
    "  -E                prints what the compiler will see: preprocessed and generated\n"
    "  -save-temps       keeps the generated source as NAME.brio.c\n"
    "  -W[no-]brio-NAME, -Werror=brio-NAME, --brio-blocking=NAME   go to briogen\n"
    "\n"
    "  --version         prints the version\n"
    "  --help            prints this\n"
    "\n"
    "Environment: BRIOGEN, the generator to use; TMPDIR, where temporary files go.\n";

/* Options of --generate; words[0] is the first one after it. */
static int run_generate(char **words)
{
    struct cc_command command;
    const char *output = NULL, *depfile = NULL;
    struct cc_list flags = {0};
    for (; *words && **words == '-'; words++) {
        bool is_output = strcmp(*words, "-o") == 0, is_depfile = strcmp(*words, "--depfile") == 0;
        if (!is_output && !is_depfile)
            cc_list_add(&flags, *words);
        else if (!words[1])
            cc_die("%s wants a file name", *words);
        else if (is_output)
            output = *++words;
        else
            depfile = *++words;
    }
    if (!output || !*words)
        cc_die("usage: briocc --generate -o OUT.c [--depfile OUT.d] CC ARGS... IN.c");
    cc_command_read(&command, words);
    cc_list_add_all(&command.brio_flags, &flags);
    cc_list_free(&flags);
    int status = cc_generate(&command, output, depfile);
    cc_command_free(&command);
    return status;
}

/* The command as it was given, less what is meant for briogen. */
static void run_as_given(struct cc_command *command, const char *input)
{
    struct cc_list words = {0};
    if (!command->for_brio)
        cc_exec(&command->original, input);
    cc_list_add_all(&words, &command->compiler);
    cc_command_add(command, &words, ~(1u << CC_BRIO));
    cc_exec(&words, input);
}

/* Each generated unit to where it belongs. The exit status so far. */
static int build_unit(struct cc_command *command, struct cc_unit *unit)
{
    if (unit->has_words && command->mode == CC_MODE_PREPROCESS) {
        cc_unit_generate(command, unit, command->output ? command->output : "-");
    } else if (unit->has_words) {
        cc_unit_generate(command, unit, unit->generated);
        if (unit->status == 0)
            cc_unit_compile(command, unit);
    }
    return unit->status;
}

/* The command with objects in place of the generated sources (linking), or without those sources. */
static bool rest_of_command(const struct cc_command *command, const struct cc_unit *units, struct cc_list *words)
{
    bool linking = command->mode == CC_MODE_LINK, any_input = linking;
    const char *language = NULL;
    cc_list_add_all(words, &command->compiler);
    for (int i = 0; i < command->option_count; i++) {
        const struct cc_option *option = &command->options[i];
        bool done = option->role == CC_SOURCE && (units[option->unit].has_words || units[option->unit].status != 0);
        if (option->role == CC_LANGUAGE)
            language = option->value;
        any_input |= (option->role == CC_SOURCE || option->role == CC_INPUT) && !done;
        if (option->role == CC_BRIO)
            continue;
        if (!done) {
            cc_option_add(option, words);
        } else if (linking) {
            if (language)
                cc_list_add(words, "-xnone");
            cc_list_add(words, units[option->unit].object);
            if (language) {
                cc_list_add(words, "-x");
                cc_list_add(words, language);
            }
        }
    }
    return any_input;
}

static int run_rest(struct cc_command *command, const struct cc_unit *units, int status)
{
    struct cc_list words = {0};
    bool wanted = rest_of_command(command, units, &words);
    if (wanted && (status == 0 || command->mode != CC_MODE_LINK)) {
        int rest = cc_run(&words, (struct cc_streams){NULL, NULL});
        status = status ? status : rest;
    }
    cc_list_free(&words);
    return status;
}

/* Prepares every unit; whether one of them is for the generator. A failure of the preprocessor is in its status. */
static bool prepare_units(struct cc_command *command, struct cc_unit *units)
{
    bool any = false;
    for (int i = 0; i < command->option_count; i++) {
        struct cc_option *option = &command->options[i];
        if (option->role != CC_SOURCE)
            continue;
        units[option->unit].source = option;
        cc_unit_prepare(command, &units[option->unit], option->unit);
        any |= units[option->unit].has_words || units[option->unit].status != 0;
    }
    return any;
}

static int run_command(char **words)
{
    struct cc_command command;
    int status = 0;
    cc_command_read(&command, words);
    if (command.as_is || command.unit_count == 0)
        run_as_given(&command, NULL);
    struct cc_unit *units = arena_alloc(&command.arena, (size_t)command.unit_count * sizeof *units);
    if (!prepare_units(&command, units))
        run_as_given(&command, units[0].input);
    for (int i = 0; i < command.unit_count; i++) {
        int unit_status = build_unit(&command, &units[i]);
        status = status ? status : unit_status;
    }
    status = run_rest(&command, units, status);
    cc_command_free(&command);
    return status;
}

int main(int count, char **words)
{
    if (count < 2 || strcmp(words[1], "--help") == 0) {
        fputs(help_text, count < 2 ? stderr : stdout);
        return count < 2;
    }
    if (strcmp(words[1], "--version") == 0) {
        puts("briocc " BRIO_VERSION);
        return 0;
    }
    if (words[1][0] == '-' && strcmp(words[1], "--generate") != 0)
        cc_die("the first argument is the compiler, or --generate: '%s'", words[1]);
    cc_signals_catch();
    cc_exit(words[1][0] == '-' ? run_generate(words + 2) : run_command(words + 1));
}
