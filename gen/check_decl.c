/* check_decl.c - what a declaration with ASYNC may say. */
#include <string.h>

#include "check_internal.h"

static bool is_refused_attribute(const struct unit *unit, int token, const char **name)
{
    static const char *const names[] = {"noreturn", "pure", "const", "returns_nonnull", "malloc", "reproducible", "unsequenced"};
    const struct token *t = &unit->tokens[token];
    if (t->kind != T_IDENT && t->kind != T_KEYWORD)
        return false;
    const char *spelling = t->ident->name;
    size_t length = t->length;
    if (length > 4 && strncmp(spelling, "__", 2) == 0 && strcmp(spelling + length - 2, "__") == 0) {
        spelling += 2;
        length -= 4;
    }
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strlen(names[i]) == length && strncmp(spelling, names[i], length) == 0) {
            *name = names[i];
            return true;
        }
    }
    return false;
}

static void report_promise(struct unit *unit, int token, const char *name)
{
    diag_error(unit->diag, token, token,
               "an ASYNC function cannot be '%s': it may be suspended, and then returns to its caller before it has ended", name);
}

/* The attributes in a list: only names at the list's own level, not in the arguments of another attribute. */
static void check_attributes(struct unit *unit, const struct node *list)
{
    for (const struct node *node = list; node; node = node->next) {
        if (node->kind != D_ATTRIBUTE)
            continue;
        int open = 0;
        const char *name;
        for (int token = node->first; token <= node->last; token++) {
            enum punctuator which = (enum punctuator)unit->tokens[token].punctuator;
            open += which == P_LEFT_PAREN || which == P_LEFT_BRACKET;
            open -= which == P_RIGHT_PAREN || which == P_RIGHT_BRACKET;
            if (open <= 2 && is_refused_attribute(unit, token, &name))
                report_promise(unit, token, name);
        }
    }
}

/* The parameters that ASYNC is about: those of the first function in the declarator. */
static const struct node *find_function(const struct node *declarator)
{
    const struct node *derivation = declarator->a;
    while (derivation && derivation->kind != D_FUNCTION)
        derivation = derivation->a;
    return derivation;
}

static void check_specifiers(struct unit *unit, const struct node *specs)
{
    for (const struct node *spec = specs->b; spec; spec = spec->next) {
        if (spec->kind == D_KEYWORD && unit->tokens[spec->first].ident->keyword == K_NORETURN)
            report_promise(unit, spec->first, "_Noreturn");
    }
    check_attributes(unit, specs->b);
}

void check_async_declaration(struct unit *unit, const struct node *specs, const struct node *declarator)
{
    struct diag *diag = unit->diag;
    const struct node *function = find_function(declarator);
    const char *word = specs->flags & SPEC_ASYNC_LEAF ? "ASYNC_LEAF" : "ASYNC";
    int name = declarator->name ? declarator->name : specs->first;
    if (function == NULL) {
        struct type type = {specs, declarator->a, 0};
        bool unknown = !type_resolve(&type, NULL);
        if (!unknown && type.chain == NULL)
            diag_error(diag, name, name, "'%s' is no function: %s has no meaning here", token_spelling(unit, name), word);
        else
            diag_error(diag, name, name, "%s belongs to the typedef of the function's type, not here", word);
        return;
    }
    check_specifiers(unit, specs);
    check_attributes(unit, declarator->d);
    if (specs->flags & SPEC_ASYNC_LEAF)
        return;
    if (function->flags & FUNCTION_VARIADIC)
        diag_error(diag, name, name, "an ASYNC function cannot have variable arguments: give it an array and its length");
    else if ((function->flags & FUNCTION_NO_PROTOTYPE) && function->last > function->first + 1)
        diag_error(diag, name, name, "an ASYNC function needs a prototype, its parameters with their types");
    if (function == declarator->a && token_is(unit, name, "main"))
        diag_error(diag, name, name, "'main' cannot be ASYNC: let it call RUN");
}
