/* ast.h - the syntax tree of a function body, and the symbols that its names mean.
 *
 * A node has at most four children and a place in one list; that makes walking it generic (node_children). It keeps its range of
 * tokens: later passes print a node by printing its tokens, with replacements for the few that change.
 */
#ifndef GEN_AST_H
#define GEN_AST_H

#include <stdbool.h>

struct symbol;
struct scope;
struct arena;
struct ident;

enum { MAX_HEIGHT = 5000 };

enum node_kind {
#define NODE(kind) kind,
#include "ast.def"
#undef NODE
    NODE_KIND_COUNT
};

/* Flags of D_SPECS, D_POINTER, D_FUNCTION, E_ASM_OPERAND. SPEC_ASYNC and SPEC_ASYNC_LEAF stand on the specifiers and on the D_FUNCTION that
 * they are meant for. */
enum {
    SPEC_TYPEDEF = 1 << 0,
    SPEC_EXTERN = 1 << 1,
    SPEC_STATIC = 1 << 2,
    SPEC_REGISTER = 1 << 3,
    SPEC_THREAD = 1 << 4,
    SPEC_INLINE = 1 << 5,
    SPEC_NORETURN = 1 << 6,
    SPEC_CONST = 1 << 7,
    SPEC_VOLATILE = 1 << 8,
    SPEC_ATOMIC = 1 << 9, /* _Atomic as a qualifier, and _Atomic(type) */
    SPEC_RESTRICT = 1 << 10,
    SPEC_AUTO_TYPE = 1 << 11, /* __auto_type, C23 auto without a type */
    SPEC_CONSTEXPR = 1 << 12,
    SPEC_ASYNC = 1 << 13,
    SPEC_ASYNC_LEAF = 1 << 14,
    SPEC_VOID = 1 << 15, /* void is among the specifiers */
    FUNCTION_VARIADIC = 1 << 16,
    FUNCTION_NO_PROTOTYPE = 1 << 17,
    OPERAND_OUTPUT = 1 << 18,
    IN_THREAD = 1 << 20, /* E_AWAIT */
    SPEC_VA_LIST = 1 << 19, /* __builtin_va_list, whose shape is that of an array */
    RECORD_UNION = 1 << 21  /* D_STRUCT */
};

struct node {
    enum node_kind kind;
    unsigned flags;
    int first, last;     /* tokens; last is first - 1 for what is empty: specifiers that were left out, an abstract declarator */
    int name;            /* token, or 0 */
    int op;              /* token, or 0 */
    int declarator_last; /* D_DECLARATOR */
    int height;          /* 1 + that of the highest child; the parser keeps it below MAX_HEIGHT, so that recursion over a tree is safe */
    int scope_kind;      /* S_SCOPE: enum brio__scope_kind by number: 0 CANCEL_SCOPE, 1 MOVE_ON_AFTER, 2 MOVE_ON_AT, 3 FAIL_AFTER,
                          * 4 FAIL_AT, 5 SHIELD, 6 INTERRUPTIBLE */
    bool has_body;       /* D_STRUCT, D_ENUM */
    bool being_typed;    /* D_TYPEOF, and the D_DECLARATOR of __auto_type: errors in the source may tie types into rings */
    bool has_await;      /* set by the parser: an E_AWAIT is in this node's subtree (evaluated or not), or a statement that suspends */
    bool has_block;      /* set by the parser: a statement of the language other than AWAIT is in it (S_NURSERY … S_RERAISE) */
    struct node *a, *b, *c, *d;
    struct node *next;
    struct symbol *symbol;
    const struct ident *member; /* E_MEMBER, E_ARROW, and the D_DECLARATOR of a member: its name */
    struct scope *scope;
    struct lowering *lowering; /* for the passes after the parser */
};

enum symbol_kind {
    SYMBOL_OBJECT, /* variable or parameter */
    SYMBOL_FUNCTION,
    SYMBOL_TYPEDEF,
    SYMBOL_ENUMERATOR,
    SYMBOL_TAG,
    SYMBOL_NURSERY, /* the name of NURSERY and RACE */
    SYMBOL_SCOPE,   /* of a cancel scope */
    SYMBOL_ERROR    /* of CATCH */
};

/* What one name means. Ordinary identifiers and tags live in different name spaces of a scope. */
struct symbol {
    enum symbol_kind kind;
    const char *name;
    struct ident *ident;
    int token;               /* where it was declared */
    struct node *specs;      /* D_SPECS of its declaration, also outside of bodies; NULL for SYMBOL_NURSERY, SCOPE, ERROR */
    struct node *declarator; /* D_DECLARATOR; NULL for enumerators and tags */
    struct node *definition; /* tags: the D_STRUCT or D_ENUM with the body, once seen; enumerators: D_ENUMERATOR; NURSERY, SCOPE,
                              * ERROR: the statement */
    struct scope *scope;     /* where it was declared; scope->depth 0 is the file */
    int skimmed;             /* number of the declaration that has not been parsed, if it has not; see parse_skim.c */
    bool is_parameter;
    bool is_static;          /* static, extern or thread storage: not in the frame */
    bool is_async;           /* a function of ASYNC, or an object or typedef whose type leads to one by pointers */
    bool is_leaf;            /* likewise for ASYNC_LEAF */
    struct symbol *next;     /* of the same scope, in order of declaration */
    struct symbol *shadowed; /* what the name meant outside of its scope; for scope.c */
    struct local *local;     /* for the passes after the parser */
};

struct scope {
    struct scope *outer;
    int depth; /* 0 file, 1 parameters, 2 the function's outermost block, … */
    struct symbol *symbols; /* in order of declaration */
    struct symbol **end;
    int opened_at;                                    /* token */
};

/* One function whose body was parsed in full: every ASYNC function, and plain ones in which a word of the language or the name of an ASYNC
 * function occurs. */
struct function {
    const char *name;
    struct node *definition; /* D_FUNCTION_DEFINITION */
    struct symbol *symbol;
    struct scope *parameters;
    bool is_async;
};

struct node *node_new(struct arena *arena, enum node_kind kind, int first, int last);
const char *node_kind_name(enum node_kind kind);
/* The function may be suspended by this very node: AWAIT, START, and the blocks that wait. */
bool node_suspends(const struct node *node);
/* Calls visit for each direct child (a, b, c, d and the members of those that are lists), in the order of the text. */
void node_children(struct node *node, void (*visit)(struct node *child, void *arg), void *arg);
/* Indented, a line a node: kind, flags, name, line:column, symbol. For --dump=ast. */
struct buffer;
struct unit;
void node_dump(const struct unit *unit, const struct node *node, int indent, struct buffer *out);

#endif
