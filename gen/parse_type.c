/* parse_type.c - as much of C's type system as it takes to tell an ASYNC call from a plain one, and an array from a scalar. */
#include "arena.h"
#include "check.h"
#include "diag.h"
#include "parse_internal.h"

enum { SHAPE_QUALIFIERS = SPEC_CONST | SPEC_VOLATILE | SPEC_ATOMIC };

/* ---- types ---- */

static const struct node *find_spec(const struct node *specs, enum node_kind kind)
{
    for (const struct node *spec = specs ? specs->b : NULL; spec; spec = spec->next) {
        if (spec->kind == kind)
            return spec;
    }
    return NULL;
}

static bool type_of_name(const struct node *name, struct type *type)
{
    *type = (struct type){name->a, name->b->a, 0};
    return true;
}

/* The type of an expression that gives the node its type; false when this is being asked already. */
static bool type_through(const struct node *node, const struct node *expression, struct type *type)
{
    struct node *mark = (struct node *)node;
    if (mark->being_typed)
        return false;
    mark->being_typed = true;
    bool known = expression_type(expression, type);
    mark->being_typed = false;
    return known;
}

static bool type_of_symbol(const struct symbol *symbol, struct type *type)
{
    if (symbol == NULL || symbol->specs == NULL || symbol->declarator == NULL)
        return false;
    *type = (struct type){symbol->specs, symbol->declarator->a, 0};
    if ((symbol->specs->flags & SPEC_AUTO_TYPE) && type->chain == NULL)
        return symbol->declarator->b && type_through(symbol->declarator, symbol->declarator->b, type);
    return true;
}

/* What the specifiers alone say, when they refer to another type. */
static bool type_behind(const struct node *specs, struct type *type, bool *known)
{
    const struct node *typeof_spec = find_spec(specs, D_TYPEOF), *reference = find_spec(specs, D_TYPEDEF_REF);
    *known = true;
    if (typeof_spec && typeof_spec->a) {
        *known = typeof_spec->a->kind == D_TYPE_NAME ? type_of_name(typeof_spec->a, type) : type_through(typeof_spec, typeof_spec->a, type);
        return true;
    }
    if (reference) {
        *known = type_of_symbol(reference->symbol, type);
        return true;
    }
    return false;
}

bool type_resolve(struct type *type, unsigned *qualifiers)
{
    /* a chain of typedefs ends; the bound is for typedefs that errors in the source have tied into a ring */
    for (int steps = 0; type->chain == NULL && type->addresses == 0 && steps < 1000; steps++) {
        struct type behind = {0};
        bool known;
        if (qualifiers)
            *qualifiers |= type->specs->flags & SHAPE_QUALIFIERS;
        if (!type_behind(type->specs, &behind, &known))
            return !(type->specs->flags & SPEC_AUTO_TYPE);
        if (!known)
            return false;
        *type = behind;
    }
    return type->chain || type->addresses;
}

/* What a pointer or array leads to. */
static bool dereference(struct type *type)
{
    if (!type_resolve(type, NULL))
        return false;
    if (type->addresses) {
        type->addresses--;
        return true;
    }
    if (type->chain == NULL)
        return false;
    if (type->chain->kind != D_FUNCTION)
        type->chain = type->chain->a;
    return true;
}

/* Through pointers and arrays to a function. */
static bool find_function(struct type *type)
{
    while (type_resolve(type, NULL) && (type->chain || type->addresses)) {
        if (type->addresses == 0 && type->chain->kind == D_FUNCTION)
            return true;
        if (!dereference(type))
            return false;
    }
    return false;
}

/* ---- members ---- */

static const struct node *struct_definition(struct type *type)
{
    if (!type_resolve(type, NULL) || type->chain || type->addresses)
        return NULL;
    const struct node *record = find_spec(type->specs, D_STRUCT);
    if (record == NULL || record->has_body || record->symbol == NULL)
        return record;
    return record->symbol->definition;
}

static bool find_member(const struct node *record, const struct ident *name, struct type *type, int depth)
{
    for (const struct node *member = record ? record->b : NULL; member; member = member->next) {
        if (member->kind != D_DECLARATION)
            continue;
        for (const struct node *declarator = member->b; declarator; declarator = declarator->next) {
            if (declarator->member == name) {
                *type = (struct type){member->a, declarator->a, 0};
                return true;
            }
        }
        struct type inner = {member->a, NULL, 0};
        if (member->b == NULL && depth < 50 && find_member(struct_definition(&inner), name, type, depth + 1))
            return true;
    }
    return false;
}

bool type_member(const struct type *whole, const struct ident *name, struct type *type)
{
    struct type object = *whole;
    return find_member(struct_definition(&object), name, type, 0);
}

bool type_members(const struct type *whole, struct members *members)
{
    struct type object = *whole;
    const struct node *record = struct_definition(&object);
    *members = (struct members){0};
    if (record == NULL || !record->has_body)
        return false;
    members->declaration = record->b;
    members->only_one = record->flags & RECORD_UNION;
    return true;
}

/* Members without a name: records have room for something, `int : 3`, `enum e { … };` and `struct s { … };` have not. */
static bool is_unnamed_record(const struct node *declaration)
{
    const struct node *record = declaration->b ? NULL : find_spec(declaration->a, D_STRUCT);
    return record && record->has_body && record->name == 0;
}

bool members_next(struct members *members, struct type *type)
{
    const struct node *node;
    for (bool found = false; !found;) {
        if ((node = members->declarator)) {
            members->declarator = node->next;
            members->name = node->member;
            *type = (struct type){members->specs, node->a, 0};
            found = node->name != 0;
        } else if ((node = members->declaration)) {
            members->declaration = node->next;
            if (node->kind != D_DECLARATION)
                continue;
            members->specs = node->a;
            members->declarator = node->b;
            members->name = NULL;
            *type = (struct type){node->a, NULL, 0};
            found = is_unnamed_record(node);
        } else {
            return false;
        }
    }
    if (members->only_one)
        members->declarator = members->declaration = NULL;
    return true;
}

bool members_find(const struct type *whole, struct members *members, const struct ident *name)
{
    struct type type;
    if (!type_members(whole, members))
        return false;
    bool only_one = members->only_one;
    members->only_one = false;
    while (members_next(members, &type)) {
        if (members->name != name)
            continue;
        if (only_one)
            members->declarator = members->declaration = NULL;
        return true;
    }
    return false;
}

bool type_element(struct type *type)
{
    if (!type_resolve(type, NULL) || type->addresses || !type->chain || type->chain->kind != D_ARRAY)
        return false;
    type->chain = type->chain->a;
    return true;
}

static bool type_of_member(const struct node *access, struct type *type)
{
    struct type object;
    if (!expression_type(access->a, &object) || (access->kind == E_ARROW && !dereference(&object)))
        return false;
    return find_member(struct_definition(&object), access->member, type, 0);
}

/* ---- expressions ---- */

static bool type_of_call(const struct node *call, struct type *type)
{
    if (!expression_type(call->a, type) || !find_function(type))
        return false;
    type->chain = type->chain->a;
    return true;
}

/* Pointer arithmetic keeps the pointer's type; all other arithmetic is of no interest. */
static bool type_of_arithmetic(const struct node *operation, struct type *type)
{
    for (int i = 0; i < 2; i++) {
        if (!expression_type(i ? operation->b : operation->a, type) || !type_resolve(type, NULL))
            continue;
        if (type->addresses || (type->chain && type->chain->kind != D_FUNCTION))
            return true;
    }
    return false;
}

bool expression_type(const struct node *e, struct type *type)
{
    switch (e->kind) {
    case E_IDENT: return type_of_symbol(e->symbol, type);
    case E_PAREN: case E_POSTFIX: case E_UNARY: case E_ASSIGN: case E_AWAIT: return expression_type(e->a, type);
    case E_COMMA: return expression_type(e->b, type);
    case E_COND: return (e->b && expression_type(e->b, type)) || expression_type(e->b ? e->c : e->a, type);
    case E_CAST: case E_COMPOUND: return type_of_name(e->a, type);
    case E_DEREF: case E_INDEX: return expression_type(e->a, type) && dereference(type);
    case E_ADDRESS:
        if (!expression_type(e->a, type))
            return false;
        type->addresses++;
        return true;
    case E_MEMBER: case E_ARROW: return type_of_member(e, type);
    case E_CALL: return type_of_call(e, type);
    case E_BINARY: return type_of_arithmetic(e, type);
    default: return false;
    }
}

static enum async_kind flags_async(unsigned flags)
{
    return flags & SPEC_ASYNC ? ASYNC_FUNCTION : flags & SPEC_ASYNC_LEAF ? ASYNC_LEAF : ASYNC_NOT;
}

enum async_kind type_async(struct type *type)
{
    return find_function(type) ? flags_async(type->chain->flags) : ASYNC_UNKNOWN;
}

/* Of _Generic: what its choices agree on. */
static enum async_kind generic_async(const struct unit *unit, const struct node *generic)
{
    enum async_kind result = ASYNC_UNKNOWN;
    for (const struct node *choice = generic->b; choice; choice = choice->next) {
        enum async_kind kind = expression_async(unit, choice->b);
        if (choice != generic->b && (kind == ASYNC_NOT) != (result == ASYNC_NOT))
            return ASYNC_UNKNOWN;
        result = kind;
    }
    return result;
}

enum async_kind expression_async(const struct unit *unit, const struct node *callee)
{
    struct type type;
    while (callee->kind == E_PAREN || callee->kind == E_DEREF || callee->kind == E_ADDRESS)
        callee = callee->a;
    if (callee->kind == E_GENERIC)
        return generic_async(unit, callee);
    if (expression_type(callee, &type))
        return type_async(&type);
    if (callee->kind == E_MEMBER || callee->kind == E_ARROW) {
        enum member_async member = member_async(unit, callee->member);
        return member == MEMBER_ASYNC ? ASYNC_FUNCTION : member == MEMBER_PLAIN ? ASYNC_NOT : ASYNC_UNKNOWN;
    }
    return ASYNC_UNKNOWN;
}

/* ---- what a declaration says ---- */

void parse_mark_async(const struct node *specs, struct node *declarator)
{
    unsigned flags = specs->flags & (SPEC_ASYNC | SPEC_ASYNC_LEAF);
    struct node *derivation = declarator->a;
    while (derivation && derivation->kind != D_FUNCTION)
        derivation = derivation->a;
    if (flags && derivation)
        derivation->flags |= flags;
}

/* What is declared with a typedef's name and no more is what the typedef is; chains of them may be long. */
static const struct symbol *plain_reference(const struct node *specs, const struct node *declarator)
{
    const struct node *reference = declarator->a ? NULL : find_spec(specs, D_TYPEDEF_REF);
    return reference && reference->symbol && reference->symbol->specs ? reference->symbol : NULL;
}

static bool find_declared_function(const struct node *specs, const struct node *declarator, struct type *type)
{
    *type = (struct type){specs, declarator->a, 0};
    if ((specs->flags & SPEC_AUTO_TYPE) && declarator->a == NULL && (declarator->b == NULL || !expression_type(declarator->b, type)))
        return false;
    return find_function(type);
}

/* ASYNC belongs to the function's type: every declaration has to say it. */
static void check_agreement(struct parser *p, const struct symbol *symbol, const struct node *specs, const struct node *declarator)
{
    if (symbol->kind != SYMBOL_FUNCTION || symbol->declarator == NULL || symbol->is_async == !!(specs->flags & SPEC_ASYNC) ||
        (specs->flags & SPEC_ASYNC_LEAF) || p->tokens[declarator->name].system)
        return;
    struct diag *diag = p->unit->diag;
    if (symbol->is_async)
        diag_error(diag, declarator->name, declarator->name, "'%s' was declared ASYNC: this declaration has to say it too", symbol->name);
    else
        diag_error(diag, declarator->name, declarator->name, "'%s' is ASYNC here, but was declared without", symbol->name);
    diag_note(diag, symbol->token, symbol->token, "declared here");
}

void parse_classify(struct parser *p, struct symbol *symbol, struct node *specs, struct node *declarator)
{
    struct type type = {0};
    parse_mark_async(specs, declarator);
    if (specs->flags & (SPEC_ASYNC | SPEC_ASYNC_LEAF))
        check_async_declaration(p->unit, specs, declarator);
    bool typedefed = specs->flags & SPEC_TYPEDEF;
    bool function = !typedefed && !symbol->is_parameter && type_shape(specs, declarator, NULL) == SHAPE_FUNCTION;
    if (!typedefed && function && declarator->a)
        check_agreement(p, symbol, specs, declarator);
    symbol->kind = typedefed ? SYMBOL_TYPEDEF : function ? SYMBOL_FUNCTION : SYMBOL_OBJECT;
    /* a leaf is defined in plain C: its prototype tells */
    if (function && declarator->a && symbol->is_leaf)
        declarator->a->flags |= SPEC_ASYNC_LEAF;
    symbol->specs = specs;
    symbol->declarator = declarator;
    symbol->token = declarator->name;
    const struct symbol *reference = plain_reference(specs, declarator);
    enum async_kind kind = !reference && find_declared_function(specs, declarator, &type) ? flags_async(type.chain->flags) : ASYNC_NOT;
    symbol->is_async = reference ? reference->is_async : kind == ASYNC_FUNCTION;
    symbol->is_leaf = reference ? reference->is_leaf : kind == ASYNC_LEAF;
    symbol->is_static = function || p->scope->depth == 0 || (specs->flags & (SPEC_STATIC | SPEC_EXTERN | SPEC_THREAD | SPEC_CONSTEXPR));
    if ((symbol->is_async || symbol->is_leaf) && p->scope->depth == 0)
        symbol->ident->interesting = true;
}

void parse_classify_member(struct parser *p, struct node *specs, struct node *declarator)
{
    struct ident *ident = p->tokens[declarator->name].ident;
    struct type type;
    declarator->member = ident;
    parse_mark_async(specs, declarator);
    if (specs->flags & (SPEC_ASYNC | SPEC_ASYNC_LEAF))
        check_async_declaration(p->unit, specs, declarator);
    if (!find_declared_function(specs, declarator, &type))
        return;
    bool async = flags_async(type.chain->flags) != ASYNC_NOT;
    enum member_async now = async ? MEMBER_ASYNC : MEMBER_PLAIN;
    ident->member = (uint8_t)(ident->member == MEMBER_UNKNOWN || ident->member == now ? now : MEMBER_BOTH);
    ident->interesting |= async;
}

enum member_async member_async(const struct unit *unit, const struct ident *name)
{
    (void)unit;
    if (name->member == MEMBER_ASYNC && name->skimmed_member)
        return MEMBER_BOTH;
    return (enum member_async)name->member;
}

/* ---- shapes ---- */

static enum type_shape shape_of_specs(const struct node *specs)
{
    if (find_spec(specs, D_STRUCT))
        return SHAPE_RECORD;
    if (specs->flags & SPEC_VA_LIST)
        return SHAPE_ARRAY;
    if (find_spec(specs, D_ENUM))
        return SHAPE_SCALAR;
    return specs->flags & SPEC_VOID ? SHAPE_VOID : SHAPE_SCALAR;
}

enum type_shape type_shape(const struct node *specs, const struct node *declarator, unsigned *qualifiers)
{
    struct type type = {specs, declarator ? declarator->a : NULL, 0};
    unsigned found = 0;
    bool known = true;
    if ((specs->flags & SPEC_AUTO_TYPE) && type.chain == NULL)
        known = declarator && declarator->b && expression_type(declarator->b, &type);
    known = known && type_resolve(&type, &found);
    enum type_shape shape = SHAPE_UNKNOWN;
    if (type.addresses) {
        shape = SHAPE_SCALAR;
        found = 0;
    } else if (known && type.chain) {
        shape = type.chain->kind == D_ARRAY ? SHAPE_ARRAY : type.chain->kind == D_FUNCTION ? SHAPE_FUNCTION : SHAPE_SCALAR;
        if (type.chain->kind == D_POINTER)
            found |= type.chain->flags & SHAPE_QUALIFIERS;
        else if (type.chain->kind == D_ARRAY) /* an array is as const as its elements */
            type_shape(type.specs, &(struct node){.kind = D_DECLARATOR, .a = type.chain->a}, &found);
    } else if (known) {
        shape = shape_of_specs(type.specs);
    }
    if (qualifiers)
        *qualifiers |= found;
    return shape;
}
