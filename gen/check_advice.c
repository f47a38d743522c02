/* check_advice.c - more of what is allowed, and most likely wrong: what can be neither cancelled nor interrupted since nothing in it
 * suspends, and what cancellation does not see. */
#include "check_internal.h"

#include <string.h>

enum { SHIELD_KIND = 5 }; /* of scope_kind in ast.h */

/* ---- brio-no-checkpoint ---- */

static bool is_true(const struct check *check, const struct node *condition)
{
    if (condition == NULL)
        return true;
    condition = check_strip(condition);
    return condition->kind == E_CONST && !token_is(check->unit, condition->first, "0") && !token_is(check->unit, condition->first, "false");
}

struct way_out {
    const struct check *check;
    bool found, in_loop;
};

static bool ends_program(const struct check *check, const struct node *call)
{
    static const char *const names[] = {"exit", "_exit", "_Exit", "abort", "quick_exit", "longjmp", "siglongjmp", "pthread_exit",
                                        "__assert_fail", "__builtin_unreachable", "__builtin_trap", "execv", "execvp", "execve"};
    const char *name = check_called_name(check, call);
    for (size_t i = 0; name && i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

static void find_way_out(struct node *node, void *arg)
{
    struct way_out *way = arg;
    bool in_loop = way->in_loop;
    switch (node->kind) {
    case S_RETURN: case S_GOTO: case S_RAISE: case S_RAISE_ERRNO: case S_RERAISE: case S_ASM:
        way->found = true;
        return;
    case S_BREAK:
        way->found |= !in_loop;
        return;
    case E_CALL:
        way->found |= ends_program(way->check, node);
        break;
    case S_WHILE: case S_DO: case S_FOR: case S_SWITCH:
        way->in_loop = true;
        break;
    default:
        break;
    }
    node_children(node, find_way_out, arg);
    way->in_loop = in_loop;
}

static void warn_endless(const struct check *check, const struct node *loop)
{
    const struct node *condition = loop->kind == S_FOR ? loop->b : loop->a, *body = loop->kind == S_FOR ? loop->d : loop->b;
    if (loop->has_await || !is_true(check, condition))
        return;
    struct way_out way = {check, false, false};
    find_way_out((struct node *)body, &way);
    if (!way.found)
        diag_warning(check->diag, "brio-no-checkpoint", loop->first, loop->first,
                     "this loop has no end and nothing in it that suspends: no other task would ever run");
}

struct own_call {
    const struct check *check;
    bool found;
};

static void find_own_call(struct node *node, void *arg)
{
    struct own_call *own = arg;
    const struct node *callee = node->kind == E_CALL ? check_strip(node->a) : NULL;
    own->found |= callee && callee->kind == E_IDENT && strncmp(token_text(own->check->unit, callee->name), "brio_", 5) == 0;
    node_children(node, find_own_call, arg);
}

/* What asks about the scopes around it, or sets one, has its reason to be there. */
static void warn_scope(const struct check *check, const struct node *scope)
{
    struct own_call own = {check, false};
    find_own_call(scope->b, &own);
    if (scope->scope_kind != SHIELD_KIND && !scope->b->has_await && !own.found)
        diag_warning(check->diag, "brio-no-checkpoint", scope->first, scope->first,
                     "nothing in this block can suspend, so nothing in it can be cancelled");
}

/* ---- brio-catch-cleanup ---- */

static bool ends_in(const char *name, const char *end)
{
    size_t length = strlen(name), end_length = strlen(end);
    return length > end_length && strcmp(name + length - end_length, end) == 0;
}

/* Only what nobody calls for anything but to give something back. A file that is removed may be meant to stay when it is a cancellation. */
static bool releases(const char *name)
{
    static const char *const names[] = {"free", "close", "fclose", "pclose", "closedir", "munmap", "freeaddrinfo", "dlclose", "shutdown",
                                        "pthread_mutex_unlock", "pthread_rwlock_unlock", "pthread_spin_unlock", "mtx_unlock"};
    static const char *const ends[] = {"_close", "_close_forcefully", "_release", "_unref", "_free", "_destroy"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    for (size_t i = 0; strncmp(name, "brio_", 5) == 0 && i < sizeof ends / sizeof *ends; i++)
        if (ends_in(name, ends[i]))
            return true;
    return false;
}

static const struct node *called(const struct node *statement)
{
    const struct node *value = statement->kind == S_EXPRESSION ? check_strip(statement->a) : statement;
    return value->kind == E_AWAIT && !(value->flags & IN_THREAD) ? check_strip(value->a) : value;
}

/* CATCH (e) { …; free(x); …; RERAISE(); } with nothing in it that depends on the error. */
static void warn_cleanup(const struct check *check, const struct node *catch)
{
    const struct node *statement = catch->b->kind == S_COMPOUND && catch->a == NULL ? catch->b->b : NULL, *release = NULL;
    for (; statement && statement->next; statement = statement->next) {
        const struct node *call = called(statement);
        const char *name = check_called_name(check, call);
        if (release == NULL && name && releases(name))
            release = call;
    }
    if (release && statement->kind == S_RERAISE)
        diag_warning(check->diag, "brio-catch-cleanup", release->first, release->last,
                     "cancellation passes by this CATCH, and what it releases stays: do it in a DEFER or FINALLY");
}

static void warn_try(const struct check *check, const struct node *node)
{
    for (const struct node *catch = node->a->has_await ? node->b : NULL; catch; catch = catch->next)
        warn_cleanup(check, catch);
}

/* ---- the walk ---- */

struct advice {
    const struct check *check;
    bool shielded;
};

static void walk(struct node *node, void *arg)
{
    struct advice *advice = arg, inner = *advice;
    switch (node->kind) {
    case E_SIZEOF: case D_TYPEOF: case D_FUNCTION_DEFINITION: return;
    case S_WHILE: case S_DO: case S_FOR: warn_endless(advice->check, node); break;
    case S_SCOPE:
        warn_scope(advice->check, node);
        inner.shielded = node->scope_kind == SHIELD_KIND; /* inside of a scope in it there may be cancellation again */
        break;
    case S_NURSERY: case S_RACE:
        inner.shielded = false;
        break;
    case S_TRY:
        if (!advice->shielded)
            warn_try(advice->check, node);
        break;
    default: break;
    }
    node_children(node, walk, &inner);
}

void check_advice(struct check *check)
{
    struct advice advice = {check, false};
    walk(check->function->definition->c, &advice);
}
