/* lex.c - the input text as tokens, with what its line markers say about where they came from. */
#include "lex.h"

#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "buffer.h"
#include "diag.h"

enum { ERROR_ROOM = 20 };

struct lexer {
    struct unit *unit;
    const char *next, *end;
    uint32_t line, file;
    bool system, line_start;
    const char *name; /* in the last line marker, with its quotes; as a rule the next one has the same */
    size_t name_length;
    int pragma_room, file_room;
    int first_pragma; /* index + 1 of the first pragma since the last token, or 0 */
    struct {
        int token;
        const char *message;
    } errors[ERROR_ROOM];
    int error_count;
};

/* ---- names ---- */

static inline uint64_t load_8(const char *p)
{
    uint64_t word;
    memcpy(&word, p, sizeof word);
    return word;
}

static inline uint64_t load_4(const char *p)
{
    uint32_t word;
    memcpy(&word, p, sizeof word);
    return word;
}

/* The last bytes of a name, which is shorter than 8, or of one of which all others have been seen: they may be looked at twice. */
static inline uint64_t load_tail(const char *name, size_t length)
{
    if (length >= 4)
        return load_4(name) << 32 | load_4(name + length - 4);
    const unsigned char *p = (const unsigned char *)name;
    return length == 0 ? 0 : (uint64_t)p[0] << 16 | (uint64_t)p[length / 2] << 8 | p[length - 1];
}

/* By words: a multiplication for each letter, each waiting for the one before, was a good part of the time for a unit. */
static inline uint32_t hash_name(const char *name, size_t length)
{
    const uint64_t odd = 0x9e3779b97f4a7c15u;
    uint64_t hash = length * odd;
    size_t left = length;
    for (; left > 8; name += 8, left -= 8)
        hash = (hash ^ hash >> 29 ^ load_8(name)) * odd;
    hash = (hash ^ hash >> 29 ^ (left == 8 ? load_8(name) : load_tail(name, left))) * odd;
    return (uint32_t)(hash >> 32);
}

static inline bool same_name(const char *a, const char *b, size_t length)
{
    for (; length > 8; a += 8, b += 8, length -= 8) {
        if (load_8(a) != load_8(b))
            return false;
    }
    return length == 8 ? load_8(a) == load_8(b) : load_tail(a, length) == load_tail(b, length);
}

static void grow_idents(struct unit *unit)
{
    uint32_t room = unit->ident_room ? unit->ident_room * 2 : 4096;
    while (room < unit->length / 64)
        room *= 2;
    struct ident **table = checked_realloc(NULL, room * sizeof *table);
    memset(table, 0, room * sizeof *table);
    for (uint32_t i = 0; i < unit->ident_room; i++) {
        for (struct ident *ident = unit->idents[i], *chain; ident; ident = chain) {
            chain = ident->chain;
            ident->chain = table[ident->hash & (room - 1)];
            table[ident->hash & (room - 1)] = ident;
        }
    }
    free(unit->idents);
    unit->idents = table;
    unit->ident_room = room;
}

struct ident *ident_intern(struct unit *unit, const char *name, size_t length)
{
    uint32_t hash = hash_name(name, length);
    struct ident **bucket = &unit->idents[hash & (unit->ident_room - 1)];
    for (struct ident *ident = *bucket; ident; ident = ident->chain) {
        if (ident->hash == hash && ident->length == length && same_name(ident->name, name, length))
            return ident;
    }
    /* the name right behind it: both are looked at together */
    struct ident *ident = arena_alloc(unit->arena, sizeof *ident + length + 1);
    ident->name = memcpy(ident + 1, name, length);
    ident->length = (uint32_t)length;
    ident->hash = hash;
    ident->chain = *bucket;
    *bucket = ident;
    if (++unit->ident_count > unit->ident_room)
        grow_idents(unit);
    return ident;
}

static void add_keyword(struct unit *unit, enum keyword keyword, const char *spelling, bool soft)
{
    if (*spelling == '\0')
        return;
    struct ident *ident = ident_intern(unit, spelling, strlen(spelling));
    ident->keyword = (uint16_t)keyword;
    ident->soft = soft;
    ident->interesting = keyword >= K_ASYNC;
}

static void add_keywords(struct unit *unit)
{
#define KEYWORD(id, spelling) add_keyword(unit, id, spelling, false);
#define ALIAS(id, spelling) add_keyword(unit, id, spelling, false);
#define SOFT(id, spelling) add_keyword(unit, id, spelling, true);
#define PUNCTUATOR(id, spelling)
#include "token.def"
#undef KEYWORD
#undef ALIAS
#undef SOFT
#undef PUNCTUATOR
}

/* ---- one token ---- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_name_start(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$' || (unsigned char)c >= 0x80;
}

static bool is_name(char c)
{
    return is_name_start(c) || is_digit(c);
}

/* The length of the universal character name at text, or 0. */
static uint32_t scan_universal(const char *text, const char *end)
{
    if (end - text < 6 || text[0] != '\\' || (text[1] != 'u' && text[1] != 'U'))
        return 0;
    uint32_t length = text[1] == 'u' ? 6 : 10;
    if (end - text < (ptrdiff_t)length)
        return 0;
    for (uint32_t i = 2; i < length; i++) {
        if (!isxdigit((unsigned char)text[i]))
            return 0;
    }
    return length;
}

/* The length of a well-formed UTF-8 sequence, or 0. */
static uint32_t scan_utf8(const unsigned char *text, const unsigned char *end)
{
    unsigned char c = text[0];
    uint32_t length = c >= 0xf0 && c <= 0xf4 ? 4 : c >= 0xe0 && c < 0xf0 ? 3 : c >= 0xc2 && c < 0xe0 ? 2 : 0;
    if (end - text < (ptrdiff_t)length)
        return 0;
    for (uint32_t i = 1; i < length; i++) {
        if ((text[i] & 0xc0) != 0x80)
            return 0;
    }
    return length;
}

static struct lexeme scan_name(const char *text, const char *end)
{
    struct lexeme lexeme = {.kind = T_IDENT};
    const char *p = text;
    for (;;) {
        if ((unsigned char)*p >= 0x80) {
            uint32_t length = scan_utf8((const unsigned char *)p, (const unsigned char *)end);
            if (length == 0)
                lexeme.error = "a name that is not valid UTF-8";
            p += length ? length : 1;
        } else if (is_name(*p)) {
            p++;
        } else {
            uint32_t length = scan_universal(p, end);
            if (length == 0)
                break;
            p += length;
        }
    }
    lexeme.length = (uint32_t)(p - text);
    return lexeme;
}

static struct lexeme scan_number(const char *text)
{
    const char *p = text + 1;
    for (;;) {
        if ((*p == '+' || *p == '-') && strchr("eEpP", p[-1]))
            p++;
        else if (is_name(*p) || *p == '.')
            p++;
        else if (*p == '\'' && is_name(p[1]))
            p += 2;
        else
            break;
    }
    return (struct lexeme){.kind = T_NUMBER, .length = (uint32_t)(p - text)};
}

static const char nul_character[] = "NUL character in the source";

/* A string or character constant, whose quote stands at text[prefix]. */
static struct lexeme scan_quoted(const char *text, const char *end, size_t prefix)
{
    char quote = text[prefix];
    struct lexeme lexeme = {.kind = quote == '"' ? T_STRING : T_CHARACTER};
    const char *p = text + prefix + 1;
    while (p < end && *p != quote && *p != '\n') {
        if (*p == '\\' && p + 1 < end) {
            p++;
            lexeme.newlines += *p == '\n';
        }
        p++;
    }
    if (memchr(text, '\0', (size_t)(p - text)))
        lexeme.error = nul_character;
    else if (p >= end || *p != quote)
        lexeme.error = quote == '"' ? "missing terminating \" character" : "missing terminating ' character";
    p += p < end && *p == quote;
    lexeme.length = (uint32_t)(p - text);
    return lexeme;
}

/* R"delimiter(…)delimiter" */
static struct lexeme scan_raw_string(const char *text, const char *end, size_t prefix)
{
    struct lexeme lexeme = {.kind = T_STRING};
    const char *delimiter = text + prefix + 1, *p = delimiter;
    while (p < end && *p != '(' && *p != '\n' && *p != '"' && p - delimiter < 16)
        p++;
    size_t length = (size_t)(p - delimiter);
    bool closed = false;
    if (p < end && *p == '(') {
        for (; p < end && !closed; p++) {
            lexeme.newlines += *p == '\n';
            closed = *p == ')' && (size_t)(end - p) > length + 1 && memcmp(p + 1, delimiter, length) == 0 && p[length + 1] == '"';
        }
    }
    if (!closed)
        lexeme.error = "unterminated raw string";
    else if (memchr(text, '\0', (size_t)(p - text)))
        lexeme.error = nul_character;
    lexeme.length = (uint32_t)(p - text) + (closed ? (uint32_t)length + 1 : 0);
    return lexeme;
}

/* The length of an encoding prefix before a quote, 0 without; *raw for R"…". */
static size_t scan_prefix(const char *text, bool *raw)
{
    size_t length = text[0] == 'u' && text[1] == '8' ? 2 : strchr("LuU", text[0]) ? 1 : 0;
    *raw = text[length] == 'R' && text[length + 1] == '"';
    length += *raw;
    return text[length] == '"' || (text[length] == '\'' && !*raw) ? length : 0;
}

static struct lexeme punctuator(enum punctuator which, uint32_t length)
{
    return (struct lexeme){.kind = T_PUNCTUATOR, .punctuator = which, .length = length};
}

static struct lexeme with_equals(const char *text, enum punctuator with, enum punctuator without)
{
    return text[1] == '=' ? punctuator(with, 2) : punctuator(without, 1);
}

static struct lexeme scan_less(const char *text)
{
    switch (text[1]) {
    case '<': return text[2] == '=' ? punctuator(P_SHIFT_LEFT_ASSIGN, 3) : punctuator(P_SHIFT_LEFT, 2);
    case ':': return punctuator(P_LEFT_BRACKET, 2);
    case '%': return punctuator(P_LEFT_BRACE, 2);
    default: return with_equals(text, P_LESS_EQUAL, P_LESS);
    }
}

static struct lexeme scan_percent(const char *text)
{
    switch (text[1]) {
    case '>': return punctuator(P_RIGHT_BRACE, 2);
    case ':': return text[2] == '%' && text[3] == ':' ? punctuator(P_HASH_HASH, 4) : punctuator(P_HASH, 2);
    default: return with_equals(text, P_PERCENT_ASSIGN, P_PERCENT);
    }
}

static struct lexeme scan_punctuator(const char *text)
{
    switch (text[0]) {
    case '[': return punctuator(P_LEFT_BRACKET, 1);
    case ']': return punctuator(P_RIGHT_BRACKET, 1);
    case '(': return punctuator(P_LEFT_PAREN, 1);
    case ')': return punctuator(P_RIGHT_PAREN, 1);
    case '{': return punctuator(P_LEFT_BRACE, 1);
    case '}': return punctuator(P_RIGHT_BRACE, 1);
    case '.': return text[1] == '.' && text[2] == '.' ? punctuator(P_ELLIPSIS, 3) : punctuator(P_DOT, 1);
    case '~': return punctuator(P_TILDE, 1);
    case '?': return punctuator(P_QUESTION, 1);
    case ':': return text[1] == '>' ? punctuator(P_RIGHT_BRACKET, 2) : punctuator(P_COLON, 1);
    case ';': return punctuator(P_SEMICOLON, 1);
    case ',': return punctuator(P_COMMA, 1);
    case '#': return text[1] == '#' ? punctuator(P_HASH_HASH, 2) : punctuator(P_HASH, 1);
    case '-':
        if (text[1] == '>')
            return punctuator(P_ARROW, 2);
        return text[1] == '-' ? punctuator(P_MINUS_MINUS, 2) : with_equals(text, P_MINUS_ASSIGN, P_MINUS);
    case '+': return text[1] == '+' ? punctuator(P_PLUS_PLUS, 2) : with_equals(text, P_PLUS_ASSIGN, P_PLUS);
    case '&': return text[1] == '&' ? punctuator(P_AND_AND, 2) : with_equals(text, P_AND_ASSIGN, P_AND);
    case '|': return text[1] == '|' ? punctuator(P_OR_OR, 2) : with_equals(text, P_OR_ASSIGN, P_OR);
    case '*': return with_equals(text, P_STAR_ASSIGN, P_STAR);
    case '/': return with_equals(text, P_SLASH_ASSIGN, P_SLASH);
    case '!': return with_equals(text, P_NOT_EQUAL, P_NOT);
    case '=': return with_equals(text, P_EQUAL, P_ASSIGN);
    case '^': return with_equals(text, P_CARET_ASSIGN, P_CARET);
    case '%': return scan_percent(text);
    case '<': return scan_less(text);
    case '>':
        if (text[1] == '>')
            return text[2] == '=' ? punctuator(P_SHIFT_RIGHT_ASSIGN, 3) : punctuator(P_SHIFT_RIGHT, 2);
        return with_equals(text, P_GREATER_EQUAL, P_GREATER);
    default: return punctuator(P_STRAY, 1);
    }
}

struct lexeme lex_one(const char *text, const char *end)
{
    assert(text < end);
    char c = *text;
    if (c == 'L' || c == 'u' || c == 'U' || c == 'R') {
        bool raw;
        size_t prefix = scan_prefix(text, &raw);
        if (raw)
            return scan_raw_string(text, end, prefix);
        if (prefix)
            return scan_quoted(text, end, prefix);
    }
    if (is_name_start(c) || scan_universal(text, end))
        return scan_name(text, end);
    if (is_digit(c) || (c == '.' && is_digit(text[1])))
        return scan_number(text);
    if (c == '"' || c == '\'')
        return scan_quoted(text, end, 0);
    struct lexeme lexeme = scan_punctuator(text);
    if (c == '\0')
        lexeme.error = nul_character;
    return lexeme;
}

const char *lex_comment(const char *text, const char *end, uint32_t *newlines, bool *error)
{
    if (text[0] != '/' || (text[1] != '*' && text[1] != '/'))
        return NULL;
    const char *p = text + 2;
    if (text[1] == '/') {
        const char *newline = memchr(p, '\n', (size_t)(end - p));
        return newline ? newline : end;
    }
    for (; p < end; p++) {
        if (p[0] == '*' && p[1] == '/')
            return p + 2;
        *newlines += *p == '\n';
    }
    *error = true;
    return end;
}

/* ---- directives ---- */

static uint32_t find_file(struct lexer *lexer, const char *name, size_t length)
{
    struct unit *unit = lexer->unit;
    struct ident *ident = ident_intern(unit, name, length);
    if (ident->file == 0) {
        if (unit->file_count == lexer->file_room) {
            lexer->file_room = lexer->file_room ? lexer->file_room * 2 : 64;
            unit->files = checked_realloc(unit->files, (size_t)lexer->file_room * sizeof *unit->files);
        }
        unit->files[unit->file_count] = (struct file){.name = ident->name};
        ident->file = (uint32_t)++unit->file_count;
    }
    return ident->file - 1;
}

/* The characters of a quoted file name, its escapes undone, into `name`; returns the closing quote, or `end`. */
static const char *unescape_name(const char *p, const char *end, char *name, size_t *length)
{
    size_t n = 0;
    for (p++; p < end && *p != '"'; p++) {
        if (*p == '\\' && p + 1 < end) {
            p++;
            if (*p >= '0' && *p <= '7') {
                unsigned value = 0;
                for (int i = 0; i < 3 && p < end && *p >= '0' && *p <= '7'; i++)
                    value = value * 8 + (unsigned)(*p++ - '0');
                p--;
                name[n++] = (char)value;
                continue;
            }
        }
        name[n++] = *p;
    }
    *length = n;
    return p;
}

static const char *skip_blanks(const char *p, const char *end)
{
    while (p < end && (*p == ' ' || *p == '\t'))
        p++;
    return p;
}

/* Returns behind the closing quote. */
static const char *read_file_name(struct lexer *lexer, const char *p, const char *end)
{
    size_t length = lexer->name_length;
    if (length > 0 && (size_t)(end - p) >= length && memcmp(p, lexer->name, length) == 0)
        return p + length;
    char *name = checked_realloc(NULL, (size_t)(end - p));
    const char *quote = unescape_name(p, end, name, &length);
    lexer->file = find_file(lexer, name, length);
    free(name);
    lexer->name = p;
    lexer->name_length = quote < end ? (size_t)(quote + 1 - p) : 0;
    return quote < end ? quote + 1 : end;
}

/* `# 12 "x.c" 1 3` and `#line 12 "x.c"`: p stands on the number. */
static void read_marker(struct lexer *lexer, const char *p, const char *end)
{
    uint32_t line = 0;
    while (p < end && is_digit(*p))
        line = line * 10 + (uint32_t)(*p++ - '0');
    lexer->line = line;
    p = skip_blanks(p, end);
    if (p == end || *p != '"')
        return;
    p = read_file_name(lexer, p, end);
    lexer->system = false;
    for (p = skip_blanks(p, end); p < end && is_digit(*p); p = skip_blanks(p + 1, end))
        lexer->system |= *p == '3';
    lexer->unit->files[lexer->file].system = lexer->system;
}

static void add_pragma(struct lexer *lexer, const char *start, const char *end)
{
    struct unit *unit = lexer->unit;
    if (unit->pragma_count == lexer->pragma_room) {
        lexer->pragma_room = lexer->pragma_room ? lexer->pragma_room * 2 : 32;
        unit->pragmas = checked_realloc(unit->pragmas, (size_t)lexer->pragma_room * sizeof *unit->pragmas);
    }
    unit->pragmas[unit->pragma_count++] = (struct pragma){(uint32_t)(start - unit->text), (uint32_t)(end - start), unit->count};
    if (lexer->first_pragma == 0)
        lexer->first_pragma = unit->pragma_count;
}

/* A line that begins with '#', at lexer->next. Whatever is no line marker keeps its place, as a pragma does: #ident, and the #define lines
 * of -g3. */
static void read_directive(struct lexer *lexer)
{
    const char *start = lexer->next;
    const char *end = memchr(start, '\n', (size_t)(lexer->end - start));
    if (end == NULL)
        end = lexer->end;
    const char *p = skip_blanks(start + 1, end);
    if (end - p > 4 && memcmp(p, "line", 4) == 0 && (p[4] == ' ' || p[4] == '\t'))
        p = skip_blanks(p + 4, end);
    bool marker = p < end && is_digit(*p);
    if (marker)
        read_marker(lexer, p, end);
    else if (p < end)
        add_pragma(lexer, start, end);
    /* the newline counts, except after a marker, which names the line behind it */
    lexer->next = end;
    if (marker && end < lexer->end)
        lexer->next++;
    lexer->line_start = true;
}

/* ---- the unit ---- */

static void grow_tokens(struct unit *unit)
{
    int room = unit->token_room ? unit->token_room * 2 : (int)(unit->length / 5) + 64;
    struct token *tokens = pages_alloc((size_t)room * sizeof *tokens);
    if (unit->tokens)
        memcpy(tokens, unit->tokens, (size_t)unit->count * sizeof *tokens);
    pages_free(unit->tokens, (size_t)unit->token_room * sizeof *tokens);
    unit->tokens = tokens;
    unit->token_room = room;
}

static inline struct token *add_token(struct lexer *lexer, enum token_kind kind)
{
    struct unit *unit = lexer->unit;
    if (unit->count == unit->token_room)
        grow_tokens(unit);
    struct token *token = &unit->tokens[unit->count++];
    *token = (struct token){.kind = (uint8_t)kind,
                            .system = lexer->system,
                            .line_start = lexer->line_start,
                            .line = lexer->line,
                            .file = lexer->file,
                            .offset = (uint32_t)(lexer->next - unit->text),
                            .pragma = lexer->first_pragma};
    lexer->line_start = false;
    lexer->first_pragma = 0;
    return token;
}

static void note_error(struct lexer *lexer, const char *message)
{
    if (lexer->error_count == ERROR_ROOM || (lexer->error_count && lexer->errors[lexer->error_count - 1].message == message))
        return;
    lexer->errors[lexer->error_count].token = lexer->unit->count - 1;
    lexer->errors[lexer->error_count++].message = message;
}

static void set_ident(struct token *token, struct ident *ident)
{
    token->ident = ident;
    if (ident->keyword && !ident->soft)
        token->kind = T_KEYWORD;
}

static void read_token(struct lexer *lexer)
{
    struct lexeme lexeme = lex_one(lexer->next, lexer->end);
    struct token *token = add_token(lexer, lexeme.kind);
    token->length = lexeme.length;
    token->punctuator = (uint8_t)lexeme.punctuator;
    if (lexeme.kind == T_IDENT)
        set_ident(token, ident_intern(lexer->unit, lexer->next, lexeme.length));
    if (lexeme.error)
        note_error(lexer, lexeme.error);
    lexer->next += lexeme.length;
    lexer->line += lexeme.newlines;
}

static const bool plain_name_character[256] = {['a' ... 'z'] = true, ['A' ... 'Z'] = true, ['0' ... '9'] = true, ['_'] = true};

/* A name of plain letters, as nearly all are; false, and nothing done, for what lex_one has to look at. The first character is no digit. */
static bool read_plain_name(struct lexer *lexer)
{
    const char *p = lexer->next;
    while (plain_name_character[(unsigned char)*p])
        p++;
    if ((unsigned char)*p >= 0x80 || *p == '\\' || *p == '$' || *p == '"' || *p == '\'')
        return false;
    size_t length = (size_t)(p - lexer->next);
    struct token *token = add_token(lexer, T_IDENT);
    token->length = (uint32_t)length;
    set_ident(token, ident_intern(lexer->unit, lexer->next, length));
    lexer->next = p;
    return true;
}

/* What is a token whatever follows it. */
static void read_single(struct lexer *lexer, enum punctuator which)
{
    struct token *token = add_token(lexer, T_PUNCTUATOR);
    token->length = 1;
    token->punctuator = (uint8_t)which;
    lexer->next++;
}

static bool skip_comment(struct lexer *lexer)
{
    bool unterminated = false;
    const char *behind = lex_comment(lexer->next, lexer->end, &lexer->line, &unterminated);
    if (behind == NULL)
        return false;
    if (unterminated) {
        add_token(lexer, T_PUNCTUATOR)->punctuator = P_STRAY;
        note_error(lexer, "unterminated comment");
    }
    lexer->next = behind;
    return true;
}

static void read_all(struct lexer *lexer)
{
    while (lexer->next < lexer->end) {
        switch (*lexer->next) {
        case '\n':
            do {
                lexer->line++;
                lexer->next++;
            } while (*lexer->next == '\n');
            lexer->line_start = true;
            break;
        case ' ': case '\t': case '\v': case '\f': case '\r':
            lexer->next++;
            break;
        case '\\':
            if (scan_universal(lexer->next, lexer->end)) {
                read_token(lexer);
            } else if (lexer->next[1] == '\n') {
                lexer->next += 2;
                lexer->line++;
            } else {
                read_token(lexer);
            }
            break;
        case '#':
            if (lexer->line_start)
                read_directive(lexer);
            else
                read_token(lexer);
            break;
        case '/':
            if (!skip_comment(lexer))
                read_token(lexer);
            break;
        case '(': read_single(lexer, P_LEFT_PAREN); break;
        case ')': read_single(lexer, P_RIGHT_PAREN); break;
        case '[': read_single(lexer, P_LEFT_BRACKET); break;
        case ']': read_single(lexer, P_RIGHT_BRACKET); break;
        case '{': read_single(lexer, P_LEFT_BRACE); break;
        case '}': read_single(lexer, P_RIGHT_BRACE); break;
        case ',': read_single(lexer, P_COMMA); break;
        case ';': read_single(lexer, P_SEMICOLON); break;
        case 'a' ... 'z': case 'A' ... 'Z': case '_':
            if (!read_plain_name(lexer))
                read_token(lexer);
            break;
        default:
            read_token(lexer);
        }
    }
}

int lex_unit(struct unit *unit)
{
    unit->tokens = NULL;
    unit->count = unit->token_room = 0;
    bool too_long = unit->length > INT32_MAX;
    if (too_long) {
        unit->length = 0;
        unit->text = "";
    }
    struct lexer lexer = {.unit = unit, .next = unit->text, .end = unit->text + unit->length, .line = 1, .line_start = true};
    grow_idents(unit);
    add_keywords(unit);
    find_file(&lexer, unit->name, strlen(unit->name));
    add_token(&lexer, T_END);
    lexer.line_start = true;
    read_all(&lexer);
    add_token(&lexer, T_END);
    if (too_long)
        diag_error(unit->diag, 0, 0, "more than 2 GiB of source");
    for (int i = 0; i < lexer.error_count; i++)
        diag_error(unit->diag, lexer.errors[i].token, lexer.errors[i].token, "%s", lexer.errors[i].message);
    return lexer.error_count || too_long ? -1 : 0;
}

void unit_free(struct unit *unit)
{
    for (int i = 0; i < unit->file_count; i++) {
        free((char *)unit->files[i].text);
        free((uint32_t *)unit->files[i].lines);
    }
    pages_free(unit->tokens, (size_t)unit->token_room * sizeof *unit->tokens);
    free(unit->pragmas);
    free(unit->files);
    pages_free(unit->columns, (size_t)unit->count * sizeof *unit->columns);
    pages_free(unit->places, (size_t)unit->count * sizeof *unit->places);
    free(unit->idents);
    unit->tokens = NULL;
    unit->count = unit->token_room = unit->pragma_count = unit->file_count = 0;
    unit->pragmas = NULL;
    unit->files = NULL;
    unit->columns = unit->places = NULL;
    unit->idents = NULL;
}

const char *token_text(const struct unit *unit, int token)
{
    return unit->text + unit->tokens[token].offset;
}

bool token_is(const struct unit *unit, int token, const char *spelling)
{
    size_t length = strlen(spelling);
    return unit->tokens[token].length == length && memcmp(token_text(unit, token), spelling, length) == 0;
}

char *token_string(const struct unit *unit, int token)
{
    return arena_strndup(unit->arena, token_text(unit, token), unit->tokens[token].length);
}

void lex_dump(struct unit *unit, struct buffer *out)
{
    static const char *const kinds[] = {"end", "identifier", "keyword", "number", "character", "string", "punctuator"};
    for (int token = 1; token < unit->count - 1; token++) {
        const struct token *at = &unit->tokens[token];
        buffer_printf(out, "%s:%u:%u\t%s\t%.*s\n", unit->files[at->file].name, token_line(unit, token), token_column(unit, token),
                      kinds[at->kind], (int)at->length, token_text(unit, token));
    }
}

const char *token_spelling(const struct unit *unit, int token)
{
    const struct token *t = &unit->tokens[token];
    if (t->kind != T_KEYWORD || t->ident->keyword < K_ASYNC)
        return t->ident ? t->ident->name : token_string(unit, token);
    char *name = arena_strndup(unit->arena, t->ident->name + strlen("__brio_"), t->length - strlen("__brio_"));
    for (char *p = name; *p; p++)
        *p = (char)toupper((unsigned char)*p);
    return name;
}
