/* lower_exit.c - blocks that are left through an exit of their own.
 *
 * Such a block is a region. Every way out of it first writes down in the frame where it leads (why_N) and then goes to the region's exit:
 *
 *       … the body …
 *       why_1 = BRIO__FELL;                      falling out
 *       if (0) { brio_unwind_1: why_1 = BRIO__UNWIND; }       an error or a cancellation is on its way
 *   brio_exit_1:                                 return, break, continue and goto come here with their own number
 *       … what the exit does; it may suspend …
 *       why_1 = brio__outcome(brio_task, why_1);
 *       if (why_1 == BRIO__UNWIND) goto brio_unwind_0;        on to the next region outside,
 *       if (why_1 == 3) break;                   or to where it leads, when that is in no further region
 *
 * The body is in braces, so that no jump to a label here goes past a declaration into its scope. One copy of
 * the exit serves all ways out. */
#include <assert.h>
#include <string.h>

#include "lower_internal.h"

static void add_label(struct lower *lower, struct node *node);

/* ---- which region is where ---- */

struct plan {
    struct lower *lower;
    struct region *region;
};

static struct region *region_new(struct lower *lower, struct region *outer)
{
    struct region *region = ARENA_NEW(lower->arena, struct region);
    lower->has_exits = true;
    region->outer = outer;
    region->id = region->why = ++lower->numbers;
    region->exit = region;
    return region;
}

static void plan_node(struct plan *plan, struct node *node);

static void plan_child(struct node *child, void *arg)
{
    plan_node(arg, child);
}

static void plan_inside(struct plan *plan, struct node *node, struct region *region)
{
    struct region *outer = plan->region;
    plan->region = region;
    if (node)
        plan_node(plan, node);
    plan->region = outer;
}

/* What stands behind a DEFER in its block is a region. */
static void plan_list(struct plan *plan, struct node *list)
{
    struct region *outer = plan->region;
    for (struct node *node = list; node; node = node->next) {
        if (node->kind == S_DEFER) {
            node->lowering->handler = region_new(plan->lower, plan->region);
            plan_inside(plan, node->a, node->lowering->handler);
            plan->region = node->lowering->region = region_new(plan->lower, plan->region);
            continue;
        }
        plan_node(plan, node);
        if (split_cleanup(plan->lower->analysis, node))
            plan->region = node->lowering->region = region_new(plan->lower, plan->region);
    }
    plan->region = outer;
}

/* TRY in FINALLY in the outside; each CATCH uses the exit of its TRY. */
static void plan_try(struct plan *plan, struct node *node)
{
    struct region *outer = plan->region;
    if (node->c) {
        struct region *finally = region_new(plan->lower, outer);
        node->lowering->handler = region_new(plan->lower, outer);
        plan_inside(plan, node->c, node->lowering->handler);
        node->c->lowering->region = finally;
        plan->region = finally;
    }
    struct region *region = node->lowering->region = region_new(plan->lower, plan->region);
    plan_inside(plan, node->a, region);
    for (struct node *clause = node->b; clause; clause = clause->next) {
        struct region *handler = clause->lowering->handler = region_new(plan->lower, plan->region);
        handler->why = region->id;
        handler->exit = region;
        plan_inside(plan, clause->b, handler);
    }
    plan->region = outer;
}

static void plan_node(struct plan *plan, struct node *node)
{
    switch (node->kind) {
    case S_COMPOUND:
        plan_list(plan, node->b);
        return;
    case S_NURSERY:
    case S_RACE:
    case S_SCOPE:
        node->lowering->region = region_new(plan->lower, plan->region);
        plan_inside(plan, node->b, node->lowering->region);
        return;
    case S_HOLD:
        node->lowering->region = region_new(plan->lower, plan->region);
        plan_inside(plan, node->d, node->lowering->region);
        return;
    case S_TRY:
        plan_try(plan, node);
        return;
    case S_START:
        plan->lower->has_exits = true;
        break;
    case S_LABEL:
        add_label(plan->lower, node);
        node->lowering->region = plan->region;
        break;
    case S_WHILE:
    case S_DO:
    case S_FOR:
    case S_SWITCH:
        node->lowering->region = plan->region;
        break;
    default:
        break;
    }
    node_children(node, plan_child, plan);
}

void plan_regions(struct lower *lower, struct node *node)
{
    struct plan plan = {lower, NULL};
    plan_node(&plan, node);
}

/* ---- leaving ---- */

static struct jump *jump_to(struct lower *lower, enum jump_kind kind, struct node *target)
{
    struct jump *jump;
    for (jump = lower->jumps; jump; jump = jump->next)
        if (jump->kind == kind && jump->target == target)
            return jump;
    jump = ARENA_NEW(lower->arena, struct jump);
    jump->kind = kind;
    jump->target = target;
    jump->code = kind == JUMP_RETURN ? 2 /* BRIO__RETURN */ : 3 /* BRIO__JUMP */ + lower->jump_count++;
    jump->next = lower->jumps;
    lower->jumps = jump;
    return jump;
}

static void pass_through(struct lower *lower, struct region *region, struct jump *jump)
{
    for (struct jump_use *use = region->exit->jumps; use; use = use->next)
        if (use->jump == jump)
            return;
    struct jump_use *use = ARENA_NEW(lower->arena, struct jump_use);
    use->jump = jump;
    use->next = region->exit->jumps;
    region->exit->jumps = use;
}

static struct region *region_of_target(const struct jump *jump)
{
    return jump->kind == JUMP_RETURN ? NULL : jump->target->lowering->region;
}

/* From inside `region`, on the way to where it leads in the end: one statement. */
static const char *way(struct lower *lower, struct jump *jump, struct region *region)
{
    if (region != region_of_target(jump)) {
        const char *text =
            arena_printf(lower->arena, "{ brio_frame->why_%d = %d; goto brio_exit_%d; }", region->why, jump->code, region->id);
        region->left = true;
        for (; region != region_of_target(jump); region = region->exit->outer)
            pass_through(lower, region, jump);
        return text;
    }
    switch (jump->kind) {
    case JUMP_RETURN:
        lower->uses_return_label = true;
        return "goto brio_return;";
    case JUMP_BREAK:
        return "break;";
    case JUMP_CONTINUE:
        if (!jump->target->lowering->temporary)
            return "continue;";
        jump->target->lowering->continued = true;
        return arena_printf(lower->arena, "goto brio_continue_%d;", jump->target->lowering->temporary);
    default:
        return arena_printf(lower->arena, "goto %s;", token_string(lower->unit, jump->target->name));
    }
}

static const struct ident *label_ident(const struct lower *lower, const struct node *node)
{
    return lower->unit->tokens[node->name].ident;
}

static unsigned label_slot(const struct lower *lower, const struct ident *ident)
{
    return (unsigned)(((uintptr_t)ident >> 4) * 2654435761u) & (lower->label_room - 1);
}

static void grow_labels(struct lower *lower)
{
    struct node **old = lower->labels;
    unsigned room = lower->label_room;
    lower->label_room = room ? 2 * room : 16;
    lower->labels = arena_alloc(lower->arena, sizeof *lower->labels * lower->label_room);
    lower->label_count = 0;
    for (unsigned i = 0; i < room; i++)
        if (old[i])
            add_label(lower, old[i]);
}

/* Of labels that have the same name, in blocks of their own (__label__), the first. */
static void add_label(struct lower *lower, struct node *node)
{
    if (2 * lower->label_count >= lower->label_room)
        grow_labels(lower);
    unsigned slot = label_slot(lower, label_ident(lower, node));
    while (lower->labels[slot] && label_ident(lower, lower->labels[slot]) != label_ident(lower, node))
        slot = (slot + 1) & (lower->label_room - 1);
    if (!lower->labels[slot]) {
        lower->labels[slot] = node;
        lower->label_count++;
    }
}

static struct node *find_label(struct lower *lower, const struct node *node)
{
    const struct ident *ident = label_ident(lower, node);
    for (unsigned slot = lower->label_room ? label_slot(lower, ident) : 0; lower->label_room && lower->labels[slot];
         slot = (slot + 1) & (lower->label_room - 1))
        if (label_ident(lower, lower->labels[slot]) == ident)
            return lower->labels[slot];
    return NULL;
}

static void lower_computed_goto(struct lower *lower, struct node *node)
{
    struct temporary *before = lower->temporaries;
    op_glue(lower, node->first, "{");
    lift(lower, node->a, false);
    op_tokens(lower, node->first, node->a->first - 1);
    render_node(lower, node->a, RENDER_CODE);
    op_word(lower, node->last, "; }");
    forget_temporaries(lower, before);
}

void lower_jump(struct lower *lower, struct node *node)
{
    struct node *target = node->kind == S_BREAK ? lower->breakable : lower->loop;
    enum jump_kind kind = node->kind == S_BREAK ? JUMP_BREAK : JUMP_CONTINUE;
    if (node->kind == S_GOTO) {
        kind = JUMP_GOTO;
        target = node->name ? find_label(lower, node) : NULL;
    }
    if (node->kind == S_GOTO && node->a && node->a->lowering->lift) {
        lower_computed_goto(lower, node);
        return;
    }
    bool direct = !target || (target->lowering->region == lower->region && !(kind == JUMP_CONTINUE && target->lowering->temporary));
    if (direct)
        render_node(lower, node, RENDER_CODE);
    else
        op_glue(lower, node->first, "%s", way(lower, jump_to(lower, kind, target), lower->region));
}

void lower_return(struct lower *lower, struct node *node)
{
    struct temporary *before = lower->temporaries;
    op_glue(lower, node->first, "{");
    if (node->a && lower->returns_void) {
        lift(lower, node->a, true);
        if (!node->a->lowering->lifted) {
            render_node(lower, node->a, RENDER_CODE);
            op_word(lower, node->last, ";");
        }
    } else if (node->a) {
        lift(lower, node->a, false);
        if (lower->region) {
            lower_assignment(lower, "brio_frame->brio_value", node->first, node->a, lower->returns_record);
        } else {
            op_word(lower, node->first,
                    lower->shares_return ? "brio_result =" : arena_printf(lower->arena, "%s brio_value =", lower->value_type));
            render_node(lower, node->a, RENDER_CODE);
            op_word(lower, node->last, ";");
        }
    }
    if (lower->region) {
        op_glue(lower, node->first, "%s", way(lower, jump_to(lower, JUMP_RETURN, NULL), lower->region));
        op_glue(lower, node->last, "}");
    } else if (node->a && lower->shares_return) {
        lower->uses_leave_label = true;
        op_glue(lower, node->last, "goto brio_leave; }");
    } else if (lower->returns_void) {
        lower->uses_return_label = true;
        op_glue(lower, node->last, "goto brio_return; }");
    } else {
        op_glue(lower, node->last, "brio__leave(brio_task, &brio_frame->base);");
        op_glue(lower, node->last, node->a ? "return brio_value; }" : "goto brio_suspended; }");
    }
    forget_temporaries(lower, before);
}

/* ---- the parts of a region ---- */

static void add_state(struct lower *lower, struct group *group, struct region *region, const char *type, const char *name)
{
    if (region->id == region->why)
        frame_add(lower, group, "unsigned why_%d", region->id);
    if (type) {
        region->member = arena_printf(lower->arena, "%s_%d", name, region->id);
        frame_add(lower, group, "%s", frame_join(lower, type, region->member));
    }
}

/* The block's body, in braces. */
static void lower_inside(struct lower *lower, struct node *node, struct region *region)
{
    struct region *outer = lower->region;
    lower->region = region;
    if (node->kind != S_COMPOUND)
        op_glue(lower, node->first, "{");
    lower_statement(lower, node);
    if (node->kind != S_COMPOUND)
        op_glue(lower, node->last, "}");
    lower->region = outer;
}

static void arrive_at_exit(struct lower *lower, int token, const struct region *region)
{
    op_glue(lower, token, "brio_frame->why_%d = BRIO__FELL;", region->why);
    if (region->unwound)
        op_glue(lower, token, "if (0) { brio_unwind_%d: brio_frame->why_%d = BRIO__UNWIND; }", region->id, region->why);
    if (region->left)
        op_glue(lower, token, "brio_exit_%d:;", region->id);
}

/* lower->region is the outer one again. */
static void go_on_from_exit(struct lower *lower, int token, struct region *region)
{
    op_glue(lower, token, "brio_frame->why_%d = brio__outcome(brio_task, brio_frame->why_%d);", region->id, region->id);
    op_glue(lower, token, "if (brio_frame->why_%d == BRIO__UNWIND) goto %s;", region->id, unwind_label(lower));
    for (struct jump_use *use = region->jumps; use; use = use->next) {
        const char *text = way(lower, use->jump, lower->region);
        op_glue(lower, token, "if (brio_frame->why_%d == %d) %s", region->id, use->jump->code, text);
    }
}

/* ---- the blocks ---- */

static struct group *inner_group(struct lower *lower)
{
    return lower->block->group;
}

static void lower_nursery(struct lower *lower, struct node *node)
{
    struct region *region = node->lowering->region;
    const char *name = node->name ? token_string(lower->unit, node->name) : "";
    add_state(lower, inner_group(lower), region, "struct brio_nursery", "nursery");
    op_glue(lower, node->first, "{");
    op_glue(lower, node->first, "brio__nursery_open(brio_task, &brio_frame->%s, %s);", region->member,
            node->kind == S_RACE ? "BRIO__NURSERY_RACE" : "0");
    lower_inside(lower, node->b, region);
    arrive_at_exit(lower, node->last, region);
    int site = site_new(lower, arena_printf(lower->arena, "%s(%s)", node->kind == S_RACE ? "RACE" : "NURSERY", name), node->first);
    op_glue(lower, node->last, "brio_frame->base.pc = %d;", site);
    op_glue(lower, node->last, "brio__nursery_close(brio_task, &brio_frame->%s);", region->member);
    lower_suspension(lower, node->last, node->lowering->live, false);
    op_glue(lower, node->last, "}");
    op_glue(lower, node->last, "brio__nursery_end(brio_task, &brio_frame->%s);", region->member);
    go_on_from_exit(lower, node->last, region);
    op_glue(lower, node->last, "}");
}

static const char *const scope_kinds[] = {"BRIO__SCOPE_PLAIN",        "BRIO__SCOPE_MOVE_ON_AFTER", "BRIO__SCOPE_MOVE_ON_AT",
                                          "BRIO__SCOPE_FAIL_AFTER",   "BRIO__SCOPE_FAIL_AT",       "BRIO__SCOPE_SHIELD",
                                          "BRIO__SCOPE_INTERRUPTIBLE"};

static void lower_scope(struct lower *lower, struct node *node)
{
    struct region *region = node->lowering->region;
    struct temporary *before = lower->temporaries;
    add_state(lower, inner_group(lower), region, "struct brio_scope", "scope");
    op_glue(lower, node->first, "{");
    lift(lower, node->a, false);
    lift(lower, node->c, false);
    op_word(lower, node->first,
            arena_printf(lower->arena, "brio__scope_open(brio_task, &brio_frame->%s, %s,", region->member, scope_kinds[node->scope_kind]));
    if (node->a)
        render_node(lower, node->a, RENDER_CODE);
    else
        op_word(lower, node->first, "0");
    if (node->c) {
        op_word(lower, node->first, ", &(struct brio_scope_options){");
        render_node(lower, node->c, RENDER_CODE);
        op_word(lower, node->first, "});");
    } else {
        op_word(lower, node->first, ", (void *)0);");
    }
    forget_temporaries(lower, before);
    op_glue(lower, node->first, "if (__builtin_expect(brio_task->signal != 0, 0)) goto %s;", unwind_label(lower));
    lower_inside(lower, node->b, region);
    arrive_at_exit(lower, node->last, region);
    op_glue(lower, node->last, "brio__scope_close(brio_task, &brio_frame->%s);", region->member);
    go_on_from_exit(lower, node->last, region);
    op_glue(lower, node->last, "}");
}

static void lower_hold(struct lower *lower, struct node *node)
{
    struct region *region = node->lowering->region;
    struct temporary *before = lower->temporaries;
    add_state(lower, inner_group(lower), region, "void *", "held");
    op_glue(lower, node->first, "{");
    lift(lower, node->a, false);
    op_word(lower, node->first, arena_printf(lower->arena, "brio_frame->%s = (", region->member));
    render_node(lower, node->a, RENDER_CODE);
    op_word(lower, node->first, ");");
    forget_temporaries(lower, before);
    int site = site_new(lower, arena_printf(lower->arena, "HOLD(%s)", render_text(lower, node->a->first, node->a->last, RENDER_TYPE)),
                        node->first);
    op_glue(lower, node->first, "brio_frame->base.pc = %d;", site);
    op_word(lower, node->first, "(");
    render_node(lower, node->b, RENDER_CODE);
    op_word(lower, node->first, arena_printf(lower->arena, ")(brio_frame->%s);", region->member));
    lower_suspension(lower, node->first, node->lowering->live, true);
    op_glue(lower, node->first, "}");
    lower_inside(lower, node->d, region);
    arrive_at_exit(lower, node->last, region);
    op_word(lower, node->last, "(void)(");
    render_node(lower, node->c, RENDER_CODE);
    op_word(lower, node->last, arena_printf(lower->arena, ")(brio_frame->%s);", region->member));
    go_on_from_exit(lower, node->last, region);
    op_glue(lower, node->last, "}");
}

static void lower_catch(struct lower *lower, struct node *clause, const struct region *try)
{
    struct region *region = clause->lowering->handler;
    int token = clause->first, count = 0;
    op_word(lower, token, arena_printf(lower->arena, "if (brio__try_match(brio_task, &brio_frame->%s,", try->member));
    for (struct node *code = clause->a; code; code = code->next, count++) {
        op_word(lower, code->first, count ? "," : "(const int[]){");
        render_node(lower, code, RENDER_CODE);
    }
    op_word(lower, token, count ? arena_printf(lower->arena, "}, %d)) {", count) : "(void *)0, 0)) {");
    lower_inside(lower, clause->b, region);
    arrive_at_exit(lower, clause->last, region);
    op_glue(lower, clause->last, "brio__try_handled(brio_task, &brio_frame->%s);", try->member);
    op_glue(lower, clause->last, "if (brio_frame->why_%d > BRIO__UNWIND) goto brio_end_%d;", try->id, try->id);
    op_glue(lower, clause->last, "}");
}

static void lower_handlers(struct lower *lower, struct node *node, struct region *region)
{
    int token = node->a->last;
    if (!node->b)
        return;
    op_glue(lower, token, "if (brio_frame->why_%d == BRIO__UNWIND) {", region->id);
    op_glue(lower, token, "brio__try_begin(brio_task, &brio_frame->%s);", region->member);
    for (struct node *clause = node->b; clause; clause = clause->next)
        lower_catch(lower, clause, region);
    op_glue(lower, node->last, "brio_frame->why_%d = BRIO__FELL;", region->id);
    op_glue(lower, node->last, "brio_end_%d:;", region->id);
    op_glue(lower, node->last, "brio__try_end(brio_task, &brio_frame->%s); }", region->member);
}

static void run_deferred(struct lower *lower, struct node *statement, const char *cleanup, struct region *own, int token);

static void lower_try(struct lower *lower, struct node *node)
{
    struct region *region = node->lowering->region, *finally = node->c ? node->c->lowering->region : NULL, *outer = lower->region;
    if (finally) {
        add_state(lower, inner_group(lower), finally, NULL, NULL);
        lower->region = finally;
    }
    op_glue(lower, node->first, "{");
    add_state(lower, inner_group(lower), region, node->b ? "struct brio__try" : NULL, "caught");
    lower_inside(lower, node->a, region);
    arrive_at_exit(lower, node->a->last, region);
    lower_handlers(lower, node, region);
    go_on_from_exit(lower, node->last, region);
    op_glue(lower, node->last, "}");
    if (finally) {
        lower->region = outer;
        op_glue(lower, node->c->first, "{");
        arrive_at_exit(lower, node->c->first, finally);
        run_deferred(lower, node->c, NULL, node->lowering->handler, node->c->first);
        go_on_from_exit(lower, node->last, finally);
        op_glue(lower, node->last, "}");
    }
}

void lower_block_statement(struct lower *lower, struct node *node)
{
    switch (node->kind) {
    case S_NURSERY:
    case S_RACE:
        lower_nursery(lower, node);
        break;
    case S_SCOPE:
        lower_scope(lower, node);
        break;
    case S_HOLD:
        lower_hold(lower, node);
        break;
    default:
        assert(node->kind == S_TRY);
        if (node->c)
            op_glue(lower, node->first, "{");
        lower_try(lower, node);
        if (node->c)
            op_glue(lower, node->last, "}");
    }
}

/* ---- DEFER and FINALLY ---- */

static void run_deferred(struct lower *lower, struct node *statement, const char *cleanup, struct region *own, int token)
{
    if (!statement || stays_as_it_is(statement)) {
        if (statement)
            lower_statement(lower, statement);
        else
            op_glue(lower, token, "%s", cleanup);
        return;
    }
    own->member = arena_printf(lower->arena, "deferred_%d", own->id);
    frame_add(lower, inner_group(lower), "struct brio__defer %s", own->member);
    op_glue(lower, token, "brio__defer_begin(brio_task, &brio_frame->%s);", own->member);
    lower_inside(lower, statement, own);
    if (own->unwound)
        op_glue(lower, statement->last, "brio_unwind_%d:;", own->id);
    op_glue(lower, statement->last, "brio__defer_end(brio_task, &brio_frame->%s);", own->member);
}

void lower_deferred(struct lower *lower, struct node *rest, struct node *statement, const char *cleanup, struct region *region,
                    struct region *own, const struct temporary *value)
{
    int token = statement ? statement->first : rest ? rest->first : lower->block->last, end = lower->block->last;
    struct region *outer = lower->region;
    add_state(lower, inner_group(lower), region, NULL, NULL);
    lower->region = region;
    op_glue(lower, token, "{");
    lower_list_with_value(lower, rest, value);
    op_glue(lower, end, "}");
    lower->region = outer;
    arrive_at_exit(lower, end, region);
    run_deferred(lower, statement, cleanup, own, token);
    go_on_from_exit(lower, end, region);
}
