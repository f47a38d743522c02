/* lower.c - an ASYNC function as a whole: its descriptor, the function with its frame and the switch at its top, the resume thunk.
 *
 *     typedef int brio__value_twice;
 *     static int twice(int x)
 *     {
 *         struct brio__frame { struct brio_frame base; int x; };
 *         static const struct brio_function brio__function_twice = {…};
 *         struct brio__frame *brio_frame = brio__resumed(…);
 *         if (!brio_frame) {
 *             brio_frame = brio__push(…);
 *             …
 *         } else {
 *             if (brio_frame->base.pc == 0) { …parameters from the frame… }
 *             else switch (brio_frame->base.pc) { case 1: goto brio_resume_1; … }
 *         }
 *         { …the user's body, lowered… }
 *     brio_fail: …
 *     brio_suspended: …
 *     }
 *     static void brio__resume_twice(…) { …calls twice with the frame set… }
 */
#include "lower.h"

#include <string.h>

#include "lower_internal.h"

/* ---- patches that do not come from the tree ---- */

/* ASYNC and ASYNC_LEAF go, wherever they stand. */
static void drop_words(struct lower *lower)
{
    for (int token = lower->base; token <= lower->limit; token++)
        if (lower->unit->tokens[token].kind == T_KEYWORD && !strncmp(token_text(lower->unit, token), "__brio_async", 12))
            patch_word(lower, token, token, "");
}

static void drop_tokens(struct lower *lower, int first, int last, const char *one, const char *other)
{
    for (int token = first; token <= last; token++)
        if (token_is(lower->unit, token, one) || token_is(lower->unit, token, other))
            patch_word(lower, token, token, "");
}

/* A parameter is loaded again when the function is resumed: its own const has to go, and register. */
static void drop_qualifiers(struct lower *lower)
{
    for (int i = 0; i < lower->analysis->local_count; i++) {
        struct local *local = lower->analysis->locals[i];
        if (local->block)
            continue;
        const struct node *outermost = local->declarator->a;
        if (outermost && outermost->kind == D_ARRAY) /* int a[const static n] */
            drop_tokens(lower, outermost->first, outermost->b ? outermost->b->first - 1 : outermost->last, "const", "__const");
        if (local->specs->flags & SPEC_REGISTER)
            drop_tokens(lower, local->specs->first, local->specs->last, "register", "register");
        if (!(local->qualifiers & SPEC_CONST) || local->storage == STORAGE_PINNED)
            continue;
        if (outermost)
            drop_tokens(lower, outermost->first, outermost->last, "const", "__const");
        else
            drop_tokens(lower, local->specs->first, local->specs->last, "const", "__const");
    }
}

static void lower_init(struct lower *lower, struct unit *unit, struct arena *arena, struct function *function, int first, int last)
{
    memset(lower, 0, sizeof *lower);
    lower->unit = unit;
    lower->arena = arena;
    lower->function = function;
    lower->base = first;
    lower->limit = last;
    lower->patches = arena_alloc(arena, sizeof *lower->patches * (size_t)(last - first + 1));
    lower->sites_end = &lower->sites;
    drop_words(lower);
}

void lower_plain(struct unit *unit, struct arena *arena, struct function *function, int first, int last, struct lowered *lowered)
{
    struct lower lower;
    lower_init(&lower, unit, arena, function, first, last);
    op_list_init(&lowered->before);
    op_list_init(&lowered->body);
    op_list_init(&lowered->after);
    if (function)
        patch_tree(&lower, function->definition->c);
    lower.out = &lowered->body;
    render(&lower, first, last, RENDER_CODE);
}

/* ---- before the function ---- */

static const char *file_of(struct lower *lower, int token)
{
    struct buffer buffer = {0};
    for (const char *name = lower->unit->files[lower->unit->tokens[token].file].name; *name; name++) {
        if (*name == '"' || *name == '\\')
            buffer_puts(&buffer, "\\");
        buffer_add(&buffer, name, 1);
    }
    const char *text = arena_strndup(lower->arena, buffer.text ? buffer.text : "", buffer.length);
    buffer_free(&buffer);
    return text;
}

static void write_sites(struct lower *lower, int token, const char *name)
{
    if (!lower->sites)
        return;
    op_glue(lower, token, "static const struct brio_site brio__sites_%s[] = {", name);
    for (const struct site *site = lower->sites; site; site = site->next)
        op_glue(lower, token, "    {%s, \"%s\", %u},", site->callee, file_of(lower, site->token), token_line(lower->unit, site->token));
    op_glue(lower, token, "};");
}

/* Is const, or its like, part of the declared type of the value itself? */
static bool value_is_qualified(const struct node *definition)
{
    const struct node *derived = definition->b->a->a;
    unsigned qualifiers = derived ? derived->flags : 0;
    if (!derived)
        type_shape(definition->a, NULL, &qualifiers);
    return (qualifiers & (SPEC_CONST | SPEC_VOLATILE | SPEC_ATOMIC)) != 0;
}

/* A typedef of something that the value can be assigned to. */
static void write_value_type(struct lower *lower, int token)
{
    const struct node *definition = lower->function->definition;
    const char *name = lower->function->name;
    bool qualified = value_is_qualified(definition);
    op_word(lower, token, "typedef");
    render_value_type(lower, definition->a, definition->b,
                      qualified ? arena_printf(lower->arena, "brio__declared_%s", name) : lower->value_type);
    op_word(lower, token, ";");
    if (qualified)
        op_glue(lower, token, "typedef __typeof__(((void)0, *(brio__declared_%s *)0)) %s;", name, lower->value_type);
}

static void write_before(struct lower *lower)
{
    const struct node *definition = lower->function->definition;
    const char *name = lower->function->name;
    int token = definition->first;
    if (!lower->returns_void)
        write_value_type(lower, token);
    op_glue(lower, token, "static void brio__resume_%s(struct brio_task *brio_task, struct brio_frame *brio_frame);", name);
    write_sites(lower, token, name);
    op_glue(lower, token, "static unsigned brio__hint_%s;", name);
}

/* ---- the function ---- */

static bool is_large(enum keyword keyword)
{
    return keyword == K_COMPLEX || keyword == K_BITINT;
}

/* A number or a pointer: smaller than any frame, and 0 is one. */
static bool returns_small(const struct lower *lower, const struct node *definition)
{
    const struct node *derived = definition->b->a->a;
    if (derived)
        return derived->kind == D_POINTER;
    for (const struct node *spec = definition->a->b; spec; spec = spec->next)
        if (spec->kind != D_ATTRIBUTE && (spec->kind != D_KEYWORD || is_large(lower->unit->tokens[spec->first].ident->keyword)))
            return false;
    return true;
}

static bool is_passed(const struct lower *lower, const struct local *local)
{
    return !local->block && local->member && (local->storage != STORAGE_PLAIN || set_has(lower->analysis->at_entry, local->index));
}

/* A number or a pointer: what would sit in a register. */
static bool is_kept(const struct lower *lower, const struct local *local)
{
    return is_passed(lower, local) && !local->qualifiers && (local->shape == SHAPE_SCALAR || local->shape == SHAPE_ARRAY);
}

enum direction { STORE_PINNED, STORE_ALL, LOAD, DECLARE, KEEP, FETCH };

static void add_parameter(struct lower *lower, struct buffer *buffer, const struct local *local, enum direction direction)
{
    bool pinned = local->storage == STORAGE_PINNED, kept = is_kept(lower, local);
    const char *name = local->symbol->name, *member = local->member;
    if (direction == DECLARE && kept)
        buffer_printf(buffer, "__typeof__(brio_frame->%s) %s; ", member, member);
    else if (direction == KEEP && kept)
        buffer_printf(buffer, buffer->length ? ", %s" : "%s", name);
    else if (direction == FETCH && kept)
        buffer_printf(buffer, "%s = brio_kept.%s; ", name, member);
    else if ((direction == STORE_PINNED || direction == STORE_ALL) && pinned)
        buffer_printf(buffer, "__builtin_memcpy((void *)&brio_frame->%s, &%s, sizeof brio_frame->%s); ", member, name, member);
    else if (direction == STORE_ALL || (direction == LOAD && !pinned))
        add_copy(buffer, member, name, direction == STORE_ALL, local->shape == SHAPE_RECORD);
}

/* What is to be done with the parameters that the body needs; "" if there are none. */
static const char *parameters_text(struct lower *lower, enum direction direction)
{
    struct buffer buffer = {0};
    for (int i = 0; i < lower->analysis->local_count; i++)
        if (is_passed(lower, lower->analysis->locals[i]))
            add_parameter(lower, &buffer, lower->analysis->locals[i], direction);
    const char *text = arena_strndup(lower->arena, buffer.text ? buffer.text : "", buffer.length);
    buffer_free(&buffer);
    return text;
}

static void write_lines(struct lower *lower, int token, const char *text)
{
    while (*text) {
        const char *end = strchr(text, '\n');
        size_t length = end ? (size_t)(end - text) : strlen(text);
        op_glue(lower, token, "%.*s", (int)length, text);
        text += length + (end != NULL);
    }
}

/* Where the parameters end in the frame: they are its first members. */
static const char *spawn_size_text(struct lower *lower)
{
    const char *last = NULL;
    for (int i = 0; i < lower->analysis->local_count; i++)
        if (is_passed(lower, lower->analysis->locals[i]))
            last = lower->analysis->locals[i]->member;
    if (!last)
        return "sizeof(struct brio_frame)";
    return arena_printf(lower->arena, "__builtin_offsetof(struct brio__frame, %s) + sizeof(((struct brio__frame *)0)->%s)", last, last);
}

/* In the function: the frame's type is known there alone. */
static void write_descriptor(struct lower *lower, int token)
{
    const char *name = lower->function->name;
    const struct node *definition = lower->function->definition;
    const char *value = lower->returns_void ? "0" : arena_printf(lower->arena, "sizeof(%s)", lower->value_type);
    const char *sites = lower->sites ? arena_printf(lower->arena, "brio__sites_%s", name) : "(void *)0";
    op_glue(lower, token, "static const struct brio_function brio__function_%s = {", name);
    op_glue(lower, token, "    &brio__abi_1, brio__resume_%s, \"%s\", \"%s\", %u, %d, %s, %s,", name, name,
            file_of(lower, definition->first), token_line(lower->unit, definition->b->name), lower->site_count, sites, value);
    op_glue(lower, token, "    %s, &brio__hint_%s, %d};", spawn_size_text(lower), name, !lower->has_exits);
}

static void write_thread_calls(struct lower *lower, int token)
{
    if (!lower->thread_calls)
        return;
    op_glue(lower, token, "if (brio_task->kind == BRIO__TASK_THREAD) switch (brio_frame->base.pc) {");
    for (const struct thread_call *call = lower->thread_calls; call; call = call->next)
        op_glue(lower, call->token, "case %d: %s goto brio_suspended;", call->site, call->text);
    op_glue(lower, token, "default: goto brio_suspended; }");
}

/* Begun once, gone on with often: the beginning is no case among the others. */
static void write_resumption(struct lower *lower, int token)
{
    int number = 0;
    if (!lower->sites) {
        op_glue(lower, token, "/* spawned before, and runs now */ %s", parameters_text(lower, LOAD));
        return;
    }
    op_glue(lower, token, "if (__builtin_expect(brio_frame->base.pc == 0, 0)) { /* spawned before, and runs now */ %s}",
            parameters_text(lower, LOAD));
    op_glue(lower, token, "else switch (brio_frame->base.pc) {");
    for (const struct site *site = lower->sites; site; site = site->next) {
        number++;
        op_glue(lower, token, "case %d: /* line %u */ goto brio_resume_%d;", number, token_line(lower->unit, site->token), number);
    }
    op_glue(lower, token, "default: __builtin_unreachable();"); /* run_task has looked */
    op_glue(lower, token, "}");
}

/* The parameters are kept in memory over the rare call: else they would sit in registers that each call has to save first. */
static void write_slow_push(struct lower *lower, int token, const char *size)
{
    const char *kept = parameters_text(lower, KEEP), *stored = parameters_text(lower, STORE_ALL);
    if (*kept)
        op_glue(lower, token, "struct brio__kept { %s}; struct brio__kept brio_kept = {%s};", parameters_text(lower, DECLARE), kept);
    op_glue(lower, token, "brio_frame = brio__push_slow(brio_task, &brio__function_%s, %s, _Alignof(struct brio__frame), %s);",
            lower->function->name, size, *kept ? "&brio_kept" : "(void *)0");
    op_glue(lower, token, "if (!brio_frame) goto brio_suspended;");
    if (*kept)
        op_glue(lower, token, "%s", parameters_text(lower, FETCH));
    op_glue(lower, token, "if (brio_frame->base.pc == 0xffffffff) { %sgoto brio_suspended; /* spawned: the body runs later */ }", stored);
}

static void write_push(struct lower *lower, int token)
{
    const char *size = "sizeof(struct brio__frame)", *stored = parameters_text(lower, STORE_PINNED);
    if (!lower->returns_void && !lower->returns_small)
        size = arena_printf(lower->arena, "sizeof(%s) > %s ? sizeof(%s) : %s", lower->value_type, size, lower->value_type, size);
    op_glue(lower, token, "brio_frame = brio__push(brio_task, &brio__function_%s, %s, _Alignof(struct brio__frame));",
            lower->function->name, size);
    op_glue(lower, token, "if (__builtin_expect(!brio_frame, 0)) {");
    write_slow_push(lower, token, size);
    op_glue(lower, token, "}");
    if (*stored)
        op_glue(lower, token, "%s", stored);
}

static void write_prologue(struct lower *lower)
{
    int token = lower->function->definition->c->first;
    if (lower->top.text)
        write_lines(lower, token, lower->top.text);
    op_glue(lower, token, "struct brio_task *const brio_task = brio__current;");
    op_glue(lower, token, "struct brio__frame { struct brio_frame base; %s};", frame_text(lower, &lower->analysis->frame));
    write_descriptor(lower, token);
    op_glue(lower, token, "struct brio__frame *brio_frame = brio__resumed(brio_task);");
    if (lower->shares_return && (lower->uses_leave_label || lower->uses_return_label))
        op_glue(lower, token, "%s brio_result;", lower->value_type);
    op_glue(lower, token, "if (__builtin_expect(!brio_frame, 1)) {");
    write_push(lower, token);
    op_glue(lower, token, "} else {");
    write_thread_calls(lower, token);
    write_resumption(lower, token);
    op_glue(lower, token, "}");
}

/* Behind all else, so that nothing falls into it. */
static void write_shared_return(struct lower *lower, int token)
{
    if (lower->uses_return_label)
        op_glue(lower, token, "brio_return: brio_result = brio_frame->brio_value;");
    if (lower->uses_leave_label)
        op_glue(lower, token, "brio_leave:");
    if (!lower->uses_return_label && !lower->uses_leave_label)
        return;
    /* in this order: for compilers the store might change the frame that was pushed just now */
    op_glue(lower, token, "brio__leave(brio_task, &brio_frame->base);");
    op_glue(lower, token, "brio__put_value(brio_task, &brio_result, sizeof brio_result);");
    op_glue(lower, token, "return brio_result;");
}

static void write_epilogue(struct lower *lower)
{
    int token = lower->function->definition->c->last;
    if (lower->uses_return_label && !lower->returns_void && !lower->shares_return) {
        op_glue(lower, token, "brio__leave(brio_task, &brio_frame->base);");
        op_glue(lower, token, "goto brio_suspended;");
        op_glue(lower, token, "brio_return: {");
        op_glue(lower, token, "%s brio_value = brio_frame->brio_value;", lower->value_type);
        op_glue(lower, token, "brio__leave(brio_task, &brio_frame->base);");
        op_glue(lower, token, "return brio_value; }");
    } else if (lower->uses_return_label && lower->returns_void) {
        op_glue(lower, token, "brio_return:");
    }
    if (lower->uses_fail_label)
        op_glue(lower, token, "brio_fail:");
    /* A function with a value comes here only when it fails: the slow way, which can do all, is shorter. */
    op_glue(lower, token, "brio__leave%s(brio_task, &brio_frame->base);", lower->returns_void ? "" : "_slow");
    op_glue(lower, token, "brio_suspended:");
    if (lower->returns_void || lower->returns_small) {
        op_glue(lower, token, lower->returns_void ? "return;" : "return 0;");
    } else {
        op_glue(lower, token, "{ %s brio_nothing;", lower->value_type);
        op_glue(lower, token, "__builtin_memset(&brio_nothing, 0, sizeof brio_nothing);");
        op_glue(lower, token, "return brio_nothing; }");
    }
    if (lower->shares_return)
        write_shared_return(lower, token);
}

/* ---- after it ---- */

static bool is_object_pointer(const struct node *derived)
{
    return derived->kind == D_ARRAY || (derived->kind == D_POINTER && !(derived->a && derived->a->kind == D_FUNCTION));
}

/* A parameter such as `int a[n]`, whose bound is computed whenever the function is entered. */
static bool has_computed_bound(const struct node *parameter)
{
    const struct node *array = parameter->b ? parameter->b->a : NULL;
    return array && array->kind == D_ARRAY && array->b && array->b->kind != E_CONST;
}

static void find_parameter(struct node *node, void *arg)
{
    bool *found = arg;
    *found |= node->kind == E_IDENT && node->symbol && node->symbol->is_parameter;
    node_children(node, find_parameter, arg);
}

/* Parameters cannot be named outside the function: to specifiers that need none. False where these are not known, or it is a pointer. */
static bool see_through_typeof(const struct node **specs)
{
    struct type type = {*specs, NULL, 0};
    for (int steps = 0; steps < 100; steps++) {
        bool parameter = false;
        const struct node *spec = type.specs->b;
        while (spec && spec->kind != D_TYPEOF)
            spec = spec->next;
        *specs = type.specs;
        if (spec)
            find_parameter((struct node *)spec, &parameter);
        if (!parameter)
            return true;
        if (!expression_type(spec->a, &type) || type.chain || type.addresses)
            return false;
    }
    return false;
}

static bool is_plain_arithmetic(struct lower *lower, const struct node *specs)
{
    for (const struct node *spec = specs->b; spec; spec = spec->next)
        if (spec->kind != D_KEYWORD && spec->kind != D_ENUM && (spec->kind != D_ATTRIBUTE || frame_makes_type(lower, spec)))
            return false;
    return true;
}

/* What specifiers and the attributes behind a declarator say of the type. */
static void add_specs(struct lower *lower, struct buffer *text, const struct node *specs)
{
    for (const struct node *spec = specs; spec; spec = spec->next)
        if (spec->kind != D_ATTRIBUTE || frame_makes_type(lower, spec))
            buffer_printf(text, text->length ? " %s" : "%s", render_text(lower, spec->first, spec->last, RENDER_TYPE));
}

/* Something that can be passed for the parameter when the function is entered only to be resumed; `number` is for what is arithmetic. */
static const char *any_argument(struct lower *lower, const struct node *declaration, const char *number)
{
    const struct node *declarator = declaration->b, *specs = declaration->a;
    if (declarator && declarator->a && is_object_pointer(declarator->a))
        return "(void *)brio_frame"; /* not 0: the function may have the attribute nonnull */
    if (declarator && declarator->a)
        return "0";
    bool makes_type = frame_has_type_attribute(lower, declarator);
    if (is_plain_arithmetic(lower, specs) && !makes_type)
        return number;
    struct type type = {specs, NULL, 0};
    if (!see_through_typeof(&specs) || (type_resolve(&type, NULL) && (type.chain || type.addresses || (type.specs->flags & SPEC_VA_LIST))))
        return "0";
    /* a name for an arithmetic type may stand for a vector, into which 0 does not convert */
    struct buffer text = {0};
    add_specs(lower, &text, specs->b);
    if (makes_type)
        add_specs(lower, &text, declarator->d);
    const char *argument = arena_printf(lower->arena, "(%s){%s}", text.text, type_shape(specs, NULL, NULL) == SHAPE_SCALAR ? number : "0");
    buffer_free(&text);
    return argument;
}

static void write_arguments(struct lower *lower, struct buffer *buffer)
{
    const struct node *function = lower->function->definition->b->a;
    while (function && function->kind != D_FUNCTION)
        function = function->a;
    const char *number = "0";
    int count = 0;
    for (const struct node *parameter = function ? function->b : NULL; parameter; parameter = parameter->next)
        number = has_computed_bound(parameter) ? "16" : number; /* so that what is computed from it is a length, as a rule */
    for (const struct node *parameter = function ? function->b : NULL; parameter; parameter = parameter->next) {
        bool nothing = type_shape(parameter->a, parameter->b, NULL) == SHAPE_VOID;
        if (!nothing)
            buffer_printf(buffer, "%s%s", count++ ? ", " : "", any_argument(lower, parameter, number));
    }
}

static void write_after(struct lower *lower)
{
    const char *name = lower->function->name;
    int token = lower->function->definition->last;
    struct buffer arguments = {0};
    write_arguments(lower, &arguments);
    op_glue(lower, token, "static void brio__resume_%s(struct brio_task *brio_task, struct brio_frame *brio_frame)", name);
    op_glue(lower, token, "{");
    op_glue(lower, token, "brio_task->resume = brio_frame;");
    if (lower->returns_void) {
        op_glue(lower, token, "%s(%s);", name, arguments.text ? arguments.text : "");
    } else {
        op_glue(lower, token, "%s brio_value = %s(%s);", lower->value_type, name, arguments.text ? arguments.text : "");
        const char *unless_put = lower->shares_return ? "sizeof brio_value > sizeof brio_task->value && " : "";
        op_glue(lower, token, "if (%sbrio_task->signal == BRIO__RETURNED)", unless_put);
        op_glue(lower, token, "    brio__return_value(brio_task, brio_frame, &brio_value, sizeof brio_value);");
    }
    op_glue(lower, token, "}");
    buffer_free(&arguments);
}

/* ---- */

static void lower_body(struct lower *lower, struct op_list *body)
{
    struct node *node = lower->function->definition->c;
    lower->block = lower->analysis->top;
    lower->out = body;
    lower_statement(lower, node);
    if (lower->uses_return_label && !lower->returns_void)
        frame_add(lower, &lower->analysis->frame, "%s brio_value", lower->value_type);
}

static void append(struct op_list *list, struct op_list *more)
{
    if (!more->first)
        return;
    *list->end = more->first;
    list->end = more->end;
}

void lower_async(struct analysis *analysis, struct lowered *lowered)
{
    struct lower lower;
    struct node *definition = analysis->function->definition;
    struct op_list body;
    lower_init(&lower, analysis->unit, analysis->arena, analysis->function, definition->first, definition->last);
    lower.analysis = analysis;
    lower.value_type = arena_printf(lower.arena, "brio__value_%s", analysis->function->name);
    lower.returns_void = definition->b->a && definition->b->a->kind == D_FUNCTION && !definition->b->a->a &&
                         type_shape(definition->a, NULL, NULL) == SHAPE_VOID;
    lower.returns_record = definition->b->a && !definition->b->a->a && type_shape(definition->a, NULL, NULL) == SHAPE_RECORD;
    lower.returns_small = !lower.returns_void && returns_small(&lower, definition);
    lower.shares_return = lower.returns_small ||
                          (!lower.returns_void && !definition->b->a->a && type_shape(definition->a, NULL, NULL) == SHAPE_SCALAR);
    op_list_init(&lowered->before);
    op_list_init(&lowered->body);
    op_list_init(&lowered->after);
    op_list_init(&body);
    patch_tree(&lower, definition->c);
    drop_qualifiers(&lower);
    plan_regions(&lower, definition->c);
    lower.out = &body;
    frame_add_locals(&lower);
    lower_body(&lower, &body);
    lower.out = &lowered->before;
    write_before(&lower);
    lower.out = &lowered->body;
    render(&lower, definition->first, definition->c->first - 1, RENDER_CODE);
    op_place(&lower, definition->c->first, definition->c->first, "{");
    write_prologue(&lower);
    append(&lowered->body, &body);
    write_epilogue(&lower);
    op_place(&lower, definition->c->last, definition->c->last, "}");
    lower.out = &lowered->after;
    write_after(&lower);
    buffer_free(&lower.top);
}
