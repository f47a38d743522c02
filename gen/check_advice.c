/* check_advice.c - more of what is allowed, and most likely wrong: function pointers that forget that a function is ASYNC, and what can be
 * neither cancelled nor interrupted since nothing in it suspends. */
#include "check_internal.h"

#include <string.h>

/* ---- brio-plain-pointer ---- */

struct advice {
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
    if (value->kind == E_INIT_LIST || value->kind == E_CAST || value->kind == E_CALL || value->kind == E_AWAIT)
        return;
    enum async_kind from = expression_async(check->unit, value), to = type_async(&target);
    if (from == ASYNC_UNKNOWN || to == ASYNC_UNKNOWN || is_async(from) == is_async(to))
        return;
    if (is_async(from))
        diag_warning(check->diag, "brio-plain-pointer", value->first, value->last,
                     "an ASYNC function in a pointer without ASYNC: calls through it would not be AWAITed");
    else
        diag_warning(check->diag, "brio-plain-pointer", value->first, value->last,
                     "a function that is not ASYNC in a pointer to ASYNC ones: it cannot be AWAITed");
}

static void check_initializer(const struct check *check, const struct node *initializer, struct type type);

/* Of `.name = …` and `[index] = …`; false for designators of more than one step. */
static bool designated_type(const struct check *check, const struct node *element, const struct type *whole, struct type *type)
{
    const struct token *tokens = check->unit->tokens;
    const struct node *index = element->b;
    if (tokens[element->first].punctuator == P_DOT)
        return tokens[element->first + 2].punctuator == P_ASSIGN && type_member(whole, tokens[element->first + 1].ident, type);
    *type = *whole;
    return index && !index->next && tokens[index->last + 2].punctuator == P_ASSIGN && type_element(type);
}

static void check_list(const struct check *check, const struct node *list, const struct type *whole)
{
    for (const struct node *element = list->b; element; element = element->next) {
        struct type type = *whole;
        if (element->kind == E_DESIGNATED) {
            if (element->a && designated_type(check, element, whole, &type))
                check_initializer(check, element->a, type);
        } else if (type_element(&type)) {
            check_initializer(check, element, type);
        }
    }
}

static void check_initializer(const struct check *check, const struct node *initializer, struct type type)
{
    if (initializer->kind == E_INIT_LIST)
        check_list(check, initializer, &type);
    else
        check_conversion(check, initializer, type);
}

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

/* ---- brio-no-checkpoint ---- */

static bool is_true(const struct check *check, const struct node *condition)
{
    if (condition == NULL)
        return true;
    condition = check_strip(condition);
    return condition->kind == E_CONST && !token_is(check->unit, condition->first, "0") && !token_is(check->unit, condition->first, "false");
}

struct way_out {
    const struct check *check;
    bool found, in_loop;
};

static bool ends_program(const struct check *check, const struct node *call)
{
    static const char *const names[] = {"exit", "_exit", "_Exit", "abort", "quick_exit", "longjmp", "siglongjmp", "pthread_exit",
                                        "__assert_fail", "__builtin_unreachable", "__builtin_trap", "execv", "execvp", "execve"};
    const struct node *callee = check_strip(call->a);
    for (size_t i = 0; callee->kind == E_IDENT && i < sizeof names / sizeof *names; i++)
        if (token_is(check->unit, callee->name, names[i]))
            return true;
    return false;
}

static void find_way_out(struct node *node, void *arg)
{
    struct way_out *way = arg;
    bool in_loop = way->in_loop;
    switch (node->kind) {
    case S_RETURN: case S_GOTO: case S_RAISE: case S_RAISE_ERRNO: case S_RERAISE: case S_ASM:
        way->found = true;
        return;
    case S_BREAK:
        way->found |= !in_loop;
        return;
    case E_CALL:
        way->found |= ends_program(way->check, node);
        break;
    case S_WHILE: case S_DO: case S_FOR: case S_SWITCH:
        way->in_loop = true;
        break;
    default:
        break;
    }
    node_children(node, find_way_out, arg);
    way->in_loop = in_loop;
}

static void warn_endless(const struct check *check, const struct node *loop)
{
    const struct node *condition = loop->kind == S_FOR ? loop->b : loop->a, *body = loop->kind == S_FOR ? loop->d : loop->b;
    if (loop->has_await || !is_true(check, condition))
        return;
    struct way_out way = {check, false, false};
    find_way_out((struct node *)body, &way);
    if (!way.found)
        diag_warning(check->diag, "brio-no-checkpoint", loop->first, loop->first,
                     "this loop has no end and nothing in it that suspends: no other task would ever run");
}

struct own_call {
    const struct check *check;
    bool found;
};

static void find_own_call(struct node *node, void *arg)
{
    struct own_call *own = arg;
    const struct node *callee = node->kind == E_CALL ? check_strip(node->a) : NULL;
    own->found |= callee && callee->kind == E_IDENT && strncmp(token_text(own->check->unit, callee->name), "brio_", 5) == 0;
    node_children(node, find_own_call, arg);
}

/* What asks about the scopes around it, or sets one, has its reason to be there. */
static void warn_scope(const struct check *check, const struct node *scope)
{
    enum { SHIELD_KIND = 5 };
    struct own_call own = {check, false};
    find_own_call(scope->b, &own);
    if (scope->scope_kind != SHIELD_KIND && !scope->b->has_await && !own.found)
        diag_warning(check->diag, "brio-no-checkpoint", scope->first, scope->first,
                     "nothing in this block can suspend, so nothing in it can be cancelled");
}

/* ---- the walk ---- */

static void walk(struct node *node, void *arg)
{
    const struct advice *advice = arg;
    const struct check *check = advice->check;
    switch (node->kind) {
    case E_SIZEOF: case D_TYPEOF: return;
    case E_ASSIGN: check_assignment(check, node); break;
    case E_CALL: check_arguments(check, node); break;
    case D_DECLARATION: check_declaration(check, node); break;
    case S_RETURN:
        if (node->a)
            check_conversion(check, node->a, advice->result);
        break;
    case S_WHILE: case S_DO: case S_FOR:
        if (check->function->is_async)
            warn_endless(check, node);
        break;
    case S_SCOPE: warn_scope(check, node); break;
    case D_FUNCTION_DEFINITION: return;
    default: break;
    }
    node_children(node, walk, arg);
}

void check_advice(struct check *check)
{
    const struct node *definition = check->function->definition;
    struct advice advice = {check, {definition->a, definition->b->a->a, 0}};
    walk(definition->c, &advice);
}

void check_file_declaration(struct unit *unit, const struct node *declaration)
{
    struct check check = {.unit = unit, .diag = unit->diag};
    if (declaration->kind == D_DECLARATION)
        check_declaration(&check, declaration);
}
