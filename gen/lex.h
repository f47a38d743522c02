/* lex.h - preprocessed text to tokens. */
#ifndef GEN_LEX_H
#define GEN_LEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct diag;

enum token_kind {
    T_END, /* after the last one; token 0 is a T_END too, so that 0 means "none" */
    T_IDENT,
    T_KEYWORD, /* which one: ident->keyword (enum keyword from token.def) */
    T_NUMBER,
    T_CHARACTER,
    T_STRING,
    T_PUNCTUATOR /* which one: `punctuator` (enum punctuator from token.def); digraphs are their equals */
};

enum keyword {
    K_NONE,
#define KEYWORD(id, spelling) id,
#define PUNCTUATOR(id, spelling)
#include "token.def"
#undef KEYWORD
#undef PUNCTUATOR
    KEYWORD_COUNT
};

enum punctuator {
    P_NONE,
#define KEYWORD(id, spelling)
#define PUNCTUATOR(id, spelling) id,
#include "token.def"
#undef KEYWORD
#undef PUNCTUATOR
    PUNCTUATOR_COUNT
};

/* An interned spelling: equal names are equal pointers. */
struct ident {
    const char *name;
    uint32_t length;
    uint16_t keyword;  /* enum keyword, or K_NONE */
    bool soft;         /* a keyword only where no declaration of the name is visible; see token.def */
    bool interesting;  /* a word of the language, or the name of something ASYNC: a function body in which it stands is parsed in full */
    bool local;        /* declared somewhere below file scope: what it means there may not hold in a function */
    bool local_tag;    /* likewise, as a tag */
    bool skimmed_member; /* it occurs in a struct that was not parsed; see parse_skim.c */
    uint8_t member;    /* enum member_async: what is known of struct members of this name */
    uint32_t hash;
    uint32_t file;         /* index + 1 in unit->files of the file of this name, or 0 */
    struct symbol *symbol; /* while parsing: the innermost visible declaration as an ordinary name; see scope.h */
    struct symbol *tag;    /* likewise, as a tag */
    struct ident *chain;
};

struct token {
    uint8_t kind;
    uint8_t punctuator;
    bool system;       /* from a system header or a system header's macro (line marker flag 3) */
    bool line_start;   /* first of its physical line */
    uint32_t offset;   /* into unit->text */
    uint32_t length;
    uint32_t line;     /* in `file`, as the line markers say */
    uint32_t file;     /* index of unit->files */
    int pragma;        /* index + 1 of the first of the #pragma lines (unit->pragmas) before this token, or 0 */
    struct ident *ident; /* T_IDENT, T_KEYWORD */
};

struct pragma {
    uint32_t offset, length; /* the whole line without its newline */
    int token;               /* it stands before this one */
};

struct file {
    const char *name; /* as the line marker spells it, unescaped */
    bool system;
    /* the original source for columns and carets, read when first asked for; NULL if it cannot be read */
    const char *text;
    size_t text_length;
    bool read;
    const uint32_t *lines; /* offsets of line starts */
    uint32_t line_count;
};

/* One translation unit. */
struct unit {
    const char *name; /* of the input, for messages about it as a whole */
    const char *text; /* NUL-terminated behind length bytes */
    size_t length;
    struct arena *arena;
    struct diag *diag;
    struct token *tokens; /* tokens[0] and tokens[count - 1] are T_END */
    int count, token_room;
    struct pragma *pragmas;
    int pragma_count;
    struct file *files;
    int file_count;
    uint32_t *columns; /* by token, in bytes from 1: 0 not yet known; see token_byte */
    uint32_t *places;  /* by token: the line in the original source, see token_line */
    struct ident **idents; /* hash table */
    uint32_t ident_room, ident_count;
    bool parse_all;    /* set by the caller: parse every function body in full, for tests */
};

/* Fills in everything from `tokens` on; name, text, length, arena and diag are the caller's. 0, or -1 when errors were reported (NUL bytes,
 * unterminated literals or comments, …). */
int lex_unit(struct unit *unit);
/* Frees what lex_unit and the sources read for columns have allocated outside the arena. */
void unit_free(struct unit *unit);
struct ident *ident_intern(struct unit *unit, const char *name, size_t length);

/* One token at the start of text..end, which does not begin with white space; *end is readable and NUL. */
struct lexeme {
    enum token_kind kind;
    enum punctuator punctuator;
    uint32_t length, newlines;
    const char *error; /* NULL, or what is wrong with it */
};
struct lexeme lex_one(const char *text, const char *end);
/* Behind the comment at `text`, or NULL if there is none; *newlines is added to. An unterminated one ends at `end` and sets *error. */
const char *lex_comment(const char *text, const char *end, uint32_t *newlines, bool *error);

const char *token_text(const struct unit *unit, int token); /* not NUL-terminated: length is in the token */
bool token_is(const struct unit *unit, int token, const char *spelling);
/* NUL-terminated, in the unit's arena. */
char *token_string(const struct unit *unit, int token);
/* As the user knows it: AWAIT for __brio_await. */
const char *token_spelling(const struct unit *unit, int token);
/* The column, from 1, in the original source: preprocessed text has lost it, so the tokens of a line are aligned with the line of the file
 * that the line marker names (the words of the language by the user's spellings: __brio_await stands for AWAIT or BRIO_AWAIT); a token that
 * came from a macro has the macro's column. Where the file cannot be read it is the column in the preprocessed line. */
uint32_t token_column(struct unit *unit, int token);
/* The same in bytes, whatever they are. */
uint32_t token_byte(struct unit *unit, int token);
/* The line on which the token really stands in the original source: preprocessors put the arguments of a macro that span lines on its first
 * one. */
uint32_t token_line(struct unit *unit, int token);

/* For --dump=tokens. */
struct buffer;
void lex_dump(struct unit *unit, struct buffer *out);

#endif
