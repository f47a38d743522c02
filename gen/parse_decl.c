/* parse_decl.c - declarations: specifiers, declarators, initializers, type names. */
#include <assert.h>

#include "arena.h"
#include "diag.h"
#include "parse_internal.h"

/* ---- what begins here? ---- */

static bool is_typedef_name(const struct parser *p, int token)
{
    const struct token *t = &p->tokens[token];
    return t->kind == T_IDENT && t->ident->symbol && t->ident->symbol->kind == SYMBOL_TYPEDEF;
}

static bool is_specifier_keyword(enum keyword keyword)
{
    return (keyword >= K_VOID && keyword <= K_ALIGNAS) || keyword == K_ASYNC || keyword == K_ASYNC_LEAF;
}

bool parse_at_attribute(const struct parser *p, int token)
{
    if (p->tokens[token].punctuator == P_LEFT_BRACKET)
        return p->tokens[token + 1].punctuator == P_LEFT_BRACKET;
    return parse_keyword(p, token) == K_ATTRIBUTE;
}

/* Behind the bracket that closes the one at `token`; at the end of the input if there is none. */
static int behind_brackets(const struct parser *p, int token)
{
    int open = 0;
    for (;; token++) {
        switch (p->tokens[token].punctuator) {
        case P_LEFT_PAREN: case P_LEFT_BRACKET: case P_LEFT_BRACE: open++; break;
        case P_RIGHT_PAREN: case P_RIGHT_BRACKET: case P_RIGHT_BRACE: open--; break;
        default: break;
        }
        if (p->tokens[token].kind == T_END)
            return token;
        if (open <= 0)
            return token + 1;
    }
}

int parse_behind_attributes(const struct parser *p, int token)
{
    while (parse_at_attribute(p, token)) {
        if (p->tokens[token].kind == T_KEYWORD)
            token++;
        token = behind_brackets(p, token);
    }
    return token;
}

bool parse_at_type(const struct parser *p, int token)
{
    enum keyword keyword = parse_keyword(p, token);
    return is_specifier_keyword(keyword) || keyword == K_ATTRIBUTE || is_typedef_name(p, token);
}

bool parse_at_declaration(const struct parser *p)
{
    int token = p->pos;
    for (;;) {
        int behind = parse_behind_attributes(p, token);
        if (parse_keyword(p, behind) == K_EXTENSION)
            behind++;
        if (behind == token)
            break;
        token = behind;
    }
    if (parse_keyword(p, token) == K_STATIC_ASSERT)
        return true;
    if (parse_at_type(p, token))
        return p->tokens[token + 1].punctuator != P_COLON || p->tokens[token].kind != T_IDENT;
    /* `word word`: a type that was never declared; the compiler will say so */
    return p->tokens[token].kind == T_IDENT && p->tokens[token].ident->symbol == NULL && p->tokens[token + 1].kind == T_IDENT;
}

/* ---- attributes ---- */

/* The first `cleanup` in the attribute's tokens whose argument follows: that argument. */
static struct node *parse_cleanup(struct parser *p, int first, int last)
{
    int pos = p->pos;
    struct node *argument = NULL;
    for (int i = first; i + 1 < last && argument == NULL; i++) {
        if (p->tokens[i].kind == T_IDENT && (token_is(p->unit, i, "cleanup") || token_is(p->unit, i, "__cleanup__")) &&
            p->tokens[i + 1].punctuator == P_LEFT_PAREN) {
            p->pos = i + 2;
            argument = parse_assignment(p);
        }
    }
    p->pos = pos;
    return argument;
}

static struct node *parse_attribute(struct parser *p)
{
    struct node *node = parse_new(p, D_ATTRIBUTE);
    if (parse_kind(p) == T_KEYWORD)
        p->pos++;
    if (!parse_at(p, P_LEFT_PAREN) && !parse_at(p, P_LEFT_BRACKET))
        parse_expected(p, "'('");
    parse_skip_brackets(p);
    node->a = parse_cleanup(p, node->first, p->pos - 1);
    return parse_close(p, node);
}

void parse_attributes(struct parser *p, struct list *list)
{
    while (parse_at_attribute(p, p->pos))
        list_add(list, parse_attribute(p));
}

/* asm("name") behind a declarator. */
static struct node *parse_asm_label(struct parser *p)
{
    struct node *node = parse_new(p, D_ATTRIBUTE);
    parse_take_keyword(p);
    if (!parse_at(p, P_LEFT_PAREN))
        parse_expected(p, "'('");
    parse_skip_brackets(p);
    return parse_close(p, node);
}

static void parse_declarator_attributes(struct parser *p, struct list *list)
{
    for (;;) {
        if (parse_at_attribute(p, p->pos))
            list_add(list, parse_attribute(p));
        else if (parse_keyword(p, p->pos) == K_ASM)
            list_add(list, parse_asm_label(p));
        else
            return;
    }
}

/* ---- specifiers ---- */

struct specs {
    struct node *node;
    struct list list;
    bool seen_type;
};

static unsigned keyword_flag(enum keyword keyword)
{
    switch (keyword) {
    case K_TYPEDEF: return SPEC_TYPEDEF;
    case K_EXTERN: return SPEC_EXTERN;
    case K_STATIC: return SPEC_STATIC;
    case K_REGISTER: return SPEC_REGISTER;
    case K_THREAD: return SPEC_THREAD;
    case K_INLINE: return SPEC_INLINE;
    case K_NORETURN: return SPEC_NORETURN;
    case K_CONST: return SPEC_CONST;
    case K_VOLATILE: return SPEC_VOLATILE;
    case K_RESTRICT: return SPEC_RESTRICT;
    case K_ATOMIC: return SPEC_ATOMIC;
    case K_CONSTEXPR: return SPEC_CONSTEXPR;
    case K_ASYNC: return SPEC_ASYNC;
    case K_ASYNC_LEAF: return SPEC_ASYNC_LEAF;
    case K_VOID: return SPEC_VOID;
    case K_VA_LIST: return SPEC_VA_LIST;
    default: return 0;
    }
}

static struct node *parse_typeof(struct parser *p)
{
    struct node *node = parse_new(p, D_TYPEOF);
    parse_take_keyword(p);
    node->a = parse_parenthesized_operand(p);
    return parse_close(p, node);
}

static struct node *parse_alignas(struct parser *p)
{
    struct node *node = parse_new(p, D_ALIGNAS);
    parse_take_keyword(p);
    node->a = parse_parenthesized_operand(p);
    return parse_close(p, node);
}

static struct node *parse_plain_keyword(struct parser *p)
{
    struct node *node = parse_new(p, D_KEYWORD);
    enum keyword keyword = parse_keyword(p, p->pos);
    parse_take_keyword(p);
    if (keyword == K_BITINT && parse_at(p, P_LEFT_PAREN))
        parse_skip_brackets(p);
    if (keyword == K_ASYNC || keyword == K_ASYNC_LEAF)
        p->words++;
    return parse_close(p, node);
}

/* One specifier that is a keyword; false if the keyword at hand is none. */
static bool parse_keyword_spec(struct parser *p, struct specs *specs)
{
    enum keyword keyword = parse_keyword(p, p->pos);
    bool type = keyword >= K_VOID && keyword <= K_AUTO_TYPE;
    if (!is_specifier_keyword(keyword) && keyword != K_EXTENSION)
        return false;
    /* `typedef int bool;` and `int thread_local;` declare them */
    bool followed = p->tokens[p->pos + 1].kind != T_PUNCTUATOR || p->tokens[p->pos + 1].punctuator == P_STAR;
    if (parse_kind(p) == T_IDENT && specs->seen_type && (type || (keyword != K_ALIGNAS && !followed)))
        return false;
    specs->seen_type |= type;
    switch (keyword) {
    case K_STRUCT: case K_UNION:
        list_add(&specs->list, parse_struct(p));
        break;
    case K_ENUM:
        list_add(&specs->list, parse_enum(p));
        break;
    case K_TYPEOF:
        list_add(&specs->list, parse_typeof(p));
        break;
    case K_ALIGNAS:
        list_add(&specs->list, parse_alignas(p));
        break;
    case K_ATOMIC:
        specs->node->flags |= SPEC_ATOMIC;
        if (p->tokens[p->pos + 1].punctuator == P_LEFT_PAREN) {
            specs->seen_type = true;
            list_add(&specs->list, parse_typeof(p));
            break;
        }
        /* fall through */
    default:
        specs->node->flags |= keyword_flag(keyword);
        list_add(&specs->list, parse_plain_keyword(p));
    }
    return true;
}

/* `word name`, `word *name`, `word (*name)`, with a word that is no known type: take it for one, and let the compiler complain. */
static bool looks_like_unknown_type(const struct parser *p)
{
    if (parse_kind(p) != T_IDENT)
        return false;
    const struct token *next = &p->tokens[p->pos + 1];
    return next->kind == T_IDENT || next->punctuator == P_STAR || (next->punctuator == P_LEFT_PAREN && next[1].punctuator == P_STAR);
}

static bool parse_typedef_ref(struct parser *p, struct specs *specs)
{
    if (specs->seen_type || (!is_typedef_name(p, p->pos) && !looks_like_unknown_type(p)))
        return false;
    struct node *node = parse_new(p, D_TYPEDEF_REF);
    node->name = p->pos;
    if (is_typedef_name(p, p->pos))
        node->symbol = p->tokens[p->pos].ident->symbol;
    p->pos++;
    specs->seen_type = true;
    list_add(&specs->list, parse_close(p, node));
    return true;
}

/* C23's `auto x = 1;`, and __auto_type: a D_TYPEOF without an operand. */
static void settle_auto(struct parser *p, struct specs *specs)
{
    for (struct node *spec = specs->list.first; spec; spec = spec->next) {
        if (spec->kind != D_KEYWORD)
            continue;
        enum keyword keyword = (enum keyword)p->tokens[spec->first].ident->keyword;
        if (keyword != K_AUTO_TYPE && (keyword != K_AUTO || specs->seen_type))
            continue;
        spec->kind = D_TYPEOF;
        specs->node->flags |= SPEC_AUTO_TYPE;
    }
}

struct node *parse_specs(struct parser *p)
{
    struct specs specs = {.node = parse_new(p, D_SPECS)};
    parse_enter(p);
    for (;;) {
        if (parse_at_attribute(p, p->pos))
            list_add(&specs.list, parse_attribute(p));
        else if (!parse_keyword_spec(p, &specs) && !parse_typedef_ref(p, &specs))
            break;
    }
    settle_auto(p, &specs);
    parse_leave(p);
    specs.node->b = specs.list.first;
    return parse_close(p, specs.node);
}

/* ---- struct, union, enum ---- */

/* The tag's symbol: with a body, or alone before a semicolon, it belongs to this scope, else to whichever scope has it. */
static struct symbol *declare_tag(struct parser *p, struct node *node, bool here)
{
    struct ident *ident = p->tokens[node->name].ident;
    struct symbol *symbol = !here && ident->tag ? ident->tag : scope_declare(p->arena, p->scope, SYMBOL_TAG, ident, node->name);
    if (node->has_body)
        symbol->definition = node;
    return symbol;
}

static struct node *parse_declarator(struct parser *p, bool may_be_abstract);

static struct node *parse_member_declarator(struct parser *p, struct node *specs)
{
    struct node *declarator;
    if (parse_at(p, P_COLON)) {
        declarator = parse_new(p, D_DECLARATOR);
        declarator->declarator_last = p->pos - 1;
    } else {
        declarator = parse_declarator(p, false);
        parse_classify_member(p, specs, declarator);
    }
    if (parse_accept(p, P_COLON))
        declarator->c = parse_constant(p);
    struct list attributes = {0};
    parse_declarator_attributes(p, &attributes);
    declarator->d = attributes.first;
    return parse_close(p, declarator);
}

static struct node *parse_member(struct parser *p)
{
    struct node *node = parse_new(p, D_DECLARATION);
    struct list list = {0};
    int first = p->pos;
    node->a = parse_specs(p);
    while (!parse_at(p, P_SEMICOLON) && !parse_at(p, P_RIGHT_BRACE)) {
        list_add(&list, parse_member_declarator(p, node->a));
        if (!parse_accept(p, P_COMMA))
            break;
    }
    if (p->pos == first)
        parse_expected(p, "a member");
    node->b = list.first;
    if (!parse_at(p, P_RIGHT_BRACE))
        parse_expect(p, P_SEMICOLON);
    return parse_close(p, node);
}

static void parse_members(struct parser *p, struct node *node)
{
    struct list list = {0};
    node->has_body = true;
    if (node->name)
        node->symbol = declare_tag(p, node, true);
    parse_expect(p, P_LEFT_BRACE);
    while (!parse_accept(p, P_RIGHT_BRACE)) {
        if (parse_accept(p, P_SEMICOLON))
            continue;
        list_add(&list, parse_keyword(p, p->pos) == K_STATIC_ASSERT ? parse_static_assert(p) : parse_member(p));
    }
    node->b = list.first;
}

struct node *parse_struct(struct parser *p)
{
    struct node *node = parse_new(p, D_STRUCT);
    node->flags = parse_keyword(p, p->pos) == K_UNION ? RECORD_UNION : 0;
    p->pos++;
    p->pos = parse_behind_attributes(p, p->pos);
    if (parse_kind(p) == T_IDENT)
        node->name = p->pos++;
    if (parse_at(p, P_LEFT_BRACE))
        parse_members(p, node);
    else if (node->name)
        node->symbol = declare_tag(p, node, parse_at(p, P_SEMICOLON));
    else
        parse_expected(p, "a name or '{'");
    return parse_close(p, node);
}

static struct node *parse_enumerator(struct parser *p)
{
    struct node *node = parse_new(p, D_ENUMERATOR);
    node->name = parse_name(p);
    p->pos = parse_behind_attributes(p, p->pos);
    if (parse_accept(p, P_ASSIGN))
        node->a = parse_constant(p);
    struct symbol *symbol = scope_declare(p->arena, p->scope, SYMBOL_ENUMERATOR, p->tokens[node->name].ident, node->name);
    symbol->kind = SYMBOL_ENUMERATOR;
    symbol->definition = node;
    node->symbol = symbol;
    return parse_close(p, node);
}

static void parse_enumerators(struct parser *p, struct node *node)
{
    struct list list = {0};
    node->has_body = true;
    if (node->name)
        node->symbol = declare_tag(p, node, true);
    parse_expect(p, P_LEFT_BRACE);
    while (!parse_accept(p, P_RIGHT_BRACE)) {
        list_add(&list, parse_enumerator(p));
        if (!parse_accept(p, P_COMMA) && !parse_at(p, P_RIGHT_BRACE))
            parse_expected(p, "',' or '}'");
    }
    node->b = list.first;
}

struct node *parse_enum(struct parser *p)
{
    struct node *node = parse_new(p, D_ENUM);
    p->pos++;
    p->pos = parse_behind_attributes(p, p->pos);
    if (parse_kind(p) == T_IDENT)
        node->name = p->pos++;
    /* C23: the type that it is made of; not to be taken for a bit-field's width */
    if (parse_at(p, P_COLON) && parse_at_type(p, p->pos + 1)) {
        p->pos++;
        node->a = parse_specs(p);
    }
    if (parse_at(p, P_LEFT_BRACE))
        parse_enumerators(p, node);
    else if (node->name)
        node->symbol = declare_tag(p, node, parse_at(p, P_SEMICOLON));
    else
        parse_expected(p, "a name or '{'");
    return parse_close(p, node);
}

/* ---- declarators ---- */

/* A chain of derivations under construction, outermost first. */
struct chain {
    struct node *first, **end;
    int length;
};

static void chain_add(struct parser *p, struct chain *chain, struct node *derivation)
{
    if (++chain->length > MAX_NESTING)
        parse_fail(p, derivation->first, "nested too deeply (the limit is %d)", MAX_NESTING);
    *chain->end = derivation;
    chain->end = &derivation->a;
}

static unsigned parse_qualifiers(struct parser *p)
{
    unsigned flags = 0;
    for (;;) {
        enum keyword keyword = parse_keyword(p, p->pos);
        if (keyword >= K_CONST && keyword <= K_NULLABILITY) {
            flags |= keyword_flag(keyword);
            p->pos++;
        } else if (keyword == K_ATTRIBUTE || keyword == K_EXTENSION) {
            p->pos = keyword == K_ATTRIBUTE ? parse_behind_attributes(p, p->pos) : p->pos + 1;
        } else {
            return flags;
        }
    }
}

static struct node *parse_pointer(struct parser *p)
{
    struct node *node = parse_new(p, D_POINTER);
    parse_expect(p, P_STAR);
    p->pos = parse_behind_attributes(p, p->pos);
    node->flags = parse_qualifiers(p);
    return parse_close(p, node);
}

static struct node *parse_array(struct parser *p)
{
    struct node *node = parse_new(p, D_ARRAY);
    parse_expect(p, P_LEFT_BRACKET);
    for (;;) {
        node->flags |= parse_qualifiers(p);
        if (parse_keyword(p, p->pos) != K_STATIC)
            break;
        node->flags |= SPEC_STATIC;
        p->pos++;
    }
    if (parse_at(p, P_STAR) && p->tokens[p->pos + 1].punctuator == P_RIGHT_BRACKET)
        p->pos++;
    else if (!parse_at(p, P_RIGHT_BRACKET))
        node->b = parse_assignment(p);
    parse_expect(p, P_RIGHT_BRACKET);
    return parse_close(p, node);
}

static struct node *parse_parameter(struct parser *p)
{
    struct node *node = parse_new(p, D_DECLARATION);
    node->a = parse_specs(p);
    struct node *declarator = parse_declarator(p, true);
    if (p->pos == node->first)
        parse_expected(p, "a parameter");
    struct list attributes = {0};
    parse_declarator_attributes(p, &attributes);
    declarator->d = attributes.first;
    node->b = parse_close(p, declarator);
    if (declarator->name) {
        struct symbol *symbol = scope_declare(p->arena, p->scope, SYMBOL_OBJECT, p->tokens[declarator->name].ident, declarator->name);
        symbol->is_parameter = true;
        parse_classify(p, symbol, node->a, declarator);
        declarator->symbol = symbol;
    } else {
        parse_mark_async(node->a, declarator);
    }
    return parse_close(p, node);
}

/* A list of names for K&R declarations to follow. */
static bool at_identifier_list(const struct parser *p)
{
    const struct token *next = &p->tokens[p->pos + 1];
    return parse_kind(p) == T_IDENT && !parse_at_type(p, p->pos) && (next->punctuator == P_COMMA || next->punctuator == P_RIGHT_PAREN);
}

static bool at_void_list(const struct parser *p)
{
    return parse_keyword(p, p->pos) == K_VOID && p->tokens[p->pos + 1].punctuator == P_RIGHT_PAREN;
}

static void parse_parameters(struct parser *p, struct node *node)
{
    struct list list = {0};
    for (;;) {
        if (parse_accept(p, P_ELLIPSIS)) {
            node->flags |= FUNCTION_VARIADIC;
            break;
        }
        list_add(&list, parse_parameter(p));
        /* GNU C's forward declarations of parameters end in a semicolon */
        if (!parse_accept(p, P_COMMA) && !parse_accept(p, P_SEMICOLON))
            break;
    }
    node->b = list.first;
}

static struct node *parse_function_suffix(struct parser *p)
{
    struct node *node = parse_new(p, D_FUNCTION);
    parse_expect(p, P_LEFT_PAREN);
    node->scope = parse_open_scope(p);
    if (parse_at(p, P_RIGHT_PAREN)) {
        node->flags = FUNCTION_NO_PROTOTYPE;
    } else if (at_identifier_list(p)) {
        node->flags = FUNCTION_NO_PROTOTYPE;
        while (parse_kind(p) == T_IDENT) {
            p->pos++;
            if (!parse_accept(p, P_COMMA))
                break;
        }
    } else if (at_void_list(p)) {
        p->pos++;
    } else {
        parse_parameters(p, node);
    }
    parse_expect(p, P_RIGHT_PAREN);
    parse_close_scope(p);
    return parse_close(p, node);
}

/* Does the parenthesis here enclose a declarator, rather than parameters? */
static bool at_nested_declarator(const struct parser *p, bool may_be_abstract)
{
    if (!parse_at(p, P_LEFT_PAREN))
        return false;
    if (!may_be_abstract)
        return true;
    int next = p->pos + 1;
    if (p->tokens[next].punctuator == P_RIGHT_PAREN || p->tokens[next].punctuator == P_ELLIPSIS)
        return false;
    return !parse_at_type(p, parse_behind_attributes(p, next)) && parse_keyword(p, next) != K_EXTENSION;
}

static void parse_derivations(struct parser *p, struct node *declarator, struct chain *chain, bool may_be_abstract);

/* The name or the parenthesized declarator, and what follows it. */
static void parse_direct(struct parser *p, struct node *declarator, struct chain *chain, bool may_be_abstract)
{
    if (at_nested_declarator(p, may_be_abstract)) {
        p->pos++;
        p->pos = parse_behind_attributes(p, p->pos);
        parse_derivations(p, declarator, chain, may_be_abstract);
        parse_expect(p, P_RIGHT_PAREN);
    } else if (parse_kind(p) == T_IDENT) {
        declarator->name = p->pos++;
    } else if (!may_be_abstract) {
        parse_expected(p, "a name");
    }
    for (;;) {
        int behind = parse_at(p, P_LEFT_BRACKET) ? parse_behind_attributes(p, p->pos) : p->pos;
        if (behind != p->pos)
            p->pos = behind;
        else if (parse_at(p, P_LEFT_BRACKET))
            chain_add(p, chain, parse_array(p));
        else if (parse_at(p, P_LEFT_PAREN))
            chain_add(p, chain, parse_function_suffix(p));
        else
            return;
    }
}

static void parse_derivations(struct parser *p, struct node *declarator, struct chain *chain, bool may_be_abstract)
{
    parse_enter(p);
    struct list pointers = {0};
    int count = 0;
    p->pos = parse_behind_attributes(p, p->pos);
    while (parse_at(p, P_STAR)) {
        struct node *pointer = parse_pointer(p);
        pointer->next = pointers.first; /* the last star is the outermost */
        pointers.first = pointer;
        if (++count > MAX_NESTING)
            parse_fail(p, p->pos, "nested too deeply (the limit is %d)", MAX_NESTING);
    }
    parse_direct(p, declarator, chain, may_be_abstract);
    for (struct node *pointer = pointers.first, *next; pointer; pointer = next) {
        next = pointer->next;
        pointer->next = NULL;
        chain_add(p, chain, pointer);
    }
    parse_leave(p);
}

/* Without attributes, bit-field and initializer, which the callers add. */
static struct node *parse_declarator(struct parser *p, bool may_be_abstract)
{
    struct node *node = parse_new(p, D_DECLARATOR);
    struct node *derivations = NULL;
    struct chain chain = {.end = &derivations};
    parse_derivations(p, node, &chain, may_be_abstract);
    node->a = derivations;
    parse_close(p, node);
    for (const struct node *d = derivations; d; d = d->a) {
        node->has_await |= d->has_await;
        node->has_block |= d->has_block;
        if (node->height <= d->height + chain.length)
            node->height = d->height + chain.length + 1;
    }
    node->declarator_last = p->pos - 1;
    return node;
}

struct node *parse_type_name(struct parser *p)
{
    struct node *node = parse_new(p, D_TYPE_NAME);
    node->a = parse_specs(p);
    if (p->pos == node->first)
        parse_expected(p, "a type");
    node->b = parse_declarator(p, true);
    parse_mark_async(node->a, node->b);
    return parse_close(p, node);
}

/* ---- initializers ---- */

/* [index], [first ... last] or .name: index expressions are added to the list. */
static void parse_designator(struct parser *p, struct list *list)
{
    if (parse_accept(p, P_DOT)) {
        parse_name(p);
        return;
    }
    parse_expect(p, P_LEFT_BRACKET);
    list_add(list, parse_constant(p));
    if (parse_accept(p, P_ELLIPSIS))
        list_add(list, parse_constant(p));
    parse_expect(p, P_RIGHT_BRACKET);
}

static struct node *parse_designated(struct parser *p)
{
    struct node *node = parse_new(p, E_DESIGNATED);
    struct list list = {0};
    if (parse_kind(p) == T_IDENT) {
        p->pos += 2; /* name: value, as GNU C had it first */
    } else {
        while (parse_at(p, P_DOT) || parse_at(p, P_LEFT_BRACKET))
            parse_designator(p, &list);
        parse_accept(p, P_ASSIGN);
    }
    node->b = list.first;
    node->a = parse_initializer(p);
    return parse_close(p, node);
}

static struct node *parse_init_element(struct parser *p)
{
    bool old = parse_kind(p) == T_IDENT && p->tokens[p->pos + 1].punctuator == P_COLON;
    if (old || parse_at(p, P_DOT) || parse_at(p, P_LEFT_BRACKET))
        return parse_designated(p);
    return parse_initializer(p);
}

struct node *parse_init_list(struct parser *p, int first, enum punctuator close)
{
    struct node *node = node_new(p->arena, E_INIT_LIST, first, first);
    struct list list = {0};
    while (!parse_at(p, close)) {
        list_add(&list, parse_init_element(p));
        if (!parse_accept(p, P_COMMA))
            break;
    }
    node->b = list.first;
    parse_expect(p, close);
    return parse_close(p, node);
}

struct node *parse_initializer(struct parser *p)
{
    if (!parse_at(p, P_LEFT_BRACE))
        return parse_assignment(p);
    parse_enter(p);
    int first = p->pos++;
    struct node *node = parse_init_list(p, first, P_RIGHT_BRACE);
    parse_leave(p);
    return node;
}

/* Tables at file scope may be huge; they are only looked into when there is something to find. */
static struct node *parse_file_initializer(struct parser *p)
{
    int first = p->pos;
    parse_skip_brackets(p);
    for (int i = first; i < p->pos; i++) {
        if (p->tokens[i].ident && p->tokens[i].ident->interesting) {
            p->pos = first;
            return parse_initializer(p);
        }
    }
    return parse_close(p, node_new(p->arena, E_INIT_LIST, first, first));
}

/* ---- declarations ---- */

struct node *parse_static_assert(struct parser *p)
{
    struct node *node = parse_new(p, D_STATIC_ASSERT);
    parse_take_keyword(p);
    parse_expect(p, P_LEFT_PAREN);
    node->a = parse_constant(p);
    if (parse_accept(p, P_COMMA))
        node->b = parse_expression(p);
    parse_expect(p, P_RIGHT_PAREN);
    parse_expect(p, P_SEMICOLON);
    return parse_close(p, node);
}

static struct node *parse_file_asm(struct parser *p)
{
    struct node *node = parse_new(p, D_ASM);
    parse_take_keyword(p);
    while (parse_kind(p) == T_KEYWORD)
        p->pos++;
    if (!parse_at(p, P_LEFT_PAREN))
        parse_expected(p, "'('");
    parse_skip_brackets(p);
    parse_expect(p, P_SEMICOLON);
    return parse_close(p, node);
}

static void declare(struct parser *p, struct node *specs, struct node *declarator)
{
    struct ident *ident = p->tokens[declarator->name].ident;
    enum symbol_kind kind = specs->flags & SPEC_TYPEDEF ? SYMBOL_TYPEDEF : SYMBOL_OBJECT;
    struct symbol *symbol = scope_declare(p->arena, p->scope, kind, ident, declarator->name);
    declarator->symbol = symbol;
    parse_classify(p, symbol, specs, declarator);
}

static bool at_function_body(const struct parser *p, const struct node *specs, const struct node *declarator)
{
    if (declarator->a == NULL || declarator->a->kind != D_FUNCTION || specs->flags & SPEC_TYPEDEF)
        return false;
    if (parse_at(p, P_LEFT_BRACE))
        return true;
    return (declarator->a->flags & FUNCTION_NO_PROTOTYPE) && p->bodies == 0 && parse_at_declaration(p);
}

static void parse_init_declarator_end(struct parser *p, struct node *specs, struct node *declarator)
{
    declare(p, specs, declarator);
    if (parse_accept(p, P_ASSIGN)) {
        bool table = p->bodies == 0 && parse_at(p, P_LEFT_BRACE) && !p->unit->parse_all;
        declarator->b = table ? parse_file_initializer(p) : parse_initializer(p);
        if (specs->flags & SPEC_AUTO_TYPE)
            parse_classify(p, declarator->symbol, specs, declarator);
    }
    parse_close(p, declarator);
}

struct node *parse_declaration(struct parser *p)
{
    enum keyword keyword = parse_keyword(p, p->pos);
    int behind = keyword == K_EXTENSION ? p->pos + 1 : p->pos;
    if (parse_keyword(p, behind) == K_STATIC_ASSERT || parse_keyword(p, behind) == K_ASM) {
        p->pos = behind;
        return parse_keyword(p, behind) == K_ASM ? parse_file_asm(p) : parse_static_assert(p);
    }
    struct node *node = parse_new(p, D_DECLARATION);
    struct list list = {0};
    node->a = parse_specs(p);
    while (!parse_at(p, P_SEMICOLON)) {
        struct node *declarator = parse_declarator(p, false);
        struct list attributes = {0};
        parse_declarator_attributes(p, &attributes);
        declarator->d = attributes.first;
        if (list.first == NULL && at_function_body(p, node->a, declarator)) {
            parse_close(p, declarator);
            declare(p, node->a, declarator);
            return parse_function(p, node->first, node->a, declarator);
        }
        parse_init_declarator_end(p, node->a, declarator);
        list_add(&list, declarator);
        if (!parse_accept(p, P_COMMA))
            break;
        p->pos = parse_behind_attributes(p, p->pos);
    }
    node->b = list.first;
    parse_expect(p, P_SEMICOLON);
    return parse_close(p, node);
}
