/* emit.c - writes the output.
 *
 * Text outside ASYNC functions is copied byte for byte. In them, the user's tokens stand in their own lines and columns; a token that
 * cannot get there because something longer stands before it begins a line of the output with a line marker of its own. Glue is on lines of
 * its own, as few as will do, that count as the user's line on whose behalf they are there; it is marked as a system header's text, so that
 * compilers keep their warnings about it to themselves.
 *
 * For reading (--no-line) all of it is laid out anew by layout.c.
 */
#include "emit.h"

#include <string.h>

static void new_line(struct emitter *emitter)
{
    emitter->glued = false;
    if (!emitter->at_start) {
        buffer_puts(emitter->out, "\n");
        emitter->line++;
    }
    emitter->at_start = true;
    emitter->column = 1;
}

static void write_file_name(struct emitter *emitter, uint32_t file)
{
    buffer_puts(emitter->out, "\"");
    for (const char *name = emitter->unit->files[file].name; *name; name++) {
        if (*name == '"' || *name == '\\')
            buffer_puts(emitter->out, "\\");
        buffer_add(emitter->out, name, 1);
    }
    buffer_puts(emitter->out, "\"");
}

/* Makes the output's next character stand at the start of that line. */
static void move_to(struct emitter *emitter, uint32_t file, uint32_t line, bool system)
{
    if (emitter->known && emitter->at_start && emitter->file == file && emitter->line == line && emitter->system == system)
        return;
    if (emitter->known && emitter->file == file && emitter->system == system && emitter->line < line && line - emitter->line <= 4) {
        while (emitter->line < line) {
            emitter->at_start = false;
            new_line(emitter);
        }
        return;
    }
    new_line(emitter);
    if (!(emitter->known && emitter->file == file && emitter->line == line && emitter->system == system)) {
        buffer_printf(emitter->out, "# %u ", (unsigned)line);
        write_file_name(emitter, file);
        buffer_puts(emitter->out, system ? " 3\n" : "\n");
    }
    emitter->file = file;
    emitter->line = line;
    emitter->system = system;
    emitter->known = true;
}

static void pad_to(struct emitter *emitter, uint32_t column)
{
    static const char spaces[] = "                                ";
    while (emitter->column < column) {
        uint32_t count = column - emitter->column;
        if (count > sizeof spaces - 1)
            count = sizeof spaces - 1;
        buffer_add(emitter->out, spaces, count);
        emitter->column += count;
    }
}

static void write_pragma(struct emitter *emitter, const struct pragma *pragma)
{
    if (emitter->no_line) {
        layout_break(&emitter->layout);
    } else {
        emitter->at_start = emitter->at_start && emitter->column == 1;
        new_line(emitter);
    }
    buffer_add(emitter->out, emitter->unit->text + pragma->offset, pragma->length);
    emitter->at_start = emitter->glued = false;
    new_line(emitter);
}

static void write_pragmas(struct emitter *emitter, int token)
{
    const struct unit *unit = emitter->unit;
    for (int i = unit->tokens[token].pragma - 1; i >= 0 && i < unit->pragma_count && unit->pragmas[i].token == token; i++)
        write_pragma(emitter, &unit->pragmas[i]);
}

/* Between the output so far and a token: none where none is in the source. */
static bool needs_space(const struct emitter *emitter, int index)
{
    const struct token *token = &emitter->unit->tokens[index], *previous = &emitter->unit->tokens[emitter->previous];
    return emitter->previous + 1 != index || previous->offset + previous->length != token->offset;
}

/* Makes the output's next character stand in the token's line. False: it does already, behind other text. */
static bool go_to_line(struct emitter *emitter, int index, bool afresh)
{
    const struct token *token = &emitter->unit->tokens[index];
    uint32_t line = token_line(emitter->unit, index);
    bool here =
        emitter->known && emitter->file == token->file && emitter->line == line && emitter->system == token->system && !emitter->glued;
    if (here && !emitter->at_start && !afresh)
        return false;
    emitter->known = emitter->known && !(here && afresh);
    move_to(emitter, token->file, line, token->system);
    return true;
}

static void write_text(struct emitter *emitter, int index, int last, const char *text, size_t length)
{
    if (!emitter->at_start && layout_needs_space(emitter->out->text[emitter->out->length - 1], *text, needs_space(emitter, index))) {
        buffer_puts(emitter->out, " ");
        emitter->column++;
    }
    emitter->previous = last;
    buffer_add(emitter->out, text, length);
    emitter->column += (uint32_t)length;
    emitter->at_start = emitter->glued = false;
}

/* A token of the user's. Those of one macro all have its place: they follow each other as they come. */
static void write_token(struct emitter *emitter, int index)
{
    uint32_t column = token_byte(emitter->unit, index);
    bool drifted = !emitter->at_start && emitter->column > column && column > emitter->last_column;
    write_pragmas(emitter, index);
    go_to_line(emitter, index, drifted);
    pad_to(emitter, column);
    write_text(emitter, index, index, token_text(emitter->unit, index), emitter->unit->tokens[index].length);
    emitter->last_column = column;
}

static void write_word(struct emitter *emitter, const struct op *op)
{
    uint32_t column = token_byte(emitter->unit, op->first);
    bool placed = op->kind == OP_PLACED;
    write_pragmas(emitter, op->first);
    if (go_to_line(emitter, op->first, placed && !emitter->at_start && emitter->column > column) || placed)
        pad_to(emitter, column);
    write_text(emitter, op->first, op->last, op->text, strlen(op->text));
    emitter->last_column = 0;
}

static void write_glue(struct emitter *emitter, int token, const char *text)
{
    size_t length = strlen(text);
    uint32_t file = emitter->unit->tokens[token].file, line = token_line(emitter->unit, token);
    bool here = emitter->glued && emitter->known && emitter->file == file && emitter->line == line;
    if (here)
        buffer_puts(emitter->out, " ");
    else
        move_to(emitter, file, line, true);
    buffer_add(emitter->out, text, length);
    emitter->column += (uint32_t)length + here;
    emitter->at_start = false;
    emitter->glued = true;
}

/* ---- the same, for reading ---- */

/* The user's line breaks stay, and a blank line stays one. Glue and words begin lines by themselves. */
static void follow_line(struct emitter *emitter, int token, bool is_token)
{
    uint32_t line = token_line(emitter->unit, token);
    if (emitter->lowest_line && line > emitter->lowest_line + 1 && layout_is_whole(&emitter->layout))
        layout_gap(&emitter->layout);
    else if (is_token && emitter->behind_token && line != emitter->line)
        layout_break(&emitter->layout);
    if (is_token)
        emitter->line = line;
    if (line > emitter->lowest_line)
        emitter->lowest_line = line;
    emitter->behind_token = is_token;
}

static void lay_token(struct emitter *emitter, int index)
{
    bool spaced = needs_space(emitter, index);
    follow_line(emitter, index, true);
    write_pragmas(emitter, index);
    layout_token(&emitter->layout, token_text(emitter->unit, index), emitter->unit->tokens[index].length, spaced);
    emitter->previous = index;
}

static void lay_op(struct emitter *emitter, const struct op *op)
{
    if (op->kind != OP_GLUE && !*op->text)
        return;
    follow_line(emitter, op->first, false);
    if (op->kind == OP_GLUE) {
        layout_glue(&emitter->layout, op->text);
    } else {
        layout_word(&emitter->layout, op->text, needs_space(emitter, op->first));
        emitter->previous = op->last;
    }
}

/* ---- */

static void write_tokens(struct emitter *emitter, int first, int last)
{
    for (int token = first; token <= last; token++) {
        if (emitter->no_line)
            lay_token(emitter, token);
        else
            write_token(emitter, token);
    }
}

static void write_ops(struct emitter *emitter, const struct op_list *list)
{
    for (const struct op *op = list->first; op; op = op->next) {
        if (op->kind == OP_TOKENS)
            write_tokens(emitter, op->first, op->last);
        else if (emitter->no_line)
            lay_op(emitter, op);
        else if (op->kind == OP_GLUE)
            write_glue(emitter, op->first, op->text);
        else if (*op->text)
            write_word(emitter, op);
    }
}

/* ---- text as it is ---- */

static bool is_main_file(const struct unit *unit, int token)
{
    return unit->count > 2 && unit->tokens[token].file == unit->tokens[unit->count - 2].file;
}

static void resume_copying(struct emitter *emitter)
{
    if (!emitter->after)
        return;
    const struct token *token = &emitter->unit->tokens[emitter->after];
    emitter->known = false;
    move_to(emitter, token->file, token->line, token->system);
    emitter->after = 0;
}

static void copy_up_to(struct emitter *emitter, uint32_t offset)
{
    if (offset <= emitter->copied)
        return;
    buffer_add(emitter->out, emitter->unit->text + emitter->copied, offset - emitter->copied);
    emitter->copied = offset;
}

void emit_text(struct emitter *emitter, int first, int last)
{
    const struct token *end = &emitter->unit->tokens[last];
    if (!emitter->no_line) {
        resume_copying(emitter);
        copy_up_to(emitter, end->offset + end->length);
        return;
    }
    for (int token = first; token <= last; token++)
        if (is_main_file(emitter->unit, token))
            lay_token(emitter, token);
}

/* Text made for another version of the headers must not compile. */
static void write_guard(struct emitter *emitter)
{
    if (emitter->guarded)
        return;
    emitter->guarded = true;
    new_line(emitter);
    buffer_puts(emitter->out, "_Static_assert(brio__abi_version == 1, \"generated for another version of Brio: run briogen again\");\n");
}

static void lay_lowered(struct emitter *emitter, const struct lowered *lowered)
{
    struct layout *layout = &emitter->layout;
    layout_gap(layout);
    write_ops(emitter, &lowered->before);
    if (lowered->after.first)
        layout_gap(layout);
    write_ops(emitter, &lowered->body);
    if (lowered->after.first)
        layout_gap(layout);
    write_ops(emitter, &lowered->after);
}

void emit_lowered(struct emitter *emitter, int first, int last, const struct lowered *lowered)
{
    const struct token *begin = &emitter->unit->tokens[first], *end = &emitter->unit->tokens[last];
    if (emitter->no_line) {
        if (is_main_file(emitter->unit, last))
            lay_lowered(emitter, lowered);
        return;
    }
    resume_copying(emitter);
    copy_up_to(emitter, begin->offset);
    emitter->known = emitter->glued = false;
    emitter->at_start = emitter->out->length == 0 || emitter->out->text[emitter->out->length - 1] == '\n';
    emitter->last_column = 0;
    if (lowered->before.first)
        write_guard(emitter);
    write_ops(emitter, &lowered->before);
    write_ops(emitter, &lowered->body);
    write_ops(emitter, &lowered->after);
    emitter->glued = false;
    emitter->copied = end->offset + end->length;
    emitter->after = last;
}

void emit_rest(struct emitter *emitter)
{
    if (emitter->no_line) {
        layout_break(&emitter->layout);
        buffer_free(&emitter->layout.line);
        return;
    }
    resume_copying(emitter);
    copy_up_to(emitter, (uint32_t)emitter->unit->length);
}
