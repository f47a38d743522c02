/* parse_skim.c - external declarations in which nothing of the language occurs.
 *
 * Nearly all of a unit is headers, and nearly nothing of them is ever asked for. So such a declaration is only looked through for the names
 * that it declares; what it says about them is parsed when one of the names occurs in a declaration or function that matters. Invariants:
 *  - a name means the same kind of thing, typedef or not, whether its declaration has been parsed or not;
 *  - the full parser never meets a name whose declaration has not been: it asks for all that occur in a stretch of tokens before it goes
 *    there, and parse_skimmed then parses, in the order of the text, whatever these need in turn;
 *  - what is not of one of the few shapes that are known here is left to the full parser, errors included.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "parse_internal.h"

struct skimmed {
    int first, last; /* tokens */
    bool wanted;     /* has been parsed, or is about to be */
};

struct skim_name {
    int token;
    enum symbol_kind kind;
    bool defines; /* a tag with its body */
};

struct skim {
    struct parser *p;
    int at;  /* the next token; 0 when the declaration has to be left to the full parser */
    int far; /* how far it came then */
    bool is_typedef, has_type;
};

static const struct token *skim_token(const struct skim *skim)
{
    return &skim->p->tokens[skim->at];
}

static enum keyword skim_keyword(const struct skim *skim)
{
    const struct token *token = skim_token(skim);
    return token->kind == T_KEYWORD ? (enum keyword)token->ident->keyword : K_NONE;
}

static bool skim_is(const struct skim *skim, enum punctuator which)
{
    return skim_token(skim)->punctuator == which;
}

static void give_up(struct skim *skim)
{
    if (skim->at)
        skim->far = skim->at;
    skim->at = 0;
}

static void add_name(struct skim *skim, int token, enum symbol_kind kind, bool defines)
{
    struct skims *skims = &skim->p->skims;
    if (skims->name_count == skims->name_room) {
        skims->name_room = skims->name_room ? skims->name_room * 2 : 64;
        skims->names = checked_realloc(skims->names, (size_t)skims->name_room * sizeof *skims->names);
    }
    skims->names[skims->name_count++] = (struct skim_name){token, kind, defines};
}

/* ---- brackets ---- */

static void skim_tag(struct skim *skim);

/* From an opening bracket to behind its closing one. */
static void skim_brackets(struct skim *skim)
{
    for (int open = 0;;) {
        const struct token *token = skim_token(skim);
        if (token->kind == T_END || (token->ident && token->ident->interesting))
            return give_up(skim);
        switch (token->punctuator) {
        case P_LEFT_PAREN: case P_LEFT_BRACKET: case P_LEFT_BRACE: open++; break;
        case P_RIGHT_PAREN: case P_RIGHT_BRACKET: case P_RIGHT_BRACE: open--; break;
        default: break;
        }
        skim->at++;
        if (open == 0)
            return;
    }
}

static void skim_behind_keyword(struct skim *skim)
{
    skim->at++;
    if (skim_is(skim, P_LEFT_PAREN))
        skim_brackets(skim);
    else
        give_up(skim);
}

static void skim_enumerators(struct skim *skim)
{
    for (skim->at++; skim->at && !skim_is(skim, P_RIGHT_BRACE);) {
        if (skim_token(skim)->kind != T_IDENT || skim_token(skim)->ident->interesting)
            return give_up(skim);
        add_name(skim, skim->at, SYMBOL_ENUMERATOR, false);
        for (skim->at++; skim->at && !skim_is(skim, P_COMMA) && !skim_is(skim, P_RIGHT_BRACE);) {
            if (skim_is(skim, P_LEFT_PAREN) || skim_is(skim, P_LEFT_BRACKET))
                skim_brackets(skim);
            else if (skim_token(skim)->kind == T_END || skim_is(skim, P_SEMICOLON) || skim_is(skim, P_LEFT_BRACE))
                return give_up(skim);
            else
                skim->at++;
        }
        if (skim->at)
            skim->at += skim_is(skim, P_COMMA);
    }
    skim->at += skim->at > 0;
}

/* Tags and enumerators inside are declared for the whole file. */
static void skim_members(struct skim *skim)
{
    if (++skim->p->depth > MAX_NESTING)
        give_up(skim);
    for (skim->at += skim->at > 0; skim->at && !skim_is(skim, P_RIGHT_BRACE);) {
        const struct token *token = skim_token(skim);
        if (token->kind == T_END || (token->ident && token->ident->interesting))
            give_up(skim);
        else if (skim_keyword(skim) == K_STRUCT || skim_keyword(skim) == K_UNION || skim_keyword(skim) == K_ENUM)
            skim_tag(skim);
        else if (token->punctuator == P_LEFT_PAREN && token[1].punctuator != P_STAR)
            skim_brackets(skim);
        else if (token->punctuator == P_LEFT_BRACE)
            give_up(skim);
        else
            skim->at++;
        if (skim->at && token->kind == T_IDENT)
            token->ident->skimmed_member = true;
    }
    skim->at += skim->at > 0;
    skim->p->depth--;
}

/* struct, union, enum, with or without a body. */
static void skim_tag(struct skim *skim)
{
    bool is_enum = skim_keyword(skim) == K_ENUM;
    int name = 0;
    skim->at++;
    while (skim->at && skim_keyword(skim) == K_ATTRIBUTE)
        skim_behind_keyword(skim);
    if (!skim->at)
        return;
    if (skim_token(skim)->kind == T_IDENT)
        name = skim->at++;
    bool body = skim_is(skim, P_LEFT_BRACE);
    if (name && skim->p->tokens[name].ident->interesting)
        return give_up(skim);
    if (name)
        add_name(skim, name, SYMBOL_TAG, body);
    else if (!body)
        return give_up(skim);
    if (body && is_enum)
        skim_enumerators(skim);
    else if (body)
        skim_members(skim);
}

/* ---- specifiers and declarators ---- */

static bool skim_word(struct skim *skim)
{
    enum keyword keyword = skim_keyword(skim);
    switch (keyword) {
    case K_STRUCT: case K_UNION: case K_ENUM:
        skim->has_type = true;
        skim_tag(skim);
        return true;
    case K_TYPEOF:
        skim->has_type = true;
        skim_behind_keyword(skim);
        return true;
    case K_ATTRIBUTE: case K_ALIGNAS:
        skim_behind_keyword(skim);
        return true;
    case K_TYPEDEF:
        skim->is_typedef = true;
        break;
    case K_EXTENSION: case K_CONST: case K_VOLATILE: case K_RESTRICT: case K_NULLABILITY: case K_EXTERN: case K_STATIC: case K_REGISTER:
    case K_THREAD: case K_INLINE: case K_NORETURN:
        break;
    default:
        if (keyword < K_VOID || keyword > K_VA_LIST)
            return false;
        skim->has_type = true;
    }
    skim->at++;
    return true;
}

static void skim_specs(struct skim *skim)
{
    while (skim->at) {
        const struct token *token = skim_token(skim);
        if (token->kind == T_KEYWORD) {
            if (!skim_word(skim))
                return give_up(skim);
        } else if (token->kind == T_IDENT && !skim->has_type) {
            if (token->ident->interesting || !token->ident->symbol || token->ident->symbol->kind != SYMBOL_TYPEDEF)
                return give_up(skim);
            skim->has_type = true;
            skim->at++;
        } else {
            break;
        }
    }
    if (!skim->has_type)
        give_up(skim);
}

static void skim_pointers(struct skim *skim)
{
    while (skim->at) {
        enum keyword keyword = skim_keyword(skim);
        if (keyword == K_ATTRIBUTE)
            skim_behind_keyword(skim);
        else if (skim_is(skim, P_STAR) || keyword == K_CONST || keyword == K_VOLATILE || keyword == K_RESTRICT ||
                 keyword == K_NULLABILITY || keyword == K_EXTENSION)
            skim->at++;
        else
            return;
    }
}

/* Arrays and parameters. */
static bool skim_suffixes(struct skim *skim)
{
    bool function = skim_is(skim, P_LEFT_PAREN);
    while (skim->at && (skim_is(skim, P_LEFT_PAREN) || skim_is(skim, P_LEFT_BRACKET)))
        skim_brackets(skim);
    return function;
}

/* Returns whether it declares a function. */
static bool skim_declarator(struct skim *skim)
{
    skim_pointers(skim);
    bool nested = skim->at && skim_is(skim, P_LEFT_PAREN);
    if (nested) {
        skim->at++;
        skim_pointers(skim);
    }
    if (!skim->at || skim_token(skim)->kind != T_IDENT || skim_token(skim)->ident->keyword || skim_token(skim)->ident->interesting) {
        give_up(skim);
        return false;
    }
    int name = skim->at++;
    bool function = skim_suffixes(skim);
    if (nested && skim->at && skim_is(skim, P_RIGHT_PAREN)) {
        skim->at++;
        skim_suffixes(skim);
        function = false;
    } else if (nested) {
        give_up(skim);
    }
    while (skim->at && (skim_keyword(skim) == K_ATTRIBUTE || skim_keyword(skim) == K_ASM))
        skim_behind_keyword(skim);
    add_name(skim, name, skim->is_typedef ? SYMBOL_TYPEDEF : function ? SYMBOL_FUNCTION : SYMBOL_OBJECT, false);
    return function && !skim->is_typedef;
}

static void skim_initializer(struct skim *skim)
{
    while (skim->at && !skim_is(skim, P_COMMA) && !skim_is(skim, P_SEMICOLON)) {
        const struct token *token = skim_token(skim);
        if (token->kind == T_END || (token->ident && token->ident->interesting))
            give_up(skim);
        else if (token->punctuator == P_LEFT_PAREN || token->punctuator == P_LEFT_BRACKET || token->punctuator == P_LEFT_BRACE)
            skim_brackets(skim);
        else
            skim->at++;
    }
}

static void skim_declarators(struct skim *skim)
{
    for (bool first = true; skim->at && !skim_is(skim, P_SEMICOLON); first = false) {
        bool function = skim_declarator(skim);
        if (!skim->at)
            return;
        if (first && function && skim_is(skim, P_LEFT_BRACE))
            return skim_brackets(skim);
        if (skim_is(skim, P_ASSIGN))
            skim_initializer(skim);
        if (!skim->at || skim_is(skim, P_SEMICOLON))
            break;
        if (!skim_is(skim, P_COMMA))
            return give_up(skim);
        skim->at++;
    }
    skim->at += skim->at > 0;
}

/* ---- names ---- */

static void declare_name(struct parser *p, const struct skim_name *name, int number)
{
    struct ident *ident = p->tokens[name->token].ident;
    struct symbol *known = name->kind == SYMBOL_TAG ? ident->tag : ident->symbol;
    if (known && name->kind == SYMBOL_TAG && !name->defines)
        return;
    struct symbol *symbol = scope_declare(p->unit->arena, p->scope, name->kind, ident, name->token);
    if (!known)
        symbol->kind = name->kind;
    symbol->skimmed = number;
}

static void declare_names(struct parser *p, int last)
{
    struct skims *skims = &p->skims;
    if (skims->count == skims->room) {
        skims->room = skims->room ? skims->room * 2 : 256;
        skims->list = checked_realloc(skims->list, (size_t)skims->room * sizeof *skims->list);
    }
    skims->list[skims->count++] = (struct skimmed){p->pos, last, false};
    for (int i = 0; i < skims->name_count; i++)
        declare_name(p, &skims->names[i], skims->count);
}

bool parse_skim(struct parser *p)
{
    struct skim skim = {.p = p, .at = p->pos};
    assert(p->scope->outer == NULL);
    p->skims.name_count = 0;
    if (p->skims.wasted > 2 * p->unit->count)
        return false;
    skim_specs(&skim);
    if (skim.at)
        skim_declarators(&skim);
    p->depth = 0;
    if (!skim.at) {
        p->skims.wasted += skim.far - p->pos;
        return false;
    }
    declare_names(p, skim.at - 1);
    p->pos = skim.at;
    return true;
}

/* ---- what they say ---- */

static void want(struct parser *p, const struct symbol *symbol)
{
    struct skims *skims = &p->skims;
    if (symbol == NULL || symbol->skimmed == 0 || skims->list[symbol->skimmed - 1].wanted)
        return;
    skims->list[symbol->skimmed - 1].wanted = true;
    if (skims->wanted_count == skims->wanted_room) {
        skims->wanted_room = skims->wanted_room ? skims->wanted_room * 2 : 64;
        skims->wanted = checked_realloc(skims->wanted, (size_t)skims->wanted_room * sizeof *skims->wanted);
    }
    skims->wanted[skims->wanted_count++] = symbol->skimmed - 1;
}

static void want_names(struct parser *p, int first, int last)
{
    for (int token = first; token <= last; token++) {
        const struct ident *ident = p->tokens[token].ident;
        if (ident && (ident->symbol || ident->tag)) {
            want(p, ident->symbol);
            want(p, ident->tag);
        }
    }
}

static int compare_numbers(const void *left, const void *right)
{
    int a = *(const int *)left, b = *(const int *)right;
    return (a > b) - (a < b);
}

/* An error in it is reported, and ends this declaration alone. */
static void parse_one(struct parser *p, int first)
{
    p->pos = first;
    if (setjmp(p->recover) == 0)
        parse_declaration(p);
    else
        parse_recover(p);
}

void parse_skimmed(struct parser *p, int first, int last)
{
    struct skims *skims = &p->skims;
    jmp_buf recover;
    int pos = p->pos;
    assert(p->scope->outer == NULL && p->arena == p->unit->arena);
    skims->wanted_count = 0;
    want_names(p, first, last);
    for (int i = 0; i < skims->wanted_count; i++)
        want_names(p, skims->list[skims->wanted[i]].first, skims->list[skims->wanted[i]].last);
    if (skims->wanted_count == 0)
        return;
    qsort(skims->wanted, (size_t)skims->wanted_count, sizeof *skims->wanted, compare_numbers);
    memcpy(&recover, &p->recover, sizeof recover);
    p->skimming = true;
    for (int i = 0; i < skims->wanted_count; i++)
        parse_one(p, skims->list[skims->wanted[i]].first);
    p->skimming = false;
    memcpy(&p->recover, &recover, sizeof recover);
    p->pos = pos;
}

void parse_skims_free(struct parser *p)
{
    free(p->skims.list);
    free(p->skims.names);
    free(p->skims.wanted);
}
