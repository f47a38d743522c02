#include "source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "arena.h"

uint32_t source_column(const char *line, size_t offset)
{
    uint32_t column = 1;
    for (size_t i = 0; i < offset; i++) {
        if (line[i] == '\t')
            column = (column - 1) / 8 * 8 + 9;
        else
            column += ((unsigned char)line[i] & 0xc0) != 0x80;
    }
    return column;
}

/* The whole of a regular file, NUL-terminated; NULL if that fails. */
static char *read_file(const char *name, size_t *length)
{
    struct stat status;
    FILE *stream = stat(name, &status) == 0 && S_ISREG(status.st_mode) ? fopen(name, "rb") : NULL;
    if (stream == NULL)
        return NULL;
    size_t room = 16384, used = 0;
    char *text = checked_realloc(NULL, room);
    for (size_t got; (got = fread(text + used, 1, room - used - 1, stream)) > 0; ) {
        used += got;
        if (room - used == 1)
            text = checked_realloc(text, room *= 2);
    }
    bool failed = ferror(stream);
    fclose(stream);
    if (failed) {
        free(text);
        return NULL;
    }
    text[used] = '\0';
    *length = used;
    return text;
}

static void find_lines(struct file *file)
{
    size_t room = 256;
    uint32_t *lines = checked_realloc(NULL, room * sizeof *lines);
    lines[file->line_count++] = 0;
    for (const char *p = file->text; (p = memchr(p, '\n', (size_t)(file->text + file->text_length - p))) != NULL; ) {
        p++;
        if (file->line_count == room)
            lines = checked_realloc(lines, (room *= 2) * sizeof *lines);
        lines[file->line_count++] = (uint32_t)(p - file->text);
    }
    file->lines = lines;
}

static struct file *read_source(struct unit *unit, uint32_t index)
{
    struct file *file = &unit->files[index];
    if (!file->read) {
        file->read = true;
        file->text = read_file(file->name, &file->text_length);
        if (file->text && file->text_length > INT32_MAX) {
            free((char *)file->text);
            file->text = NULL;
        }
        if (file->text)
            find_lines(file);
    }
    return file->text ? file : NULL;
}

const char *source_line(struct unit *unit, uint32_t index, uint32_t line, size_t *length)
{
    struct file *file = read_source(unit, index);
    if (file == NULL || line == 0 || line > file->line_count)
        return NULL;
    const char *start = file->text + file->lines[line - 1];
    const char *end = line < file->line_count ? file->text + file->lines[line] - 1 : file->text + file->text_length;
    if (end > start && end[-1] == '\r')
        end--;
    *length = (size_t)(end - start);
    return start;
}

/* ---- where a token stands in the original ----
 *
 * Preprocessed text has lost the columns, and puts the arguments of a macro that span lines on one. So the tokens of a statement (a group)
 * are aligned with the words of the lines that they came from: the longest common subsequence, in which names weigh more than punctuation.
 * What came out of a macro finds no word, and gets the place of the macro's name.
 */

enum { MAX_GROUP = 1000, MAX_WORDS = 4000, MAX_CELLS = 1 << 20, MAX_EXTRA_LINES = 200 };

struct word {
    const char *text;
    uint32_t length, line, column;
    bool name, taken;
};

struct group {
    struct unit *unit;
    int first, last; /* tokens */
    struct word *words;
    int count, room;
};

/* Does a new statement begin at this token, on a line of its own? */
static bool begins_group(const struct unit *unit, int token)
{
    const struct token *before = &unit->tokens[token - 1], *t = &unit->tokens[token];
    enum punctuator end = (enum punctuator)before->punctuator;
    if (t->kind == T_END || before->kind == T_END || t->file != before->file || t->line < before->line)
        return true;
    return t->line > before->line && (end == P_SEMICOLON || end == P_LEFT_BRACE || end == P_RIGHT_BRACE);
}

static void find_group(struct group *group, int token)
{
    const struct token *tokens = group->unit->tokens;
    group->first = group->last = token;
    while (!begins_group(group->unit, group->first) && token - group->first < MAX_GROUP / 2)
        group->first--;
    while (!begins_group(group->unit, group->last + 1) && group->last - token < MAX_GROUP / 2)
        group->last++;
    /* too long: whole lines of it */
    while (tokens[group->first].line == tokens[group->first - 1].line && tokens[group->first].line < tokens[token].line)
        group->first++;
}

static void add_word(struct group *group, const char *text, uint32_t line, uint32_t column, const struct lexeme *lexeme)
{
    if (group->count == group->room) {
        group->room = group->room ? group->room * 2 : 64;
        group->words = checked_realloc(group->words, (size_t)group->room * sizeof *group->words);
    }
    group->words[group->count++] = (struct word){text, lexeme->length, line, column, lexeme->kind == T_IDENT, false};
}

/* Adds the words of one line of the file; returns how many more parentheses it opens than it closes. */
static int add_words(struct group *group, const char *line, size_t length, uint32_t number)
{
    const char *end = line + length;
    int open = 0;
    for (const char *p = line; p < end && group->count <= MAX_WORDS; ) {
        uint32_t newlines = 0;
        bool unterminated = false;
        const char *behind = lex_comment(p, end, &newlines, &unterminated);
        if (behind) {
            p = behind;
        } else if (*p == ' ' || (*p >= '\t' && *p <= '\r') || (*p == '\\' && p + 1 == end)) {
            p++;
        } else {
            struct lexeme lexeme = lex_one(p, end);
            if (lexeme.length > (size_t)(end - p))
                lexeme.length = (uint32_t)(end - p);
            open += (lexeme.punctuator == P_LEFT_PAREN) - (lexeme.punctuator == P_RIGHT_PAREN);
            add_word(group, p, number, (uint32_t)(p - line) + 1, &lexeme);
            p += lexeme.length;
        }
    }
    return open;
}

/* The words of the group's lines, and of those after them on which its last macro may be closed. */
static void read_words(struct group *group)
{
    const struct token *tokens = group->unit->tokens;
    uint32_t last = tokens[group->last].line;
    int open = 0;
    for (uint32_t line = tokens[group->first].line; line <= last || (open > 0 && line < last + MAX_EXTRA_LINES); line++) {
        size_t length;
        const char *text = source_line(group->unit, tokens[group->first].file, line, &length);
        if (text == NULL || group->count > MAX_WORDS)
            break;
        open += add_words(group, text, length, line);
    }
}

/* AWAIT and BRIO_AWAIT became __brio_await. */
static bool same_word_of_language(const struct ident *ident, const struct word *word)
{
    const char *name = ident->name + strlen("__brio_"), *text = word->text;
    size_t length = word->length;
    if (length > 5 && memcmp(text, "BRIO_", 5) == 0) {
        text += 5;
        length -= 5;
    }
    if (length != ident->length - strlen("__brio_"))
        return false;
    for (size_t i = 0; i < length; i++) {
        if (text[i] != (name[i] >= 'a' && name[i] <= 'z' ? name[i] - 'a' + 'A' : name[i]))
            return false;
    }
    return true;
}

static bool same_spelling(const struct unit *unit, int token, const struct word *word)
{
    const struct token *t = &unit->tokens[token];
    if (t->kind == T_KEYWORD && t->ident->keyword >= K_ASYNC)
        return same_word_of_language(t->ident, word);
    return t->length == word->length && memcmp(token_text(unit, token), word->text, t->length) == 0;
}

static bool may_match(const struct unit *unit, int token, const struct word *word)
{
    return word->line >= unit->tokens[token].line && same_spelling(unit, token, word);
}

static int weight(const struct unit *unit, int token)
{
    return unit->tokens[token].kind == T_PUNCTUATOR ? 1 : 4;
}

static bool matches(const struct group *group, int row, int column)
{
    return may_match(group->unit, group->first + row, &group->words[column]);
}

/* Of tokens and words from `row`, `column` on, up to `end_row` and `end_column`: the longest common subsequence. */
static void align_middle(struct group *group, int *match, int row, int column, int end_row, int end_column)
{
    int rows = end_row - row, columns = end_column - column;
    size_t width = (size_t)columns + 1;
    uint16_t *score = checked_realloc(NULL, (size_t)(rows + 1) * width * sizeof *score);
    memset(score + (size_t)rows * width, 0, width * sizeof *score);
    for (int i = rows - 1; i >= 0; i--) {
        uint16_t *here = score + (size_t)i * width, *below = here + width;
        here[columns] = 0;
        for (int j = columns - 1; j >= 0; j--) {
            uint16_t best = below[j] > here[j + 1] ? below[j] : here[j + 1];
            if (matches(group, row + i, column + j)) {
                int with = below[j + 1] + weight(group->unit, group->first + row + i);
                best = with > best ? (uint16_t)with : best;
            }
            here[j] = best;
        }
    }
    for (int i = 0, j = 0; i < rows; ) {
        const uint16_t *here = score + (size_t)i * width, *below = here + width;
        match[row + i] = -1;
        if (j < columns && matches(group, row + i, column + j) && here[j] == below[j + 1] + weight(group->unit, group->first + row + i)) {
            match[row + i++] = column + j;
            j++;
        } else if (j == columns || here[j] == below[j]) {
            i++;
        } else {
            j++;
        }
    }
    free(score);
}

/* match[i] becomes the word of token first + i, or -1. What agrees at both ends, mostly all of it, needs no search. */
static void align_words(struct group *group, int *match)
{
    int rows = group->last - group->first + 1, columns = group->count, row = 0;
    for (; row < rows && row < columns && matches(group, row, row); row++)
        match[row] = row;
    int column = row;
    while (rows > row && columns > column && matches(group, rows - 1, columns - 1))
        match[--rows] = --columns;
    if (rows == row)
        return;
    if ((size_t)(rows - row) * (size_t)(columns - column + 1) <= MAX_CELLS)
        align_middle(group, match, row, column, rows, columns);
    else
        for (; row < rows; row++)
            match[row] = -1;
}

/* The word that stands for a token without one of its own: another copy of the same name (a macro may use its argument twice), else the
 * name behind the last matched word, which is the macro's. */
static const struct word *find_substitute(const struct group *group, int token, int after)
{
    if (group->unit->tokens[token].ident) {
        for (int j = 0; j < group->count; j++) {
            if (may_match(group->unit, token, &group->words[j]))
                return &group->words[j];
        }
    }
    for (int j = after + 1; j < group->count && !group->words[j].taken; j++) {
        if (group->words[j].name && group->words[j].line >= group->unit->tokens[token].line)
            return &group->words[j];
    }
    return after >= 0 ? &group->words[after] : &group->words[0];
}

static void place(struct unit *unit, int token, uint32_t line, uint32_t column)
{
    unit->places[token] = line;
    unit->columns[token] = column;
}

static void place_by_words(struct group *group)
{
    int rows = group->last - group->first + 1, after = -1;
    int *match = checked_realloc(NULL, (size_t)rows * sizeof *match);
    align_words(group, match);
    for (int i = 0; i < rows; i++) {
        if (match[i] >= 0)
            group->words[match[i]].taken = true;
    }
    for (int i = 0; i < rows; i++) {
        if (match[i] >= 0)
            after = match[i];
        const struct word *word = match[i] >= 0 ? &group->words[after] : find_substitute(group, group->first + i, after);
        place(group->unit, group->first + i, word->line, word->column);
    }
    free(match);
}

/* Where the original cannot be had: as the preprocessed text has it. */
static void place_as_preprocessed(const struct group *group)
{
    struct unit *unit = group->unit;
    const char *counted = token_text(unit, group->first), *line = counted;
    while (line > unit->text && line[-1] != '\n')
        line--;
    for (int i = group->first; i <= group->last; i++) {
        const char *text = token_text(unit, i);
        for (const char *newline; (newline = memchr(counted, '\n', (size_t)(text - counted))) != NULL; line = counted)
            counted = newline + 1;
        counted = text;
        place(unit, i, unit->tokens[i].line, (uint32_t)(text - line) + 1);
    }
}

static void place_group(struct unit *unit, int token)
{
    struct group group = {.unit = unit};
    if (unit->columns == NULL) {
        unit->columns = pages_alloc((size_t)unit->count * sizeof *unit->columns);
        unit->places = pages_alloc((size_t)unit->count * sizeof *unit->places);
    }
    if (unit->tokens[token].kind == T_END) {
        place(unit, token, unit->tokens[token].line, 1);
        return;
    }
    find_group(&group, token);
    read_words(&group);
    if (group.count)
        place_by_words(&group);
    else
        place_as_preprocessed(&group);
    free(group.words);
}

uint32_t token_byte(struct unit *unit, int token)
{
    if (unit->columns == NULL || unit->columns[token] == 0)
        place_group(unit, token);
    return unit->columns[token];
}

uint32_t token_column(struct unit *unit, int token)
{
    uint32_t byte = token_byte(unit, token);
    size_t length;
    const char *line = source_line(unit, unit->tokens[token].file, unit->places[token], &length);
    return line && byte <= length + 1 ? source_column(line, byte - 1) : byte;
}

uint32_t token_line(struct unit *unit, int token)
{
    if (unit->columns == NULL || unit->columns[token] == 0)
        place_group(unit, token);
    return unit->places[token];
}
