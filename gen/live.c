/* live.c - a backward data-flow pass over the syntax tree.
 *
 * One pass walks the function from its end to its beginning and computes, for each statement, which locals are read after it before
 * they are written. Loops and labels remember what was live at them in the last pass; passes are repeated until nothing grows. Within
 * one full expression little is distinguished: what it mentions is live at each AWAIT in it, but for that AWAIT's own operands, and for
 * what is assigned when all of them are over.
 *
 * Ways out of a block of the language all lead through the block's exit, so that inside it every target (break, continue, return,
 * unwinding) is that exit.
 */
#include "live.h"

#include <assert.h>
#include <string.h>

#include "arena.h"
#include "buffer.h"

struct targets {
    struct set *on_break, *on_continue, *on_return, *on_unwind;
};

struct pass {
    struct analysis *analysis;
    struct arena *arena;
    struct targets to;
    struct set *cases;  /* of the innermost switch */
    struct set *labels; /* of all labels together */
    bool changed;
};

/* ---- sets ---- */

bool set_has(const struct set *set, int index)
{
    return set && (set->words[index / 64] >> (index % 64)) & 1;
}

static struct set *set_new(struct pass *pass)
{
    return arena_alloc(pass->arena, sizeof(unsigned long) * (size_t)pass->analysis->words);
}

static void set_add(struct set *set, int index)
{
    set->words[index / 64] |= 1ul << (index % 64);
}

static void set_remove(struct set *set, int index)
{
    set->words[index / 64] &= ~(1ul << (index % 64));
}

/* True if `set` grew. */
static bool set_join(struct pass *pass, struct set *set, const struct set *other)
{
    bool grew = false;
    for (int i = 0; i < pass->analysis->words; i++) {
        unsigned long joined = set->words[i] | other->words[i];
        grew |= joined != set->words[i];
        set->words[i] = joined;
    }
    return grew;
}

static struct set *set_union(struct pass *pass, const struct set *one, const struct set *other)
{
    struct set *set = set_new(pass);
    set_join(pass, set, one);
    set_join(pass, set, other);
    return set;
}

/* ---- expressions ---- */

static struct set *live_statement(struct pass *pass, struct node *node, struct set *out);

static struct local *local_of(const struct node *node)
{
    return node->kind == E_IDENT && node->symbol ? node->symbol->local : NULL;
}

static struct node *strip_parens(struct node *node)
{
    while (node && node->kind == E_PAREN)
        node = node->a;
    return node;
}

struct effects {
    struct pass *pass;
    struct set *uses, *defs;
    const struct node *without; /* an AWAIT whose operands have been used up; or NULL */
};

static void add_uses(struct node *node, void *arg)
{
    struct effects *effects = arg;
    struct local *local = local_of(node);
    if (node == effects->without)
        return;
    if (local)
        set_add(effects->uses, local->index);
    if (node->kind != E_SIZEOF)
        node_children(node, add_uses, effects);
}

/* What the expression assigns at its end is defined; all else that it mentions is used, assigned or not: it may
 * live across an AWAIT in it. */
static void add_effects(struct node *node, struct effects *effects)
{
    struct local *local;
    switch (node->kind) {
    case E_ASSIGN:
        local = local_of(strip_parens(node->a));
        if (local && token_is(effects->pass->analysis->unit, node->op, "="))
            set_add(effects->defs, local->index);
        else
            add_uses(node->a, effects);
        add_effects(node->b, effects);
        break;
    case E_PAREN:
        add_effects(node->a, effects);
        break;
    case E_UNARY:
        if (token_is(effects->pass->analysis->unit, node->op, "!"))
            add_effects(node->a, effects);
        else
            add_uses(node, effects);
        break;
    case E_BINARY:
    case E_LOGICAL: /* nothing is waited for between an assignment on the left and the end */
        if (node->b->has_await) {
            add_uses(node, effects);
        } else {
            add_uses(node->b, effects);
            add_effects(node->a, effects);
        }
        break;
    default:
        add_uses(node, effects);
    }
}

struct mark {
    struct pass *pass;
    struct node *whole; /* the full expression */
    struct set *live;   /* all that may be needed in it, or after it */
    struct set *after;  /* … after it */
    int left;           /* so many AWAITs are looked at closely: the work for each is as long as the expression */
};

enum { CLOSE_LOOKS = 16 };

static void mark_suspension(struct pass *pass, struct node *node, const struct set *live)
{
    if (!node->lowering->live)
        node->lowering->live = set_new(pass);
    set_join(pass, node->lowering->live, live);
}

/* The operands are gone when the AWAIT is waiting, unless something else needs them. */
static void mark_await(struct mark *mark, struct node *node)
{
    if (node->flags & IN_THREAD || mark->left == 0) {
        mark_suspension(mark->pass, node, mark->live);
        return;
    }
    mark->left--;
    struct effects effects = {mark->pass, set_union(mark->pass, mark->after, mark->after), set_new(mark->pass), node};
    add_effects(mark->whole, &effects);
    mark_suspension(mark->pass, node, effects.uses);
}

static void mark_awaits(struct node *node, void *arg)
{
    struct mark *mark = arg;
    if (!node->lowering || !node->lowering->lift)
        return;
    if (node->kind == E_STATEMENT) {
        live_statement(mark->pass, node->a, mark->live);
        return;
    }
    if (node->kind == E_AWAIT)
        mark_await(mark, node);
    node_children(node, mark_awaits, mark);
}

/* `defined`: a local that the expression's value initializes, or NULL. */
static struct set *live_expression(struct pass *pass, struct node *node, struct set *out, const struct local *defined)
{
    if (!node)
        return out;
    struct effects effects = {pass, set_new(pass), set_new(pass), NULL};
    add_effects(node, &effects);
    struct set *after = set_new(pass);
    for (int i = 0; i < pass->analysis->words; i++)
        after->words[i] = out->words[i] & ~effects.defs->words[i];
    if (defined)
        set_remove(after, defined->index);
    struct set *in = set_union(pass, after, effects.uses);
    if (defined)
        set_remove(in, defined->index);
    if (node->lowering->lift || node->lowering->exits) {
        set_join(pass, after, pass->to.on_unwind);
        if (node->lowering->exits) /* statement expressions that are left by a jump */
            set_join(pass, after, pass->labels);
        in = set_union(pass, in, after);
        struct mark mark = {pass, node, in, after, CLOSE_LOOKS};
        mark_awaits(node, &mark);
    }
    return in;
}

static struct set *live_list_of_expressions(struct pass *pass, struct node *list, struct set *out)
{
    for (; list; list = list->next)
        out = live_expression(pass, list, out, NULL);
    return out;
}

/* ---- declarations ---- */

static struct set *live_declarator(struct pass *pass, struct node *declarator, struct set *out)
{
    struct local *local = declarator->symbol ? declarator->symbol->local : NULL;
    struct set *in = set_union(pass, out, out);
    if (declarator->b)
        in = live_expression(pass, declarator->b, in, local);
    else if (local)
        set_remove(in, local->index);
    struct effects effects = {pass, in, in, NULL};
    for (struct node *derived = declarator->a; derived; derived = derived->a)
        if (derived->kind == D_ARRAY && derived->b)
            add_uses(derived->b, &effects);
    return in;
}

/* The last declarator first. */
static struct set *live_declarators(struct pass *pass, struct node *list, struct set *out)
{
    if (!list)
        return out;
    return live_declarator(pass, list, live_declarators(pass, list->next, out));
}

static struct set *live_declaration(struct pass *pass, struct node *declaration, struct set *out)
{
    if (!declaration || declaration->kind != D_DECLARATION)
        return out;
    struct set *in = live_declarators(pass, declaration->b, set_union(pass, out, out));
    struct effects effects = {pass, in, in, NULL};
    for (struct node *spec = declaration->a->b; spec; spec = spec->next)
        if (spec->kind == D_TYPEOF)
            add_uses(spec, &effects);
    return in;
}

/* ---- statements ---- */

static void join_target(struct pass *pass, struct set *set, const struct set *target)
{
    if (target)
        set_join(pass, set, target);
}

/* What may be live after the exit of a block that `out` follows: it goes on wherever the block was left to. */
static struct set *after_exit(struct pass *pass, const struct set *out)
{
    struct set *set = set_union(pass, out, pass->labels);
    join_target(pass, set, pass->to.on_break);
    join_target(pass, set, pass->to.on_continue);
    join_target(pass, set, pass->to.on_return);
    join_target(pass, set, pass->to.on_unwind);
    return set;
}

static struct targets all_to(struct set *set)
{
    return (struct targets){set, set, set, set};
}

static struct set *live_in_region(struct pass *pass, struct node *node, struct set *out, struct targets to)
{
    struct targets saved = pass->to;
    pass->to = to;
    struct set *in = live_statement(pass, node, out);
    pass->to = saved;
    return in;
}

static struct set *live_loop(struct pass *pass, struct node *node, struct set *out)
{
    struct lowering *at = node->lowering;
    struct node *condition = node->kind == S_FOR ? node->b : node->a;
    struct node *body = node->kind == S_FOR ? node->d : node->b;
    struct targets saved = pass->to;
    struct set *in, *next;
    if (!at->head)
        at->head = set_new(pass);
    if (node->kind == S_DO) {
        next = live_expression(pass, condition, set_union(pass, at->head, out), NULL);
        pass->to.on_break = out;
        pass->to.on_continue = next;
        in = live_statement(pass, body, next);
        pass->to = saved;
        pass->changed |= set_join(pass, at->head, in);
        return in;
    }
    next = node->kind == S_FOR ? live_expression(pass, node->c, at->head, NULL) : at->head;
    pass->to.on_break = out;
    pass->to.on_continue = next;
    in = live_statement(pass, body, next);
    pass->to = saved;
    in = live_expression(pass, condition, set_union(pass, in, out), NULL);
    pass->changed |= set_join(pass, at->head, in);
    if (node->kind == S_FOR && node->a)
        in = node->a->kind == D_DECLARATION ? live_declaration(pass, node->a, in) : live_expression(pass, node->a, in, NULL);
    return in;
}

static struct set *live_switch(struct pass *pass, struct node *node, struct set *out)
{
    struct set *saved_cases = pass->cases, *saved_break = pass->to.on_break;
    pass->cases = set_new(pass);
    pass->to.on_break = out;
    live_statement(pass, node->b, out);
    struct set *in = set_union(pass, pass->cases, out);
    pass->cases = saved_cases;
    pass->to.on_break = saved_break;
    return live_expression(pass, node->a, in, NULL);
}

static struct set *live_try(struct pass *pass, struct node *node, struct set *out)
{
    struct set *end = after_exit(pass, out);
    if (node->c)
        end = live_in_region(pass, node->c, end, all_to(end));
    struct set *handlers = set_union(pass, end, end);
    for (struct node *clause = node->b; clause; clause = clause->next) {
        set_join(pass, handlers, live_in_region(pass, clause->b, end, all_to(end)));
        handlers = live_list_of_expressions(pass, clause->a, handlers);
    }
    struct targets to = all_to(end);
    to.on_unwind = handlers;
    return live_in_region(pass, node->a, end, to);
}

static struct set *live_region(struct pass *pass, struct node *node, struct set *out)
{
    struct set *end = after_exit(pass, out), *in;
    switch (node->kind) {
    case S_NURSERY:
    case S_RACE:
        mark_suspension(pass, node, end);
        return live_in_region(pass, node->b, end, all_to(end));
    case S_SCOPE:
        in = live_in_region(pass, node->b, end, all_to(end));
        in = set_union(pass, in, pass->to.on_unwind);
        if (node->c)
            in = live_expression(pass, node->c, in, NULL);
        return live_expression(pass, node->a, in, NULL);
    case S_HOLD:
        in = live_expression(pass, node->c, end, NULL);
        in = live_in_region(pass, node->d, in, all_to(in));
        in = set_union(pass, in, pass->to.on_unwind);
        mark_suspension(pass, node, in);
        return live_expression(pass, node->a, in, NULL);
    default:
        assert(node->kind == S_TRY);
        return live_try(pass, node, out);
    }
}

/* SPAWN, START, RAISE: their operands, and the way to the innermost exit. */
static struct set *live_action(struct pass *pass, struct node *node, struct set *out)
{
    struct set *in = set_union(pass, out, pass->to.on_unwind);
    if (node->kind == S_START)
        mark_suspension(pass, node, in);
    struct node *operands[] = {node->c, node->b, node->d};
    for (size_t i = 0; i < sizeof operands / sizeof *operands; i++)
        in = live_expression(pass, operands[i], in, NULL);
    return live_list_of_expressions(pass, node->a, in);
}

static int list_length(const struct node *list)
{
    int length = 0;
    for (; list; list = list->next)
        length++;
    return length;
}

/* A block's statements. What stands behind a DEFER is left through the deferred statement. */
static struct set *live_block(struct pass *pass, struct node *list, struct set *out)
{
    int count = list_length(list), i = 0;
    struct node **statements = arena_alloc(pass->arena, sizeof *statements * (size_t)(count + 1));
    struct targets *before = arena_alloc(pass->arena, sizeof *before * (size_t)(count + 1)), saved = pass->to;
    struct set **ends = arena_alloc(pass->arena, sizeof *ends * (size_t)(count + 1)), *end = out;
    for (struct node *node = list; node; node = node->next, i++) {
        statements[i] = node;
        before[i] = pass->to;
        ends[i] = end;
        if (node->kind == S_DEFER || (pass->analysis->has_cleanup && split_cleanup(pass->analysis, node))) {
            struct set *after = after_exit(pass, end);
            end = node->kind == S_DEFER ? live_in_region(pass, node->a, after, all_to(after)) : after;
            pass->to = all_to(end);
        }
    }
    struct set *in = end;
    while (i-- > 0) {
        pass->to = before[i];
        if (statements[i]->kind != S_DEFER)
            in = live_statement(pass, statements[i], in);
    }
    pass->to = saved;
    return in;
}

static struct set *live_jump(struct pass *pass, struct node *node)
{
    switch (node->kind) {
    case S_BREAK:
        return pass->to.on_break ? pass->to.on_break : set_new(pass);
    case S_CONTINUE:
        return pass->to.on_continue ? pass->to.on_continue : set_new(pass);
    case S_RETURN:
        return live_expression(pass, node->a, pass->to.on_return, NULL);
    default:
        assert(node->kind == S_GOTO);
        return live_expression(pass, node->a, set_union(pass, pass->labels, pass->to.on_return), NULL);
    }
}

static struct set *live_label(struct pass *pass, struct node *node, struct set *out)
{
    struct set *in = node->c ? live_statement(pass, node->c, out) : out;
    if (node->kind == S_LABEL)
        pass->changed |= set_join(pass, pass->labels, in);
    else if (pass->cases)
        set_join(pass, pass->cases, in);
    return in;
}

static struct set *live_statement(struct pass *pass, struct node *node, struct set *out)
{
    struct set *in;
    if (!node)
        return out;
    switch (node->kind) {
    case S_COMPOUND:
        return live_block(pass, node->b, out);
    case S_DECLARATION:
        return live_declaration(pass, node->a, out);
    case S_EXPRESSION:
        return live_expression(pass, node->a, out, NULL);
    case S_IF:
        in = live_statement(pass, node->b, out);
        return live_expression(pass, node->a, set_union(pass, in, node->c ? live_statement(pass, node->c, out) : out), NULL);
    case S_WHILE:
    case S_DO:
    case S_FOR:
        return live_loop(pass, node, out);
    case S_SWITCH:
        return live_switch(pass, node, out);
    case S_CASE:
    case S_DEFAULT:
    case S_LABEL:
        return live_label(pass, node, out);
    case S_BREAK:
    case S_CONTINUE:
    case S_GOTO:
    case S_RETURN:
        return live_jump(pass, node);
    case S_NURSERY:
    case S_RACE:
    case S_SCOPE:
    case S_HOLD:
    case S_TRY:
        return live_region(pass, node, out);
    case S_SPAWN:
    case S_SPAWN_INTO:
    case S_START:
    case S_RAISE:
    case S_RAISE_ERRNO:
    case S_RERAISE:
        return live_action(pass, node, out);
    case S_ASM:
        return live_list_of_expressions(pass, node->b, out);
    default:
        return out;
    }
}

/* ---- results ---- */

static bool in_scope(const struct local *local, int token)
{
    return token > local->from && token <= local->to;
}

/* Takes out of a suspension's set what it cannot or need not save; notes what it does. */
static void settle_suspension(struct node *node, void *arg)
{
    struct analysis *analysis = arg;
    if (node->lowering && node->lowering->live) {
        for (int i = 0; i < analysis->local_count; i++) {
            struct local *local = analysis->locals[i];
            if (!set_has(node->lowering->live, i))
                continue;
            if (local->storage == STORAGE_PINNED ||
                !in_scope(local, node->kind == S_NURSERY || node->kind == S_RACE ? node->last : node->first))
                set_remove(node->lowering->live, i);
            else
                local->storage = STORAGE_SPILLED;
        }
    }
    node_children(node, settle_suspension, analysis);
}

void live_compute(struct analysis *analysis)
{
    struct pass pass = {.analysis = analysis, .arena = analysis->arena};
    struct set *in;
    analysis->words = analysis->local_count / 64 + 1;
    pass.labels = set_new(&pass);
    do {
        struct set *nothing = set_new(&pass);
        pass.changed = false;
        pass.to = (struct targets){NULL, NULL, nothing, nothing};
        in = live_statement(&pass, analysis->function->definition->c, nothing);
    } while (pass.changed);
    analysis->at_entry = in;
    settle_suspension(analysis->function->definition->c, analysis);
}

/* ---- --dump=live ---- */

struct live_dump {
    const struct analysis *analysis;
    struct buffer *out;
};

static void dump_node(struct node *node, void *arg)
{
    struct live_dump *dump = arg;
    const struct analysis *analysis = dump->analysis;
    if (node->lowering->live) {
        buffer_printf(dump->out, "  line %u: %s:", token_line(analysis->unit, node->first), node_kind_name(node->kind));
        for (int i = 0; i < analysis->local_count; i++)
            if (set_has(node->lowering->live, i))
                buffer_printf(dump->out, " %s", analysis->locals[i]->symbol->name);
        buffer_puts(dump->out, "\n");
    }
    node_children(node, dump_node, dump);
}

void live_dump(const struct analysis *analysis, struct buffer *out)
{
    static const char *const storages[] = {"plain", "spilled", "pinned"};
    struct live_dump dump = {analysis, out};
    buffer_printf(out, "%s\n", analysis->function->name);
    for (int i = 0; i < analysis->local_count; i++)
        buffer_printf(out, "  %s: %s\n", analysis->locals[i]->symbol->name, storages[analysis->locals[i]->storage]);
    dump_node(analysis->function->definition->c, &dump);
}
