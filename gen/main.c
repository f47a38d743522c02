/* briogen - turns the ASYNC functions of one preprocessed C unit into state machines.
 *
 *     lex → parse → for each function: check → live → lower → emit
 */
#include <stdio.h>

#include "arena.h"
#include "check.h"
#include "diag.h"
#include "emit.h"
#include "live.h"
#include "lower.h"
#include "options.h"
#include "parse.h"

struct run {
    struct options *options;
    struct unit unit;
    struct diag diag;
    struct arena unit_arena, function_arena;
    struct emitter emitter;
    struct buffer out;
};

static void lower_async_piece(struct run *run, struct piece *piece, struct lowered *lowered)
{
    struct analysis analysis = {.unit = &run->unit, .arena = &run->function_arena, .function = piece->function};
    live_function(&analysis);
    if (run->options->dump == DUMP_LIVE)
        live_dump(&analysis, &run->out);
    lower_async(&analysis, lowered);
}

static void handle_piece(struct piece *piece, void *arg)
{
    struct run *run = arg;
    struct lowered lowered;
    if (piece->function) {
        check_function(&run->unit, piece->function);
        if (run->options->dump == DUMP_AST)
            node_dump(&run->unit, piece->function->definition, 0, &run->out);
    }
    if (run->diag.errors || run->options->dump == DUMP_AST)
        return;
    if (piece->kind == PIECE_TEXT) {
        if (!run->options->dump)
            emit_text(&run->emitter, piece->first, piece->last);
        return;
    }
    if (piece->kind == PIECE_ASYNC)
        lower_async_piece(run, piece, &lowered);
    else
        lower_plain(&run->unit, &run->function_arena, piece->function, piece->first, piece->last, &lowered);
    if (run->options->dump == DUMP_LOWERED)
        lowered_dump(&run->unit, &lowered, &run->out);
    if (run->options->dump)
        return;
    emit_lowered(&run->emitter, piece->first, piece->last, &lowered);
}

static int generate(struct run *run)
{
    if (lex_unit(&run->unit) < 0)
        return 1;
    if (run->options->dump == DUMP_TOKENS)
        lex_dump(&run->unit, &run->out);
    else if (parse_unit(&run->unit, &run->function_arena, handle_piece, run) < 0 || run->diag.errors)
        return 1;
    if (!run->options->dump)
        emit_rest(&run->emitter);
    return run->diag.errors ? 1 : 0;
}

int main(int argc, char **argv)
{
    struct options options;
    struct run run = {.options = &options};
    if (options_parse(&options, argc, argv) != 0)
        return options.status;
    run.unit.arena = &run.unit_arena;
    run.unit.diag = &run.diag;
    run.diag.unit = &run.unit;
    run.diag.error_limit = 50;
    options_apply(&options, &run.diag);
    run.emitter = (struct emitter){.unit = &run.unit, .out = &run.out, .no_line = options.no_line};
    run.emitter.layout.out = &run.out;
    int status = input_read(&run.unit, options.input) == 0 ? generate(&run) : 1;
    if (status == 0)
        status = output_write(&run.out, options.output);
    buffer_free(&run.out);
    unit_free(&run.unit);
    options_free(&options, &run.diag);
    arena_free(&run.function_arena);
    arena_free(&run.unit_arena);
    return status;
}
