/* emit.c - writes the output.
 *
 * Text outside ASYNC functions is copied byte for byte. In them, the user's tokens stand in their own lines and columns; a token that cannot get there because
 * something longer stands before it begins a line of the output with a line marker of its own. Glue is on lines of its own that count as the user's line on whose behalf
 * they are there; it is marked as a system header's text, so that compilers keep their warnings about it to themselves.
 */
#include "emit.h"

#include <string.h>

static void new_line(struct emitter *emitter)
{
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
    if (!emitter->no_line && emitter->known && emitter->file == file && emitter->system == system && emitter->line < line && line - emitter->line <= 4) {
        while (emitter->line < line) {
            emitter->at_start = false;
            new_line(emitter);
        }
        return;
    }
    new_line(emitter);
    if (!emitter->no_line && !(emitter->known && emitter->file == file && emitter->line == line && emitter->system == system)) {
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

static void write_pragmas(struct emitter *emitter, int token)
{
    const struct unit *unit = emitter->unit;
    for (int i = unit->tokens[token].pragma - 1; i >= 0 && i < unit->pragma_count && unit->pragmas[i].token == token; i++) {
        emitter->at_start = emitter->at_start && emitter->column == 1;
        new_line(emitter);
        buffer_add(emitter->out, unit->text + unit->pragmas[i].offset, unit->pragmas[i].length);
        emitter->at_start = false;
        new_line(emitter);
    }
}

/* Between the output so far and a token: none where none is in the source. */
static bool needs_space(const struct emitter *emitter, int index)
{
    const struct token *token = &emitter->unit->tokens[index], *previous = &emitter->unit->tokens[emitter->previous];
    if (!emitter->out->length || strchr(" \n", emitter->out->text[emitter->out->length - 1]))
        return false;
    return emitter->previous + 1 != index || previous->offset + previous->length != token->offset;
}

/* `text` in the place of the token. */
static void write_piece(struct emitter *emitter, int index, const char *text, size_t length)
{
    const struct token *token = &emitter->unit->tokens[index];
    uint32_t line = token_line(emitter->unit, index), column = token_column(emitter->unit, index);
    bool here = emitter->known && emitter->file == token->file && emitter->line == line && emitter->system == token->system;
    bool drifted = here && !emitter->at_start && column > emitter->last_column && emitter->column > column && !emitter->no_line;
    write_pragmas(emitter, index);
    if (!here || drifted) {
        if (drifted)
            emitter->known = false;
        move_to(emitter, token->file, line, token->system);
    }
    if (emitter->at_start || (emitter->column < column && !emitter->no_line))
        pad_to(emitter, column);
    else if (needs_space(emitter, index)) {
        buffer_puts(emitter->out, " ");
        emitter->column++;
    }
    emitter->previous = index;
    buffer_add(emitter->out, text, length);
    emitter->column += (uint32_t)length;
    emitter->at_start = false;
    emitter->last_column = column;
}

static unsigned count_of(const char *text, char wanted)
{
    unsigned count = 0;
    bool quoted = false;
    for (; *text; text++) {
        if (*text == '"')
            quoted = !quoted;
        else if (*text == '\\' && quoted && text[1])
            text++;
        else if (!quoted)
            count += *text == wanted;
    }
    return count;
}

static void write_glue(struct emitter *emitter, const struct op *op)
{
    const struct token *token = &emitter->unit->tokens[op->first];
    size_t length = strlen(op->text);
    bool label = length > 1 && op->text[length - 1] == ';' && op->text[length - 2] == ':';
    unsigned closed = count_of(op->text, '}'), opened = count_of(op->text, '{');
    unsigned leading = op->text[0] == '}';
    move_to(emitter, token->file, token_line(emitter->unit, op->first), true);
    emitter->depth = emitter->depth > leading ? emitter->depth - leading : 0;
    pad_to(emitter, label ? 1 : 5 + 4 * (emitter->depth < 20 ? emitter->depth : 20));
    emitter->depth = emitter->depth + opened + leading > closed ? emitter->depth + opened + leading - closed : 0;
    buffer_add(emitter->out, op->text, length);
    emitter->at_start = false;
    new_line(emitter);
}

static void write_ops(struct emitter *emitter, const struct op_list *list)
{
    for (const struct op *op = list->first; op; op = op->next) {
        switch (op->kind) {
        case OP_TOKENS:
            for (int token = op->first; token <= op->last; token++)
                write_piece(emitter, token, token_text(emitter->unit, token), emitter->unit->tokens[token].length);
            break;
        case OP_WORD:
            if (*op->text)
                write_piece(emitter, op->first, op->text, strlen(op->text));
            break;
        default:
            write_glue(emitter, op);
        }
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
    if (!emitter->no_line)
        move_to(emitter, token->file, token->line, token->system);
    else
        new_line(emitter);
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
            write_piece(emitter, token, token_text(emitter->unit, token), emitter->unit->tokens[token].length);
}

/* Text made for another version of the headers must not compile. */
static void write_guard(struct emitter *emitter)
{
    if (emitter->guarded || emitter->no_line)
        return;
    emitter->guarded = true;
    new_line(emitter);
    buffer_puts(emitter->out, "_Static_assert(brio__abi_version == 1, \"generated for another version of Brio: run briogen again\");\n");
}

void emit_lowered(struct emitter *emitter, int first, int last, const struct lowered *lowered)
{
    const struct token *begin = &emitter->unit->tokens[first], *end = &emitter->unit->tokens[last];
    if (!emitter->no_line) {
        resume_copying(emitter);
        copy_up_to(emitter, begin->offset);
        emitter->known = false;
    } else if (!is_main_file(emitter->unit, last)) {
        return;
    }
    emitter->at_start = emitter->out->length == 0 || emitter->out->text[emitter->out->length - 1] == '\n';
    emitter->last_column = 0;
    emitter->depth = 0;
    if (lowered->before.first)
        write_guard(emitter);
    write_ops(emitter, &lowered->before);
    emitter->depth = 0;
    write_ops(emitter, &lowered->body);
    emitter->depth = 0;
    write_ops(emitter, &lowered->after);
    emitter->copied = end->offset + end->length;
    emitter->after = last;
}

void emit_rest(struct emitter *emitter)
{
    if (emitter->no_line) {
        new_line(emitter);
        return;
    }
    resume_copying(emitter);
    copy_up_to(emitter, (uint32_t)emitter->unit->length);
}
