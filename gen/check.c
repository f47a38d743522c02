/* check.c - the words of the language and calls of ASYNC functions: each where it may stand. */
#include "check_internal.h"

#include <string.h>

#include "arena.h"
#include "source.h"

/* What encloses the node at hand. */
struct place {
    bool in_async;
    bool in_catch;       /* of this very function, with no DEFER or FINALLY between */
    bool in_exit;        /* a DEFER or FINALLY encloses it */
    bool unevaluated;
    bool tolerated;      /* AWAIT is let pass unevaluated: sizeof whose value is thrown away, as in glibc's assert */
    const char *refused; /* "in sizeof", …: why AWAIT cannot stand here; NULL if it can */
};

const char *check_spelling(const struct check *check, const struct node *node)
{
    node = check_strip(node);
    if (node->kind == E_IDENT || node->kind == E_MEMBER || node->kind == E_ARROW)
        return token_spelling(check->unit, node->name);
    return NULL;
}

const struct node *check_strip(const struct node *node)
{
    while (node->kind == E_PAREN)
        node = node->a;
    return node;
}

const char *check_called_name(const struct check *check, const struct node *call)
{
    if (call->kind != E_CALL)
        return NULL;
    const struct node *callee = check_strip(call->a);
    if (callee->kind != E_IDENT || (callee->symbol && callee->symbol->scope->depth > 0))
        return NULL;
    return token_spelling(check->unit, callee->name);
}

/* ---- calls ---- */

static void note_declaration(const struct check *check, const struct node *callee)
{
    callee = check_strip(callee);
    if (callee->kind == E_IDENT && callee->symbol && callee->symbol->token)
        diag_note(check->diag, callee->symbol->token, callee->symbol->token, "'%s' is declared here", callee->symbol->name);
}

static void report_plain_callee(const struct check *check, const struct node *callee, const char *word)
{
    const char *name = check_spelling(check, callee);
    if (name)
        diag_error(check->diag, callee->first, callee->last, "'%s' is not an ASYNC function, %s needs one", name, word);
    else
        diag_error(check->diag, callee->first, callee->last, "this is not a call of an ASYNC function, %s needs one", word);
    note_declaration(check, callee);
}

/* The call that AWAIT, SPAWN, … are given: is it one, and of something ASYNC? */
static void check_operand(const struct check *check, const struct node *operand, int word_token)
{
    const char *word = token_spelling(check->unit, word_token);
    const struct node *call = check_strip(operand);
    if (call->kind != E_CALL) {
        diag_error(check->diag, operand->first, operand->last, "%s needs a call of an ASYNC function", word);
        return;
    }
    const struct node *callee = check_strip(call->a);
    if (callee->kind == E_IDENT && callee->symbol == NULL) {
        if (strncmp(token_spelling(check->unit, callee->name), "__builtin_", 10) == 0)
            report_plain_callee(check, callee, word);
        else
            diag_error(check->diag, callee->first, callee->last, "'%s' is not declared: %s needs an ASYNC function",
                       token_spelling(check->unit, callee->name), word);
    } else if (expression_async(check->unit, callee) == ASYNC_NOT) {
        report_plain_callee(check, callee, word);
    }
}

/* RUN_ON, SPAWN_ON: an ASYNC function leaves its arguments in a frame that another thread can take up; a leaf has none. */
static void check_portal_operand(const struct check *check, const struct node *operand, int word_token)
{
    const struct node *call = check_strip(operand);
    if (call->kind != E_CALL || expression_async(check->unit, call->a) != ASYNC_LEAF)
        return;
    const char *name = check_spelling(check, call->a);
    diag_error(check->diag, call->first, call->last,
               "%s is ASYNC_LEAF, which runs in the thread that calls it: give %s an ASYNC function that AWAITs it",
               name ? arena_printf(check->unit->arena, "'%s'", name) : "this", token_spelling(check->unit, word_token));
    note_declaration(check, call->a);
}

/* AWAIT_THREAD: a call of a plain function. */
static void check_thread_operand(const struct check *check, const struct node *operand)
{
    const struct node *call = check_strip(operand);
    if (call->kind != E_CALL) {
        diag_error(check->diag, operand->first, operand->last, "AWAIT_THREAD needs a call of a plain function");
        return;
    }
    enum async_kind kind = expression_async(check->unit, call->a);
    if (kind != ASYNC_NOT && kind != ASYNC_UNKNOWN)
        diag_error(check->diag, call->first, call->last, "AWAIT_THREAD of an ASYNC function: call it with AWAIT");
}

static void check_plain_call(const struct check *check, const struct node *call, const struct place *place)
{
    enum async_kind kind = expression_async(check->unit, call->a);
    if (kind == ASYNC_NOT || kind == ASYNC_UNKNOWN || place->unevaluated || (check->leaf && !place->in_async))
        return;
    const char *name = check_spelling(check, call->a);
    const char *shown = name ? arena_printf(check->unit->arena, "'%s'", name) : "this";
    if (place->in_async)
        diag_error(check->diag, call->first, call->last, "%s is an ASYNC function: call it with AWAIT, SPAWN or START", shown);
    else
        diag_error(check->diag, call->first, call->last,
                   "%s is an ASYNC function: in a plain function it can be called with SPAWN, RUN or GUEST", shown);
    note_declaration(check, call->a);
}

static void check_forbidden_call(const struct check *check, const struct node *call, const struct place *place)
{
    /* the first of each pair is what the header's macro makes of it */
    static const char *const names[][2] = {{"setjmp", "setjmp"},
                                           {"_setjmp", "setjmp"},
                                           {"sigsetjmp", "sigsetjmp"},
                                           {"__sigsetjmp", "sigsetjmp"},
                                           {"__builtin_setjmp", "__builtin_setjmp"},
                                           {"getcontext", "getcontext"},
                                           {"vfork", "vfork"}};
    const struct node *callee = check_strip(call->a);
    if (!place->in_async || place->unevaluated || callee->kind != E_IDENT || (callee->symbol && callee->symbol->scope->depth > 0))
        return;
    const char *name = token_spelling(check->unit, callee->name);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(name, names[i][0]) == 0)
            diag_error(check->diag, call->first, call->last, "'%s' in an ASYNC function: what it returns to may no longer be there",
                       names[i][1]);
    }
}

/* ---- the walk ---- */

static void walk(const struct check *check, const struct node *node, struct place place);

struct walk {
    const struct check *check;
    struct place place;
};

static void walk_child(struct node *child, void *arg)
{
    const struct walk *w = arg;
    walk(w->check, child, w->place);
}

static void walk_children(const struct check *check, const struct node *node, struct place place)
{
    struct walk w = {check, place};
    node_children((struct node *)node, walk_child, &w);
}

static void walk_list(const struct check *check, const struct node *list, struct place place)
{
    for (; list; list = list->next)
        walk(check, list, place);
}

/* A call as the operand of AWAIT, SPAWN, …: its parts, but not the call itself. */
static void walk_operand(const struct check *check, const struct node *operand, struct place place)
{
    const struct node *call = check_strip(operand);
    if (call->kind == E_CALL) {
        walk_children(check, call, place);
    } else {
        place.unevaluated = true; /* what it calls instead has been complained of */
        walk(check, operand, place);
    }
}

static struct place unevaluated(struct place place, const char *refused)
{
    place.unevaluated = true;
    if (place.refused == NULL)
        place.refused = refused;
    return place;
}

static struct place refusing(struct place place, const char *refused)
{
    if (place.refused == NULL)
        place.refused = refused;
    return place;
}

/* Reports a word that stands outside an ASYNC function. */
static bool check_word(const struct check *check, const struct node *node, const struct place *place)
{
    if (place->in_async)
        return true;
    diag_error(check->diag, node->first, node->first, "%s outside an ASYNC function", token_spelling(check->unit, node->first));
    return false;
}

static void walk_await(const struct check *check, const struct node *node, struct place place)
{
    if (!place.tolerated && check_word(check, node, &place)) {
        if (place.refused)
            diag_error(check->diag, node->first, node->last, "%s %s", token_spelling(check->unit, node->first), place.refused);
        if (node->flags & IN_THREAD)
            check_thread_operand(check, node->a);
        else
            check_operand(check, node->a, node->first);
    }
    walk_operand(check, node->a, place);
    if (node->b)
        walk(check, node->b, place);
}

static void walk_spawn(const struct check *check, const struct node *node, struct place place)
{
    bool is_statement = node->kind == S_SPAWN || node->kind == S_SPAWN_INTO || node->kind == S_START;
    const char *word = token_spelling(check->unit, node->first);
    bool elsewhere = node->kind == E_RUN_ON || node->kind == E_SPAWN_ON;
    if (is_statement)
        check_word(check, node, &place);
    else if (place.in_async && !elsewhere)
        diag_error(check->diag, node->first, node->last,
                   "%s in an expression: in an ASYNC function it is a statement, which raises when it fails", word);
    check_operand(check, node->b, node->first);
    if (elsewhere)
        check_portal_operand(check, node->b, node->first);
    walk(check, node->a, place);
    if (node->d)
        walk(check, node->d, place);
    walk_operand(check, node->b, place);
    if (node->c)
        walk(check, node->c, place);
}

static void walk_run(const struct check *check, const struct node *node, struct place place)
{
    const struct node *call = node->kind == E_RUN_INTO ? node->c : node->b;
    check_operand(check, call, node->first);
    walk_list(check, node->a, place);
    if (node->kind == E_RUN_INTO)
        walk(check, node->b, place);
    walk_operand(check, call, place);
}

/* Is the token's spelling not what stands in the source, where it says it stands? Then a macro wrote it. */
static bool is_from_macro(const struct check *check, int token)
{
    const struct token *at = &check->unit->tokens[token];
    size_t length;
    const char *text = source_line(check->unit, at->file, token_line(check->unit, token), &length);
    size_t offset = token_byte(check->unit, token) - 1;
    if (at->system || !text)
        return at->system;
    return offset + at->length > length || strncmp(text + offset, token_text(check->unit, token), at->length) != 0;
}

/* What a macro does not evaluate, as glibc's toupper and everybody's MAX do not, is none of its user's mistakes. */
static struct place not_evaluated(const struct check *check, int token, struct place place, const char *why)
{
    place = unevaluated(place, why);
    place.tolerated |= is_from_macro(check, token);
    return place;
}

static void walk_generic(const struct check *check, const struct node *node, struct place place)
{
    walk(check, node->a, not_evaluated(check, node->first, place, "in the controlling expression of _Generic, which is not evaluated"));
    walk_list(check, node->b, place);
}

static void walk_sizeof(const struct check *check, const struct node *node, struct place place)
{
    bool size = check->unit->tokens[node->first].ident->keyword == K_SIZEOF;
    const char *why = size ? "in sizeof, which does not evaluate it" : "in alignof, which does not evaluate it";
    walk_children(check, node, not_evaluated(check, node->first, place, why));
}

static bool is_void_type(const struct node *name)
{
    return name->b->a == NULL && (name->a->flags & SPEC_VOID);
}

static void walk_cast(const struct check *check, const struct node *node, struct place place)
{
    walk(check, node->a, place);
    const struct node *operand = check_strip(node->b);
    if (operand->kind == E_SIZEOF && is_void_type(node->a)) {
        place = unevaluated(place, "in sizeof");
        place.tolerated = true;
        walk_children(check, operand, place);
        return;
    }
    walk(check, node->b, place);
}

static void walk_builtin(const struct check *check, const struct node *node, struct place place)
{
    if (token_is(check->unit, node->name, "__builtin_types_compatible_p") || token_is(check->unit, node->name, "__builtin_has_attribute"))
        place = unevaluated(place, "in an operand that is not evaluated");
    walk_children(check, node, place);
}

static void walk_call(const struct check *check, const struct node *node, struct place place)
{
    const struct node *callee = check_strip(node->a);
    check_plain_call(check, node, &place);
    check_forbidden_call(check, node, &place);
    if (callee->kind == E_IDENT && callee->symbol == NULL &&
        (token_is(check->unit, callee->name, "__builtin_constant_p") || token_is(check->unit, callee->name, "__builtin_object_size")))
        place = not_evaluated(check, node->first, place, "in an operand that is not evaluated");
    walk_children(check, node, place);
}

static void walk_declaration(const struct check *check, const struct node *node, struct place place)
{
    bool is_static = node->a->flags & (SPEC_STATIC | SPEC_EXTERN | SPEC_THREAD | SPEC_CONSTEXPR);
    walk(check, node->a, place);
    for (const struct node *declarator = node->b; declarator; declarator = declarator->next) {
        for (const struct node *derivation = declarator->a; derivation; derivation = derivation->a) {
            if (derivation->kind == D_FUNCTION)
                walk_list(check, derivation->b, unevaluated(place, "in a prototype, which is not evaluated"));
            else if (derivation->b)
                walk(check, derivation->b, is_static ? refusing(place, "in the declaration of a static object") : place);
        }
        if (declarator->c)
            walk(check, declarator->c, refusing(place, "in a constant expression"));
        if (declarator->b)
            walk(check, declarator->b, is_static ? refusing(place, "in the initializer of a static object") : place);
    }
}

static void walk_try(const struct check *check, const struct node *node, struct place place)
{
    check_word(check, node, &place);
    walk(check, node->a, place);
    walk_list(check, node->b, place);
    if (node->c) {
        place.in_exit = true;
        place.in_catch = false;
        walk(check, node->c, place);
    }
}

static void walk_catch(const struct check *check, const struct node *node, struct place place)
{
    walk_list(check, node->a, place);
    place.in_catch = true;
    walk(check, node->b, place);
}

static void check_raise(const struct check *check, const struct node *node, const struct place *place)
{
    int count = 0;
    for (const struct node *argument = node->a; argument; argument = argument->next)
        count++;
    if (!check_word(check, node, place))
        return;
    /* RAISE_ERRNO's first argument is errno, put there by the macro */
    if (node->kind == S_RERAISE && count > 0)
        diag_error(check->diag, node->first, node->last, "RERAISE takes no arguments");
    else if (node->kind == S_RERAISE && !place->in_catch)
        diag_error(check->diag, node->first, node->last,
                   place->in_exit ? "RERAISE in a DEFER or FINALLY: it can only stand in a CATCH" : "RERAISE outside a CATCH");
    else if (node->kind == S_RAISE && count < 2)
        diag_error(check->diag, node->first, node->last, "RAISE needs a code and a message: RAISE(EINVAL, \"no such port: %%d\", port)");
    else if (node->kind == S_RAISE_ERRNO && count < 2)
        diag_error(check->diag, node->first, node->last, "RAISE_ERRNO needs a message: RAISE_ERRNO(\"open %%s\", path)");
}

static void walk_function(const struct check *check, const struct node *node, struct place place)
{
    if (place.in_async)
        diag_error(check->diag, node->name, node->name, "nested function '%s' in an ASYNC function",
                   token_spelling(check->unit, node->name));
    else if (node->a->flags & SPEC_ASYNC)
        diag_error(check->diag, node->name, node->name, "nested function '%s' cannot be ASYNC", token_spelling(check->unit, node->name));
    if (node->c && !place.in_async)
        walk(check, node->c, place);
}

static void walk_word(const struct check *check, const struct node *node, struct place place)
{
    check_word(check, node, &place);
    if (node->kind == S_DEFER) {
        place.in_exit = true;
        place.in_catch = false;
    }
    walk_children(check, node, place);
}

static void walk(const struct check *check, const struct node *node, struct place place)
{
    switch (node->kind) {
    case E_AWAIT: walk_await(check, node, place); break;
    case S_SPAWN: case S_SPAWN_INTO: case S_START: case E_SPAWN: case E_SPAWN_INTO: case E_RUN_ON: case E_SPAWN_ON:
        walk_spawn(check, node, place);
        break;
    case E_RUN: case E_RUN_INTO: case E_GUEST: walk_run(check, node, place); break;
    case E_CALL: walk_call(check, node, place); break;
    case E_GENERIC: walk_generic(check, node, place); break;
    case E_CAST: walk_cast(check, node, place); break;
    case E_BUILTIN: walk_builtin(check, node, place); break;
    case E_SIZEOF: walk_sizeof(check, node, place); break;
    case D_TYPEOF: walk_children(check, node, not_evaluated(check, node->first, place, "in typeof, which does not evaluate it")); break;
    case E_ASM_OPERAND: walk_children(check, node, refusing(place, "in an asm operand")); break;
    case D_DECLARATION: walk_declaration(check, node, place); break;
    case D_ENUMERATOR: case D_ALIGNAS: case D_STATIC_ASSERT: walk_children(check, node, refusing(place, "in a constant expression")); break;
    case S_CASE:
        walk(check, node->a, refusing(place, "in a constant expression"));
        if (node->c)
            walk(check, node->c, place);
        break;
    case S_TRY: walk_try(check, node, place); break;
    case S_CATCH: walk_catch(check, node, place); break;
    case S_NURSERY: case S_RACE: case S_SCOPE: case S_DEFER: case S_HOLD: walk_word(check, node, place); break;
    case S_RAISE: case S_RAISE_ERRNO: case S_RERAISE:
        check_raise(check, node, &place);
        walk_children(check, node, place);
        break;
    case D_FUNCTION_DEFINITION: walk_function(check, node, place); break;
    default: walk_children(check, node, place);
    }
}

void check_function(struct unit *unit, struct function *function)
{
    struct check check = {.unit = unit, .diag = unit->diag, .function = function, .leaf = function->symbol->is_leaf};
    walk(&check, function->definition->c, (struct place){.in_async = function->is_async});
    check_names(&check);
    if (unit->diag->errors == 0)
        check_pointers(&check);
    if (!function->is_async)
        return;
    check_flow(&check);
    check_storage(&check);
    if (unit->diag->errors == 0) {
        check_advice(&check);
        check_warnings(&check);
    }
}
