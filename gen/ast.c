#include "ast.h"

#include "arena.h"
#include "buffer.h"
#include "lex.h"

struct node *node_new(struct arena *arena, enum node_kind kind, int first, int last)
{
    struct node *node = ARENA_NEW(arena, struct node);
    node->kind = kind;
    node->first = first;
    node->last = last;
    node->height = 1;
    return node;
}

const char *node_kind_name(enum node_kind kind)
{
    static const char *const names[] = {
#define NODE(kind) #kind,
#include "ast.def"
#undef NODE
    };
    return kind < NODE_KIND_COUNT ? names[kind] : "?";
}

bool node_suspends(const struct node *node)
{
    switch (node->kind) {
    case E_AWAIT: case S_NURSERY: case S_RACE: case S_START: case S_HOLD: return true;
    default: return false;
    }
}

static void visit_list(struct node *list, void (*visit)(struct node *child, void *arg), void *arg)
{
    for (struct node *next; list; list = next) {
        next = list->next;
        visit(list, arg);
    }
}

void node_children(struct node *node, void (*visit)(struct node *child, void *arg), void *arg)
{
    struct node *order[4] = {node->a, node->b, node->c, node->d};
    switch (node->kind) {
    case S_DO:
    case E_DESIGNATED:
        order[0] = node->b, order[1] = node->a;
        break;
    case S_SCOPE:
        order[1] = node->c, order[2] = node->b;
        break;
    case S_SPAWN_INTO:
    case E_SPAWN_INTO:
    case E_RUN_ON:
        order[1] = node->d, order[2] = node->b, order[3] = node->c;
        break;
    case D_DECLARATOR:
        order[1] = node->c, order[2] = node->d, order[3] = node->b;
        break;
    case D_FUNCTION_DEFINITION:
        order[2] = node->d, order[3] = node->c;
        break;
    default:
        break;
    }
    for (int i = 0; i < 4; i++)
        visit_list(order[i], visit, arg);
}

/* ---- --dump=ast ---- */

struct dump {
    const struct unit *unit;
    int indent;
    struct buffer *out;
};

static void dump_child(struct node *child, void *arg)
{
    const struct dump *dump = arg;
    node_dump(dump->unit, child, dump->indent + 1, dump->out);
}

static void add_token_text(const struct unit *unit, int token, struct buffer *out)
{
    buffer_puts(out, " ");
    buffer_add(out, token_text(unit, token), unit->tokens[token].length);
}

static void add_symbol(const struct symbol *symbol, struct buffer *out)
{
    static const char *const kinds[] = {"object", "function", "typedef", "enumerator", "tag", "nursery", "scope", "error"};
    buffer_printf(out, " <%s depth %d%s%s%s%s>", kinds[symbol->kind], symbol->scope->depth, symbol->is_async ? " async" : "",
                  symbol->is_leaf ? " leaf" : "", symbol->is_parameter ? " parameter" : "", symbol->is_static ? " static" : "");
}

void node_dump(const struct unit *unit, const struct node *node, int indent, struct buffer *out)
{
    buffer_printf(out, "%*s%s", indent * 2, "", node_kind_name(node->kind));
    if (node->name)
        add_token_text(unit, node->name, out);
    if (node->op)
        add_token_text(unit, node->op, out);
    if (node->kind == E_CONST || node->kind == D_KEYWORD || (node->kind == E_STRING && node->first == node->last))
        add_token_text(unit, node->first, out);
    if (node->kind == S_SCOPE)
        buffer_printf(out, " kind %d", node->scope_kind);
    if (node->flags)
        buffer_printf(out, " flags %#x", node->flags);
    if (node->has_await)
        buffer_puts(out, " await");
    if (node->has_block)
        buffer_puts(out, " block");
    const struct token *first = &unit->tokens[node->first];
    buffer_printf(out, " %d..%d line %u", node->first, node->last, first->line);
    if (node->symbol)
        add_symbol(node->symbol, out);
    buffer_puts(out, "\n");
    struct dump dump = {unit, indent, out};
    node_children((struct node *)node, dump_child, &dump);
}
