#include "diag.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "buffer.h"
#include "source.h"

/* Lines are shown up to this column; a caret further right is not shown at all. */
enum { EXCERPT_WIDTH = 400 };

/* Tabs become spaces, so that the caret below stands right whatever the terminal makes of tabs. Returns the column behind the text. */
static uint32_t add_line(struct buffer *out, const char *text, size_t length)
{
    uint32_t column = 1;
    for (size_t i = 0; i < length && column <= EXCERPT_WIDTH; i++) {
        if (text[i] == '\t') {
            uint32_t width = 8 - (column - 1) % 8;
            buffer_printf(out, "%*s", (int)width, "");
            column += width;
        } else {
            bool control = (unsigned char)text[i] < ' ' || text[i] == 127;
            buffer_add(out, control ? "?" : &text[i], 1);
            column += ((unsigned char)text[i] & 0xc0) != 0x80;
        }
    }
    return column;
}

static uint32_t end_column(struct unit *unit, int token)
{
    const struct token *t = &unit->tokens[token];
    return token_column(unit, token) + (t->kind == T_KEYWORD ? (uint32_t)strlen(token_spelling(unit, token)) : t->length);
}

static void add_excerpt(struct buffer *out, struct unit *unit, int first, int last, bool colour, const char *tint)
{
    size_t length;
    uint32_t line = token_line(unit, first), column = token_column(unit, first);
    const char *text = source_line(unit, unit->tokens[first].file, line, &length);
    if (text == NULL || column > EXCERPT_WIDTH)
        return;
    buffer_printf(out, "%5u | ", line);
    uint32_t width = add_line(out, text, length), end = column + 1;
    if (last >= first && token_line(unit, last) == line && unit->tokens[last].file == unit->tokens[first].file)
        end = end_column(unit, last);
    else if (last > first)
        end = width;
    if (end > width)
        end = width;
    buffer_printf(out, "\n      | %*s%s^", (int)column - 1, "", colour ? tint : "");
    for (uint32_t i = column + 1; i < end; i++)
        buffer_puts(out, "~");
    buffer_puts(out, colour ? "\33[m\33[K\n" : "\n");
}

static bool is_among(const char *name, const char *const *names, int count)
{
    for (int i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

static bool is_enforced(const struct diag *diag, const char *name)
{
    return diag->warnings_are_errors || is_among(name, diag->enforced, diag->enforced_count);
}

static void print_message(struct diag *diag, int first, int last, const char *kind, const char *tint, const char *name, const char *text)
{
    struct unit *unit = diag->unit;
    struct buffer out = {0};
    const char *bold = diag->colour ? "\33[01m\33[K" : "", *off = diag->colour ? "\33[m\33[K" : "";
    bool placed = first > 0 && first < unit->count;
    /* at the end of the input the last token is the better place */
    if (placed && unit->tokens[first].kind == T_END && first > 1)
        first = last = first - 1;
    if (placed)
        buffer_printf(&out, "%s%s:%u:%u:%s ", bold, unit->files[unit->tokens[first].file].name, token_line(unit, first),
                      token_column(unit, first), off);
    else
        buffer_printf(&out, "%s%s:%s ", bold, unit->name, off);
    buffer_printf(&out, "%s%s:%s %s", diag->colour ? tint : "", kind, off, text);
    if (name)
        buffer_printf(&out, " [-W%s%s]", is_enforced(diag, name) ? "error=" : "", name);
    buffer_puts(&out, "\n");
    if (placed)
        add_excerpt(&out, unit, first, last, diag->colour, tint);
    fwrite(out.text, 1, out.length, stderr);
    buffer_free(&out);
}

static void print_formatted(struct diag *diag, int first, int last, const char *kind, const char *tint, const char *name,
                            const char *format, va_list arguments)
{
    char text[1024];
    vsnprintf(text, sizeof text, format, arguments);
    print_message(diag, first, last, kind, tint, name, text);
}

static bool over_limit(struct diag *diag)
{
    diag->silent = false;
    if (diag->error_limit > 0 && diag->errors == diag->error_limit + 1)
        fprintf(stderr, "%s: too many errors, the rest is not shown\n", diag->unit->name);
    return diag->error_limit > 0 && diag->errors > diag->error_limit;
}

void diag_error(struct diag *diag, int first, int last, const char *format, ...)
{
    diag->errors++;
    if (over_limit(diag))
        return;
    va_list arguments;
    va_start(arguments, format);
    print_formatted(diag, first, last, "error", "\33[01;31m\33[K", NULL, format, arguments);
    va_end(arguments);
}

void diag_warning(struct diag *diag, const char *name, int first, int last, const char *format, ...)
{
    diag->silent = diag->quiet || is_among(name, diag->disabled, diag->disabled_count);
    if (diag->silent)
        return;
    bool error = is_enforced(diag, name);
    if (error) {
        diag->errors++;
        if (over_limit(diag))
            return;
    } else {
        diag->warnings++;
    }
    va_list arguments;
    va_start(arguments, format);
    if (error)
        print_formatted(diag, first, last, "error", "\33[01;31m\33[K", name, format, arguments);
    else
        print_formatted(diag, first, last, "warning", "\33[01;35m\33[K", name, format, arguments);
    va_end(arguments);
}

void diag_note(struct diag *diag, int first, int last, const char *format, ...)
{
    if (diag->silent || (diag->error_limit > 0 && diag->errors > diag->error_limit))
        return;
    va_list arguments;
    va_start(arguments, format);
    print_formatted(diag, first, last, "note", "\33[01;36m\33[K", NULL, format, arguments);
    va_end(arguments);
}
