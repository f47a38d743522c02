/* parse_expr.c - expressions. */
#include "arena.h"
#include "parse_internal.h"

/* ---- operands in parentheses ---- */

struct node *parse_parenthesized_operand(struct parser *p)
{
    parse_expect(p, P_LEFT_PAREN);
    struct node *operand = parse_at_type(p, p->pos) ? parse_type_name(p) : parse_expression(p);
    parse_expect(p, P_RIGHT_PAREN);
    return operand;
}

static bool at_parenthesized_type(const struct parser *p)
{
    if (!parse_at(p, P_LEFT_PAREN))
        return false;
    int token = p->pos + 1;
    while (parse_keyword(p, token) == K_EXTENSION)
        token++;
    return parse_at_type(p, token);
}

static struct node *parse_type_or_expression(struct parser *p)
{
    int token = p->pos;
    while (parse_keyword(p, token) == K_EXTENSION)
        token++;
    return parse_at_type(p, token) ? parse_type_name(p) : parse_assignment(p);
}

/* ---- primary expressions ---- */

static struct node *parse_strings(struct parser *p)
{
    struct node *node = parse_new(p, E_STRING);
    while (parse_kind(p) == T_STRING)
        p->pos++;
    return parse_close(p, node);
}

static struct node *parse_parenthesized(struct parser *p)
{
    if (p->tokens[p->pos + 1].punctuator == P_LEFT_BRACE) {
        struct node *node = parse_new(p, E_STATEMENT);
        p->pos++;
        node->a = parse_compound(p);
        parse_expect(p, P_RIGHT_PAREN);
        return parse_close(p, node);
    }
    struct node *node = parse_new(p, E_PAREN);
    p->pos++;
    node->a = parse_expression(p);
    parse_expect(p, P_RIGHT_PAREN);
    return parse_close(p, node);
}

static struct node *parse_identifier(struct parser *p)
{
    struct node *node = parse_new(p, E_IDENT);
    node->name = p->pos;
    node->symbol = p->tokens[p->pos].ident->symbol;
    if (node->symbol && node->symbol->kind == SYMBOL_TYPEDEF)
        parse_expected(p, "an expression");
    p->pos++;
    return parse_close(p, node);
}

static struct node *parse_generic(struct parser *p)
{
    struct node *node = parse_new(p, E_GENERIC);
    struct list list = {0};
    p->pos++;
    parse_expect(p, P_LEFT_PAREN);
    node->a = parse_type_or_expression(p);
    while (parse_accept(p, P_COMMA)) {
        struct node *choice = parse_new(p, E_ASSOC);
        if (parse_keyword(p, p->pos) == K_DEFAULT)
            p->pos++;
        else
            choice->a = parse_type_name(p);
        parse_expect(p, P_COLON);
        choice->b = parse_assignment(p);
        list_add(&list, parse_close(p, choice));
    }
    node->b = list.first;
    parse_expect(p, P_RIGHT_PAREN);
    return parse_close(p, node);
}

/* __builtin_va_arg and its like: arguments that may be types. */
static struct node *parse_type_builtin(struct parser *p)
{
    struct node *node = parse_new(p, E_BUILTIN);
    struct list list = {0};
    node->name = p->pos++;
    parse_expect(p, P_LEFT_PAREN);
    do
        list_add(&list, parse_type_or_expression(p));
    while (parse_accept(p, P_COMMA));
    node->b = list.first;
    parse_expect(p, P_RIGHT_PAREN);
    return parse_close(p, node);
}

/* __builtin_offsetof(type, a.b[i]): the members are no expressions, the subscripts are. */
static struct node *parse_offsetof(struct parser *p)
{
    struct node *node = parse_new(p, E_BUILTIN);
    struct list list = {0};
    node->name = p->pos++;
    parse_expect(p, P_LEFT_PAREN);
    list_add(&list, parse_type_name(p));
    parse_expect(p, P_COMMA);
    parse_name(p);
    while (!parse_at(p, P_RIGHT_PAREN)) {
        if (parse_accept(p, P_DOT) || parse_accept(p, P_ARROW)) {
            parse_name(p);
        } else {
            parse_expect(p, P_LEFT_BRACKET);
            list_add(&list, parse_expression(p));
            parse_expect(p, P_RIGHT_BRACKET);
        }
    }
    node->b = list.first;
    parse_expect(p, P_RIGHT_PAREN);
    return parse_close(p, node);
}

/* __builtin_has_attribute(type or expression, attribute) */
static struct node *parse_has_attribute(struct parser *p)
{
    struct node *node = parse_new(p, E_BUILTIN);
    node->name = p->pos++;
    parse_expect(p, P_LEFT_PAREN);
    node->b = parse_type_or_expression(p);
    parse_expect(p, P_COMMA);
    while (!parse_at(p, P_RIGHT_PAREN)) {
        if (parse_at(p, P_LEFT_PAREN))
            parse_skip_brackets(p);
        else if (parse_kind(p) == T_END)
            parse_expected(p, "')'");
        else
            p->pos++;
    }
    parse_expect(p, P_RIGHT_PAREN);
    return parse_close(p, node);
}

/* ---- words that are expressions ---- */

static struct node *parse_await(struct parser *p)
{
    struct node *node = parse_new(p, E_AWAIT);
    p->words++;
    p->pos++;
    parse_expect(p, P_LEFT_PAREN);
    node->a = parse_assignment(p);
    parse_expect(p, P_RIGHT_PAREN);
    return parse_close(p, node);
}

/* Behind the call of SPAWN and its like: `, .name = …)`, or just the parenthesis. The options' range is theirs alone, without the
 * parenthesis. */
static struct node *parse_call_options(struct parser *p)
{
    if (!parse_accept(p, P_COMMA)) {
        parse_expect(p, P_RIGHT_PAREN);
        return NULL;
    }
    struct node *options = parse_init_list(p, p->pos, P_RIGHT_PAREN);
    options->last--;
    return options;
}

static struct node *parse_await_thread(struct parser *p)
{
    struct node *node = parse_new(p, E_AWAIT);
    node->flags |= IN_THREAD;
    p->words++;
    p->pos++;
    parse_expect(p, P_LEFT_PAREN);
    node->a = parse_assignment(p);
    node->b = parse_call_options(p);
    return parse_close(p, node);
}

void parse_spawn_arguments(struct parser *p, struct node *node, bool into)
{
    parse_expect(p, P_LEFT_PAREN);
    node->a = parse_assignment(p);
    parse_expect(p, P_COMMA);
    if (into) {
        node->d = parse_assignment(p);
        parse_expect(p, P_COMMA);
    }
    node->b = parse_assignment(p);
    node->c = parse_call_options(p);
}

/* SPAWN, SPAWN_INTO, RUN_ON, SPAWN_ON */
static struct node *parse_spawn(struct parser *p, enum node_kind kind)
{
    struct node *node = parse_new(p, kind);
    p->words++;
    p->pos++;
    parse_spawn_arguments(p, node, kind == E_SPAWN_INTO || kind == E_RUN_ON);
    return parse_close(p, node);
}

/* RUN(options, call), RUN_INTO(options, result, call) */
static struct node *parse_run(struct parser *p, bool into)
{
    struct node *node = parse_new(p, into ? E_RUN_INTO : E_RUN);
    p->words++;
    p->pos++;
    parse_expect(p, P_LEFT_PAREN);
    node->a = parse_assignment(p);
    parse_expect(p, P_COMMA);
    node->b = parse_assignment(p);
    if (into) {
        parse_expect(p, P_COMMA);
        node->c = parse_assignment(p);
    }
    parse_expect(p, P_RIGHT_PAREN);
    return parse_close(p, node);
}

static struct node *parse_guest(struct parser *p)
{
    struct node *node = parse_new(p, E_GUEST);
    struct list list = {0};
    p->words++;
    p->pos++;
    parse_expect(p, P_LEFT_PAREN);
    for (int i = 0; i < 4; i++) {
        list_add(&list, parse_assignment(p));
        parse_expect(p, P_COMMA);
    }
    node->a = list.first;
    node->b = parse_assignment(p);
    parse_expect(p, P_RIGHT_PAREN);
    return parse_close(p, node);
}

static struct node *parse_word_expression(struct parser *p, enum keyword keyword)
{
    if (keyword >= K_ASYNC && p->bodies == 0)
        parse_fail(p, p->pos, "%s outside a function", token_spelling(p->unit, p->pos));
    switch (keyword) {
    case K_AWAIT: return parse_await(p);
    case K_AWAIT_THREAD: return parse_await_thread(p);
    case K_SPAWN: return parse_spawn(p, E_SPAWN);
    case K_SPAWN_INTO: return parse_spawn(p, E_SPAWN_INTO);
    case K_RUN_ON: return parse_spawn(p, E_RUN_ON);
    case K_SPAWN_ON: return parse_spawn(p, E_SPAWN_ON);
    case K_RUN: return parse_run(p, false);
    case K_RUN_INTO: return parse_run(p, true);
    case K_GUEST: return parse_guest(p);
    default:
        if (keyword >= K_ASYNC)
            parse_fail(p, p->pos, "'%s' is a statement, it cannot stand in an expression", token_spelling(p->unit, p->pos));
        parse_expected(p, "an expression");
    }
}

static struct node *parse_keyword_expression(struct parser *p, enum keyword keyword)
{
    switch (keyword) {
    case K_GENERIC: return parse_generic(p);
    case K_TYPE_BUILTIN: return parse_type_builtin(p);
    case K_OFFSETOF: return parse_offsetof(p);
    case K_HAS_ATTRIBUTE: return parse_has_attribute(p);
    case K_TRUE: {
        struct node *node = parse_new(p, E_CONST);
        parse_take_keyword(p);
        return parse_close(p, node);
    }
    default: return parse_word_expression(p, keyword);
    }
}

static struct node *parse_primary(struct parser *p)
{
    switch (parse_kind(p)) {
    case T_IDENT:
        if (parse_keyword(p, p->pos) == K_TRUE)
            return parse_keyword_expression(p, K_TRUE);
        return parse_identifier(p);
    case T_NUMBER: case T_CHARACTER: {
        struct node *node = parse_new(p, E_CONST);
        p->pos++;
        return parse_close(p, node);
    }
    case T_STRING: return parse_strings(p);
    case T_KEYWORD: return parse_keyword_expression(p, parse_keyword(p, p->pos));
    default:
        if (parse_at(p, P_LEFT_PAREN))
            return parse_parenthesized(p);
        parse_expected(p, "an expression");
    }
}

/* ---- postfix ---- */

static struct node *parse_call(struct parser *p, struct node *callee)
{
    struct node *node = node_new(p->arena, E_CALL, callee->first, callee->first);
    struct list list = {0};
    parse_expect(p, P_LEFT_PAREN);
    while (!parse_at(p, P_RIGHT_PAREN)) {
        /* builtins that are not known here may take types */
        list_add(&list, parse_type_or_expression(p));
        if (!parse_accept(p, P_COMMA))
            break;
    }
    node->a = callee;
    node->b = list.first;
    parse_expect(p, P_RIGHT_PAREN);
    return parse_close(p, node);
}

static struct node *parse_index(struct parser *p, struct node *array)
{
    struct node *node = node_new(p->arena, E_INDEX, array->first, array->first);
    parse_expect(p, P_LEFT_BRACKET);
    node->a = array;
    node->b = parse_expression(p);
    parse_expect(p, P_RIGHT_BRACKET);
    return parse_close(p, node);
}

static struct node *parse_access(struct parser *p, struct node *object, enum node_kind kind)
{
    struct node *node = node_new(p->arena, kind, object->first, object->first);
    p->pos++;
    node->a = object;
    node->name = parse_name(p);
    node->member = p->tokens[node->name].ident;
    return parse_close(p, node);
}

static struct node *parse_postfix_of(struct parser *p, struct node *node)
{
    for (;;) {
        switch (p->tokens[p->pos].punctuator) {
        case P_LEFT_PAREN: node = parse_call(p, node); break;
        case P_LEFT_BRACKET: node = parse_index(p, node); break;
        case P_DOT: node = parse_access(p, node, E_MEMBER); break;
        case P_ARROW: node = parse_access(p, node, E_ARROW); break;
        case P_PLUS_PLUS: case P_MINUS_MINUS: {
            struct node *postfix = node_new(p->arena, E_POSTFIX, node->first, node->first);
            postfix->op = p->pos++;
            postfix->a = node;
            node = parse_close(p, postfix);
            break;
        }
        default: return node;
        }
    }
}

/* ---- unary ---- */

static struct node *parse_unary(struct parser *p);

static struct node *parse_prefix(struct parser *p, enum node_kind kind)
{
    struct node *node = parse_new(p, kind);
    if (kind == E_UNARY)
        node->op = p->pos;
    p->pos++;
    parse_enter(p);
    node->a = parse_unary(p);
    parse_leave(p);
    return parse_close(p, node);
}

static struct node *parse_label_address(struct parser *p)
{
    struct node *node = parse_new(p, E_LABEL_ADDRESS);
    p->pos++;
    node->name = parse_name(p);
    return parse_close(p, node);
}

/* ( type ) …: a compound literal, which may go on as a postfix expression does, or a cast. */
static struct node *parse_cast(struct parser *p)
{
    struct node *node = parse_new(p, E_CAST);
    p->pos++;
    node->a = parse_type_name(p);
    parse_expect(p, P_RIGHT_PAREN);
    if (parse_at(p, P_LEFT_BRACE)) {
        node->kind = E_COMPOUND;
        node->b = parse_initializer(p);
        return parse_postfix_of(p, parse_close(p, node));
    }
    parse_enter(p);
    node->b = parse_unary(p);
    parse_leave(p);
    return parse_close(p, node);
}

static struct node *parse_sizeof(struct parser *p)
{
    struct node *node = parse_new(p, E_SIZEOF);
    parse_take_keyword(p);
    if (at_parenthesized_type(p)) {
        int paren = p->pos;
        p->pos++;
        node->a = parse_type_name(p);
        parse_expect(p, P_RIGHT_PAREN);
        if (!parse_at(p, P_LEFT_BRACE))
            return parse_close(p, node);
        p->pos = paren; /* sizeof (type){…} */
    }
    parse_enter(p);
    node->a = parse_unary(p);
    parse_leave(p);
    return parse_close(p, node);
}

static struct node *parse_unary(struct parser *p)
{
    switch (p->tokens[p->pos].punctuator) {
    case P_AND: return parse_prefix(p, E_ADDRESS);
    case P_STAR: return parse_prefix(p, E_DEREF);
    case P_PLUS_PLUS: case P_MINUS_MINUS: case P_PLUS: case P_MINUS: case P_TILDE: case P_NOT: return parse_prefix(p, E_UNARY);
    case P_AND_AND: return parse_label_address(p);
    case P_LEFT_PAREN:
        if (at_parenthesized_type(p))
            return parse_cast(p);
        break;
    default:
        switch (parse_keyword(p, p->pos)) {
        case K_EXTENSION: case K_REAL: return parse_prefix(p, E_UNARY);
        case K_SIZEOF: case K_ALIGNOF: return parse_sizeof(p);
        default: break;
        }
    }
    return parse_postfix_of(p, parse_primary(p));
}

/* ---- binary ---- */

static int precedence(enum punctuator which)
{
    switch (which) {
    case P_OR_OR: return 1;
    case P_AND_AND: return 2;
    case P_OR: return 3;
    case P_CARET: return 4;
    case P_AND: return 5;
    case P_EQUAL: case P_NOT_EQUAL: return 6;
    case P_LESS: case P_GREATER: case P_LESS_EQUAL: case P_GREATER_EQUAL: return 7;
    case P_SHIFT_LEFT: case P_SHIFT_RIGHT: return 8;
    case P_PLUS: case P_MINUS: return 9;
    case P_STAR: case P_SLASH: case P_PERCENT: return 10;
    default: return 0;
    }
}

static struct node *parse_binary(struct parser *p, int least)
{
    struct node *left = parse_unary(p);
    for (;;) {
        int level = precedence((enum punctuator)p->tokens[p->pos].punctuator);
        if (level == 0 || level < least)
            return left;
        struct node *node = node_new(p->arena, level <= 2 ? E_LOGICAL : E_BINARY, left->first, left->first);
        node->op = p->pos++;
        node->a = left;
        node->b = parse_binary(p, level + 1);
        left = parse_close(p, node);
    }
}

struct node *parse_constant(struct parser *p)
{
    struct node *condition = parse_binary(p, 1);
    if (!parse_at(p, P_QUESTION))
        return condition;
    struct node *node = node_new(p->arena, E_COND, condition->first, condition->first);
    node->op = p->pos++;
    node->a = condition;
    parse_enter(p);
    if (!parse_at(p, P_COLON))
        node->b = parse_expression(p);
    parse_expect(p, P_COLON);
    node->c = parse_constant(p);
    parse_leave(p);
    return parse_close(p, node);
}

static bool is_assignment(enum punctuator which)
{
    return which >= P_ASSIGN && which <= P_OR_ASSIGN;
}

struct node *parse_assignment(struct parser *p)
{
    parse_enter(p);
    struct node *left = parse_constant(p);
    if (is_assignment((enum punctuator)p->tokens[p->pos].punctuator)) {
        struct node *node = node_new(p->arena, E_ASSIGN, left->first, left->first);
        node->op = p->pos++;
        node->a = left;
        node->b = parse_assignment(p);
        left = parse_close(p, node);
    }
    parse_leave(p);
    return left;
}

struct node *parse_expression(struct parser *p)
{
    struct node *left = parse_assignment(p);
    while (parse_at(p, P_COMMA)) {
        struct node *node = node_new(p->arena, E_COMMA, left->first, left->first);
        node->op = p->pos++;
        node->a = left;
        node->b = parse_assignment(p);
        left = parse_close(p, node);
    }
    return left;
}
