/* parse_internal.h - what the files of the parser share.
 *
 * A recursive descent. Errors leave by longjmp to the loop over external declarations (parse_unit.c). Every nesting construct calls
 * parse_enter and parse_leave, so that no input can exhaust the C stack.
 */
#ifndef GEN_PARSE_INTERNAL_H
#define GEN_PARSE_INTERNAL_H

#include <setjmp.h>

#include "parse.h"
#include "scope.h"

enum { MAX_NESTING = 2100 };

/* Declarations that were not parsed when they were met; see parse_skim.c. */
struct skims {
    struct skimmed *list; /* in order of the text */
    struct skim_name *names; /* of the one at hand */
    int *wanted;             /* indices into list */
    int count, room, name_count, name_room, wanted_count, wanted_room;
    long wasted; /* tokens that were looked at in vain: with too many of them, in a source full of errors, there is no more skimming */
};

struct parser {
    struct unit *unit;
    struct token *tokens;
    struct arena *arena; /* where nodes and symbols go now: the unit's, or function_arena while a body is parsed */
    struct arena *function_arena;
    int pos;   /* the next token */
    int depth; /* of nesting constructs */
    struct scope *scope;
    int bodies;     /* how many function bodies enclose this place: 0 at file scope */
    bool in_async;  /* the innermost function is ASYNC */
    unsigned words; /* of the language met so far */
    bool skimming;  /* in parse_skimmed: function bodies do not matter */
    struct skims skims;
    jmp_buf recover;
};

/* Reports an error at the token, unless it comes from a system header, where the compiler knows better; does not return. */
void parse_fail(struct parser *p, int token, const char *format, ...) __attribute__((noreturn, format(printf, 3, 4)));
/* "expected X before Y" at the next token. */
void parse_expected(struct parser *p, const char *what) __attribute__((noreturn));
void parse_enter(struct parser *p);
void parse_leave(struct parser *p);

/* ---- tokens ---- */

static inline bool parse_at(const struct parser *p, enum punctuator which)
{
    return p->tokens[p->pos].punctuator == which;
}
static inline enum token_kind parse_kind(const struct parser *p)
{
    return (enum token_kind)p->tokens[p->pos].kind;
}
bool parse_accept(struct parser *p, enum punctuator which);
void parse_expect(struct parser *p, enum punctuator which);
/* The keyword at a token, seen through soft keywords; K_NONE if there is none. */
enum keyword parse_keyword(const struct parser *p, int token);
/* Goes past a keyword, and makes it a T_KEYWORD if it was a soft one. */
int parse_take_keyword(struct parser *p);
/* Goes past a name and returns its token. */
int parse_name(struct parser *p);
/* At an opening bracket of any kind: goes behind its closing one. */
void parse_skip_brackets(struct parser *p);

/* ---- nodes ---- */

struct node *parse_new(struct parser *p, enum node_kind kind);
/* Ends the node before the next token, and takes over what its children tell. */
struct node *parse_close(struct parser *p, struct node *node);
/* Lists under construction. */
struct list {
    struct node *first, **end;
};
void list_add(struct list *list, struct node *node);

struct scope *parse_open_scope(struct parser *p);
void parse_close_scope(struct parser *p);

/* ---- grammar ---- */

bool parse_at_type(const struct parser *p, int token);
/* A declaration begins here, be it behind __extension__ and attributes. */
bool parse_at_declaration(const struct parser *p);
/* Behind attributes of both spellings, without a node. */
int parse_behind_attributes(const struct parser *p, int token);
bool parse_at_attribute(const struct parser *p, int token);

struct node *parse_specs(struct parser *p);
struct node *parse_type_name(struct parser *p);
struct node *parse_static_assert(struct parser *p);
/* Of a block or of the file, with its semicolon; a function definition for what is one, its body parsed or (file scope only) skipped: c is
 * NULL then. */
struct node *parse_declaration(struct parser *p);
struct node *parse_initializer(struct parser *p);
/* The rest of an initializer list, up to `close`, which is eaten. */
struct node *parse_init_list(struct parser *p, int first, enum punctuator close);
void parse_attributes(struct parser *p, struct list *list);
struct node *parse_struct(struct parser *p);
struct node *parse_enum(struct parser *p);

struct node *parse_expression(struct parser *p);
struct node *parse_assignment(struct parser *p);
struct node *parse_constant(struct parser *p);
/* In parentheses: a type name or an expression; goes past both. */
struct node *parse_parenthesized_operand(struct parser *p);
/* (call, options…), (nursery, call, …), (nursery, result, call, …): fills a node of SPAWN's family, from the opening parenthesis to the
 * closing one. */
void parse_spawn_arguments(struct parser *p, struct node *node, bool into);

struct node *parse_compound(struct parser *p);
struct node *parse_statement(struct parser *p);
/* The blocks and statements of the language; NULL if none begins here. */
struct node *parse_word_statement(struct parser *p, enum keyword keyword);

/* parse_skim.c. At file scope: goes past an external declaration without anything of ours, notes the names that it declares and returns
 * true; false, and nothing done, where the parser has to look itself. */
bool parse_skim(struct parser *p);
/* At file scope, before the parser goes to these tokens: parses all skimmed declarations of names in them, and what these need. */
void parse_skimmed(struct parser *p, int first, int last);
void parse_skims_free(struct parser *p);
/* parse_unit.c: after an error, back to file scope. */
void parse_recover(struct parser *p);

/* parse_unit.c: the body of a function whose declarator has just been parsed. */
struct node *parse_function(struct parser *p, int first, struct node *specs, struct node *declarator);

/* ---- parse_type.c ---- */

/* Fills in kind, is_async, is_leaf and is_static of a declared name. */
void parse_classify(struct parser *p, struct symbol *symbol, struct node *specs, struct node *declarator);
/* Puts ASYNC and ASYNC_LEAF of the specifiers on the derivation that they are meant for. */
void parse_mark_async(const struct node *specs, struct node *declarator);
/* Notes a member's name for member_async. */
void parse_classify_member(struct parser *p, struct node *specs, struct node *declarator);

#endif
