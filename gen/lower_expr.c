/* lower_expr.c - takes the suspensions out of expressions.
 *
 * lift() evaluates into temporaries, from left to right, every AWAIT of an expression and everything that C sequences around it: the
 * operands of && || ?: and the comma operator, and statement expressions. What is left is an expression without a suspension, in which C
 * leaves the order open anyway.
 */
#include <string.h>

#include "lower_internal.h"

/* ---- suspension points ---- */

static const char *quoted(struct lower *lower, const char *text)
{
    struct buffer buffer = {0};
    buffer_puts(&buffer, "\"");
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            buffer_puts(&buffer, "\\");
        buffer_add(&buffer, text, 1);
    }
    buffer_puts(&buffer, "\"");
    char *result = arena_strndup(lower->arena, buffer.text, buffer.length);
    buffer_free(&buffer);
    return result;
}

int site_new(struct lower *lower, const char *callee, int token)
{
    struct site *site = ARENA_NEW(lower->arena, struct site);
    site->callee = quoted(lower, callee);
    site->token = token;
    *lower->sites_end = site;
    lower->sites_end = &site->next;
    return ++lower->site_count;
}

const char *unwind_label(struct lower *lower)
{
    if (!lower->region) {
        lower->uses_fail_label = true;
        return "brio_fail";
    }
    lower->region->unwound = true;
    return arena_printf(lower->arena, "brio_unwind_%d", lower->region->id);
}

void add_copy(struct buffer *buffer, const char *member, const char *name, bool save, bool record)
{
    if (record && save)
        buffer_printf(buffer, "__builtin_memcpy((void *)&brio_frame->%s, &%s, sizeof %s); ", member, name, name);
    else if (record)
        buffer_printf(buffer, "__builtin_memcpy((void *)&%s, &brio_frame->%s, sizeof %s); ", name, member, name);
    else if (save)
        buffer_printf(buffer, "brio_frame->%s = %s; ", member, name);
    else
        buffer_printf(buffer, "%s = brio_frame->%s; ", name, member);
}

/* What outlives the suspension, from its variables to the frame or back. */
static void save_or_load(struct lower *lower, int token, const struct set *live, bool save)
{
    struct buffer buffer = {0};
    for (int i = 0; i < lower->analysis->local_count; i++)
        if (set_has(live, i))
            add_copy(&buffer, lower->analysis->locals[i]->member, lower->analysis->locals[i]->symbol->name, save, false);
    for (struct temporary *temporary = lower->temporaries; temporary; temporary = temporary->next) {
        const char *name = arena_printf(lower->arena, "brio_%d", temporary->number);
        frame_add_temporary(lower, temporary);
        add_copy(&buffer, name, name, save, temporary->record);
    }
    if (save)
        buffer_puts(&buffer, "goto brio_suspended;");
    if (buffer.length)
        op_glue(lower, token, "%s", buffer.text);
    buffer_free(&buffer);
}

void lower_suspension(struct lower *lower, int token, const struct set *live, bool failed)
{
    op_glue(lower, token, "if (__builtin_expect(brio_task->signal != 0, 0)) {");
    if (failed)
        op_glue(lower, token, "if (brio_task->signal != BRIO__SUSPENDED) goto %s;", unwind_label(lower));
    save_or_load(lower, token, live, true);
    op_glue(lower, token, "brio_resume_%d:;", lower->site_count);
    save_or_load(lower, token, live, false);
    if (failed && lower->has_exits) /* else it is not entered again */
        op_glue(lower, token, "if (brio_task->signal) goto %s;", unwind_label(lower));
}

/* ---- temporaries ---- */

/* typeof keeps the const of a variable, of ?: between two of them, and of a record that a function returns. */
bool value_is_unqualified(const struct node *node)
{
    while (node->kind == E_PAREN)
        node = node->a;
    const struct symbol *callee = node->kind == E_CALL && node->a->kind == E_IDENT ? node->a->symbol : NULL;
    return callee && callee->specs && !(callee->specs->flags & (SPEC_CONST | SPEC_VOLATILE | SPEC_ATOMIC));
}

/* When it is not known, yes: that is right for every type. */
bool is_record(const struct node *expression)
{
    struct type type;
    while (expression->kind == E_PAREN)
        expression = expression->a;
    if (!expression_type(expression, &type) || !type_resolve(&type, NULL))
        return expression->kind == E_CALL;
    return !type.addresses && !type.chain && type_shape(type.specs, NULL, NULL) == SHAPE_RECORD;
}

void lower_assignment(struct lower *lower, const char *target, int place, const struct node *value, bool record)
{
    bool comma = value->kind == E_COMMA;
    const char *close = comma ? ")" : "";
    const char *open = arena_printf(lower->arena, record ? "{ __typeof__(%s) brio_init =%s" : "%s =%s", target, comma ? " (" : "");
    if (place)
        op_place(lower, place, place, open);
    else
        op_glue(lower, value->first, "%s", open);
    render_node(lower, value, RENDER_CODE);
    op_word(lower, value->last,
            record ? arena_printf(lower->arena, "%s; __builtin_memcpy((void *)&%s, &brio_init, sizeof brio_init); }", close, target)
                   : arena_printf(lower->arena, "%s;", close));
}

struct temporary *temporary_new(struct lower *lower, struct node *type, int token)
{
    struct temporary *temporary = ARENA_NEW(lower->arena, struct temporary);
    temporary->number = ++lower->numbers;
    temporary->node = type;
    temporary->record = type && is_record(type);
    temporary->group = lower->block ? lower->block->group : &lower->analysis->frame;
    const char *simple = type ? frame_simple_type_of(lower, type) : NULL;
    if (simple)
        op_glue(lower, token, "%s;", frame_join(lower, simple, arena_printf(lower->arena, "brio_%d", temporary->number)));
    else if (type)
        op_glue(lower, token, value_is_unqualified(type) ? "__typeof__(%s) brio_%d;" : "__typeof__(((void)0, (%s))) brio_%d;",
                render_text(lower, type->first, type->last, RENDER_TYPE), temporary->number);
    else
        op_glue(lower, token, "int brio_%d;", temporary->number);
    return temporary;
}

void keep_temporary(struct lower *lower, struct node *node, struct temporary *temporary)
{
    node->lowering->lifted = true;
    if (!temporary)
        return;
    node->lowering->temporary = temporary->number;
    temporary->next = lower->temporaries;
    lower->temporaries = temporary;
}

void forget_temporaries(struct lower *lower, struct temporary *down_to)
{
    lower->temporaries = down_to;
}

static const char *temporary_name(struct lower *lower, const struct temporary *temporary)
{
    return arena_printf(lower->arena, "brio_%d", temporary->number);
}

/* ---- AWAIT ---- */

const struct node *awaited_call(const struct node *node)
{
    const struct node *call = node->a;
    while (call->kind == E_PAREN || call->kind == E_UNARY)
        call = call->a;
    return call;
}

void lower_await(struct lower *lower, struct node *node, const char *target, int place, const char *type)
{
    const struct node *call = awaited_call(node);
    const struct node *callee = call->kind == E_CALL ? call->a : call;
    int site = site_new(lower, render_text(lower, callee->first, callee->last, RENDER_TYPE), node->first);
    op_glue(lower, node->first, "brio_frame->base.pc = %d;", site);
    bool record = target && is_record(call);
    if (target) {
        lower_assignment(lower, target, place, node->a, record);
    } else {
        render_node(lower, node->a, RENDER_CODE);
        op_word(lower, node->last, ";");
    }
    lower_suspension(lower, node->first, node->lowering->live, true);
    if (record)
        op_glue(lower, node->first, "__builtin_memcpy((void *)&%s, brio__value(brio_task, sizeof %s), sizeof %s);", target, target, target);
    else if (target)
        op_glue(lower, node->first, "%s = *(%s)brio__value(brio_task, sizeof(%s));", target, frame_join(lower, type, "*"), type);
    op_glue(lower, node->first, "}");
}

static void lift_await(struct lower *lower, struct node *node, bool discard)
{
    if (node->flags & IN_THREAD) {
        lift_thread(lower, node, discard);
        return;
    }
    lift(lower, node->a, false);
    if (discard) {
        lower_await(lower, node, NULL, 0, NULL);
        keep_temporary(lower, node, NULL);
        return;
    }
    struct temporary *value = temporary_new(lower, node->a, node->first);
    const char *name = temporary_name(lower, value), *type = frame_simple_type_of(lower, node->a);
    lower_await(lower, node, name, 0, type ? type : arena_printf(lower->arena, "__typeof__(%s)", name));
    keep_temporary(lower, node, value);
}

/* ---- sequenced operators ---- */

static struct node *without_parens(struct node *node)
{
    while (node->kind == E_PAREN)
        node = node->a;
    return node;
}

/* The rest of an expression whose value nobody wants. */
static void finish_discarded(struct lower *lower, struct node *node)
{
    struct node *inner = without_parens(node);
    if (inner->kind == E_COMMA && inner->lowering->lifted) {
        finish_discarded(lower, inner->b);
    } else if (!inner->lowering->lifted) {
        render_node(lower, node, RENDER_CODE);
        op_word(lower, node->last, ";");
    }
}

/* The expression as a statement, or as the new value of a temporary. */
static void lift_branch(struct lower *lower, struct node *node, const struct temporary *value)
{
    struct temporary *before = lower->temporaries;
    lift(lower, node, !value);
    if (!value) {
        finish_discarded(lower, node);
    } else {
        lower_assignment(lower, temporary_name(lower, value), 0, node, value->record);
    }
    forget_temporaries(lower, before);
}

/* As a statement; or whether it is true, as the new value of a temporary. */
static void lift_truth(struct lower *lower, struct node *node, const struct temporary *value)
{
    struct temporary *before = lower->temporaries;
    if (!value) {
        lift_branch(lower, node, NULL);
        return;
    }
    lift(lower, node, false);
    op_glue(lower, node->first, "brio_%d = !!(", value->number);
    render_node(lower, node, RENDER_CODE);
    op_word(lower, node->last, ");");
    forget_temporaries(lower, before);
}

static void open_condition(struct lower *lower, struct node *condition, bool wanted)
{
    op_word(lower, condition->first, wanted ? "if (" : "if (!(");
    render_node(lower, condition, RENDER_CODE);
    op_word(lower, condition->last, wanted ? ") {" : ")) {");
}

static void lift_logical(struct lower *lower, struct node *node, bool discard)
{
    bool is_and = token_is(lower->unit, node->op, "&&");
    struct temporary *before = lower->temporaries, *value = NULL;
    if (!node->b->lowering->lift) {
        lift(lower, node->a, false);
        return;
    }
    if (discard) {
        lift(lower, node->a, false);
        open_condition(lower, node->a, is_and);
        forget_temporaries(lower, before);
    } else {
        value = temporary_new(lower, NULL, node->first);
        lift_truth(lower, node->a, value);
        op_glue(lower, node->op, is_and ? "if (brio_%d) {" : "if (!brio_%d) {", value->number);
    }
    lift_truth(lower, node->b, value);
    op_glue(lower, node->last, "}");
    keep_temporary(lower, node, value);
}

/* a ?: c */
static void lift_short_condition(struct lower *lower, struct node *node)
{
    struct temporary *value = temporary_new(lower, node, node->first);
    struct temporary *first = temporary_new(lower, node->a, node->first);
    lift_branch(lower, node->a, first);
    op_glue(lower, node->first, "if (brio_%d) { brio_%d = brio_%d; } else {", first->number, value->number, first->number); /* scalars */
    lift_branch(lower, node->c, value);
    op_glue(lower, node->last, "}");
    keep_temporary(lower, node, value);
}

static void lift_condition(struct lower *lower, struct node *node, bool discard)
{
    struct temporary *before = lower->temporaries;
    if (!node->c->lowering->lift && !(node->b && node->b->lowering->lift)) {
        lift(lower, node->a, false);
        return;
    }
    if (!node->b) {
        lift_short_condition(lower, node);
        return;
    }
    struct temporary *value = discard ? NULL : temporary_new(lower, node, node->first);
    lift(lower, node->a, false);
    open_condition(lower, node->a, true);
    forget_temporaries(lower, before);
    lift_branch(lower, node->b, value);
    op_glue(lower, node->c->first, "} else {");
    lift_branch(lower, node->c, value);
    op_glue(lower, node->last, "}");
    keep_temporary(lower, node, value);
}

static void lift_comma(struct lower *lower, struct node *node, bool discard)
{
    if (!node->b->lowering->lift) {
        lift(lower, node->a, true);
        return;
    }
    lift_branch(lower, node->a, NULL);
    lift(lower, node->b, discard);
    node->lowering->lifted = true;
}

/* ---- statement expressions ---- */

struct node *lower_last_statement(struct node *list)
{
    while (list && list->next)
        list = list->next;
    return list;
}

static void lift_statements(struct lower *lower, struct node *node, bool discard)
{
    struct block *outer = lower->block;
    struct node *last = lower_last_statement(node->a->b);
    struct temporary *value = NULL, *before = lower->temporaries;
    if (!discard && last && last->kind == S_EXPRESSION) {
        value = ARENA_NEW(lower->arena, struct temporary);
        value->number = ++lower->numbers;
        value->node = last->a;
        value->record = is_record(last->a);
        value->group = outer->group;
        op_glue(lower, node->first, "__typeof__(((void)0, (%s))) brio_%d;",
                render_text(lower, last->a->first, last->a->last, RENDER_TOP_TYPE), value->number);
        if (node->has_block) /* compilers do not see that whoever leaves a block without a value does not read it */
            op_glue(lower, node->first, "__builtin_memset(&brio_%d, 0, sizeof brio_%d);", value->number, value->number);
    }
    op_glue(lower, node->first, "{");
    lower->block = node->a->lowering->block;
    lower_list_with_value(lower, node->a->b, value);
    lower->block = outer;
    op_glue(lower, node->last, "}");
    forget_temporaries(lower, before);
    keep_temporary(lower, node, value);
}

/* ---- _Generic ---- */

/* As far as it is known. */
static bool is_void(const struct node *expression)
{
    struct type type;
    return expression_type(expression, &type) && type_resolve(&type, NULL) && !type.addresses && !type.chain &&
           type_shape(type.specs, NULL, NULL) == SHAPE_VOID;
}

/* The number of the association that the compiler chooses. */
static void choose_association(struct lower *lower, struct node *node, int number)
{
    int index = 0;
    op_word(lower, node->first, arena_printf(lower->arena, "int brio_%d = _Generic(", number));
    render_node(lower, node->a, RENDER_CODE);
    for (struct node *choice = node->b; choice; choice = choice->next) {
        op_word(lower, choice->first, ",");
        if (choice->a)
            render_node(lower, choice->a, RENDER_CODE);
        else
            op_word(lower, choice->first, "default");
        op_word(lower, choice->first, arena_printf(lower->arena, ": %d", index++));
    }
    op_word(lower, node->last, ");");
}

/* An association of another type than the value's is compiled, too, but never runs. */
static void lift_association(struct lower *lower, struct node *value_node, const struct temporary *value)
{
    struct temporary *before = lower->temporaries;
    if (is_void(value_node))
        value = NULL;
    lift(lower, value_node, !value);
    if (!value) {
        finish_discarded(lower, value_node);
    } else {
        const char *text = render_text(lower, value_node->first, value_node->last, RENDER_TYPE);
        const char *target = arena_printf(lower->arena, "*(__typeof__(((void)0, (%s))) *)(void *)&brio_%d", text, value->number);
        lower_assignment(lower, target, 0, value_node, is_record(value_node));
    }
    forget_temporaries(lower, before);
}

static void lift_generic(struct lower *lower, struct node *node, bool discard)
{
    struct temporary *value = discard ? NULL : temporary_new(lower, node, node->first);
    int number = ++lower->numbers, index = 0;
    choose_association(lower, node, number);
    for (struct node *choice = node->b; choice; choice = choice->next) {
        op_glue(lower, choice->first, "if (brio_%d == %d) {", number, index++);
        lift_association(lower, choice->b, value);
        op_glue(lower, choice->last, "}");
    }
    keep_temporary(lower, node, value);
}

/* ---- */

static bool is_void_cast(const struct node *node)
{
    return node->kind == E_CAST && type_shape(node->a->a, node->a->b, NULL) == SHAPE_VOID;
}

static void lift_child(struct node *child, void *arg)
{
    lift(arg, child, false);
}

void lift(struct lower *lower, struct node *node, bool discard)
{
    if (!node || !node->lowering->lift)
        return;
    switch (node->kind) {
    case E_AWAIT:
        lift_await(lower, node, discard);
        break;
    case E_LOGICAL:
        lift_logical(lower, node, discard);
        break;
    case E_COND:
        lift_condition(lower, node, discard);
        break;
    case E_COMMA:
        lift_comma(lower, node, discard);
        break;
    case E_STATEMENT:
        lift_statements(lower, node, discard);
        break;
    case E_PAREN:
        lift(lower, node->a, discard);
        break;
    case E_GENERIC:
        lift_generic(lower, node, discard);
        break;
    default:
        if (is_void_cast(node))
            lift(lower, node->b, true);
        else if (node->kind == E_UNARY && token_is(lower->unit, node->op, "__extension__"))
            lift(lower, node->a, discard);
        else
            node_children(node, lift_child, lower);
    }
}
