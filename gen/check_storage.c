/* check_storage.c - what lives on the C stack, which a suspension gives up: variable-length arrays and alloca. */
#include "check_internal.h"

#include <string.h>

/* ---- is a bound constant? ---- */

static bool is_variable_type(const struct unit *unit, const struct node *specs, const struct node *chain);

static bool all_constant(const struct unit *unit, const struct node *list);

static bool is_constant_symbol(const struct symbol *symbol)
{
    return symbol && (symbol->kind == SYMBOL_ENUMERATOR || (symbol->specs && (symbol->specs->flags & SPEC_CONSTEXPR)));
}

/* Compilers fold them; a bound that they do not fold is refused by them where it matters. */
static bool is_builtin(const struct unit *unit, const struct node *callee)
{
    return callee->kind == E_IDENT && strncmp(token_text(unit, callee->name), "__builtin_", 10) == 0;
}

static bool is_constant(const struct unit *unit, const struct node *e)
{
    switch (e->kind) {
    case E_CONST: case E_STRING: return true;
    case E_IDENT: return is_constant_symbol(e->symbol);
    case E_SIZEOF: return e->a->kind != D_TYPE_NAME || !is_variable_type(unit, e->a->a, e->a->b->a);
    case E_BUILTIN: return !token_is(unit, e->name, "__builtin_va_arg");
    case E_CALL: return is_builtin(unit, check_strip(e->a)) && all_constant(unit, e->b);
    case E_CAST: return is_constant(unit, e->b);
    case E_GENERIC: return all_constant(unit, e->b);
    case E_ASSOC: return is_constant(unit, e->b);
    case E_PAREN: case E_UNARY: return is_constant(unit, e->a);
    /* offsetof as it was written before there was a builtin */
    case E_ADDRESS: case E_ARROW: case E_MEMBER: case E_DEREF: return is_constant(unit, e->a);
    case E_INDEX: case E_BINARY: case E_LOGICAL: return is_constant(unit, e->a) && is_constant(unit, e->b);
    case E_COND: return is_constant(unit, e->a) && (e->b == NULL || is_constant(unit, e->b)) && is_constant(unit, e->c);
    default: return false;
    }
}

static bool all_constant(const struct unit *unit, const struct node *list)
{
    for (; list; list = list->next) {
        if (!is_constant(unit, list))
            return false;
    }
    return true;
}

/* A type with a bound that is not constant in it, be it behind a pointer. */
static bool is_variable_type(const struct unit *unit, const struct node *specs, const struct node *chain)
{
    struct type type = {specs, chain, 0};
    for (int steps = 0; steps < 10000; steps++) {
        for (; type.chain; type.chain = type.chain->a) {
            if (type.chain->kind == D_FUNCTION)
                return false;
            if (type.chain->kind == D_ARRAY && type.chain->b && !is_constant(unit, type.chain->b))
                return true;
        }
        const struct node *before = type.specs;
        if (!type_resolve(&type, NULL) || type.specs == before)
            return false;
    }
    return false;
}

/* ---- the walk ---- */

struct storage {
    struct check *check;
    int last_suspension; /* token: where the function suspends for the last time */
    int loops;           /* of those around this place that suspend */
};

static void walk(struct node *node, void *arg);

static int first_suspension(const struct node *node);

struct search {
    int found;
};

static void search(struct node *node, void *arg)
{
    struct search *s = arg;
    if (s->found == 0 && node->has_await)
        s->found = first_suspension(node);
}

/* The token at which something in this subtree suspends first. */
static int first_suspension(const struct node *node)
{
    struct search s = {0};
    if (node_suspends(node))
        return node->first;
    node_children((struct node *)node, search, &s);
    return s.found ? s.found : node->first;
}

static void report_variable(const struct storage *storage, const struct node *declarator, const struct node *suspension)
{
    struct check *check = storage->check;
    int token = first_suspension(suspension);
    diag_error(check->diag, declarator->name, declarator->name, "'%s' has a variable length and would have to live across %s",
               token_spelling(check->unit, declarator->name), token_spelling(check->unit, token));
    bool parameter = declarator->symbol && declarator->symbol->is_parameter;
    diag_note(check->diag, token, token, "the function may be suspended here; %s would do",
              parameter ? "a pointer to its first element" : "malloc and DEFER free(…)");
}

/* A declaration of variable type: what follows it in its block must not suspend, nor a DEFER before it. */
static const struct node *find_conflict(const struct node *declarator, const struct node *rest, const struct node *deferred)
{
    for (const struct node *other = declarator->next; other; other = other->next) {
        if (other->has_await)
            return other;
    }
    for (; rest; rest = rest->next) {
        if (rest->has_await)
            return rest;
    }
    return deferred;
}

static void check_declaration(const struct storage *storage, const struct node *declaration, const struct node *rest,
                              const struct node *deferred)
{
    if (declaration->kind != D_DECLARATION)
        return;
    for (const struct node *declarator = declaration->b; declarator; declarator = declarator->next) {
        if (declarator->name == 0 || !is_variable_type(storage->check->unit, declaration->a, declarator->a))
            continue;
        const struct node *conflict = find_conflict(declarator, rest, deferred);
        if (conflict == NULL && declarator->has_await) /* in the bound, or the initializer */
            conflict = declarator;
        if (conflict)
            report_variable(storage, declarator, conflict);
    }
}

static void walk_compound(struct storage *storage, const struct node *node)
{
    const struct node *deferred = NULL;
    for (const struct node *item = node->b; item; item = item->next) {
        if (item->kind == S_DECLARATION)
            check_declaration(storage, item->a, item->next, deferred);
        if (item->kind == S_DEFER && item->has_await)
            deferred = item;
    }
    node_children((struct node *)node, walk, storage);
}

static void walk_for(struct storage *storage, const struct node *node)
{
    if (node->a && node->a->kind == D_DECLARATION) {
        const struct node *parts[] = {node->b, node->c, node->d};
        for (int i = 0; i < 3; i++) {
            if (parts[i] && parts[i]->has_await) {
                check_declaration(storage, node->a, NULL, parts[i]);
                break;
            }
        }
    }
}

static void walk_loop(struct storage *storage, const struct node *node)
{
    if (node->kind == S_FOR)
        walk_for(storage, node);
    storage->loops += node->has_await;
    node_children((struct node *)node, walk, storage);
    storage->loops -= node->has_await;
}

static void check_alloca(const struct storage *storage, const struct node *call)
{
    const struct check *check = storage->check;
    const struct node *callee = check_strip(call->a);
    if (callee->kind != E_IDENT || (callee->symbol && callee->symbol->scope->depth > 0))
        return;
    const char *name = token_spelling(check->unit, callee->name);
    if (strcmp(name, "alloca") != 0 && strncmp(name, "__builtin_alloca", 16) != 0)
        return;
    if (storage->loops || storage->last_suspension > call->last)
        diag_error(check->diag, call->first, call->last, "memory of alloca would have to live across a suspension of the function");
}

static void walk(struct node *node, void *arg)
{
    struct storage *storage = arg;
    switch (node->kind) {
    case S_COMPOUND: walk_compound(storage, node); break;
    case S_FOR: case S_WHILE: case S_DO: walk_loop(storage, node); break;
    case E_SIZEOF: case D_TYPEOF: case D_FUNCTION_DEFINITION: break;
    case E_CALL: check_alloca(storage, node); /* fall through */
    default: node_children(node, walk, arg);
    }
}

static void find_last(struct node *node, void *arg)
{
    struct storage *storage = arg;
    if (!node->has_await)
        return;
    if (node_suspends(node) && node->last > storage->last_suspension)
        storage->last_suspension = node->last;
    node_children(node, find_last, arg);
}

static void check_parameters(const struct storage *storage)
{
    const struct node *definition = storage->check->function->definition;
    for (const struct node *parameter = definition->b->a->b; parameter; parameter = parameter->next) {
        const struct node *declarator = parameter->b;
        const struct node *chain = declarator->a;
        /* the outermost bound of a parameter is a pointer in truth */
        if (chain && chain->kind == D_ARRAY)
            chain = chain->a;
        if (declarator->name && is_variable_type(storage->check->unit, parameter->a, chain))
            report_variable(storage, declarator, definition->c);
    }
}

void check_storage(struct check *check)
{
    struct storage storage = {.check = check};
    struct node *body = check->function->definition->c;
    if (!body->has_await)
        return;
    find_last(body, &storage);
    check_parameters(&storage);
    walk(body, &storage);
}
