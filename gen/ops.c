/* ops.c - the list of pieces that lowering makes. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "layout.h"
#include "lower_internal.h"

void op_list_init(struct op_list *list)
{
    list->first = NULL;
    list->end = &list->first;
}

static struct op *add_op(struct lower *lower, enum op_kind kind, int first, int last, const char *text)
{
    struct op *op = ARENA_NEW(lower->arena, struct op);
    op->kind = kind;
    op->first = first;
    op->last = last;
    op->text = text;
    *lower->out->end = op;
    lower->out->end = &op->next;
    return op;
}

void op_tokens(struct lower *lower, int first, int last)
{
    if (first <= last)
        add_op(lower, OP_TOKENS, first, last, NULL);
}

void op_word(struct lower *lower, int token, const char *text)
{
    add_op(lower, OP_WORD, token, token, text);
}

void op_place(struct lower *lower, int first, int last, const char *text)
{
    add_op(lower, OP_PLACED, first, last, text);
}

void op_glue(struct lower *lower, int token, const char *format, ...)
{
    va_list arguments;
    char small[512];
    va_start(arguments, format);
    int length = vsnprintf(small, sizeof small, format, arguments);
    va_end(arguments);
    char *text = arena_alloc(lower->arena, (size_t)length + 1);
    va_start(arguments, format);
    vsnprintf(text, (size_t)length + 1, format, arguments);
    va_end(arguments);
    add_op(lower, OP_GLUE, token, token, text);
}

static void add_text(struct buffer *buffer, const char *text, size_t length, bool spaced)
{
    char last = buffer->length ? buffer->text[buffer->length - 1] : ' ';
    if (length && layout_needs_space(last, *text, spaced))
        buffer_puts(buffer, " ");
    buffer_add(buffer, text, length);
}

/* No space is between them in the source. */
static bool are_adjacent(const struct unit *unit, int previous, int token)
{
    const struct token *one = &unit->tokens[previous], *other = &unit->tokens[token];
    return previous + 1 == token && one->offset + one->length == other->offset;
}

char *op_text(struct lower *lower, const struct op_list *list)
{
    struct buffer buffer = {0};
    int previous = 0;
    for (const struct op *op = list->first; op; op = op->next) {
        if (op->kind != OP_TOKENS) {
            add_text(&buffer, op->text, strlen(op->text), !are_adjacent(lower->unit, previous, op->first));
            previous = op->last;
            continue;
        }
        for (int token = op->first; token <= op->last; token++) {
            add_text(&buffer, token_text(lower->unit, token), lower->unit->tokens[token].length,
                     !are_adjacent(lower->unit, previous, token));
            previous = token;
        }
    }
    char *text = arena_strndup(lower->arena, buffer.text ? buffer.text : "", buffer.length);
    buffer_free(&buffer);
    return text;
}

static void dump_list(const struct unit *unit, const struct op_list *list, struct buffer *out)
{
    for (const struct op *op = list->first; op; op = op->next) {
        if (op->kind != OP_TOKENS) {
            buffer_printf(out, "%s\t%s\n", op->kind == OP_GLUE ? "glue" : "word", op->text);
            continue;
        }
        buffer_puts(out, "text\t");
        for (int token = op->first; token <= op->last; token++) {
            buffer_add(out, token_text(unit, token), unit->tokens[token].length);
            buffer_puts(out, token < op->last ? " " : "\n");
        }
    }
}

void lowered_dump(const struct unit *unit, const struct lowered *lowered, struct buffer *out)
{
    dump_list(unit, &lowered->before, out);
    dump_list(unit, &lowered->body, out);
    dump_list(unit, &lowered->after, out);
}
