/* layout.c - see layout.h. What is written here is never compiled as it stands, so it takes the text as it comes: braces, parentheses and
 * semicolons are all that it understands.
 */
#include "layout.h"

#include <ctype.h>
#include <string.h>

enum { INDENT = 4 };

static bool is_word_character(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '$' || (unsigned char)c >= 0x80;
}

bool layout_needs_space(char left, char right, bool spaced)
{
    if (is_word_character(left) && is_word_character(right))
        return true;
    return spaced && left != ' ' && !strchr("([", left) && !strchr(")],;[", right);
}

static char last_character(const struct layout *layout)
{
    return layout->line.length ? layout->line.text[layout->line.length - 1] : '\0';
}

bool layout_is_whole(const struct layout *layout)
{
    char last = last_character(layout);
    return !layout->parentheses && !layout->lists && (!last || strchr(";{}", last));
}

static bool begins_with(const char *text, const char *word)
{
    size_t length = strlen(word);
    return strncmp(text, word, length) == 0 && !is_word_character(text[length]);
}

/* The length of `name:` at the text's beginning, or 0. */
static size_t label_length(const char *text)
{
    size_t length = 0;
    while (is_word_character(text[length]))
        length++;
    return length && text[length] == ':' && text[length + 1] != ':' && !begins_with(text, "default") ? length + 1 : 0;
}

/* ---- whole lines ---- */

static bool is_header(const char *text)
{
    static const char *const words[] = {"if", "else", "for", "while", "switch", "do"};
    while (*text == '}' || *text == ' ')
        text++;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (begins_with(text, words[i]))
            return true;
    return false;
}

static unsigned indentation(const struct layout *layout)
{
    const char *text = layout->line.text;
    unsigned depth = layout->begun_depth;
    bool inner = layout->continued || layout->headers;
    for (const char *p = text; *p == '}' && depth; p++)
        depth--;
    if (inner && *text != '{' && *text != '}')
        return INDENT * (depth + layout->headers + layout->continued);
    if (!inner && label_length(text) && !strncmp(text, "brio_", 5))
        return 0;
    if (!inner && depth && (begins_with(text, "case") || begins_with(text, "default") || label_length(text)))
        depth--;
    return INDENT * depth;
}

/* What the line that ends here means for the next one. */
static void note_end(struct layout *layout)
{
    char last = last_character(layout);
    if (!layout->continued)
        layout->header = is_header(layout->line.text);
    bool list = layout->lists || (last == ',' && layout->begun_depth && !layout->parentheses);
    bool is_case = begins_with(layout->line.text, "case") && last == '/'; /* and a comment */
    bool whole = !layout->parentheses && (is_case || last == ';' || last == '{' || last == '}' || last == ':' || list);
    if (whole) {
        layout->headers = 0;
        layout->continued = false;
    } else if (layout->header && !layout->parentheses) {
        layout->headers++;
        layout->continued = false;
    } else {
        layout->continued = layout->depth > 0 || layout->parentheses;
    }
}

void layout_break(struct layout *layout)
{
    while (last_character(layout) == ' ')
        layout->line.length--;
    if (layout->line.length) {
        layout->line.text[layout->line.length] = '\0';
        buffer_printf(layout->out, "%*s%s\n", (int)indentation(layout), "", layout->line.text);
        note_end(layout);
    }
    layout->line.length = 0;
    layout->closed = false;
    layout->begun_depth = layout->depth + layout->lists;
}

void layout_gap(struct layout *layout)
{
    layout_break(layout);
    const struct buffer *out = layout->out;
    if (out->length > 1 && out->text[out->length - 2] != '\n' && out->text[out->length - 2] != '{')
        buffer_puts(layout->out, "\n");
}

/* ---- pieces ---- */

static void add_text(struct layout *layout, const char *text, size_t length, bool spaced)
{
    char last = last_character(layout);
    if (last == ',' || last == ';' || last == '=')
        spaced = true;
    else if (layout->lists && (last == '{' || (last == ')' && *text == '{')))
        spaced = false;
    if (last && layout_needs_space(last, *text, spaced))
        buffer_puts(&layout->line, " ");
    buffer_add(&layout->line, text, length);
}

static void count_parentheses(struct layout *layout, char c)
{
    layout->parentheses += c == '(' || c == '[';
    layout->parentheses -= (c == ')' || c == ']') && layout->parentheses;
}

void layout_token(struct layout *layout, const char *text, size_t length, bool spaced)
{
    if (layout->closed)
        layout_break(layout);
    if (length == 1 && *text == '}' && layout->depth)
        layout->depth--;
    add_text(layout, text, length, spaced);
    if (length == 1) {
        layout->depth += *text == '{';
        count_parentheses(layout, *text);
    }
}

/* Behind a string, a character constant or a comment that begins here; NULL if none does. */
static const char *behind_quoted(const char *p)
{
    if (p[0] == '/' && p[1] == '*') {
        const char *end = strstr(p + 2, "*/");
        return end ? end + 2 : p + strlen(p);
    }
    if (*p != '"' && *p != '\'')
        return NULL;
    const char quote = *p++;
    while (*p && *p != quote)
        p += *p == '\\' && p[1] ? 2 : 1;
    return *p ? p + 1 : p;
}

static void open_brace(struct layout *layout)
{
    bool expression = last_character(layout) == '(' && layout->expressions < MAX_EXPRESSIONS;
    bool list = !expression && (layout->parentheses || layout->lists || last_character(layout) == '=');
    if (!list && !layout->depth && !layout->parentheses) /* a function's */
        layout_break(layout);
    layout->lists += list;
    add_text(layout, "{", 1, true);
    if (expression) {
        layout->outside[layout->expressions++] = (struct outside){layout->depth, layout->parentheses};
        layout->parentheses = 0;
    }
    layout->depth += !list;
    if (!list)
        layout_break(layout);
}

static void close_brace(struct layout *layout)
{
    if (layout->lists) {
        layout->lists--;
        add_text(layout, "}", 1, false);
        return;
    }
    layout_break(layout);
    layout->depth -= layout->depth > 0;
    add_text(layout, "}", 1, false);
    layout->closed = true;
    if (layout->expressions && layout->outside[layout->expressions - 1].depth == layout->depth) {
        layout->parentheses = layout->outside[--layout->expressions].parentheses;
        layout->closed = false;
    }
}

/* Text of ours: a statement a line. */
static void add_statements(struct layout *layout, const char *text, bool spaced)
{
    for (const char *p = text, *behind; *p; p = behind) {
        behind = p + 1;
        if (*p == ' ') {
            spaced = true;
            continue;
        }
        if (layout->closed && *p != ';' && *p != ',' && *p != ')' && !begins_with(p, "else") && !begins_with(p, "while"))
            layout_break(layout);
        layout->closed = false;
        if (*p == '{') {
            open_brace(layout);
        } else if (*p == '}') {
            close_brace(layout);
        } else if (*p == ';' || strchr("()[],", *p)) {
            count_parentheses(layout, *p);
            add_text(layout, p, 1, spaced);
            if (*p == ';' && !layout->parentheses && !layout->lists)
                layout_break(layout);
        } else {
            size_t label = layout->line.length ? 0 : label_length(p);
            const char *quoted = behind_quoted(p);
            if (label)
                behind = p + label + (p[label] == ';');
            else if (quoted)
                behind = quoted;
            while (!label && !quoted && *behind && !strchr(" {}();,[]\"'", *behind))
                behind++;
            add_text(layout, p, (size_t)(behind - p), spaced);
            if (label)
                layout_break(layout);
        }
        spaced = false;
    }
}

void layout_word(struct layout *layout, const char *text, bool spaced)
{
    if (layout_is_whole(layout) && *text != ';' && *text != ')' && *text != ',')
        layout_break(layout);
    add_statements(layout, text, spaced);
}

void layout_glue(struct layout *layout, const char *text)
{
    layout_break(layout);
    add_statements(layout, text, true);
    char last = last_character(layout);
    if (last != '=' && last != '(') /* what follows is the user's */
        layout_break(layout);
}
