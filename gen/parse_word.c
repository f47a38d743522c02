/* parse_word.c - the blocks and statements of the language. */
#include "arena.h"
#include "diag.h"
#include "parse_internal.h"

static struct node *new_word(struct parser *p, enum node_kind kind)
{
    struct node *node = parse_new(p, kind);
    p->words++;
    p->pos++;
    return node;
}

static struct symbol *declare_name(struct parser *p, struct node *node, enum symbol_kind kind)
{
    struct ident *ident = p->tokens[node->name].ident;
    struct symbol *symbol = ident->symbol;
    if (symbol && symbol->scope == p->scope) {
        diag_error(p->unit->diag, node->name, node->name, "'%s' is declared already in this block", ident->name);
        diag_note(p->unit->diag, symbol->token, symbol->token, "declared here");
        return symbol;
    }
    symbol = scope_declare(p->arena, p->scope, kind, ident, node->name);
    symbol->definition = node;
    return symbol;
}

/* NURSERY(name) body, RACE(name) body */
static struct node *parse_nursery(struct parser *p, enum node_kind kind)
{
    struct node *node = new_word(p, kind);
    parse_expect(p, P_LEFT_PAREN);
    node->name = parse_name(p);
    parse_expect(p, P_RIGHT_PAREN);
    node->scope = parse_open_scope(p);
    node->symbol = declare_name(p, node, SYMBOL_NURSERY);
    node->b = parse_statement(p);
    parse_close_scope(p);
    return parse_close(p, node);
}

/* (), (name), (name, options), (, options), (options) */
static void parse_scope_options(struct parser *p, struct node *node)
{
    if (parse_kind(p) == T_IDENT && (p->tokens[p->pos + 1].punctuator == P_COMMA || p->tokens[p->pos + 1].punctuator == P_RIGHT_PAREN))
        node->name = p->pos++;
    bool more = parse_accept(p, P_COMMA) || (node->name == 0 && !parse_at(p, P_RIGHT_PAREN));
    if (!more) {
        parse_expect(p, P_RIGHT_PAREN);
        return;
    }
    if (!parse_at(p, P_DOT) && !parse_at(p, P_RIGHT_PAREN))
        parse_expected(p, "the scope's name or options such as '.deadline = …'");
    node->c = parse_init_list(p, p->pos, P_RIGHT_PAREN);
    node->c->last--;
}

static struct node *parse_scope(struct parser *p, int kind)
{
    struct node *node = new_word(p, S_SCOPE);
    node->scope_kind = kind;
    if (kind <= 4) {
        parse_expect(p, P_LEFT_PAREN);
        if (kind == 0) {
            parse_scope_options(p, node);
        } else {
            node->a = parse_assignment(p);
            if (parse_accept(p, P_COMMA) && !parse_at(p, P_RIGHT_PAREN))
                node->name = parse_name(p);
            parse_expect(p, P_RIGHT_PAREN);
        }
    }
    if (node->name)
        node->symbol = declare_name(p, node, SYMBOL_SCOPE);
    node->b = parse_statement(p);
    return parse_close(p, node);
}

/* CATCH(name, codes…) body */
static struct node *parse_catch(struct parser *p)
{
    struct node *node = new_word(p, S_CATCH);
    struct list list = {0};
    parse_expect(p, P_LEFT_PAREN);
    if (!parse_at(p, P_RIGHT_PAREN) && !parse_at(p, P_COMMA))
        node->name = parse_name(p);
    while (parse_accept(p, P_COMMA))
        list_add(&list, parse_assignment(p));
    parse_expect(p, P_RIGHT_PAREN);
    node->a = list.first;
    node->scope = parse_open_scope(p);
    if (node->name)
        node->symbol = declare_name(p, node, SYMBOL_ERROR);
    node->b = parse_statement(p);
    parse_close_scope(p);
    return parse_close(p, node);
}

static struct node *parse_try(struct parser *p)
{
    struct node *node = new_word(p, S_TRY);
    struct list list = {0};
    node->a = parse_statement(p);
    while (parse_keyword(p, p->pos) == K_CATCH)
        list_add(&list, parse_catch(p));
    node->b = list.first;
    if (parse_keyword(p, p->pos) == K_FINALLY) {
        p->pos++;
        node->c = parse_statement(p);
    }
    if (node->b == NULL && node->c == NULL)
        diag_error(p->unit->diag, node->first, node->first, "TRY without a CATCH or FINALLY");
    return parse_close(p, node);
}

/* CATCH and FINALLY without a TRY: told, and gone over. */
static struct node *parse_stray(struct parser *p, enum keyword keyword)
{
    diag_error(p->unit->diag, p->pos, p->pos, "%s without a TRY before it", keyword == K_CATCH ? "CATCH" : "FINALLY");
    if (keyword == K_CATCH)
        return parse_catch(p)->b;
    p->words++;
    p->pos++;
    return parse_statement(p);
}

static struct node *parse_defer(struct parser *p)
{
    struct node *node = new_word(p, S_DEFER);
    node->a = parse_statement(p);
    return parse_close(p, node);
}

/* HOLD(object, acquire, release) body */
static struct node *parse_hold(struct parser *p)
{
    struct node *node = new_word(p, S_HOLD);
    parse_expect(p, P_LEFT_PAREN);
    node->a = parse_assignment(p);
    parse_expect(p, P_COMMA);
    node->b = parse_assignment(p);
    parse_expect(p, P_COMMA);
    node->c = parse_assignment(p);
    parse_expect(p, P_RIGHT_PAREN);
    node->d = parse_statement(p);
    return parse_close(p, node);
}

static struct node *parse_spawn_statement(struct parser *p, enum node_kind kind)
{
    struct node *node = new_word(p, kind);
    parse_spawn_arguments(p, node, kind == S_SPAWN_INTO);
    parse_expect(p, P_SEMICOLON);
    return parse_close(p, node);
}

static struct node *parse_raise(struct parser *p, enum node_kind kind)
{
    struct node *node = new_word(p, kind);
    struct list list = {0};
    parse_expect(p, P_LEFT_PAREN);
    while (!parse_at(p, P_RIGHT_PAREN)) {
        list_add(&list, parse_assignment(p));
        if (!parse_accept(p, P_COMMA))
            break;
    }
    node->a = list.first;
    parse_expect(p, P_RIGHT_PAREN);
    parse_expect(p, P_SEMICOLON);
    return parse_close(p, node);
}

struct node *parse_word_statement(struct parser *p, enum keyword keyword)
{
    switch (keyword) {
    case K_NURSERY: return parse_nursery(p, S_NURSERY);
    case K_RACE: return parse_nursery(p, S_RACE);
    case K_CANCEL_SCOPE: case K_MOVE_ON_AFTER: case K_MOVE_ON_AT: case K_FAIL_AFTER: case K_FAIL_AT: case K_SHIELD: case K_INTERRUPTIBLE:
        return parse_scope(p, (int)keyword - (int)K_CANCEL_SCOPE);
    case K_TRY: return parse_try(p);
    case K_CATCH: case K_FINALLY: return parse_stray(p, keyword);
    case K_DEFER: return parse_defer(p);
    case K_HOLD: return parse_hold(p);
    /* in a plain function these two are expressions */
    case K_SPAWN: return p->in_async ? parse_spawn_statement(p, S_SPAWN) : NULL;
    case K_SPAWN_INTO: return p->in_async ? parse_spawn_statement(p, S_SPAWN_INTO) : NULL;
    case K_START: return parse_spawn_statement(p, S_START);
    case K_RAISE: return parse_raise(p, S_RAISE);
    case K_RAISE_ERRNO: return parse_raise(p, S_RAISE_ERRNO);
    case K_RERAISE: return parse_raise(p, S_RERAISE);
    default: return NULL;
    }
}
