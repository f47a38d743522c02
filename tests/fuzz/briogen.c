/* briogen.c - the whole of the generator on one input after the other: for libFuzzer (run.sh), and without it for replaying files (REPLAY).
 *
 * Whatever the input is, the generator must end, in its own words: 0 with a text, or 1 with an error. What it accepts it must be able to read again.
 */
#define main briogen_main
#include "../../gen/main.c"
#undef main

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "%s\n", what);
    abort();
}

static int run_text(const char *text, size_t length, enum dump dump, bool no_line, bool parse_all, struct buffer *out)
{
    struct options options = {.output = "-", .input = "-", .dump = dump, .no_line = no_line};
    struct run run = {.options = &options};
    run.unit.arena = &run.unit_arena;
    run.unit.diag = &run.diag;
    run.unit.name = "input.c";
    run.unit.parse_all = parse_all;
    run.diag.unit = &run.unit;
    run.diag.error_limit = 3;
    run.emitter = (struct emitter){.unit = &run.unit, .out = &run.out, .no_line = no_line};
    run.emitter.layout.out = &run.out;
    run.unit.text = arena_strndup(&run.unit_arena, text, length);
    run.unit.length = length;
    int status = generate(&run);
    require((status == 0) == (run.diag.errors == 0), "an error without a message, or a message without an error");
    unit_free(&run.unit);
    buffer_free(&run.emitter.layout.line);
    arena_free(&run.function_arena);
    arena_free(&run.unit_arena);
    *out = run.out;
    return status;
}

static void run_all(const char *text, size_t length)
{
    struct buffer out, again, other;
    int status = run_text(text, length, DUMP_NONE, false, false, &out);
    if (status == 0 && out.length)
        require(run_text(out.text, out.length, DUMP_TOKENS, false, false, &again) == 0, "text that has no tokens");
    else
        again = (struct buffer){0};
    /* another way through each time */
    unsigned way = length ? (unsigned char)text[length / 2] % 4 : 0;
    run_text(text, length, way == 1 ? DUMP_AST : way == 2 ? DUMP_LIVE : way == 3 ? DUMP_LOWERED : DUMP_NONE, way == 0, way == 1, &other);
    buffer_free(&out);
    buffer_free(&again);
    buffer_free(&other);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    run_all((const char *)data, size);
    return 0;
}

#ifdef REPLAY

static int replay(const char *path)
{
    struct arena arena = {0};
    struct unit unit = {.arena = &arena};
    if (input_read(&unit, path) < 0)
        return 1;
    run_all(unit.text, unit.length);
    arena_free(&arena);
    return 0;
}

int main(int argc, char **argv)
{
    int failed = 0;
    if (!freopen("/dev/null", "w", stderr))
        return 1;
    for (int i = 1; i < argc; i++) {
        const char *name = strrchr(argv[i], '/');
        int status = replay(argv[i]);
        printf("%sok %d - %s\n", status ? "not " : "", i, name ? name + 1 : argv[i]);
        fflush(stdout);
        failed += status;
    }
    printf("1..%d\n", argc - 1);
    return failed != 0;
}

#endif
