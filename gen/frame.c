/* frame.c - what is in a function's frame, and the types that it needs at the function's top.
 *
 * The frame is a struct that is declared at the top of the function itself, so that types of parameters and local types of the outermost
 * block are simply there. Types from inner blocks that suspend move to the top, under another name where theirs may mean something else
 * there. Where a type depends on a local (typeof x, sizeof x), the local gets a typedef and is
 * written as a value of it. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lower_internal.h"

/* ---- members ---- */

void frame_add(struct lower *lower, struct group *group, const char *format, ...)
{
    struct member *member = ARENA_NEW(lower->arena, struct member);
    char text[4096];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if ((size_t)length < sizeof text) {
        member->declaration = arena_strndup(lower->arena, text, (size_t)length);
    } else {
        char *all = arena_alloc(lower->arena, (size_t)length + 1);
        va_start(arguments, format);
        vsnprintf(all, (size_t)length + 1, format, arguments);
        va_end(arguments);
        member->declaration = all;
    }
    *group->members_end = member;
    group->members_end = &member->next;
}

static bool has_members(const struct group *group)
{
    if (group->members)
        return true;
    for (const struct group *inner = group->inner; inner; inner = inner->next)
        if (has_members(inner))
            return true;
    return false;
}

static void add_group_text(struct buffer *text, const struct group *group)
{
    int inner_count = 0;
    for (const struct member *member = group->members; member; member = member->next)
        buffer_printf(text, "%s; ", member->declaration);
    for (const struct group *inner = group->inner; inner; inner = inner->next)
        inner_count += has_members(inner);
    if (inner_count > 1)
        buffer_puts(text, "union { ");
    for (const struct group *inner = group->inner; inner; inner = inner->next) {
        if (!has_members(inner))
            continue;
        if (inner_count > 1)
            buffer_puts(text, "struct { ");
        add_group_text(text, inner);
        if (inner_count > 1)
            buffer_puts(text, "}; ");
    }
    if (inner_count > 1)
        buffer_puts(text, "}; ");
}

char *frame_text(struct lower *lower, const struct group *group)
{
    struct buffer buffer = {0};
    add_group_text(&buffer, group);
    char *text = arena_strndup(lower->arena, buffer.text ? buffer.text : "", buffer.length);
    buffer_free(&buffer);
    return text;
}

/* ---- declarations at the top, as text ---- */

static char *declaration_text(struct lower *lower, const struct node *specs, const struct node *declarator, const char *name,
                              bool keep_const)
{
    struct op_list list, *out = lower->out;
    op_list_init(&list);
    lower->out = &list;
    render_declaration(lower, specs, declarator, name, keep_const, RENDER_TOP_TYPE);
    lower->out = out;
    return op_text(lower, &list);
}

/* typeof the expression. A compound literal in it has to stand before the frame's struct: clang takes one inside
 * it for one at file scope. */
const char *frame_type_of(struct lower *lower, const char *expression)
{
    if (!strstr(expression, "){") && !strstr(expression, ") {"))
        return arena_printf(lower->arena, "__typeof__(%s)", expression);
    const char *name = arena_printf(lower->arena, "brio_type_%d", ++lower->numbers);
    buffer_printf(&lower->top, "typedef __typeof__(%s) %s;\n", expression, name);
    return name;
}

/* A name of file scope that means nothing else in any function. */
static bool is_fixed(const struct lower *lower, const struct node *spec)
{
    const struct ident *ident = lower->unit->tokens[spec->name].ident;
    return spec->name && spec->symbol && spec->symbol->scope->depth == 0 &&
           !(spec->kind == D_TYPEDEF_REF ? ident->local : ident->local_tag);
}

/* One specifier as text: "" for what says nothing about the type, NULL for what is not simple. */
static const char *simple_specifier(struct lower *lower, const struct node *spec)
{
    enum keyword keyword = spec->kind == D_KEYWORD ? (enum keyword)lower->unit->tokens[spec->first].ident->keyword : K_NONE;
    switch (spec->kind) {
    case D_KEYWORD:
        return keyword >= K_VOID && keyword <= K_NULLABILITY ? render_text(lower, spec->first, spec->last, RENDER_TYPE) : "";
    case D_TYPEDEF_REF:
        return is_fixed(lower, spec) ? spec->symbol->name : NULL;
    case D_STRUCT:
    case D_ENUM:
        return is_fixed(lower, spec) ? arena_printf(lower->arena, "%s %s", token_string(lower->unit, spec->first), spec->symbol->name)
                                     : NULL;
    default:
        return NULL;
    }
}

/* The stars before the declarator's name, with their qualifiers; false if there is more. */
static bool add_stars(struct lower *lower, const struct node *declarator, struct buffer *text)
{
    for (int token = declarator->first; token < declarator->name; token++) {
        const struct token *at = &lower->unit->tokens[token];
        if (at->punctuator != P_STAR && at->kind != T_KEYWORD)
            return false;
        buffer_printf(text, " %s", token_string(lower->unit, token));
    }
    return true;
}

const char *frame_simple_type(struct lower *lower, const struct node *specs, const struct node *declarator, const struct node *derived)
{
    struct buffer text = {0};
    unsigned qualifiers = 0;
    const char *part = "";
    enum type_shape shape = type_shape(specs, NULL, &qualifiers);
    if (shape != SHAPE_SCALAR && shape != SHAPE_RECORD && !(shape == SHAPE_VOID && derived))
        return NULL;
    if (derived ? derived->flags != 0 : qualifiers != 0)
        return NULL;
    for (const struct node *spec = specs->b; spec && part; spec = spec->next) {
        part = simple_specifier(lower, spec);
        if (part && *part)
            buffer_printf(&text, text.length ? " %s" : "%s", part);
    }
    bool simple = part && text.length && add_stars(lower, declarator, &text);
    for (; derived; derived = derived->a)
        simple &= derived->kind == D_POINTER;
    const char *result = simple ? arena_strndup(lower->arena, text.text, text.length) : NULL;
    buffer_free(&text);
    return result;
}

const char *frame_type(struct lower *lower, const struct node *expression)
{
    const char *simple = frame_simple_type_of(lower, expression);
    return simple ? simple
                  : arena_printf(lower->arena, "__typeof__(%s)", render_text(lower, expression->first, expression->last, RENDER_TYPE));
}

const char *frame_join(struct lower *lower, const char *type, const char *rest)
{
    return arena_printf(lower->arena, "%s%s%s", type, type[strlen(type) - 1] == '*' ? "" : " ", rest);
}

const char *frame_simple_type_of(struct lower *lower, const struct node *expression)
{
    while (expression->kind == E_PAREN || expression->kind == E_AWAIT)
        expression = expression->a;
    if (expression->kind != E_CALL || expression->a->kind != E_IDENT || !expression->a->symbol)
        return NULL;
    const struct symbol *callee = expression->a->symbol;
    if (callee->kind != SYMBOL_FUNCTION || callee->scope->depth || !callee->declarator->a || callee->declarator->a->kind != D_FUNCTION)
        return NULL;
    return frame_simple_type(lower, callee->specs, callee->declarator, callee->declarator->a->a);
}

/* T x[] = {…}: the initializer has the length. */
static const char *sized_by_initializer(struct lower *lower, const struct node *specs, const struct node *declarator, const char *name)
{
    const struct node *initializer = declarator->b;
    char *type = declaration_text(lower, specs, declarator, "", false);
    char *text = render_text(lower, initializer->first, initializer->last, RENDER_TOP_TYPE);
    bool is_list = initializer->kind == E_INIT_LIST;
    const char *literal = arena_printf(lower->arena, "(%s)%s%s%s", type, is_list ? "" : "{", text, is_list ? "" : "}");
    return arena_printf(lower->arena, "%s %s", frame_type_of(lower, literal), name);
}

/* The declaration of something of the type that a name has in a block, at the function's top. */
static const char *declared_text(struct lower *lower, const struct node *specs, const struct node *declarator, const char *name,
                                 bool keep_const)
{
    if (specs->flags & SPEC_AUTO_TYPE) {
        const char *text = declarator->b ? render_text(lower, declarator->b->first, declarator->b->last, RENDER_TOP_TYPE) : "0";
        return arena_printf(lower->arena, "__typeof__(((void)0, (%s))) %s", text, name);
    }
    if (declarator->a && declarator->a->kind == D_ARRAY && !declarator->a->b && declarator->b)
        return sized_by_initializer(lower, specs, declarator, name);
    return declaration_text(lower, specs, declarator, name, keep_const);
}

bool frame_makes_type(const struct lower *lower, const struct node *attribute)
{
    static const char *const names[] = {"vector_size", "__vector_size__", "mode", "__mode__"};
    for (int token = attribute->first; token <= attribute->last; token++)
        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
            if (token_is(lower->unit, token, names[i]))
                return true;
    return false;
}

bool frame_has_type_attribute(const struct lower *lower, const struct node *declarator)
{
    for (const struct node *attribute = declarator ? declarator->d : NULL; attribute; attribute = attribute->next)
        if (frame_makes_type(lower, attribute))
            return true;
    return false;
}

static const char *local_text(struct lower *lower, const struct local *local, const char *name, bool keep_const)
{
    const struct node *declarator = local->declarator;
    bool is_array = declarator->a && declarator->a->kind == D_ARRAY;
    if (!local->block && is_array && local->storage != STORAGE_PINNED)
        return frame_join(lower, "void *", name); /* to what may have a size that is not known here */
    if (!local->block) { /* a parameter: in scope at the top */
        bool bent = local->qualifiers || frame_has_type_attribute(lower, declarator);
        const char *simple = bent ? NULL : frame_simple_type(lower, local->specs, declarator, declarator->a);
        return simple ? frame_join(lower, simple, name) : arena_printf(lower->arena, "__typeof__(%s) %s", local->symbol->name, name);
    }
    return declared_text(lower, local->specs, declarator, name, keep_const);
}

static void add_typedef(struct lower *lower, const struct local *local, const struct symbol *symbol, const char *name)
{
    bool outer = lower->in_typedef;
    lower->in_typedef = true;
    const char *text = local ? local_text(lower, local, name, true) : declared_text(lower, symbol->specs, symbol->declarator, name, true);
    lower->in_typedef = outer;
    buffer_printf(&lower->top, "typedef %s;\n", text);
}

const char *frame_type_name(struct lower *lower, struct local *local)
{
    if (!local->type_name) {
        const char *name = arena_printf(lower->arena, "brio_type_%d", ++lower->numbers);
        add_typedef(lower, local, NULL, name);
        local->type_name = name;
    }
    return local->type_name;
}

const char *frame_static_type_name(struct lower *lower, const struct symbol *symbol)
{
    for (const struct moved *known = lower->static_types; known; known = known->next)
        if (known->symbol == symbol)
            return known->name;
    struct moved *type = ARENA_NEW(lower->arena, struct moved);
    type->symbol = (struct symbol *)symbol;
    type->name = arena_printf(lower->arena, "brio_type_%d", ++lower->numbers);
    type->next = lower->static_types;
    lower->static_types = type;
    add_typedef(lower, NULL, symbol, type->name);
    return type->name;
}

/* ---- locals, temporaries, literals ---- */

static bool name_is_taken(const struct lower *lower, const struct local *local)
{
    if (!strcmp(local->symbol->name, "base") || !strncmp(local->symbol->name, "brio", 4))
        return true;
    for (int i = 0; i < local->index; i++)
        if (lower->analysis->locals[i]->member && !strcmp(lower->analysis->locals[i]->symbol->name, local->symbol->name))
            return true;
    return false;
}

void frame_add_local(struct lower *lower, struct local *local)
{
    const char *name = local->symbol->name;
    if (name_is_taken(lower, local))
        name = arena_printf(lower->arena, "%s__%d", name, local->index + 1);
    local->member = name;
    struct group *group = local->block ? local->block->group : &lower->analysis->frame;
    frame_add(lower, group, "%s", local_text(lower, local, name, local->storage == STORAGE_PINNED));
}

void frame_add_temporary(struct lower *lower, struct temporary *temporary)
{
    if (temporary->in_frame)
        return;
    temporary->in_frame = true;
    if (!temporary->node) {
        frame_add(lower, temporary->group, "int brio_%d", temporary->number);
        return;
    }
    const char *simple = frame_simple_type_of(lower, temporary->node);
    if (simple) {
        frame_add(lower, temporary->group, "%s", frame_join(lower, simple, arena_printf(lower->arena, "brio_%d", temporary->number)));
        return;
    }
    const char *type = render_text(lower, temporary->node->first, temporary->node->last, RENDER_TOP_TYPE);
    if (!value_is_unqualified(temporary->node))
        type = arena_printf(lower->arena, "((void)0, (%s))", type);
    frame_add(lower, temporary->group, "%s brio_%d", frame_type_of(lower, type), temporary->number);
}

void frame_add_literal(struct lower *lower, struct literal *literal)
{
    literal->member = arena_printf(lower->arena, "literal_%d", ++lower->numbers);
    char *type = render_text(lower, literal->node->first, literal->node->last, RENDER_TOP_TYPE);
    frame_add(lower, literal->block->group, "%s %s", frame_type_of(lower, type), literal->member);
}

/* ---- types that move to the top ---- */

const char *frame_moved_name(struct lower *lower, const struct symbol *symbol)
{
    for (const struct moved *moved = lower->moved; moved; moved = moved->next)
        if (moved->symbol == symbol)
            return moved->name;
    return NULL;
}

static bool means_something_at_top(const struct symbol *symbol)
{
    if (symbol->scope->depth > 2)
        return true;
    for (const struct scope *scope = symbol->scope->outer; scope; scope = scope->outer)
        for (const struct symbol *other = scope->symbols; other; other = other->next)
            if ((other->kind == SYMBOL_TAG) == (symbol->kind == SYMBOL_TAG) && !strcmp(other->name, symbol->name))
                return true;
    return false;
}

static const char *move_symbol(struct lower *lower, struct symbol *symbol)
{
    struct moved *moved = ARENA_NEW(lower->arena, struct moved);
    moved->symbol = symbol;
    moved->name = means_something_at_top(symbol) ? arena_printf(lower->arena, "brio_%s_%d", symbol->name, ++lower->numbers) : symbol->name;
    moved->next = lower->moved;
    lower->moved = moved;
    return moved->name;
}

static void name_anonymous(struct lower *lower, struct node *type)
{
    static struct scope inner = {.depth = 3};
    struct symbol *symbol = ARENA_NEW(lower->arena, struct symbol);
    symbol->kind = SYMBOL_TAG;
    symbol->name = "type";
    symbol->scope = &inner;
    type->symbol = symbol;
}

/* "struct name {…};", with what stands between the keyword and the brace. */
static void move_definition(struct lower *lower, struct node *type)
{
    struct op_list list, *out = lower->out;
    int brace = type->first;
    if (!type->symbol)
        name_anonymous(lower, type);
    const char *name = move_symbol(lower, type->symbol);
    for (struct node *enumerator = type->kind == D_ENUM ? type->b : NULL; enumerator; enumerator = enumerator->next)
        if (enumerator->symbol)
            patch_word(lower, enumerator->name, enumerator->name, move_symbol(lower, enumerator->symbol));
    op_list_init(&list);
    lower->out = &list;
    while (lower->unit->tokens[brace].punctuator != P_LEFT_BRACE)
        brace++;
    int place = type->name ? type->name : type->a ? type->a->first - 1 : brace; /* an enum's type follows its name */
    op_tokens(lower, type->first, place - 1);
    op_word(lower, type->first, name);
    op_tokens(lower, type->name ? place + 1 : place, brace - 1);
    lower->defining = type;
    render(lower, brace, type->last, RENDER_TOP_TYPE);
    lower->defining = NULL;
    lower->out = out;
    char *text = op_text(lower, &list);
    buffer_printf(&lower->top, "%s;\n", text);
    patch_tree(lower, type); /* it may have had no symbol before */
}

static void move_typedefs(struct lower *lower, struct node *declaration)
{
    for (struct node *declarator = declaration->b; declarator; declarator = declarator->next) {
        if (!declarator->symbol)
            continue;
        const char *name = move_symbol(lower, declarator->symbol);
        char *text = declaration_text(lower, declaration->a, declarator, name, true);
        buffer_printf(&lower->top, "typedef %s;\n", text);
    }
}

/* constexpr objects are constants that types may need. */
static void move_constants(struct lower *lower, struct node *declaration)
{
    for (struct node *declarator = declaration->b; declarator; declarator = declarator->next) {
        if (!declarator->symbol || !declarator->b)
            continue;
        const char *name = move_symbol(lower, declarator->symbol);
        char *text = declaration_text(lower, declaration->a, declarator, name, true);
        char *value = render_text(lower, declarator->b->first, declarator->b->last, RENDER_TOP_TYPE);
        buffer_printf(&lower->top, "static constexpr %s = %s;\n", text, value);
    }
}

void frame_move_types(struct lower *lower, struct node *declaration)
{
    if (declaration->kind != D_DECLARATION)
        return;
    for (struct node *spec = declaration->a->b; spec; spec = spec->next)
        if ((spec->kind == D_STRUCT || spec->kind == D_ENUM) && spec->has_body)
            move_definition(lower, spec);
    if (declaration->a->flags & SPEC_TYPEDEF)
        move_typedefs(lower, declaration);
    else if (declaration->a->flags & SPEC_CONSTEXPR)
        move_constants(lower, declaration);
}

static void visit_types(struct node *node, void *arg)
{
    struct lower *lower = arg;
    if (!node->lowering->lift)
        return;
    if (node->kind == S_COMPOUND)
        for (struct node *statement = node->b; statement; statement = statement->next)
            if (statement->kind == S_DECLARATION)
                frame_move_types(lower, statement->a);
    if (node->kind == S_FOR && node->a)
        frame_move_types(lower, node->a);
    node_children(node, visit_types, lower);
}

void frame_add_locals(struct lower *lower)
{
    struct analysis *analysis = lower->analysis;
    visit_types(analysis->function->definition->c, lower);
    for (int i = 0; i < analysis->local_count; i++) {
        struct local *local = analysis->locals[i];
        bool passed = !local->block && set_has(analysis->at_entry, i);
        if (local->storage != STORAGE_PLAIN || passed)
            frame_add_local(lower, local);
    }
    for (struct literal *literal = analysis->literals; literal; literal = literal->next)
        if (literal->node->lowering->literal)
            frame_add_literal(lower, literal);
}
