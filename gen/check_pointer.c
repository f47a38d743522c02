/* check_pointer.c - the warning brio-plain-pointer: function pointers that forget that a function is ASYNC, or claim that one is.
 *
 * Looked at is every place where C converts a value to the type of an object: assignments, arguments, return values and initializers. Those
 * in braces are gone through as C goes through them; where it is not certain which member a value is for, since a type is unknown or the
 * bound of an array would have to be known, the rest of the list up to the next designator is passed over.
 */
#include "check_internal.h"

#include "arena.h"

struct pointers {
    const struct check *check;
    struct type result; /* of the function at hand; specs NULL outside of one */
};

static bool is_async(enum async_kind kind)
{
    return kind == ASYNC_FUNCTION || kind == ASYNC_LEAF;
}

/* The value goes into an object of that type without a cast: a call through it has to know what it calls. */
static void check_conversion(const struct check *check, const struct node *value, struct type target)
{
    value = check_strip(value);
    if (value->kind == E_COND && value->b) {
        check_conversion(check, value->b, target);
        check_conversion(check, value->c, target);
        return;
    }
    if (value->kind == E_COMMA) {
        check_conversion(check, value->b, target);
        return;
    }
    if (value->kind == E_INIT_LIST || value->kind == E_CAST)
        return;
    enum async_kind to = type_async(&target), from = to == ASYNC_UNKNOWN ? ASYNC_UNKNOWN : expression_async(check->unit, value);
    if (from == ASYNC_UNKNOWN || is_async(from) == is_async(to))
        return;
    if (is_async(from))
        diag_warning(check->diag, "brio-plain-pointer", value->first, value->last,
                     "an ASYNC function in a pointer without ASYNC: calls through it would not be AWAITed");
    else
        diag_warning(check->diag, "brio-plain-pointer", value->first, value->last,
                     "a function that is not ASYNC in a pointer to ASYNC ones: it cannot be AWAITed");
}

/* ---- initializers in braces ---- */

enum { MAX_DEPTH = 50 }; /* of records in records: errors in the source may tie them into a ring */

struct filling {
    const struct check *check;
    const struct node *element; /* the next one of the list */
    int depth;
};

static void check_list(const struct check *check, const struct node *list, struct type whole);

static void check_initializer(const struct check *check, const struct node *initializer, struct type type)
{
    if (initializer->kind == E_INIT_LIST)
        check_list(check, initializer, type);
    else
        check_conversion(check, initializer, type);
}

static enum type_shape shape_of(const struct type *type)
{
    struct node declarator = {.kind = D_DECLARATOR, .a = (struct node *)type->chain};
    return type->addresses ? SHAPE_SCALAR : type_shape(type->specs, &declarator, NULL);
}

/* Of a value without braces for a record: is it one, or is it for the record's first member? SHAPE_UNKNOWN: who knows. */
static enum type_shape shape_of_value(const struct node *value)
{
    struct type type;
    value = check_strip(value);
    if (value->kind == E_CONST || value->kind == E_STRING || value->kind == E_ADDRESS)
        return SHAPE_SCALAR;
    return expression_type(value, &type) ? shape_of(&type) : SHAPE_UNKNOWN;
}

/* A string for an array of characters; for one of pointers it is its first element. */
static bool is_whole_string(const struct node *value, struct type array)
{
    return check_strip(value)->kind == E_STRING && type_element(&array) && type_resolve(&array, NULL) && array.chain == NULL;
}

static bool fill_record(struct filling *list, const struct type *record);

/* Takes what an object of that type gets from the list; false when what comes next is not known. */
static bool fill_object(struct filling *list, struct type type)
{
    enum type_shape shape = shape_of(&type), given = SHAPE_UNKNOWN;
    const struct node *value = list->element;
    if (value->kind != E_INIT_LIST && shape == SHAPE_RECORD) {
        given = shape_of_value(value);
        if (given != SHAPE_RECORD && given != SHAPE_UNKNOWN)
            return fill_record(list, &type);
    }
    bool certain = value->kind == E_INIT_LIST || shape == SHAPE_SCALAR || given == SHAPE_RECORD ||
                   (shape == SHAPE_ARRAY && is_whole_string(value, type));
    if (certain)
        check_initializer(list->check, value, type);
    list->element = value->next;
    return certain;
}

/* A record without braces of its own. */
static bool fill_record(struct filling *list, const struct type *record)
{
    struct members members;
    struct type type;
    if (++list->depth > MAX_DEPTH || !type_members(record, &members))
        return false;
    bool known = true;
    while (known && list->element && list->element->kind != E_DESIGNATED && members_next(&members, &type))
        known = fill_object(list, type);
    list->depth--;
    return known;
}

/* Follows `.name`, `[index]` and the old `name:` from the type of the whole to that of what the element is for; false: it is not known. */
static bool designated_type(const struct check *check, const struct node *element, struct type *type, int *steps)
{
    const struct token *tokens = check->unit->tokens, *at = &tokens[element->first], *value = &tokens[element->a->first];
    const struct node *index = element->b;
    bool known = true;
    for (*steps = 0; known && at < value && at->punctuator != P_ASSIGN; ++*steps) {
        if (at->kind == T_IDENT) {
            known = type_member(type, at->ident, type);
            at += 2;
        } else if (at->punctuator == P_DOT) {
            known = type_member(type, at[1].ident, type);
            at += 2;
        } else {
            if (index && tokens[index->last + 1].punctuator == P_ELLIPSIS)
                index = index->next;
            known = index && type_element(type);
            at = index ? &tokens[index->last + 2] : value;
            index = index ? index->next : NULL;
        }
    }
    return known;
}

/* Whether it is certain where the list goes on: behind a designator of one step. */
static bool check_designated(const struct check *check, const struct node *element, struct type whole, struct members *members)
{
    const struct token *first = &check->unit->tokens[element->first];
    struct type type = whole;
    int steps;
    if (!element->a || !designated_type(check, element, &type, &steps))
        return false;
    check_initializer(check, element->a, type);
    return steps == 1 && (first->punctuator == P_LEFT_BRACKET || members_find(&whole, members, first[first->punctuator == P_DOT].ident));
}

static void check_list(const struct check *check, const struct node *list, struct type whole)
{
    struct filling filling = {check, list->b, 0};
    struct members members;
    struct type type = whole;
    bool in_array = type_element(&type);
    bool known = in_array || type_members(&whole, &members);
    while (filling.element) {
        const struct node *element = filling.element;
        if (element->kind == E_DESIGNATED) {
            known = check_designated(check, element, whole, &members);
            filling.element = element->next;
        } else if (known && (in_array || members_next(&members, &type))) {
            known = fill_object(&filling, type) && filling.element != element; /* records may have no members */
        } else {
            known = false;
            filling.element = element->next;
        }
    }
}

/* ---- the walk ---- */

static void check_declaration(const struct check *check, const struct node *declaration)
{
    for (const struct node *declarator = declaration->b; declarator; declarator = declarator->next) {
        if (declarator->kind == D_DECLARATOR && declarator->b && !(declaration->a->flags & SPEC_AUTO_TYPE))
            check_initializer(check, declarator->b, (struct type){declaration->a, declarator->a, 0});
    }
}

static void check_arguments(const struct check *check, const struct node *call)
{
    struct type type;
    if (!expression_type(call->a, &type) || type_async(&type) == ASYNC_UNKNOWN)
        return;
    const struct node *parameter = type.chain->b;
    for (const struct node *argument = call->b; argument && parameter; argument = argument->next, parameter = parameter->next)
        check_conversion(check, argument, (struct type){parameter->a, parameter->b->a, 0});
}

static void check_assignment(const struct check *check, const struct node *assignment)
{
    struct type type;
    if (check->unit->tokens[assignment->op].punctuator == P_ASSIGN && expression_type(assignment->a, &type))
        check_conversion(check, assignment->b, type);
}

static void walk(struct node *node, void *arg)
{
    const struct pointers *pointers = arg;
    const struct check *check = pointers->check;
    switch (node->kind) {
    case E_SIZEOF: case D_TYPEOF: case D_FUNCTION_DEFINITION: return;
    case E_ASSIGN: check_assignment(check, node); break;
    case E_CALL: check_arguments(check, node); break;
    case E_COMPOUND: check_initializer(check, node->b, (struct type){node->a->a, node->a->b->a, 0}); break;
    case D_DECLARATION: check_declaration(check, node); break;
    case S_RETURN:
        if (node->a && pointers->result.specs)
            check_conversion(check, node->a, pointers->result);
        break;
    default: break;
    }
    node_children(node, walk, arg);
}

void check_pointers(struct check *check)
{
    const struct node *definition = check->function->definition;
    struct pointers pointers = {check, {definition->a, definition->b->a->a, 0}};
    walk(definition->c, &pointers);
}

void check_file_declaration(struct unit *unit, const struct node *declaration)
{
    struct check check = {.unit = unit, .diag = unit->diag};
    struct pointers pointers = {.check = &check};
    if (declaration->kind == D_DECLARATION)
        walk((struct node *)declaration, &pointers);
}
