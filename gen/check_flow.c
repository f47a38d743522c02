/* check_flow.c - jumps into and out of blocks.
 *
 * Every place in a function lies in a region: the whole body, inside that the body of each block of the language, and the rest of a block
 * behind a DEFER. A jump may leave regions (their exits run), but not those of DEFER and FINALLY, and may never enter one.
 */
#include "check_internal.h"

#include "arena.h"

enum region_kind {
    REGION_FUNCTION,
    REGION_BLOCK,      /* NURSERY, TRY, … */
    REGION_EXIT,       /* what DEFER and FINALLY run */
    REGION_DEFERRED,   /* from a DEFER to the end of its block */
    REGION_EXPRESSION  /* a statement expression that awaits */
};

struct region {
    const struct region *outer;
    enum region_kind kind;
    const struct node *node;
};

struct label {
    struct label *next;
    const struct ident *name;
    const struct region *region;
    const struct node *node; /* S_LABEL, or the E_LABEL_ADDRESS of a label whose address is taken */
};

struct jump {
    struct jump *next;
    const struct node *node;
    const struct region *region;
};

struct flow {
    struct check *check;
    struct arena *arena;
    bool suspends;
    struct label *labels, *addresses;
    struct jump *jumps, **jumps_end;
};

/* Where break, continue and case labels of a place belong to; NULL outside of loops and switches. */
struct targets {
    const struct region *here, *to_break, *to_continue, *to_case;
};

static const struct region *enter(struct flow *flow, const struct region *outer, enum region_kind kind, const struct node *node)
{
    struct region *region = ARENA_NEW(flow->arena, struct region);
    *region = (struct region){outer, kind, node};
    return region;
}

static const char *region_name(const struct flow *flow, const struct region *region)
{
    if (region->kind == REGION_EXPRESSION)
        return "statement expression";
    if (region->kind == REGION_EXIT && region->node->kind == S_TRY)
        return "FINALLY";
    return token_spelling(flow->check->unit, region->node->first);
}

/* ---- leaving ---- */

/* Reports a jump from one region out to another (NULL: the caller of the function) if a DEFER or FINALLY lies between. */
static void check_exit(const struct flow *flow, const struct node *jump, const struct region *from, const struct region *to)
{
    for (; from && from != to; from = from->outer) {
        if (from->kind != REGION_EXIT)
            continue;
        const char *name = region_name(flow, from);
        diag_error(flow->check->diag, jump->first, jump->last, "'%s' out of a %s", token_spelling(flow->check->unit, jump->first), name);
        return;
    }
}

/* ---- entering ---- */

static bool contains(const struct region *outer, const struct region *inner)
{
    for (; inner; inner = inner->outer) {
        if (inner == outer)
            return true;
    }
    return false;
}

/* The outermost region of `to` that does not contain `from`. */
static const struct region *find_entered(const struct region *from, const struct region *to)
{
    const struct region *entered = NULL;
    for (; to && !contains(to, from); to = to->outer)
        entered = to;
    return entered;
}

static void report_entry(const struct flow *flow, const struct node *jump, const struct region *entered)
{
    const struct node *node = entered->node;
    struct diag *diag = flow->check->diag;
    const char *word = token_spelling(flow->check->unit, jump->first);
    int last = jump->kind == S_CASE || jump->kind == S_DEFAULT ? jump->first : jump->last;
    if (entered->kind != REGION_DEFERRED)
        diag_error(diag, jump->first, last, "'%s' %s a %s", word, jump->kind == S_GOTO ? "into" : "label inside",
                   region_name(flow, entered));
    else if (jump->kind == S_GOTO)
        diag_error(diag, jump->first, last, "'goto' past a DEFER into its block: on that way it would not have been reached");
    else
        diag_error(diag, jump->first, last, "'%s' label behind a DEFER of the same block: put braces around the case that has the DEFER",
                   word);
    diag_note(diag, node->first, node->first, "the %s is here", region_name(flow, entered));
}

static void add_label(struct flow *flow, struct label **list, const struct node *node, const struct region *region)
{
    struct label *label = ARENA_NEW(flow->arena, struct label);
    *label = (struct label){*list, flow->check->unit->tokens[node->name].ident, region, node};
    *list = label;
}

static void add_jump(struct flow *flow, const struct node *node, const struct region *region)
{
    struct jump *jump = ARENA_NEW(flow->arena, struct jump);
    *jump = (struct jump){NULL, node, region};
    *flow->jumps_end = jump;
    flow->jumps_end = &jump->next;
}

/* Where a computed goto goes is not known: it must neither leave nor enter a region, wherever that is. */
static void check_computed_goto(const struct flow *flow, const struct jump *jump)
{
    for (const struct label *address = flow->addresses; address; address = address->next) {
        for (const struct label *label = flow->labels; label; label = label->next) {
            if (label->name != address->name || label->region == jump->region)
                continue;
            diag_error(flow->check->diag, jump->node->first, jump->node->last,
                       "computed goto that may go to '%s', in or out of a block of the language", label->name->name);
            diag_note(flow->check->diag, label->node->first, label->node->first, "'%s' is here", label->name->name);
            return;
        }
    }
}

static void resolve_goto(const struct flow *flow, const struct jump *jump)
{
    const struct ident *name = flow->check->unit->tokens[jump->node->name].ident;
    const struct region *entered = NULL;
    if (jump->node->a) {
        check_computed_goto(flow, jump);
        return;
    }
    /* __label__ allows several of one name: any that can be reached will do */
    for (const struct label *label = flow->labels; label; label = label->next) {
        if (label->name != name)
            continue;
        entered = find_entered(jump->region, label->region);
        if (entered == NULL) {
            check_exit(flow, jump->node, jump->region, label->region);
            return;
        }
    }
    if (entered)
        report_entry(flow, jump->node, entered);
}

/* ---- the walk ---- */

static void walk(struct flow *flow, const struct node *node, struct targets targets);

struct walk {
    struct flow *flow;
    struct targets targets;
};

static void walk_child(struct node *child, void *arg)
{
    const struct walk *w = arg;
    walk(w->flow, child, w->targets);
}

static void walk_children(struct flow *flow, const struct node *node, struct targets targets)
{
    struct walk w = {flow, targets};
    node_children((struct node *)node, walk_child, &w);
}

static void walk_in(struct flow *flow, const struct node *body, struct targets targets, enum region_kind kind, const struct node *node)
{
    targets.here = enter(flow, targets.here, kind, node);
    walk(flow, body, targets);
}

static const struct node *unlabelled(const struct node *node)
{
    while (node && (node->kind == S_LABEL || node->kind == S_CASE || node->kind == S_DEFAULT))
        node = node->c;
    return node;
}

static void walk_label(struct flow *flow, const struct node *node, struct targets targets)
{
    if (node->kind == S_LABEL) {
        add_label(flow, &flow->labels, node, targets.here);
    } else if (targets.to_case) {
        const struct region *entered = find_entered(targets.to_case, targets.here);
        if (entered)
            report_entry(flow, node, entered);
    }
}

static void walk_defer(struct flow *flow, const struct node *node, struct targets targets)
{
    walk_in(flow, node->a, targets, REGION_EXIT, node);
}

/* The labels of a statement, and the DEFER behind them. */
static void walk_labelled_defer(struct flow *flow, const struct node *node, struct targets targets)
{
    for (; node->kind != S_DEFER; node = node->c)
        walk_label(flow, node, targets);
    walk_defer(flow, node, targets);
}

static void walk_compound(struct flow *flow, const struct node *node, struct targets targets)
{
    for (const struct node *item = node->b; item; item = item->next) {
        const struct node *inner = unlabelled(item);
        if (inner && inner->kind == S_DEFER) {
            walk_labelled_defer(flow, item, targets);
            targets.here = enter(flow, targets.here, REGION_DEFERRED, inner);
        } else {
            walk(flow, item, targets);
        }
    }
}

static void walk_loop(struct flow *flow, const struct node *node, struct targets targets)
{
    targets.to_break = targets.to_continue = targets.here;
    walk_children(flow, node, targets);
}

static void walk_switch(struct flow *flow, const struct node *node, struct targets targets)
{
    walk(flow, node->a, targets);
    targets.to_break = targets.to_case = targets.here;
    walk(flow, node->b, targets);
}

static void walk_try(struct flow *flow, const struct node *node, struct targets targets)
{
    walk_in(flow, node->a, targets, REGION_BLOCK, node);
    for (const struct node *handler = node->b; handler; handler = handler->next)
        walk_in(flow, handler->b, targets, REGION_BLOCK, handler);
    if (node->c)
        walk_in(flow, node->c, targets, REGION_EXIT, node);
}

static void walk_block(struct flow *flow, const struct node *node, struct targets targets)
{
    if (node->a)
        walk(flow, node->a, targets);
    walk_in(flow, node->kind == S_HOLD ? node->d : node->b, targets, REGION_BLOCK, node);
}

static void check_asm(struct flow *flow, const struct node *node)
{
    for (int token = node->first; token < node->last && flow->check->unit->tokens[token].punctuator != P_LEFT_PAREN; token++) {
        const struct token *t = &flow->check->unit->tokens[token];
        if (t->kind == T_KEYWORD && t->ident->keyword == K_GOTO && flow->suspends)
            diag_error(flow->check->diag, node->first, node->last, "asm goto in an ASYNC function that suspends");
    }
}

static void walk(struct flow *flow, const struct node *node, struct targets targets)
{
    switch (node->kind) {
    case S_COMPOUND: walk_compound(flow, node, targets); break;
    case S_WHILE: case S_DO: case S_FOR: walk_loop(flow, node, targets); break;
    case S_SWITCH: walk_switch(flow, node, targets); break;
    case S_TRY: walk_try(flow, node, targets); break;
    case S_NURSERY: case S_RACE: case S_SCOPE: case S_HOLD: walk_block(flow, node, targets); break;
    case S_DEFER:
        diag_error(flow->check->diag, node->first, node->first, "DEFER needs a block around it: it runs when that block is left");
        walk_defer(flow, node, targets);
        break;
    case S_LABEL: case S_CASE: case S_DEFAULT:
        walk_label(flow, node, targets);
        if (node->c)
            walk(flow, node->c, targets);
        break;
    case E_STATEMENT:
        if (node->has_await || node->has_block)
            walk_in(flow, node->a, targets, REGION_EXPRESSION, node);
        else
            walk(flow, node->a, targets);
        break;
    case E_LABEL_ADDRESS: add_label(flow, &flow->addresses, node, targets.here); break;
    case S_GOTO:
        add_jump(flow, node, targets.here);
        walk_children(flow, node, targets);
        break;
    case S_BREAK:
        if (targets.to_break)
            check_exit(flow, node, targets.here, targets.to_break);
        break;
    case S_CONTINUE:
        if (targets.to_continue)
            check_exit(flow, node, targets.here, targets.to_continue);
        break;
    case S_RETURN:
        check_exit(flow, node, targets.here, NULL);
        walk_children(flow, node, targets);
        break;
    case S_ASM: check_asm(flow, node); break;
    case D_FUNCTION_DEFINITION: break; /* nested, and refused */
    default: walk_children(flow, node, targets);
    }
}

void check_flow(struct check *check)
{
    struct arena arena = {0};
    const struct node *body = check->function->definition->c;
    struct flow flow = {.check = check, .arena = &arena, .suspends = body->has_await || body->has_block};
    flow.jumps_end = &flow.jumps;
    const struct region *root = enter(&flow, NULL, REGION_FUNCTION, body);
    walk(&flow, body, (struct targets){.here = root});
    for (const struct jump *jump = flow.jumps; jump; jump = jump->next)
        resolve_goto(&flow, jump);
    arena_free(&arena);
}
