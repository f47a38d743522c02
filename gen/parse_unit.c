/* parse_unit.c - the loop over external declarations, and the helpers that every part of the parser uses. */
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "check.h"
#include "diag.h"
#include "parse_internal.h"

/* ---- errors ---- */

void parse_fail(struct parser *p, int token, const char *format, ...)
{
    if (!p->tokens[token].system) {
        char text[256];
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(text, sizeof text, format, arguments);
        va_end(arguments);
        diag_error(p->unit->diag, token, token, "%s", text);
    }
    longjmp(p->recover, 1);
}

void parse_expected(struct parser *p, const char *what)
{
    const struct token *token = &p->tokens[p->pos];
    if (token->kind == T_END)
        parse_fail(p, p->pos, "expected %s at the end of the input", what);
    parse_fail(p, p->pos, "expected %s before '%.60s'", what, token_spelling(p->unit, p->pos));
}

void parse_enter(struct parser *p)
{
    if (++p->depth > MAX_NESTING)
        parse_fail(p, p->pos, "nested too deeply (the limit is %d)", MAX_NESTING);
}

void parse_leave(struct parser *p)
{
    p->depth--;
}

/* ---- tokens ---- */

bool parse_accept(struct parser *p, enum punctuator which)
{
    if (!parse_at(p, which))
        return false;
    p->pos++;
    return true;
}

void parse_expect(struct parser *p, enum punctuator which)
{
    static const char *const spellings[] = {
        "",
#define KEYWORD(id, spelling)
#define PUNCTUATOR(id, spelling) "'" spelling "'",
#include "token.def"
#undef KEYWORD
#undef PUNCTUATOR
    };
    if (!parse_accept(p, which))
        parse_expected(p, spellings[which]);
}

static bool soft_keyword_fits(const struct parser *p, int token, enum keyword keyword)
{
    enum punctuator next = (enum punctuator)p->tokens[token + 1].punctuator;
    switch (keyword) {
    case K_TYPEOF: case K_ALIGNAS: case K_ALIGNOF: case K_STATIC_ASSERT:
        return next == P_LEFT_PAREN;
    case K_ASM:
        return next == P_LEFT_PAREN || p->tokens[token + 1].kind == T_KEYWORD;
    default:
        return true;
    }
}

enum keyword parse_keyword(const struct parser *p, int token)
{
    const struct token *t = &p->tokens[token];
    if (t->kind == T_KEYWORD)
        return (enum keyword)t->ident->keyword;
    if (t->kind == T_IDENT && t->ident->keyword && t->ident->symbol == NULL && soft_keyword_fits(p, token, (enum keyword)t->ident->keyword))
        return (enum keyword)t->ident->keyword;
    return K_NONE;
}

int parse_take_keyword(struct parser *p)
{
    p->tokens[p->pos].kind = T_KEYWORD;
    return p->pos++;
}

int parse_name(struct parser *p)
{
    if (parse_kind(p) != T_IDENT)
        parse_expected(p, "a name");
    return p->pos++;
}

static int nesting_step(enum punctuator which)
{
    switch (which) {
    case P_LEFT_PAREN: case P_LEFT_BRACKET: case P_LEFT_BRACE: return 1;
    case P_RIGHT_PAREN: case P_RIGHT_BRACKET: case P_RIGHT_BRACE: return -1;
    default: return 0;
    }
}

void parse_skip_brackets(struct parser *p)
{
    int open = 0;
    int start = p->pos;
    do {
        if (parse_kind(p) == T_END)
            parse_fail(p, start, "this '%.1s' is not closed before the end of the input", token_text(p->unit, start));
        open += nesting_step((enum punctuator)p->tokens[p->pos].punctuator);
        p->pos++;
    } while (open > 0);
}

/* ---- nodes ---- */

struct node *parse_new(struct parser *p, enum node_kind kind)
{
    return node_new(p->arena, kind, p->pos, p->pos);
}

static void take_over(struct node *node, const struct node *list)
{
    for (; list; list = list->next) {
        node->has_await |= list->has_await;
        node->has_block |= list->has_block;
        if (node->height <= list->height)
            node->height = list->height + 1;
    }
}

struct node *parse_close(struct parser *p, struct node *node)
{
    node->last = p->pos - 1;
    take_over(node, node->a);
    take_over(node, node->b);
    take_over(node, node->c);
    take_over(node, node->d);
    node->has_await |= node_suspends(node);
    node->has_block |= node->kind >= S_NURSERY && node->kind <= S_RERAISE;
    if (node->height > MAX_HEIGHT)
        parse_fail(p, node->first, "nested too deeply (the limit is %d)", MAX_HEIGHT);
    return node;
}

void list_add(struct list *list, struct node *node)
{
    if (list->first == NULL)
        list->first = node;
    else
        *list->end = node;
    list->end = &node->next;
}

struct scope *parse_open_scope(struct parser *p)
{
    return p->scope = scope_open(p->arena, p->scope, p->pos);
}

void parse_close_scope(struct parser *p)
{
    assert(p->scope->depth > 0);
    scope_close(p->scope);
    p->scope = p->scope->outer;
}

/* ---- functions ---- */

/* At the opening brace: is anything in the body of interest? Goes to the brace behind which the body ends in *last. */
static bool scan_body(struct parser *p, int *last)
{
    int start = p->pos, open = 0;
    bool interesting = p->unit->parse_all;
    for (int i = start;; i++) {
        const struct token *token = &p->tokens[i];
        if (token->kind == T_END)
            parse_fail(p, start, "this '{' is not closed before the end of the input");
        interesting |= token->ident && token->ident->interesting;
        open += token->punctuator == P_LEFT_BRACE;
        open -= token->punctuator == P_RIGHT_BRACE;
        if (open == 0) {
            *last = i;
            return interesting && !p->skimming;
        }
    }
}

/* Of a function whose parameters are declared before its body. */
static int behind_body(const struct parser *p, int token)
{
    int open = 0;
    for (; p->tokens[token].kind != T_END; token++) {
        open += p->tokens[token].punctuator == P_LEFT_BRACE;
        if (p->tokens[token].punctuator == P_RIGHT_BRACE && --open <= 0)
            break;
    }
    return token;
}

static struct node *parse_old_parameters(struct parser *p)
{
    struct list list = {0};
    while (!parse_at(p, P_LEFT_BRACE) && parse_kind(p) != T_END)
        list_add(&list, parse_declaration(p));
    for (struct symbol *symbol = p->scope->symbols; symbol; symbol = symbol->next)
        symbol->is_parameter |= symbol->kind == SYMBOL_OBJECT;
    return list.first;
}

struct node *parse_function(struct parser *p, int first, struct node *specs, struct node *declarator)
{
    struct node *parameters = declarator->a;
    assert(parameters->kind == D_FUNCTION);
    if (p->bodies == 0 && !p->skimming && !parse_at(p, P_LEFT_BRACE))
        parse_skimmed(p, p->pos, behind_body(p, p->pos));
    struct arena *arena = p->arena;
    bool in_async = p->in_async;
    p->in_async = declarator->symbol && declarator->symbol->is_async && (specs->flags & SPEC_ASYNC);
    p->arena = p->function_arena;
    struct node *node = node_new(p->arena, D_FUNCTION_DEFINITION, first, first);
    node->a = specs;
    node->b = declarator;
    node->symbol = declarator->symbol;
    node->name = declarator->name;
    struct scope *scope = parameters->scope;
    assert(scope->outer == p->scope);
    scope_reopen(scope);
    p->scope = scope;
    p->bodies++;
    node->d = parse_old_parameters(p);
    int last = 0;
    if (p->bodies > 1 || scan_body(p, &last) || p->in_async)
        node->c = parse_compound(p);
    else
        p->pos = last + 1;
    p->bodies--;
    parse_close_scope(p);
    parse_close(p, node);
    p->arena = arena;
    p->in_async = in_async;
    return node;
}

/* ---- the unit ---- */

struct pieces {
    void (*handle)(struct piece *piece, void *arg);
    void *arg;
    struct piece text; /* adjacent text, not yet handed out */
};

static void flush_text(struct parser *p, struct pieces *pieces)
{
    if (pieces->text.first == 0)
        return;
    struct piece *piece = ARENA_NEW(p->unit->arena, struct piece);
    *piece = pieces->text;
    pieces->text = (struct piece){0};
    pieces->handle(piece, pieces->arg);
}

static void hand_out(struct parser *p, struct pieces *pieces, enum piece_kind kind, int first, struct function *function)
{
    int last = p->pos - 1;
    if (kind == PIECE_TEXT) {
        if (pieces->text.first == 0)
            pieces->text.first = first;
        pieces->text.last = last;
        return;
    }
    flush_text(p, pieces);
    struct piece *piece = ARENA_NEW(p->unit->arena, struct piece);
    piece->kind = kind;
    piece->first = first;
    piece->last = last;
    piece->function = function;
    pieces->handle(piece, pieces->arg);
}

static struct function *make_function(struct parser *p, struct node *definition)
{
    struct function *function = ARENA_NEW(p->function_arena, struct function);
    function->definition = definition;
    function->symbol = definition->symbol;
    function->name = definition->symbol->name;
    function->parameters = definition->b->a->scope;
    function->is_async = definition->a->flags & SPEC_ASYNC;
    return function;
}

/* Where the external declaration that begins at a token ends, or further on: behind a struct's body something follows, and behind a
 * function's, which stands behind a parenthesis, something else. */
static int behind_external(const struct parser *p, int token)
{
    int braces = 0;
    bool body = false;
    for (; p->tokens[token].kind != T_END; token++) {
        enum punctuator which = (enum punctuator)p->tokens[token].punctuator;
        if (which == P_LEFT_BRACE && braces++ == 0)
            body = p->tokens[token - 1].punctuator == P_RIGHT_PAREN;
        else if (which == P_RIGHT_BRACE && --braces <= 0 && body && p->tokens[token + 1].line_start)
            break;
        else if (which == P_SEMICOLON && braces <= 0)
            break;
    }
    return token;
}

static void parse_external(struct parser *p, struct pieces *pieces)
{
    int first = p->pos;
    unsigned words = p->words;
    if (parse_accept(p, P_SEMICOLON)) {
        hand_out(p, pieces, PIECE_TEXT, first, NULL);
        return;
    }
    if (!p->unit->parse_all) {
        if (parse_skim(p)) {
            hand_out(p, pieces, PIECE_TEXT, first, NULL);
            return;
        }
        parse_skimmed(p, first, behind_external(p, first));
    }
    struct node *node = parse_declaration(p);
    if (node->kind == D_FUNCTION_DEFINITION && node->c) {
        struct function *function = make_function(p, node);
        hand_out(p, pieces, function->is_async ? PIECE_ASYNC : PIECE_PLAIN, first, function);
    } else {
        check_file_declaration(p->unit, node);
        hand_out(p, pieces, p->words != words ? PIECE_DECLARATION : PIECE_TEXT, first, NULL);
    }
}

void parse_recover(struct parser *p)
{
    while (p->scope->outer)
        parse_close_scope(p);
    p->arena = p->unit->arena;
    p->depth = p->bodies = 0;
    p->in_async = false;
}

/* After an error: behind what looks like the end of the external declaration that begins at `first`. */
static void resynchronize(struct parser *p, int first)
{
    parse_recover(p);
    p->pos = first;
    for (int open = 0; parse_kind(p) != T_END; p->pos++) {
        enum punctuator which = (enum punctuator)p->tokens[p->pos].punctuator;
        /* only braces: the error may be a parenthesis that nobody closes */
        open += which == P_LEFT_BRACE;
        open -= which == P_RIGHT_BRACE && open > 0;
        if (open > 0)
            continue;
        const struct token *next = &p->tokens[p->pos + 1];
        bool ends = which == P_RIGHT_BRACE && next->line_start && next->punctuator != P_SEMICOLON && next->punctuator != P_COMMA;
        if (which == P_SEMICOLON || ends) {
            p->pos++;
            return;
        }
    }
}

int parse_unit(struct unit *unit, struct arena *function_arena, void (*handle)(struct piece *piece, void *arg), void *arg)
{
    struct parser parser = {.unit = unit, .tokens = unit->tokens, .arena = unit->arena, .function_arena = function_arena, .pos = 1};
    struct parser *const p = &parser;
    struct pieces pieces = {.handle = handle, .arg = arg};
    int errors = unit->diag->errors;
    struct scope *const file_scope = p->scope = scope_open(unit->arena, NULL, 0);
    while (parse_kind(p) != T_END) {
        const int first = p->pos;
        if (setjmp(p->recover) == 0) {
            parse_external(p, &pieces);
        } else {
            resynchronize(p, first);
            hand_out(p, &pieces, PIECE_TEXT, first, NULL);
        }
        assert(p->pos > first && p->scope == file_scope && p->depth == 0);
        arena_clear(function_arena);
    }
    flush_text(p, &pieces);
    parse_skims_free(p);
    return unit->diag->errors > errors ? -1 : 0;
}
