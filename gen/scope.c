#include "scope.h"

#include <assert.h>

#include "arena.h"

struct scope *scope_open(struct arena *arena, struct scope *outer, int token)
{
    struct scope *scope = ARENA_NEW(arena, struct scope);
    scope->outer = outer;
    scope->depth = outer ? outer->depth + 1 : 0;
    scope->end = &scope->symbols;
    scope->opened_at = token;
    return scope;
}

static struct symbol **visible(struct symbol *symbol)
{
    return symbol->kind == SYMBOL_TAG ? &symbol->ident->tag : &symbol->ident->symbol;
}

void scope_close(struct scope *scope)
{
    for (struct symbol *symbol = scope->symbols; symbol; symbol = symbol->next) {
        assert(*visible(symbol) == symbol);
        *visible(symbol) = symbol->shadowed;
    }
}

void scope_reopen(struct scope *scope)
{
    for (struct symbol *symbol = scope->symbols; symbol; symbol = symbol->next) {
        symbol->shadowed = *visible(symbol);
        *visible(symbol) = symbol;
    }
}

struct symbol *scope_declare(struct arena *arena, struct scope *scope, enum symbol_kind kind, struct ident *ident, int token)
{
    struct symbol **place = kind == SYMBOL_TAG ? &ident->tag : &ident->symbol;
    if (*place && (*place)->scope == scope)
        return *place;
    struct symbol *symbol = ARENA_NEW(arena, struct symbol);
    symbol->kind = kind;
    symbol->name = ident->name;
    symbol->ident = ident;
    symbol->token = token;
    symbol->scope = scope;
    symbol->shadowed = *place;
    if (kind == SYMBOL_TAG)
        ident->local_tag |= scope->depth > 0;
    else
        ident->local |= scope->depth > 0;
    *place = symbol;
    *scope->end = symbol;
    scope->end = &symbol->next;
    return symbol;
}
