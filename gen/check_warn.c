/* check_warn.c - what is allowed, and most likely wrong. */
#include "check_internal.h"

#include <stdio.h>
#include <string.h>

#include "arena.h"

static const struct node *argument_at(const struct node *call, int index)
{
    const struct node *argument = call->b;
    while (argument && index-- > 0)
        argument = argument->next;
    return argument;
}

/* ---- brio-blocking ---- */

static const struct blocking {
    const char *name;
    int argument;       /* the call blocks depending on this argument, counted from 0; -1: always */
    bool when_zero;     /* … when it is 0 (no WNOHANG, no timeout), or when it is not (a timeout) */
    const char *instead;
} blocking_calls[] = {
    {"sleep", -1, false, "AWAIT(brio_sleep(…))"},
    {"usleep", -1, false, "AWAIT(brio_sleep(…))"},
    {"nanosleep", -1, false, "AWAIT(brio_sleep(…))"},
    {"clock_nanosleep", -1, false, "AWAIT(brio_sleep_until(…))"},
    {"thrd_sleep", -1, false, "AWAIT(brio_sleep(…))"},
    {"getaddrinfo", -1, false, "AWAIT(brio_getaddrinfo(…))"},
    {"getnameinfo", -1, false, "AWAIT(brio_getnameinfo(…))"},
    {"gethostbyname", -1, false, "AWAIT(brio_getaddrinfo(…))"},
    {"gethostbyaddr", -1, false, "AWAIT(brio_getnameinfo(…))"},
    {"system", -1, false, "AWAIT_THREAD"},
    {"pclose", -1, false, "AWAIT_THREAD"},
    {"wait", -1, false, "AWAIT_THREAD"},
    {"waitpid", 2, true, "WNOHANG or AWAIT_THREAD"},
    {"wait3", 1, true, "WNOHANG or AWAIT_THREAD"},
    {"wait4", 2, true, "WNOHANG or AWAIT_THREAD"},
    {"pause", -1, false, "AWAIT(brio_sleep_forever())"},
    {"sigwait", -1, false, NULL},
    {"sigwaitinfo", -1, false, NULL},
    {"sigsuspend", -1, false, NULL},
    {"poll", 2, false, "AWAIT(brio_wait_readable(…))"},
    {"select", 4, true, "AWAIT(brio_wait_readable(…))"},
    {"epoll_wait", 3, false, "AWAIT(brio_wait_readable(…))"},
    {"ev_run", 1, true, NULL},
    {"flock", -1, false, "LOCK_NB or AWAIT_THREAD"},
    {"pthread_join", -1, false, "AWAIT_THREAD"},
    {"thrd_join", -1, false, "AWAIT_THREAD"},
    {"pthread_cond_wait", -1, false, "a brio_condition"},
    {"pthread_cond_timedwait", -1, false, "a brio_condition"},
    {"cnd_wait", -1, false, "a brio_condition"},
    {"cnd_timedwait", -1, false, "a brio_condition"},
    {"pthread_barrier_wait", -1, false, NULL},
    {"sem_wait", -1, false, "a brio_semaphore"},
    {"sem_timedwait", -1, false, "a brio_semaphore"},
    {"mq_receive", -1, false, NULL},
    {"msgrcv", -1, false, NULL},
};

static bool is_zero(const struct check *check, const struct node *e)
{
    e = check_strip(e);
    while (e->kind == E_CAST)
        e = check_strip(e->b);
    return e->kind == E_CONST && token_is(check->unit, e->first, "0");
}

static bool blocks(const struct check *check, const struct blocking *entry, const struct node *call)
{
    const struct node *argument = entry->argument < 0 ? NULL : argument_at(call, entry->argument);
    if (argument == NULL)
        return true;
    return is_zero(check, argument) == entry->when_zero;
}

/* -Wno-brio-blocking=NAME allows one function. */
static bool is_allowed(const struct diag *diag, const char *name)
{
    char option[100];
    snprintf(option, sizeof option, "brio-blocking=%s", name);
    for (int i = 0; i < diag->disabled_count; i++) {
        if (strcmp(diag->disabled[i], option) == 0)
            return true;
    }
    return false;
}

static void warn_blocking(const struct check *check, const struct node *call)
{
    const char *name = check_called_name(check, call);
    for (int i = 0; name && i < check->diag->blocking_count; i++) {
        if (strcmp(name, check->diag->blocking[i]) == 0)
            diag_warning(check->diag, "brio-blocking", call->first, call->last, "'%s' blocks the whole loop", name);
    }
    for (size_t i = 0; name && i < sizeof blocking_calls / sizeof *blocking_calls; i++) {
        const struct blocking *entry = &blocking_calls[i];
        if (strcmp(name, entry->name) != 0 || !blocks(check, entry, call) || is_allowed(check->diag, name))
            continue;
        if (entry->instead)
            diag_warning(check->diag, "brio-blocking", call->first, call->last, "'%s' blocks the whole loop; %s does not", name,
                         entry->instead);
        else
            diag_warning(check->diag, "brio-blocking", call->first, call->last, "'%s' blocks the whole loop", name);
    }
}

/* ---- brio-spawn-local ---- */

/* The local variable whose address an argument hands over, or NULL. */
static const struct symbol *address_of_local(const struct node *e)
{
    e = check_strip(e);
    while (e->kind == E_CAST)
        e = check_strip(e->b);
    bool address = e->kind == E_ADDRESS;
    if (address)
        e = check_strip(e->a);
    while (e->kind == E_MEMBER || (e->kind == E_INDEX && address))
        e = check_strip(e->a);
    if (e->kind != E_IDENT || e->symbol == NULL || e->symbol->kind != SYMBOL_OBJECT || e->symbol->is_static)
        return NULL;
    if (!address && (e->symbol->is_parameter || type_shape(e->symbol->specs, e->symbol->declarator, NULL) != SHAPE_ARRAY))
        return NULL;
    /* &p[i] of a pointer is no address of the pointer */
    if (address && e->symbol->declarator->a && e->symbol->declarator->a->kind == D_POINTER)
        return NULL;
    return e->symbol;
}

static bool is_inside(const struct scope *scope, const struct scope *outer)
{
    for (; scope; scope = scope->outer) {
        if (scope == outer)
            return true;
    }
    return false;
}

static void warn_local(const struct check *check, const struct node *argument, const struct symbol *nursery)
{
    const struct symbol *local = address_of_local(argument);
    if (local == NULL || !is_inside(local->scope, nursery->scope))
        return;
    diag_warning(check->diag, "brio-spawn-local", argument->first, argument->last,
                 "the child may outlive '%s', which ends before the nursery '%s' does", local->name, nursery->name);
    diag_note(check->diag, local->token, local->token, "declare it before the nursery");
}

static void warn_spawn(const struct check *check, const struct node *spawn)
{
    const struct node *nursery = check_strip(spawn->a), *call = check_strip(spawn->b);
    if (nursery->kind != E_IDENT || nursery->symbol == NULL || nursery->symbol->kind != SYMBOL_NURSERY || call->kind != E_CALL)
        return;
    for (const struct node *argument = call->b; argument; argument = argument->next)
        warn_local(check, argument, nursery->symbol);
    if (spawn->d)
        warn_local(check, spawn->d, nursery->symbol);
    for (const struct node *option = spawn->c ? spawn->c->b : NULL; option; option = option->next) {
        if (option->kind == E_DESIGNATED && option->a)
            warn_local(check, option->a, nursery->symbol);
    }
}

/* ---- brio-mutex ---- */

static bool is_one_of(const char *name, const char *const *names)
{
    for (; name && *names; names++) {
        if (strcmp(name, *names) == 0)
            return true;
    }
    return false;
}

static const struct node *find_call(const struct check *check, const struct node *node, const char *const *names);

struct call_search {
    const struct check *check;
    const char *const *names;
    const struct node *found;
};

static void search_call(struct node *node, void *arg)
{
    struct call_search *s = arg;
    if (s->found == NULL)
        s->found = find_call(s->check, node, s->names);
}

static const struct node *find_call(const struct check *check, const struct node *node, const char *const *names)
{
    if (is_one_of(check_called_name(check, node), names))
        return node;
    struct call_search s = {check, names, NULL};
    node_children((struct node *)node, search_call, &s);
    return s.found;
}

static const char *const lock_names[] = {
    "pthread_mutex_lock", "pthread_rwlock_rdlock", "pthread_rwlock_wrlock", "pthread_spin_lock", "mtx_lock", NULL};
static const char *const unlock_names[] = {"pthread_mutex_unlock", "pthread_rwlock_unlock", "pthread_spin_unlock", "mtx_unlock", NULL};

static void find_await(struct node *node, void *arg)
{
    const struct node **found = arg;
    if (*found || !node->has_await)
        return;
    if (node->kind == E_AWAIT)
        *found = node;
    else
        node_children(node, find_await, arg);
}

/* The text of an expression as the preprocessor left it, without an & before it. */
static const char *source_text(const struct check *check, const struct node *e)
{
    const struct unit *unit = check->unit;
    e = check_strip(e);
    if (e->kind == E_ADDRESS)
        e = e->a;
    uint32_t start = unit->tokens[e->first].offset, end = unit->tokens[e->last].offset + unit->tokens[e->last].length;
    return arena_strndup(unit->arena, unit->text + start, end - start);
}

/* In one block: a statement that locks, and one that awaits before one that unlocks. */
static void warn_mutex(const struct check *check, const struct node *block)
{
    const struct node *lock = NULL;
    for (const struct node *item = block->b; item; item = item->next) {
        if (item->kind == S_DEFER)
            continue;
        if (lock && item->has_await) {
            const struct node *await = NULL;
            find_await((struct node *)item, &await);
            if (await == NULL)
                await = item;
            const struct node *unlock = find_call(check, item, unlock_names);
            if (unlock == NULL || unlock->first > await->first) {
                diag_warning(check->diag, "brio-mutex", await->first, await->first,
                             "'%s' is held across this: another task of the thread that wants it stops the loop",
                             source_text(check, lock->b ? lock->b : lock));
                diag_note(check->diag, lock->first, lock->last, "locked here; a brio_lock can be held across AWAIT");
                lock = NULL;
            }
        }
        if (find_call(check, item, unlock_names))
            lock = NULL;
        else if (item->kind == S_EXPRESSION && is_one_of(check_called_name(check, check_strip(item->a)), lock_names))
            lock = check_strip(item->a);
    }
}

/* ---- brio-errno ---- */

/* errno's address at this token, as the headers' macro has it. */
static bool is_errno(const struct unit *unit, int token)
{
    return unit->tokens[token].kind == T_IDENT && (token_is(unit, token, "__errno_location") || token_is(unit, token, "__error"));
}

static bool is_assigned(const struct unit *unit, int token)
{
    const struct token *t = unit->tokens;
    for (token++; t[token].punctuator == P_LEFT_PAREN || t[token].punctuator == P_RIGHT_PAREN; token++)
        continue;
    return t[token].punctuator == P_ASSIGN;
}

/* errno is read behind an AWAIT before anything else is called that could have set it. */
static void warn_errno(const struct check *check, const struct node *await)
{
    const struct unit *unit = check->unit;
    int end = check->function->definition->last;
    for (int token = await->last + 1; token < end; token++) {
        const struct token *t = &unit->tokens[token];
        enum keyword keyword = t->kind == T_KEYWORD ? (enum keyword)t->ident->keyword : K_NONE;
        if (t->punctuator == P_RIGHT_BRACE || keyword == K_ELSE || keyword == K_CASE || keyword == K_AWAIT)
            return;
        if (t->kind != T_IDENT || t[1].punctuator != P_LEFT_PAREN)
            continue;
        if (is_errno(unit, token) && !is_assigned(unit, token)) {
            diag_warning(check->diag, "brio-errno", token, token, "errno after an AWAIT is what other tasks have left in it");
            diag_note(check->diag, await->first, await->last, "awaited here");
        }
        return;
    }
}

/* ---- brio-nursery-closed ---- */

struct alias {
    const struct check *check;
    const struct symbol *pointer;  /* the variable */
    const struct symbol *nursery;  /* what was assigned to it */
    int assignments;
};

static void find_assignment(struct node *node, void *arg)
{
    struct alias *alias = arg;
    if (node->kind == E_ASSIGN && check_strip(node->a)->kind == E_IDENT && check_strip(node->a)->symbol == alias->pointer) {
        const struct node *value = check_strip(node->b);
        alias->assignments++;
        alias->nursery = value->kind == E_IDENT && value->symbol && value->symbol->kind == SYMBOL_NURSERY ? value->symbol : NULL;
    }
    node_children(node, find_assignment, arg);
}

/* SPAWN, behind a nursery's block, through a pointer that was only ever set to that nursery. */
static void warn_closed(const struct check *check, const struct node *spawn)
{
    const struct node *nursery = check_strip(spawn->a);
    if (nursery->kind != E_IDENT || nursery->symbol == NULL || nursery->symbol->kind != SYMBOL_OBJECT || nursery->symbol->is_static ||
        nursery->symbol->is_parameter)
        return;
    struct alias alias = {check, nursery->symbol, NULL, 0};
    find_assignment(check->function->definition->c, &alias);
    if (alias.assignments != 1 || alias.nursery == NULL || spawn->first < alias.nursery->definition->last)
        return;
    diag_warning(check->diag, "brio-nursery-closed", nursery->first, nursery->last, "the nursery '%s' has been left when this is reached",
                 alias.nursery->name);
    diag_note(check->diag, alias.nursery->token, alias.nursery->token, "it is this one");
}

/* ---- brio-never-suspends ---- */

static bool address_is_used(const struct unit *unit, const struct ident *name)
{
    for (int i = 1; i < unit->count - 1; i++) {
        if (unit->tokens[i].ident == name && unit->tokens[i + 1].punctuator != P_LEFT_PAREN)
            return true;
    }
    return false;
}

static void warn_never_suspends(const struct check *check)
{
    const struct node *definition = check->function->definition, *body = definition->c;
    if (body->has_await || body->has_block || body->b == NULL || !(definition->a->flags & SPEC_STATIC))
        return;
    if (!address_is_used(check->unit, check->unit->tokens[definition->name].ident))
        diag_warning(check->diag, "brio-never-suspends", definition->name, definition->name,
                     "'%s' is ASYNC and has nothing in it that can suspend", check->function->name);
}

/* ---- the walk ---- */

static void walk(struct node *node, void *arg)
{
    const struct check *check = arg;
    switch (node->kind) {
    case E_SIZEOF: case D_TYPEOF: case D_FUNCTION_DEFINITION: return;
    case E_CALL: warn_blocking(check, node); break;
    case E_AWAIT:
        warn_errno(check, node);
        if (node->flags & IN_THREAD) { /* what blocks there is in its place */
            node_children((struct node *)check_strip(node->a), walk, arg);
            return;
        }
        break;
    case S_SPAWN: case S_SPAWN_INTO:
        warn_spawn(check, node);
        warn_closed(check, node);
        break;
    case S_START: warn_closed(check, node); break;
    case S_COMPOUND: warn_mutex(check, node); break;
    default: break;
    }
    node_children(node, walk, arg);
}

void check_warnings(struct check *check)
{
    warn_never_suspends(check);
    walk(check->function->definition->c, check);
}
