/* render.c - prints pieces of the source, token by token, with replacements.
 *
 * patch_tree notes once which nodes of a function may not print as they stand; whether and how is decided when they are printed, since that
 * depends on what has been lifted by then and on the mode.
 */
#include <assert.h>
#include <string.h>

#include "lower_internal.h"

/* ---- patches ---- */

static void add_patch(struct lower *lower, int first, int last, struct node *node, const char *word)
{
    struct patch *patch = ARENA_NEW(lower->arena, struct patch), **end = &lower->patches[first - lower->base];
    patch->last = last;
    patch->node = node;
    patch->word = word;
    while (*end && !word) /* words go first */
        end = &(*end)->next;
    patch->next = *end;
    *end = patch;
}

void patch_word(struct lower *lower, int first, int last, const char *word)
{
    add_patch(lower, first, last, NULL, word);
}

static void visit_patch(struct node *node, void *arg)
{
    patch_tree(arg, node);
}

static bool may_differ(const struct lower *lower, const struct node *node)
{
    switch (node->kind) {
    case E_IDENT:
        return node->symbol && node->symbol->scope->depth > 0;
    case E_LOGICAL:
    case E_COND:
    case E_COMMA:
    case E_STATEMENT:
    case E_GENERIC:
        return lower->analysis && (node->lowering->lift || node->lowering->exits);
    case E_COMPOUND:
        return lower->analysis && node->lowering->literal;
    case D_STRUCT:
    case D_ENUM:
    case D_TYPEDEF_REF:
        return lower->analysis && node->symbol && node->symbol->scope && node->symbol->scope->depth > 0;
    case E_AWAIT:
    case E_SPAWN:
    case E_SPAWN_INTO:
    case E_RUN:
    case E_RUN_INTO:
    case E_RUN_ON:
    case E_SPAWN_ON:
    case E_GUEST:
        return true;
    default:
        return false;
    }
}

void patch_tree(struct lower *lower, struct node *node)
{
    if (!node)
        return;
    if (may_differ(lower, node))
        add_patch(lower, node->first, node->last, node, NULL);
    node_children(node, visit_patch, lower);
}

/* ---- how a node prints ---- */

struct print {
    struct lower *lower;
    enum render_mode mode;
    int first, last; /* of what is being printed as a whole */
};

/* Of an object or a function that is declared in this one. */
static const char *object_name(struct print *print, const struct symbol *symbol)
{
    struct local *local = symbol->local;
    struct lower *lower = print->lower;
    if (print->mode == RENDER_TOP_TYPE) {
        bool here = symbol->token >= print->first && symbol->token <= print->last;
        if (here || symbol->scope->depth < 2 || (local && !local->block))
            return NULL;
        return arena_printf(lower->arena, "(*(%s *)0)", local ? frame_type_name(lower, local) : frame_static_type_name(lower, symbol));
    }
    return local && local->storage == STORAGE_PINNED ? arena_printf(lower->arena, "brio_frame->%s", local->member) : NULL;
}

/* The word for an identifier, or NULL for itself. */
static const char *identifier(struct print *print, const struct symbol *symbol)
{
    struct arena *arena = print->lower->arena;
    bool at_top = print->mode == RENDER_TOP_TYPE;
    const char *moved = frame_moved_name(print->lower, symbol);
    if (moved)
        return moved;
    switch (symbol->kind) {
    case SYMBOL_NURSERY:
        return at_top ? "((struct brio_nursery *)0)"
                      : arena_printf(arena, "(&brio_frame->%s)", symbol->definition->lowering->region->member);
    case SYMBOL_SCOPE:
        return at_top ? "((struct brio_scope *)0)" : arena_printf(arena, "(&brio_frame->%s)", symbol->definition->lowering->region->member);
    case SYMBOL_ERROR:
        return at_top ? "((const struct brio_error *)0)"
                      : arena_printf(arena, "brio_frame->%s.caught", symbol->definition->lowering->handler->exit->member);
    case SYMBOL_OBJECT:
    case SYMBOL_FUNCTION:
        return object_name(print, symbol);
    default:
        return NULL;
    }
}

static const char *type_word(struct print *print, const struct node *node)
{
    const char *name = frame_moved_name(print->lower, node->symbol);
    if (!name || node == print->lower->defining)
        return NULL;
    if (node->kind == D_TYPEDEF_REF)
        return name;
    const char *keyword = token_is(print->lower->unit, node->first, "union") ? "union" : node->kind == D_ENUM ? "enum" : "struct";
    return arena_printf(print->lower->arena, "%s %s", keyword, name);
}

static void print_lifted(struct lower *lower, const struct node *node)
{
    if (node->kind == E_COMMA) {
        op_word(lower, node->first, "(");
        render_node(lower, node->b, RENDER_CODE);
        op_word(lower, node->last, ")");
    } else if (node->lowering->temporary) {
        op_place(lower, node->first, node->last, arena_printf(lower->arena, "brio_%d", node->lowering->temporary));
    } else {
        op_place(lower, node->first, node->last, "(void)0");
    }
}

static void print_literal(struct lower *lower, const struct node *node)
{
    struct literal *literal = node->lowering->literal;
    const char *member = literal->member;
    op_word(
        lower, node->first,
        arena_printf(lower->arena,
                     "(*(__typeof__(brio_frame->%s) *)__builtin_memcpy((char *)brio_frame + __builtin_offsetof(struct brio__frame, %s), &",
                     member, member));
    node->lowering->literal = NULL;
    render(lower, node->first, node->last, RENDER_CODE);
    node->lowering->literal = literal;
    op_word(lower, node->last, arena_printf(lower->arena, ", sizeof brio_frame->%s))", member));
}

/* A statement expression in which something leaves a block: its statements are lowered where they stand. */
static void print_statements(struct lower *lower, const struct node *node)
{
    op_word(lower, node->first, "({");
    lower_list(lower, node->a->b);
    op_word(lower, node->last, "})");
}

/* In typeof, where blocks and jumps cannot stand: what has the type of the whole. */
static void print_last_value(struct lower *lower, const struct node *node)
{
    const struct node *item = lower_last_statement(node->a->b);
    op_word(lower, node->first, "(");
    if (item && item->kind == S_EXPRESSION)
        render_node(lower, item->a, RENDER_TOP_TYPE);
    else
        op_word(lower, node->last, "(void)0");
    op_word(lower, node->last, ")");
}

static bool is_lowered_inline(const struct node *node)
{
    return node->kind == E_STATEMENT && node->lowering->exits && !node->lowering->lift;
}

/* Prints the patch's node if it differs in this mode. */
static bool print_patch(struct print *print, const struct patch *patch, int token)
{
    struct lower *lower = print->lower;
    struct node *node = patch->node;
    const char *word = patch->word;
    if (!word && node->kind == E_IDENT)
        word = identifier(print, node->symbol);
    else if (!word && (node->kind == D_STRUCT || node->kind == D_ENUM || node->kind == D_TYPEDEF_REF))
        word = type_word(print, node);
    if (word) {
        if (*word)
            op_place(lower, token, patch->last, word);
        return true;
    }
    switch (node->kind) {
    case E_RUN:
    case E_RUN_INTO:
    case E_GUEST:
    case E_SPAWN:
    case E_SPAWN_INTO:
    case E_RUN_ON:
    case E_SPAWN_ON:
        render_plain_call(lower, node, print->mode);
        return true;
    case E_COMPOUND:
        if (print->mode != RENDER_CODE || !node->lowering->literal)
            return false;
        print_literal(lower, node);
        return true;
    case E_IDENT:
    case D_STRUCT:
    case D_ENUM:
    case D_TYPEDEF_REF:
        return false;
    default:
        break;
    }
    if (print->mode == RENDER_CODE && node->lowering->lifted) {
        print_lifted(lower, node);
    } else if (node->kind == E_AWAIT) {
        op_word(lower, node->first, "(");
        render(lower, node->a->first, node->a->last, print->mode);
        op_word(lower, node->last, ")");
    } else if (print->mode == RENDER_CODE && is_lowered_inline(node)) {
        print_statements(lower, node);
    } else if (print->mode != RENDER_CODE && node->kind == E_STATEMENT && (node->has_block || node->lowering->exits)) {
        print_last_value(lower, node);
    } else {
        return false;
    }
    return true;
}

void render(struct lower *lower, int first, int last, enum render_mode mode)
{
    struct print print = {lower, mode, first, last};
    int begun = first;
    for (int token = first; token <= last;) {
        struct patch *patch = token >= lower->base && token <= lower->limit ? lower->patches[token - lower->base]
                                                                            : NULL; /* else of a type declared elsewhere */
        if (patch) {
            op_tokens(lower, begun, token - 1);
            begun = token;
        }
        while (patch && !(patch->last <= last && print_patch(&print, patch, token)))
            patch = patch->next;
        token = patch ? patch->last + 1 : token + 1;
        if (patch)
            begun = token;
    }
    op_tokens(lower, begun, last);
}

void render_node(struct lower *lower, const struct node *node, enum render_mode mode)
{
    render(lower, node->first, node->last, mode);
}

char *render_text(struct lower *lower, int first, int last, enum render_mode mode)
{
    struct op_list list, *out = lower->out;
    op_list_init(&list);
    lower->out = &list;
    render(lower, first, last, mode);
    lower->out = out;
    return op_text(lower, &list);
}

/* ---- declarations ---- */

static bool is_left_out(const struct lower *lower, const struct node *spec, bool keep_const)
{
    static const char *const storage[] = {"register",  "auto",    "static",   "extern",    "inline",
                                          "constexpr", "typedef", "__inline", "__inline__"};
    if (spec->kind == D_ATTRIBUTE)
        return spec->a != NULL;
    if (spec->kind == D_ALIGNAS)
        return lower->in_typedef;
    if (spec->kind != D_KEYWORD)
        return false;
    for (size_t i = 0; i < sizeof storage / sizeof *storage; i++)
        if (token_is(lower->unit, spec->first, storage[i]))
            return true;
    return !keep_const && (token_is(lower->unit, spec->first, "const") || token_is(lower->unit, spec->first, "__const"));
}

static void render_specs(struct lower *lower, const struct node *specs, bool keep_const, enum render_mode mode)
{
    for (const struct node *spec = specs->b; spec; spec = spec->next)
        if (!is_left_out(lower, spec, keep_const))
            render_node(lower, spec, mode);
}

/* The pointer itself is const: leaves that out. */
static void render_without_const(struct lower *lower, int first, int last, const struct node *pointer, enum render_mode mode)
{
    int begun = first;
    for (int token = pointer->first; token <= pointer->last; token++) {
        if (token < first || token > last || !(token_is(lower->unit, token, "const") || token_is(lower->unit, token, "__const")))
            continue;
        if (begun < token)
            render(lower, begun, token - 1, mode);
        begun = token + 1;
    }
    if (begun <= last)
        render(lower, begun, last, mode);
}

void render_declaration(struct lower *lower, const struct node *specs, const struct node *declarator, const char *name, bool keep_const,
                        enum render_mode mode)
{
    const struct node *pointer = declarator->a && declarator->a->kind == D_POINTER && !keep_const ? declarator->a : NULL;
    int last = declarator->declarator_last;
    render_specs(lower, specs, keep_const || declarator->a, mode);
    if (declarator->name > declarator->first) {
        if (pointer)
            render_without_const(lower, declarator->first, declarator->name - 1, pointer, mode);
        else
            render(lower, declarator->first, declarator->name - 1, mode);
    }
    int place = declarator->name ? declarator->name : declarator->first;
    op_place(lower, place, place, name);
    if (declarator->name < last)
        render(lower, declarator->name + 1, last, mode);
    for (const struct node *attribute = declarator->d; attribute; attribute = attribute->next)
        if (!attribute->a && token_is(lower->unit, attribute->first, "__attribute__"))
            render_node(lower, attribute, mode);
}

static bool belongs_to_value(const struct lower *lower, const struct node *spec)
{
    if (spec->kind != D_ATTRIBUTE)
        return !is_left_out(lower, spec, true) && !token_is(lower->unit, spec->first, "_Noreturn");
    return frame_makes_type(lower, spec);
}

void render_value_type(struct lower *lower, const struct node *specs, const struct node *declarator, const char *name)
{
    const struct node *function = declarator->a;
    for (const struct node *spec = specs->b; spec; spec = spec->next) {
        if (!belongs_to_value(lower, spec))
            continue;
        if ((spec->kind == D_STRUCT || spec->kind == D_ENUM) && spec->has_body && spec->name) {
            op_tokens(lower, spec->first, spec->first);
            op_tokens(lower, spec->name, spec->name);
        } else {
            render_node(lower, spec, RENDER_TYPE);
        }
    }
    render(lower, declarator->first, declarator->name - 1, RENDER_TYPE);
    op_word(lower, declarator->name, name);
    render(lower, declarator->name + 1, function->first - 1, RENDER_TYPE);
    render(lower, function->last + 1, declarator->declarator_last, RENDER_TYPE);
}

/* ---- RUN and its like, as plain C ---- */

static void render_options(struct lower *lower, const char *type, const struct node *options, int token, enum render_mode mode)
{
    op_word(lower, token, arena_printf(lower->arena, "struct %s brio__o = {", type));
    if (options)
        render_node(lower, options, mode);
    else
        op_word(lower, token, "0");
    op_word(lower, token, "};");
}

static void render_operand(struct lower *lower, const char *before, const struct node *operand, const char *after, enum render_mode mode)
{
    op_word(lower, operand->first, before);
    render_node(lower, operand, mode);
    op_word(lower, operand->last, after);
}

/* RUN_ON, SPAWN_ON */
static void render_portal_call(struct lower *lower, const struct node *node, enum render_mode mode)
{
    op_word(lower, node->first, "__extension__({ struct brio__portal_call brio__p;");
    render_options(lower, "brio_portal_options", node->c, node->first, mode);
    if (node->d) {
        render_operand(lower, "__typeof__(", node->b, ") *brio__into =", mode);
        render_operand(lower, "", node->d, ";", mode);
    }
    render_operand(lower, "brio__portal_begin(&brio__p,", node->a, node->d ? ", brio__into, &brio__o);" : ", (void *)0, &brio__o);", mode);
    render_operand(lower, "(void)(", node->b, ");", mode);
    op_word(lower, node->last, node->kind == E_RUN_ON ? "brio__portal_run(&brio__p); })" : "brio__portal_spawn(&brio__p); })");
}

void render_plain_call(struct lower *lower, const struct node *node, enum render_mode mode)
{
    if (node->kind == E_RUN_ON || node->kind == E_SPAWN_ON) {
        render_portal_call(lower, node, mode);
        return;
    }
    int token = node->first;
    const struct node *call = node->b;
    switch (node->kind) {
    case E_RUN:
        render_operand(lower, "__extension__({ struct brio__run brio__r; brio__run_begin(&brio__r,", node->a, ", (void *)0, 0);", mode);
        break;
    case E_RUN_INTO:
        call = node->c;
        render_operand(lower, "__extension__({ struct brio__run brio__r; __typeof__(", call, ") *brio__into =", mode);
        render_operand(lower, "", node->b, ";", mode);
        render_operand(lower, "brio__run_begin(&brio__r,", node->a, ", brio__into, sizeof *brio__into);", mode);
        break;
    case E_GUEST:
        op_word(lower, token, "__extension__({ struct brio__run brio__r; brio__guest_begin(&brio__r");
        for (const struct node *argument = node->a; argument; argument = argument->next)
            render_operand(lower, ",", argument, "", mode);
        op_word(lower, token, ");");
        break;
    case E_SPAWN:
        op_word(lower, token, "__extension__({ struct brio__spawn brio__s;");
        render_options(lower, "brio_spawn_options", node->c, token, mode);
        render_operand(lower, "brio__spawn_begin(&brio__s,", node->a, ", &brio__o, (void *)0, 0);", mode);
        break;
    default:
        assert(node->kind == E_SPAWN_INTO);
        op_word(lower, token, "__extension__({ struct brio__spawn brio__s;");
        render_options(lower, "brio_spawn_options", node->c, token, mode);
        render_operand(lower, "__typeof__(", call, ") *brio__into =", mode);
        render_operand(lower, "", node->d, ";", mode);
        render_operand(lower, "brio__spawn_begin(&brio__s,", node->a, ", &brio__o, brio__into, sizeof *brio__into);", mode);
    }
    if (node->kind == E_RUN_INTO || node->kind == E_SPAWN_INTO) {
        render_operand(lower, "__typeof__(*brio__into) brio__v = ", call, ";", mode);
        op_word(lower, node->last, arena_printf(lower->arena, "brio__spawn_value(&brio__%s, &brio__v, sizeof brio__v);",
                                                node->kind == E_RUN_INTO ? "r.spawn" : "s"));
    } else {
        render_operand(lower, "(void)(", call, ");", mode);
    }
    if (node->kind == E_SPAWN || node->kind == E_SPAWN_INTO)
        op_word(lower, node->last, "brio__spawn_end(&brio__s); })");
    else
        op_word(lower, node->last, node->kind == E_GUEST ? "brio__guest_end(&brio__r); })" : "brio__run_end(&brio__r); })");
}
