/* locals.c - finds a function's locals, their scopes, what may point at them, and where the function can be suspended; then chooses
 * where each local lives. The sets of spilled locals come from live.c.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "live.h"

struct walk {
    struct analysis *analysis;
    struct block *block;
    int statement; /* first token of the innermost statement */
    bool evaluated;
    bool lift, exits; /* of the subtree walked last: go up to its parents */
};

static void walk_node(struct walk *walk, struct node *node);

/* ---- suspensions ---- */

static void add_suspension(struct analysis *analysis, int token)
{
    if (analysis->suspension_count == analysis->suspension_room) {
        int room = analysis->suspension_room ? 2 * analysis->suspension_room : 32;
        int *grown = arena_alloc(analysis->arena, sizeof *grown * (size_t)room);
        if (analysis->suspension_count)
            memcpy(grown, analysis->suspensions, sizeof *grown * (size_t)analysis->suspension_count);
        analysis->suspensions = grown;
        analysis->suspension_room = room;
    }
    analysis->suspensions[analysis->suspension_count++] = token;
}

static int compare_tokens(const void *one, const void *other)
{
    int a = *(const int *)one, b = *(const int *)other;
    return (a > b) - (a < b);
}

bool suspends_between(const struct analysis *analysis, int first, int last)
{
    int low = 0, high = analysis->suspension_count;
    while (low < high) {
        int middle = low + (high - low) / 2;
        if (analysis->suspensions[middle] < first)
            low = middle + 1;
        else
            high = middle;
    }
    return low < analysis->suspension_count && analysis->suspensions[low] <= last;
}

/* ---- blocks and locals ---- */

static struct group *group_new(struct analysis *analysis, struct group *outer)
{
    struct group *group = ARENA_NEW(analysis->arena, struct group);
    group->members_end = &group->members;
    group->inner_end = &group->inner;
    *outer->inner_end = group;
    outer->inner_end = &group->next;
    return group;
}

static struct block *open_block(struct walk *walk, struct node *node)
{
    struct block *block = ARENA_NEW(walk->analysis->arena, struct block);
    block->node = node;
    block->outer = walk->block;
    block->last = node->last;
    block->group = group_new(walk->analysis, walk->block ? walk->block->group : &walk->analysis->frame);
    node->lowering->block = block;
    walk->block = block;
    return block;
}

static void add_local(struct analysis *analysis, struct symbol *symbol, struct node *specs, struct node *declarator, struct block *block,
                      int from, int to)
{
    struct local *local = ARENA_NEW(analysis->arena, struct local);
    local->symbol = symbol;
    local->specs = specs;
    local->declarator = declarator;
    local->block = block;
    local->index = analysis->local_count;
    local->from = from;
    local->to = to;
    local->shape = type_shape(specs, declarator, &local->qualifiers);
    if (symbol->is_parameter && (local->shape == SHAPE_ARRAY || local->shape == SHAPE_FUNCTION)) {
        local->shape = SHAPE_SCALAR; /* adjusted to a pointer */
        local->qualifiers = 0;
    }
    symbol->local = local;
    if (analysis->local_count == analysis->local_room) {
        int room = analysis->local_room ? 2 * analysis->local_room : 32;
        struct local **grown = arena_alloc(analysis->arena, sizeof *grown * (size_t)room);
        if (analysis->local_count)
            memcpy(grown, analysis->locals, sizeof *grown * (size_t)analysis->local_count);
        analysis->locals = grown;
        analysis->local_room = room;
    }
    analysis->locals[analysis->local_count++] = local;
}

struct node *declarator_cleanup(const struct node *specs, const struct node *declarator)
{
    for (struct node *attribute = declarator->d; attribute; attribute = attribute->next)
        if (attribute->kind == D_ATTRIBUTE && attribute->a)
            return attribute->a;
    for (struct node *spec = specs->b; spec; spec = spec->next)
        if (spec->kind == D_ATTRIBUTE && spec->a)
            return spec->a;
    return NULL;
}

/* A declaration of `symbol` hides the locals of that name around it: saving one where it is hidden would save the other. */
static void note_shadowed(struct analysis *analysis, const struct symbol *symbol)
{
    for (int i = 0; i < analysis->local_count; i++) {
        struct local *local = analysis->locals[i];
        if (local->symbol != symbol && symbol->token <= local->to && !strcmp(local->symbol->name, symbol->name))
            local->shadowed = true;
    }
}

/* The compiler would run it at each suspension; so it becomes an exit of ours. */
struct node *split_cleanup(const struct analysis *analysis, const struct node *statement)
{
    if (statement->kind != S_DECLARATION || statement->a->kind != D_DECLARATION)
        return NULL;
    for (struct node *declarator = statement->a->b; declarator; declarator = declarator->next)
        if (declarator->symbol && declarator->symbol->local && local_is_split(analysis, declarator->symbol->local) &&
            declarator_cleanup(statement->a->a, declarator))
            return declarator;
    return NULL;
}

static void add_declared(struct walk *walk, struct node *declaration)
{
    if (declaration->kind != D_DECLARATION)
        return;
    for (struct node *declarator = declaration->b; declarator; declarator = declarator->next) {
        struct symbol *symbol = declarator->symbol;
        if (!symbol || symbol->kind != SYMBOL_OBJECT || symbol->is_static)
            continue;
        add_local(walk->analysis, symbol, declaration->a, declarator, walk->block, declarator->name, walk->block->last);
        if (declarator_cleanup(declaration->a, declarator)) {
            symbol->local->address_taken = true;
            walk->analysis->has_cleanup = true;
        }
    }
}

/* ---- what is pointed at ---- */

/* The local whose storage the expression designates a part of, or NULL. */
static struct local *designated_local(struct node *node)
{
    for (;;) {
        switch (node->kind) {
        case E_PAREN:
        case E_MEMBER:
            node = node->a;
            break;
        case E_INDEX:
            node = node->a;
            if (!node->symbol || !node->symbol->local || node->symbol->local->shape == SHAPE_SCALAR)
                return NULL;
            break;
        case E_UNARY: /* __real__, __imag__, __extension__ */
            node = node->a;
            break;
        case E_IDENT:
            return node->symbol ? node->symbol->local : NULL;
        default:
            return NULL;
        }
    }
}

static void take_address(struct node *node)
{
    struct local *local = designated_local(node);
    if (local)
        local->address_taken = true;
}

static void note_asm_operand(struct analysis *analysis, struct node *operand)
{
    if (!operand->name || !operand->a)
        return;
    const struct token *constraint = &analysis->unit->tokens[operand->name];
    const char *text = token_text(analysis->unit, operand->name);
    for (uint32_t i = 0; i < constraint->length; i++)
        if (strchr("moVpgX<>", text[i]))
            take_address(operand->a);
}

/* A literal matters when something can point at it after the expression: an array that decays, or one whose address is taken. */
static void note_literal(struct walk *walk, struct node *node, bool pointed_at)
{
    enum type_shape shape = type_shape(node->a->a, node->a->b, NULL);
    if (!walk->evaluated || !walk->block || (!pointed_at && (shape == SHAPE_RECORD || shape == SHAPE_SCALAR)))
        return;
    struct literal *literal = ARENA_NEW(walk->analysis->arena, struct literal);
    literal->node = node;
    literal->block = walk->block;
    literal->statement = walk->statement;
    literal->next = walk->analysis->literals;
    walk->analysis->literals = literal;
}

static void note_pointed_at(struct walk *walk, struct node *node)
{
    for (struct node *inner = node; inner; inner = inner->a) {
        if (inner->kind == E_COMPOUND) {
            note_literal(walk, inner, true);
            return;
        }
        if (inner->kind != E_PAREN && inner->kind != E_MEMBER && inner->kind != E_INDEX)
            return;
    }
}

/* ---- the walk ---- */

static void visit_child(struct node *child, void *arg)
{
    struct walk *walk = arg;
    bool lift = walk->lift, exits = walk->exits;
    walk_node(walk, child);
    walk->lift |= lift;
    walk->exits |= exits;
}

static bool is_statement(const struct node *node)
{
    return node->kind >= S_COMPOUND;
}

static void enter_statement(struct walk *walk, struct node *node)
{
    struct analysis *analysis = walk->analysis;
    walk->statement = node->first;
    switch (node->kind) {
    case S_COMPOUND:
    case S_FOR:
        open_block(walk, node);
        break;
    case S_DECLARATION:
        add_declared(walk, node->a);
        break;
    case S_NURSERY:
    case S_RACE:
        add_suspension(analysis, node->last);
        break;
    case S_START:
    case S_HOLD:
        add_suspension(analysis, node->first);
        break;
    case S_DEFER: /* runs when its block is left */
        if (node->has_await)
            add_suspension(analysis, walk->block->last);
        break;
    case S_LABEL:
        analysis->has_labels = true;
        break;
    default:
        break;
    }
}

/* What a node says by itself about its parents. */
static void classify(struct walk *walk, struct node *node)
{
    switch (node->kind) {
    case E_AWAIT:
    case S_NURSERY:
    case S_RACE:
    case S_SCOPE:
    case S_TRY:
    case S_DEFER:
    case S_HOLD:
    case S_START:
        walk->lift |= walk->evaluated;
        break;
    case S_SPAWN:
    case S_SPAWN_INTO:
    case S_RAISE:
    case S_RAISE_ERRNO:
    case S_RERAISE:
    case S_RETURN:
    case S_BREAK:
    case S_CONTINUE:
    case S_GOTO:
    case S_LABEL:
        walk->exits = true;
        break;
    default:
        break;
    }
}

static void enter_expression(struct walk *walk, struct node *node)
{
    switch (node->kind) {
    case E_AWAIT:
        if (walk->evaluated)
            add_suspension(walk->analysis, node->first);
        break;
    case E_ADDRESS:
        take_address(node->a);
        note_pointed_at(walk, node->a);
        break;
    case E_MEMBER:
    case E_INDEX:
        note_pointed_at(walk, node);
        break;
    case E_COMPOUND:
        note_literal(walk, node, false);
        break;
    case D_DECLARATOR:
    case D_ENUMERATOR:
        if (node->symbol)
            note_shadowed(walk->analysis, node->symbol);
        break;
    case E_ASM_OPERAND:
        note_asm_operand(walk->analysis, node);
        break;
    default:
        break;
    }
}

/* A builtin that does not evaluate its operand. */
static bool asks_the_compiler(const struct walk *walk, const struct node *node)
{
    const struct node *callee = node->kind == E_CALL ? node->a : NULL;
    return callee && callee->kind == E_IDENT && !callee->symbol &&
           (token_is(walk->analysis->unit, callee->name, "__builtin_constant_p") ||
            token_is(walk->analysis->unit, callee->name, "__builtin_object_size"));
}

static void walk_node(struct walk *walk, struct node *node)
{
    struct block *block = walk->block;
    bool evaluated = walk->evaluated;
    int statement = walk->statement;
    node->lowering = ARENA_NEW(walk->analysis->arena, struct lowering);
    if (is_statement(node))
        enter_statement(walk, node);
    else
        enter_expression(walk, node);
    if (node->kind == S_FOR && node->a && node->a->kind == D_DECLARATION)
        add_declared(walk, node->a);
    if (node->kind == E_SIZEOF || node->kind == D_TYPEOF || asks_the_compiler(walk, node))
        walk->evaluated = false;
    walk->lift = walk->exits = false;
    node_children(node, visit_child, walk);
    classify(walk, node);
    node->lowering->lift = walk->lift;
    node->lowering->exits = walk->exits;
    walk->block = block;
    walk->evaluated = evaluated;
    walk->statement = statement;
}

static void add_parameters(struct walk *walk, struct node *definition)
{
    struct node *function = definition->b->a;
    while (function && function->kind != D_FUNCTION)
        function = function->a;
    struct node *lists[] = {function ? function->b : NULL, definition->d};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        for (struct node *declaration = lists[i]; declaration; declaration = declaration->next) {
            for (struct node *declarator = declaration->b; declarator; declarator = declarator->next) {
                struct symbol *symbol = declarator->symbol;
                if (symbol && symbol->is_parameter && symbol->kind == SYMBOL_OBJECT && declarator->name)
                    add_local(walk->analysis, symbol, declaration->a, declarator, NULL, declarator->name, definition->last);
            }
        }
    }
}

/* ---- choosing ---- */

/* const at the object itself, spelled where it can be left out. */
static bool can_be_assigned(const struct analysis *analysis, const struct local *local)
{
    (void)analysis;
    if (!(local->qualifiers & SPEC_CONST))
        return true;
    const struct node *outermost = local->declarator->a;
    return outermost ? (outermost->flags & SPEC_CONST) != 0 : (local->specs->flags & (SPEC_CONST | SPEC_CONSTEXPR)) != 0;
}

static void choose_storage(struct analysis *analysis, struct local *local)
{
    int from = analysis->has_labels && local->block ? local->block->node->first : local->from;
    local->used_across = suspends_between(analysis, from, local->to);
    if (!local->used_across)
        local->storage = STORAGE_PLAIN;
    else if (local->address_taken || local->shadowed || local->shape != SHAPE_SCALAR ||
             (local->qualifiers & (SPEC_VOLATILE | SPEC_ATOMIC)) || !can_be_assigned(analysis, local))
        local->storage = STORAGE_PINNED;
}

bool local_is_split(const struct analysis *analysis, const struct local *local)
{
    const struct node *initializer = local->declarator->b;
    (void)analysis;
    return local->used_across || (initializer && initializer->lowering && initializer->lowering->lift);
}

static void choose_literals(struct analysis *analysis)
{
    for (struct literal *literal = analysis->literals; literal; literal = literal->next)
        if (suspends_between(analysis, literal->statement, literal->block->last))
            literal->node->lowering->literal = literal;
}

void live_function(struct analysis *analysis)
{
    struct node *definition = analysis->function->definition;
    struct walk walk = {.analysis = analysis, .evaluated = true};
    analysis->frame.members_end = &analysis->frame.members;
    analysis->frame.inner_end = &analysis->frame.inner;
    add_parameters(&walk, definition);
    walk_node(&walk, definition->c);
    analysis->top = definition->c->lowering->block;
    if (analysis->suspension_count)
        qsort(analysis->suspensions, (size_t)analysis->suspension_count, sizeof(int), compare_tokens);
    for (int i = 0; i < analysis->local_count; i++)
        choose_storage(analysis, analysis->locals[i]);
    choose_literals(analysis);
    live_compute(analysis);
}
