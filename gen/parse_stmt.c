/* parse_stmt.c - C's statements. */
#include "arena.h"
#include "parse_internal.h"

/* A statement that is the body of another one. It is a block of its own, which shows where it declares the name of a cancel scope. */
static struct node *parse_body(struct parser *p)
{
    enum keyword keyword = parse_keyword(p, p->pos);
    if (keyword < K_CANCEL_SCOPE || keyword > K_FAIL_AT)
        return parse_statement(p);
    parse_open_scope(p);
    struct node *body = parse_statement(p);
    parse_close_scope(p);
    return body;
}

static struct node *parse_condition(struct parser *p)
{
    parse_expect(p, P_LEFT_PAREN);
    struct node *condition = parse_expression(p);
    parse_expect(p, P_RIGHT_PAREN);
    return condition;
}

static struct node *parse_if(struct parser *p)
{
    struct node *node = parse_new(p, S_IF);
    p->pos++;
    node->a = parse_condition(p);
    node->b = parse_body(p);
    if (parse_keyword(p, p->pos) == K_ELSE) {
        p->pos++;
        node->c = parse_body(p);
    }
    return parse_close(p, node);
}

static struct node *parse_conditional(struct parser *p, enum node_kind kind)
{
    struct node *node = parse_new(p, kind);
    p->pos++;
    node->a = parse_condition(p);
    node->b = parse_body(p);
    return parse_close(p, node);
}

static struct node *parse_do(struct parser *p)
{
    struct node *node = parse_new(p, S_DO);
    p->pos++;
    node->b = parse_body(p);
    if (parse_keyword(p, p->pos) != K_WHILE)
        parse_expected(p, "'while'");
    p->pos++;
    node->a = parse_condition(p);
    parse_expect(p, P_SEMICOLON);
    return parse_close(p, node);
}

static struct node *parse_for(struct parser *p)
{
    struct node *node = parse_new(p, S_FOR);
    p->pos++;
    parse_expect(p, P_LEFT_PAREN);
    node->scope = parse_open_scope(p);
    if (parse_at_declaration(p)) {
        node->a = parse_declaration(p);
    } else {
        if (!parse_at(p, P_SEMICOLON))
            node->a = parse_expression(p);
        parse_expect(p, P_SEMICOLON);
    }
    if (!parse_at(p, P_SEMICOLON))
        node->b = parse_expression(p);
    parse_expect(p, P_SEMICOLON);
    if (!parse_at(p, P_RIGHT_PAREN))
        node->c = parse_expression(p);
    parse_expect(p, P_RIGHT_PAREN);
    node->d = parse_body(p);
    parse_close_scope(p);
    return parse_close(p, node);
}

/* What a label stands before: nothing (NULL) at the end of a block and before a declaration, as C23 allows. */
static struct node *parse_labelled(struct parser *p)
{
    if (parse_at(p, P_RIGHT_BRACE) || (parse_at_declaration(p) && parse_keyword(p, parse_behind_attributes(p, p->pos)) != K_EXTENSION))
        return NULL;
    return parse_statement(p);
}

static struct node *parse_case(struct parser *p)
{
    struct node *node = parse_new(p, S_CASE);
    p->pos++;
    node->a = parse_constant(p);
    if (parse_accept(p, P_ELLIPSIS))
        node->b = parse_constant(p);
    parse_expect(p, P_COLON);
    node->c = parse_labelled(p);
    return parse_close(p, node);
}

static struct node *parse_default(struct parser *p)
{
    struct node *node = parse_new(p, S_DEFAULT);
    p->pos++;
    parse_expect(p, P_COLON);
    node->c = parse_labelled(p);
    return parse_close(p, node);
}

static struct node *parse_label(struct parser *p)
{
    struct node *node = parse_new(p, S_LABEL);
    node->name = p->pos;
    p->pos += 2;
    int behind = parse_behind_attributes(p, p->pos);
    if (p->tokens[behind].punctuator != P_SEMICOLON)
        p->pos = behind;
    node->c = parse_labelled(p);
    return parse_close(p, node);
}

static struct node *parse_goto(struct parser *p)
{
    struct node *node = parse_new(p, S_GOTO);
    p->pos++;
    if (parse_accept(p, P_STAR))
        node->a = parse_expression(p);
    else
        node->name = parse_name(p);
    parse_expect(p, P_SEMICOLON);
    return parse_close(p, node);
}

static struct node *parse_return(struct parser *p)
{
    struct node *node = parse_new(p, S_RETURN);
    p->pos++;
    if (parse_at(p, P_LEFT_BRACE))
        node->a = parse_initializer(p);
    else if (!parse_at(p, P_SEMICOLON))
        node->a = parse_expression(p);
    parse_expect(p, P_SEMICOLON);
    return parse_close(p, node);
}

static struct node *parse_jump(struct parser *p, enum node_kind kind)
{
    struct node *node = parse_new(p, kind);
    p->pos++;
    parse_expect(p, P_SEMICOLON);
    return parse_close(p, node);
}

static struct node *parse_label_declaration(struct parser *p)
{
    struct node *node = parse_new(p, S_LABEL_DECLARATION);
    p->pos++;
    do
        parse_name(p);
    while (parse_accept(p, P_COMMA));
    parse_expect(p, P_SEMICOLON);
    return parse_close(p, node);
}

/* ---- asm ---- */

static void parse_operands(struct parser *p, struct list *list, unsigned flags)
{
    while (!parse_at(p, P_COLON) && !parse_at(p, P_RIGHT_PAREN)) {
        struct node *operand = parse_new(p, E_ASM_OPERAND);
        operand->flags = flags;
        if (parse_accept(p, P_LEFT_BRACKET)) {
            parse_name(p);
            parse_expect(p, P_RIGHT_BRACKET);
        }
        operand->name = p->pos;
        while (parse_kind(p) == T_STRING)
            p->pos++;
        parse_expect(p, P_LEFT_PAREN);
        operand->a = parse_expression(p);
        parse_expect(p, P_RIGHT_PAREN);
        list_add(list, parse_close(p, operand));
        if (!parse_accept(p, P_COMMA))
            break;
    }
}

static struct node *parse_asm(struct parser *p)
{
    struct node *node = parse_new(p, S_ASM);
    struct list list = {0};
    parse_take_keyword(p);
    while (parse_kind(p) == T_KEYWORD)
        p->pos++;
    parse_expect(p, P_LEFT_PAREN);
    while (parse_kind(p) == T_STRING)
        p->pos++;
    for (int part = 0; part < 2 && parse_accept(p, P_COLON); part++)
        parse_operands(p, &list, part == 0 ? OPERAND_OUTPUT : 0);
    /* clobbers and labels */
    while (!parse_at(p, P_RIGHT_PAREN)) {
        if (parse_kind(p) == T_END || parse_at(p, P_SEMICOLON))
            parse_expected(p, "')'");
        p->pos++;
    }
    node->b = list.first;
    parse_expect(p, P_RIGHT_PAREN);
    parse_expect(p, P_SEMICOLON);
    return parse_close(p, node);
}

/* ---- blocks ---- */

static struct node *parse_block_item(struct parser *p)
{
    if (parse_keyword(p, p->pos) == K_ASM || !parse_at_declaration(p))
        return parse_statement(p);
    /* free-standing attributes are a statement */
    if (p->tokens[parse_behind_attributes(p, p->pos)].punctuator == P_SEMICOLON && parse_at_attribute(p, p->pos))
        return parse_statement(p);
    struct node *node = parse_new(p, S_DECLARATION);
    node->a = parse_declaration(p);
    return parse_close(p, node);
}

static bool is_defer(const struct node *node)
{
    while (node && (node->kind == S_LABEL || node->kind == S_CASE || node->kind == S_DEFAULT))
        node = node->c;
    return node && node->kind == S_DEFER;
}

/* What follows a DEFER is nested in it, as the later passes see it. */
struct node *parse_compound(struct parser *p)
{
    struct node *node = parse_new(p, S_COMPOUND);
    struct list list = {0};
    parse_expect(p, P_LEFT_BRACE);
    node->scope = parse_open_scope(p);
    int depth = p->depth;
    while (!parse_at(p, P_RIGHT_BRACE)) {
        if (parse_kind(p) == T_END)
            parse_fail(p, node->first, "this '{' is not closed before the end of the input");
        struct node *item = parse_block_item(p);
        if (item->has_block && is_defer(item))
            parse_enter(p);
        list_add(&list, item);
    }
    p->depth = depth;
    p->pos++;
    node->b = list.first;
    parse_close_scope(p);
    return parse_close(p, node);
}

static struct node *parse_empty(struct parser *p, int first)
{
    struct node *node = node_new(p->arena, S_EMPTY, first, first);
    parse_expect(p, P_SEMICOLON);
    return parse_close(p, node);
}

static struct node *parse_expression_statement(struct parser *p)
{
    struct node *node = parse_new(p, S_EXPRESSION);
    node->a = parse_expression(p);
    parse_expect(p, P_SEMICOLON);
    return parse_close(p, node);
}

static struct node *parse_by_keyword(struct parser *p, enum keyword keyword)
{
    switch (keyword) {
    case K_IF: return parse_if(p);
    case K_WHILE: return parse_conditional(p, S_WHILE);
    case K_SWITCH: return parse_conditional(p, S_SWITCH);
    case K_DO: return parse_do(p);
    case K_FOR: return parse_for(p);
    case K_CASE: return parse_case(p);
    case K_DEFAULT: return parse_default(p);
    case K_GOTO: return parse_goto(p);
    case K_BREAK: return parse_jump(p, S_BREAK);
    case K_CONTINUE: return parse_jump(p, S_CONTINUE);
    case K_RETURN: return parse_return(p);
    case K_ASM: return parse_asm(p);
    case K_LABEL: return parse_label_declaration(p);
    default: return parse_word_statement(p, keyword);
    }
}

struct node *parse_statement(struct parser *p)
{
    int first = p->pos;
    p->pos = parse_behind_attributes(p, p->pos);
    if (parse_at(p, P_SEMICOLON))
        return parse_empty(p, first);
    parse_enter(p);
    struct node *node = NULL;
    if (parse_at(p, P_LEFT_BRACE))
        node = parse_compound(p);
    else if (parse_kind(p) == T_IDENT && p->tokens[p->pos + 1].punctuator == P_COLON)
        node = parse_label(p);
    else
        node = parse_by_keyword(p, parse_keyword(p, p->pos));
    if (node == NULL)
        node = parse_expression_statement(p);
    node->first = first;
    parse_leave(p);
    return node;
}
