/* check_names.c - names that the generated code has for itself: brio_task, brio_frame, brio_1 and the like. A local of such a name would
 * take the place of the generator's, without a word where both have the same type. */
#include "check_internal.h"

#include <string.h>

static bool is_listed(const char *name, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(name, list[i]) == 0)
            return true;
    return false;
}

static bool is_numbered(const char *name)
{
    static const char *const words[] = {"unwind_", "type_", "resume_", "exit_", "end_", "continue_"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t length = strlen(words[i]);
        if (strncmp(name, words[i], length) == 0) {
            name += length;
            break;
        }
    }
    return *name != '\0' && name[strspn(name, "0123456789")] == '\0';
}

static bool is_generated(const char *name)
{
    static const char *const words[] = {
        "code", "fail", "frame", "function", "init", "into", "kept", "leave",
        "nothing", "result", "return", "site", "suspended", "task", "value",
    };
    if (strncmp(name, "brio_", 5) != 0)
        return false;
    return is_listed(name + 5, words, sizeof words / sizeof *words) || is_numbered(name + 5);
}

static void check_name(const struct check *check, int token)
{
    const char *name = token_spelling(check->unit, token);
    if (is_generated(name))
        diag_error(check->diag, token, token, "'%s' is a name of the generated code: take one that does not begin with brio_", name);
}

static void walk(struct node *node, void *arg)
{
    const struct check *check = arg;
    switch (node->kind) {
    case D_DECLARATOR:
        if (node->name && node->member == NULL)
            check_name(check, node->name);
        break;
    case E_IDENT: /* a local has been seen where it is declared */
        if (node->symbol == NULL || node->symbol->scope->depth == 0)
            check_name(check, node->name);
        break;
    case D_ENUMERATOR: case S_LABEL: case S_NURSERY: case S_RACE: case S_SCOPE: case S_CATCH:
        if (node->name)
            check_name(check, node->name);
        break;
    default:
        break;
    }
    node_children(node, walk, arg);
}

void check_names(struct check *check)
{
    walk(check->function->definition, check);
}
