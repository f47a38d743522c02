/* lower_stmt.c - statements that cannot stay as they stand. Each becomes one C statement again. */
#include <assert.h>
#include <string.h>

#include "lower_internal.h"

bool stays_as_it_is(const struct node *node)
{
    return !node->lowering->lift && !node->lowering->exits;
}

/* The tokens between two parts of a statement. */
static void between(struct lower *lower, int first, int last)
{
    op_tokens(lower, first, last);
}

/* ---- expressions ---- */

/* A local that can be assigned before it is known whether the callee suspends or fails: nobody sees it then. */
static struct local *direct_target(const struct node *target, const struct node *value)
{
    struct local *local = target->kind == E_IDENT && target->symbol ? target->symbol->local : NULL;
    if (!local || local->storage == STORAGE_PINNED || value->kind != E_AWAIT || (value->flags & IN_THREAD) ||
        set_has(value->lowering->live, local->index))
        return NULL;
    return local;
}

static void assign_directly(struct lower *lower, const char *name, int place, struct node *value)
{
    lift(lower, value->a, false);
    lower_await(lower, value, name, place, frame_type(lower, value->a));
}

static void lower_expression(struct lower *lower, struct node *node)
{
    struct temporary *before = lower->temporaries;
    struct node *expression = node->a;
    if (!expression->lowering->lift) {
        render_node(lower, node, RENDER_CODE);
        return;
    }
    op_glue(lower, node->first, "{");
    struct local *local = expression->kind == E_ASSIGN && token_is(lower->unit, expression->op, "=")
                              ? direct_target(expression->a, expression->b)
                              : NULL;
    if (local)
        assign_directly(lower, local->symbol->name, expression->a->first, expression->b);
    else {
        lift(lower, expression, true);
        while (expression->kind == E_PAREN)
            expression = expression->a;
        while (expression->kind == E_COMMA && expression->lowering->lifted)
            expression = expression->b;
        if (!expression->lowering->lifted) {
            render_node(lower, expression, RENDER_CODE);
            op_tokens(lower, node->last, node->last);
        }
    }
    op_glue(lower, node->last, "}");
    forget_temporaries(lower, before);
}

/* ---- declarations ---- */

static bool is_zero_list(const struct lower *lower, const struct node *initializer)
{
    if (initializer->kind != E_INIT_LIST)
        return false;
    return !initializer->b ||
           (!initializer->b->next && initializer->b->kind == E_CONST && token_is(lower->unit, initializer->b->first, "0"));
}

/* Through a variable of its own, declared as the user declared it: right for every type. */
static void copy_initializer(struct lower *lower, const struct local *local, const char *target, const struct node *initializer)
{
    op_glue(lower, initializer->first, "{");
    render_declaration(lower, local->specs, local->declarator, "brio_init", true, RENDER_CODE);
    op_word(lower, initializer->first, "=");
    render_node(lower, initializer, RENDER_CODE);
    op_word(lower, initializer->last, ";");
    op_glue(lower, initializer->last, "__builtin_memcpy((void *)&%s, &brio_init, sizeof brio_init); }", target);
}

static void initialize(struct lower *lower, const struct local *local, struct node *initializer)
{
    struct temporary *before = lower->temporaries;
    bool pinned = local->storage == STORAGE_PINNED, lifted = initializer->lowering->lift;
    bool is_auto = (local->specs->flags & SPEC_AUTO_TYPE) != 0;
    const char *target = pinned ? arena_printf(lower->arena, "brio_frame->%s", local->member) : local->symbol->name;
    if (lifted)
        op_glue(lower, initializer->first, "{");
    if (!pinned && initializer->kind == E_AWAIT && !(initializer->flags & IN_THREAD) &&
        !set_has(initializer->lowering->live, local->index)) {
        assign_directly(lower, target, local->symbol->token, initializer);
    } else {
        lift(lower, initializer, false);
        if (is_zero_list(lower, initializer))
            op_glue(lower, initializer->first, "__builtin_memset((void *)&%s, 0, sizeof %s);", target, target);
        else if (initializer->kind == E_INIT_LIST ||
                 (pinned && !is_auto && (local->shape != SHAPE_SCALAR || (local->qualifiers & SPEC_CONST))))
            copy_initializer(lower, local, target, initializer);
        else {
            op_place(lower, local->symbol->token, local->symbol->token, arena_printf(lower->arena, "%s =", target));
            render_node(lower, initializer, RENDER_CODE);
            op_word(lower, initializer->last, ";");
        }
    }
    if (lifted)
        op_glue(lower, initializer->last, "}");
    forget_temporaries(lower, before);
}

static void lower_declarator(struct lower *lower, struct node *declaration, struct node *declarator)
{
    struct symbol *symbol = declarator->symbol;
    struct local *local = symbol ? symbol->local : NULL;
    const char *name = symbol ? symbol->name : "";
    if (!local || !local_is_split(lower->analysis, local)) {
        render_declaration(lower, declaration->a, declarator, name, true, RENDER_CODE);
        if (declarator->b) {
            op_word(lower, declarator->name, "=");
            render_node(lower, declarator->b, RENDER_CODE);
        }
        op_word(lower, declarator->last, ";");
        return;
    }
    if (local->storage != STORAGE_PINNED) {
        if (declaration->a->flags & SPEC_AUTO_TYPE)
            op_word(lower, declarator->name,
                    arena_printf(lower->arena, "__typeof__(((void)0, (%s))) %s",
                                 render_text(lower, declarator->b->first, declarator->b->last, RENDER_TYPE), name));
        else
            render_declaration(lower, declaration->a, declarator, name, false, RENDER_CODE);
        op_word(lower, declarator->last, ";");
        if (!declarator->b && local->storage == STORAGE_SPILLED)
            op_glue(lower, declarator->last, "%s = 0;", name);
    }
    if (declarator->b)
        initialize(lower, local, declarator->b);
}

/* Its types are at the function's top now: nothing may be left here that declares them again. */
static bool has_moved(struct lower *lower, const struct node *declaration)
{
    if (declaration->a->flags & (SPEC_TYPEDEF | SPEC_CONSTEXPR))
        return declaration->b && declaration->b->symbol && frame_moved_name(lower, declaration->b->symbol);
    for (const struct node *spec = declaration->a->b; !declaration->b && spec; spec = spec->next)
        if ((spec->kind == D_STRUCT || spec->kind == D_ENUM) && spec->has_body && spec->symbol && frame_moved_name(lower, spec->symbol))
            return true;
    return false;
}

void lower_local_declaration(struct lower *lower, struct node *declaration)
{
    bool split = false;
    if (declaration->kind != D_DECLARATION) {
        render_node(lower, declaration, RENDER_CODE);
        return;
    }
    if (has_moved(lower, declaration))
        return;
    for (const struct node *declarator = declaration->b; declarator; declarator = declarator->next)
        split |= declarator->symbol && declarator->symbol->local && local_is_split(lower->analysis, declarator->symbol->local);
    if (!split) {
        render_node(lower, declaration, RENDER_CODE);
        return;
    }
    for (struct node *declarator = declaration->b; declarator; declarator = declarator->next)
        lower_declarator(lower, declaration, declarator);
}

/* ---- branches and loops ---- */

/* `word (a) b`. Whether a block is open around it, for what the condition left in temporaries. */
static bool lower_controlled(struct lower *lower, struct node *node)
{
    struct temporary *before = lower->temporaries;
    bool lifted = node->a->lowering->lift;
    if (lifted)
        op_glue(lower, node->first, "{");
    lift(lower, node->a, false);
    between(lower, node->first, node->a->first - 1);
    render_node(lower, node->a, RENDER_CODE);
    forget_temporaries(lower, before);
    between(lower, node->a->last + 1, node->b->first - 1);
    lower_statement(lower, node->b);
    return lifted;
}

static void lower_if(struct lower *lower, struct node *node)
{
    bool lifted = lower_controlled(lower, node);
    if (node->c) {
        between(lower, node->b->last + 1, node->c->first - 1);
        lower_statement(lower, node->c);
    }
    if (lifted)
        op_glue(lower, node->last, "}");
}

static void leave_unless(struct lower *lower, struct node *condition)
{
    struct temporary *before = lower->temporaries;
    op_glue(lower, condition->first, "{");
    lift(lower, condition, false);
    op_word(lower, condition->first, "if (!(");
    render_node(lower, condition, RENDER_CODE);
    op_word(lower, condition->last, ")) break;");
    op_glue(lower, condition->last, "}");
    forget_temporaries(lower, before);
}

static void lower_while(struct lower *lower, struct node *node)
{
    if (!node->a->lowering->lift) {
        between(lower, node->first, node->a->first - 1);
        render_node(lower, node->a, RENDER_CODE);
        between(lower, node->a->last + 1, node->b->first - 1);
        lower_statement(lower, node->b);
        return;
    }
    op_place(lower, node->first, node->first, "while (1)");
    op_glue(lower, node->first, "{");
    leave_unless(lower, node->a);
    lower_statement(lower, node->b);
    op_glue(lower, node->last, "}");
}

/* Where `continue` goes when it cannot stay one. */
static void continue_label(struct lower *lower, struct node *loop, int token)
{
    if (loop->lowering->continued)
        op_glue(lower, token, "brio_continue_%d:;", loop->lowering->temporary);
}

static void lower_do(struct lower *lower, struct node *node)
{
    if (!node->a->lowering->lift) {
        between(lower, node->first, node->first);
        lower_statement(lower, node->b);
        between(lower, node->b->last + 1, node->a->first - 1);
        render_node(lower, node->a, RENDER_CODE);
        between(lower, node->a->last + 1, node->last);
        return;
    }
    node->lowering->temporary = ++lower->numbers;
    op_glue(lower, node->first, "do {");
    lower_statement(lower, node->b);
    continue_label(lower, node, node->a->first);
    leave_unless(lower, node->a);
    op_glue(lower, node->last, "} while (1);");
}

static void lower_for_start(struct lower *lower, struct node *node)
{
    struct temporary *before = lower->temporaries;
    if (!node->a)
        return;
    if (node->a->kind == D_DECLARATION) {
        lower_local_declaration(lower, node->a);
        return;
    }
    op_glue(lower, node->a->first, "{");
    lift(lower, node->a, true);
    if (!node->a->lowering->lifted) {
        render_node(lower, node->a, RENDER_CODE);
        op_word(lower, node->a->last, ";");
    }
    op_glue(lower, node->a->last, "}");
    forget_temporaries(lower, before);
}

static void lower_for_step(struct lower *lower, struct node *node)
{
    struct temporary *before = lower->temporaries;
    continue_label(lower, node, node->c->first);
    op_glue(lower, node->c->first, "{");
    lift(lower, node->c, true);
    if (!node->c->lowering->lifted) {
        render_node(lower, node->c, RENDER_CODE);
        op_word(lower, node->c->last, ";");
    }
    op_glue(lower, node->c->last, "}");
    forget_temporaries(lower, before);
}

/* The header's last token, before the body. */
static void lower_for_header(struct lower *lower, struct node *node, bool condition, bool step)
{
    op_place(lower, node->first, node->first, "for (;");
    if (node->b && condition)
        render_node(lower, node->b, RENDER_CODE);
    op_word(lower, node->b ? node->b->last : node->first, ";");
    if (node->c && step)
        render_node(lower, node->c, RENDER_CODE);
    op_word(lower, node->d->first - 1, ")");
}

static void lower_for(struct lower *lower, struct node *node)
{
    bool condition = node->b && node->b->lowering->lift, step = node->c && node->c->lowering->lift;
    if (!node->lowering->lift) {
        render(lower, node->first, node->d->first - 1, RENDER_CODE);
        lower_statement(lower, node->d);
        return;
    }
    op_glue(lower, node->first, "{");
    lower_for_start(lower, node);
    if (step)
        node->lowering->temporary = ++lower->numbers;
    lower_for_header(lower, node, !condition, !step);
    if (condition || step)
        op_glue(lower, node->first, "{");
    if (condition)
        leave_unless(lower, node->b);
    lower_statement(lower, node->d);
    if (step)
        lower_for_step(lower, node);
    if (condition || step)
        op_glue(lower, node->last, "}");
    op_glue(lower, node->last, "}");
}

static void lower_switch(struct lower *lower, struct node *node)
{
    bool lifted = lower_controlled(lower, node);
    if (lifted)
        op_glue(lower, node->last, "}");
}

static void lower_breakable(struct lower *lower, struct node *node)
{
    struct node *breakable = lower->breakable, *loop = lower->loop;
    struct block *block = lower->block;
    lower->breakable = node;
    if (node->kind != S_SWITCH)
        lower->loop = node;
    if (node->lowering->block)
        lower->block = node->lowering->block;
    switch (node->kind) {
    case S_WHILE:
        lower_while(lower, node);
        break;
    case S_DO:
        lower_do(lower, node);
        break;
    case S_FOR:
        lower_for(lower, node);
        break;
    default:
        lower_switch(lower, node);
    }
    lower->breakable = breakable;
    lower->loop = loop;
    lower->block = block;
}

/* ---- SPAWN, START, RAISE ---- */

static const char *place_of(struct lower *lower, int token)
{
    const struct token *at = &lower->unit->tokens[token];
    struct buffer buffer = {0};
    for (const char *name = lower->unit->files[at->file].name; *name; name++) {
        if (*name == '"' || *name == '\\')
            buffer_puts(&buffer, "\\");
        buffer_add(&buffer, name, 1);
    }
    const char *text = arena_printf(lower->arena, "\"%s\", %uu, __func__", buffer.text ? buffer.text : "", token_line(lower->unit, token));
    buffer_free(&buffer);
    return text;
}

static void render_argument(struct lower *lower, const char *before, const struct node *argument, const char *after)
{
    op_word(lower, argument->first, before);
    render_node(lower, argument, RENDER_CODE);
    op_word(lower, argument->last, after);
}

static void render_spawn_options(struct lower *lower, const struct node *node)
{
    if (node->c)
        render_argument(lower, "&(struct brio_spawn_options){", node->c, "}");
    else
        op_word(lower, node->first, "(void *)0");
}

static const struct node *spawned_call(const struct node *call)
{
    while (call->kind == E_PAREN || call->kind == E_UNARY)
        call = call->a;
    return call;
}

static void find_call(struct node *node, void *arg)
{
    bool *found = arg;
    *found |= node->kind == E_CALL || node->kind == E_STATEMENT;
    if (!*found)
        node_children(node, find_call, found);
}

/* What the operands call runs in the spawner, and may ask which task that is: so it runs
 * before brio__spawn_begin puts the stand-in there. */
static void evaluate_operands(struct lower *lower, const struct node *call)
{
    for (struct node *operand = call->kind == E_CALL ? call->b : NULL; operand; operand = operand->next) {
        bool calls = false;
        find_call(operand, &calls);
        if (!calls || operand->lowering->lifted)
            continue;
        const char *name = arena_printf(lower->arena, "brio_%d", ++lower->numbers);
        char *type = render_text(lower, operand->first, operand->last, RENDER_TYPE);
        render_argument(lower, arena_printf(lower->arena, "__typeof__(((void)0, (%s))) %s =", type, name), operand, ";");
        patch_word(lower, operand->first, operand->last, name);
    }
}

static void lift_spawn(struct lower *lower, struct node *node)
{
    lift(lower, node->a, false);
    lift(lower, node->d, false);
    lift(lower, node->b, false);
    lift(lower, node->c, false);
    op_glue(lower, node->first, "struct brio__spawn brio_spawn;");
    evaluate_operands(lower, spawned_call(node->b));
}

static void lower_spawn(struct lower *lower, struct node *node)
{
    struct temporary *before = lower->temporaries;
    op_glue(lower, node->first, "{");
    lift_spawn(lower, node);
    if (node->kind == S_SPAWN_INTO) {
        render_argument(lower, frame_join(lower, frame_type(lower, node->b), "*brio_into ="), node->d, ";");
    }
    render_argument(lower, "brio__spawn_begin(&brio_spawn,", node->a, ",");
    render_spawn_options(lower, node);
    op_word(lower, node->first, node->kind == S_SPAWN_INTO ? ", brio_into, sizeof *brio_into);" : ", (void *)0, 0);");
    if (node->kind == S_SPAWN_INTO) {
        render_argument(lower, "__typeof__(*brio_into) brio_value = ", node->b, ";");
        op_glue(lower, node->first, "brio__spawn_value(&brio_spawn, &brio_value, sizeof brio_value);");
    } else {
        render_argument(lower, "(void)(", node->b, ");");
    }
    op_glue(lower, node->first, "int brio_code = brio__spawn_end(&brio_spawn);");
    op_glue(lower, node->first, "if (__builtin_expect(brio_code != 0, 0)) { brio__spawn_raise(brio_task, brio_code, %s); goto %s; }",
            place_of(lower, node->first), unwind_label(lower));
    op_glue(lower, node->last, "}");
    forget_temporaries(lower, before);
}

static void lower_start(struct lower *lower, struct node *node)
{
    struct temporary *before = lower->temporaries;
    const char *start = arena_printf(lower->arena, "start_%d", ++lower->numbers);
    frame_add(lower, lower->block->group, "struct brio__start %s", start);
    op_glue(lower, node->first, "{");
    lift_spawn(lower, node);
    int site = site_new(lower, arena_printf(lower->arena, "START %s", render_text(lower, node->b->first, node->b->last, RENDER_TYPE)),
                        node->first);
    render_argument(lower, arena_printf(lower->arena, "brio__start_begin(&brio_spawn, &brio_frame->%s, brio_task,", start), node->a, ",");
    render_spawn_options(lower, node);
    op_word(lower, node->first, ");");
    op_glue(lower, node->first, "brio_frame->base.pc = %d;", site);
    render_argument(lower, "(void)(", node->b, ");");
    op_glue(lower, node->first, "brio__start_end(&brio_spawn, &brio_frame->%s, brio_task);", start);
    op_glue(lower, node->first, "if (brio_task->signal == BRIO__SUSPENDED) {");
    lower_suspension(lower, node->first, node->lowering->live, false);
    op_glue(lower, node->first, "} }");
    op_glue(lower, node->first, "brio__start_finish(brio_task, &brio_frame->%s);", start);
    op_glue(lower, node->first, "if (__builtin_expect(brio_task->signal != 0, 0)) goto %s;", unwind_label(lower));
    op_glue(lower, node->last, "}");
    forget_temporaries(lower, before);
}

static void lower_raise(struct lower *lower, struct node *node)
{
    struct temporary *before = lower->temporaries;
    struct node *code = node->a, *last = code;
    op_glue(lower, node->first, "{");
    for (struct node *argument = code; argument; argument = argument->next) {
        lift(lower, argument, false);
        last = argument;
    }
    render_argument(lower, node->kind == S_RAISE ? "brio__raise(brio_task," : "brio__raise_errno(brio_task,", code, ",");
    op_word(lower, node->first, place_of(lower, node->first));
    op_word(lower, node->first, ",");
    if (code->next)
        render(lower, code->next->first, last->last, RENDER_CODE);
    else
        op_word(lower, node->first, "(const char *)0");
    op_word(lower, node->last, ");");
    op_glue(lower, node->last, "goto %s; }", unwind_label(lower));
    forget_temporaries(lower, before);
}

static void lower_reraise(struct lower *lower, struct node *node)
{
    const struct region *region = lower->region;
    while (region && region->exit == region)
        region = region->outer;
    if (!region)
        return; /* refused by check */
    op_glue(lower, node->first, "{ brio__reraise(brio_task, &brio_frame->%s); goto %s; }", region->exit->member, unwind_label(lower));
}

/* ---- lists ---- */

void lower_list_with_value(struct lower *lower, struct node *list, const struct temporary *value)
{
    for (struct node *node = list; node; node = node->next) {
        struct node *cleaned = lower->analysis->has_cleanup ? split_cleanup(lower->analysis, node) : NULL;
        if (node->kind == S_DEFER) {
            lower_deferred(lower, node->next, node->a, NULL, node->lowering->region, node->lowering->handler, value);
            return;
        }
        if (value && !node->next && node->kind == S_EXPRESSION) {
            struct temporary *before = lower->temporaries;
            lift(lower, node->a, false);
            const char *name = arena_printf(lower->arena, "brio_%d", value->number);
            lower_assignment(lower, name, 0, node->a, value->record);
            forget_temporaries(lower, before);
            return;
        }
        lower_statement(lower, node);
        if (cleaned) {
            struct local *local = cleaned->symbol->local;
            struct node *function = declarator_cleanup(local->specs, cleaned);
            char *call = arena_printf(lower->arena, "%s(&brio_frame->%s);",
                                      render_text(lower, function->first, function->last, RENDER_CODE), local->member);
            lower_deferred(lower, node->next, NULL, call, node->lowering->region, NULL, value);
            return;
        }
    }
}

void lower_list(struct lower *lower, struct node *list)
{
    lower_list_with_value(lower, list, NULL);
}

static void lower_compound(struct lower *lower, struct node *node)
{
    struct block *outer = lower->block;
    lower->block = node->lowering->block;
    op_tokens(lower, node->first, node->first);
    lower_list(lower, node->b);
    op_tokens(lower, node->last, node->last);
    lower->block = outer;
}

/* A label or case, and what stands behind it. */
static void lower_labelled(struct lower *lower, struct node *node)
{
    if (!node->c) {
        render_node(lower, node, RENDER_CODE);
        return;
    }
    render(lower, node->first, node->c->first - 1, RENDER_CODE);
    lower_statement(lower, node->c);
}

void lower_statement(struct lower *lower, struct node *node)
{
    switch (node->kind) {
    case S_DECLARATION:
        lower_local_declaration(lower, node->a);
        return;
    case S_SPAWN:
    case S_SPAWN_INTO:
        lower_spawn(lower, node);
        return;
    case S_START:
        lower_start(lower, node);
        return;
    case S_RAISE:
    case S_RAISE_ERRNO:
        lower_raise(lower, node);
        return;
    case S_RERAISE:
        lower_reraise(lower, node);
        return;
    case S_NURSERY:
    case S_RACE:
    case S_SCOPE:
    case S_TRY:
    case S_HOLD:
        lower_block_statement(lower, node);
        return;
    case S_BREAK:
    case S_CONTINUE:
    case S_GOTO:
        lower_jump(lower, node);
        return;
    case S_RETURN:
        lower_return(lower, node);
        return;
    default:
        break;
    }
    if (stays_as_it_is(node)) {
        render_node(lower, node, RENDER_CODE);
        return;
    }
    switch (node->kind) {
    case S_COMPOUND:
        lower_compound(lower, node);
        break;
    case S_EXPRESSION:
        lower_expression(lower, node);
        break;
    case S_IF:
        lower_if(lower, node);
        break;
    case S_WHILE:
    case S_DO:
    case S_FOR:
    case S_SWITCH:
        lower_breakable(lower, node);
        break;
    case S_CASE:
    case S_DEFAULT:
    case S_LABEL:
        lower_labelled(lower, node);
        break;
    default:
        render_node(lower, node, RENDER_CODE);
    }
}
