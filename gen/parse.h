/* parse.h - tokens to declarations, and the bodies that matter to trees. */
#ifndef GEN_PARSE_H
#define GEN_PARSE_H

#include "ast.h"
#include "lex.h"

/* A piece of the unit, in order. Text between the pieces' tokens, and pieces of kind PIECE_TEXT, go to the output as they are. */
enum piece_kind {
    PIECE_TEXT,        /* declarations and plain functions without anything of ours: tokens first..last */
    PIECE_DECLARATION, /* a declaration at file scope in which words of the language stand (ASYNC prototypes, …): they have to go */
    PIECE_ASYNC,       /* an ASYNC function definition */
    PIECE_PLAIN        /* a plain function definition whose body was parsed in full */
};

struct piece {
    enum piece_kind kind;
    int first, last; /* tokens */
    struct function *function; /* PIECE_ASYNC, PIECE_PLAIN */
    struct piece *next;
};

/* Parses the whole unit. `handle` is called for each piece as soon as it is complete, in order (adjacent PIECE_TEXTs may come as one). The
 * trees of a function live in function_arena, which is emptied after handle returns; symbols and nodes of file scope live in unit->arena.
 * 0, or -1 when errors were reported. After a syntax error in one declaration it goes on with the next. */
int parse_unit(struct unit *unit, struct arena *function_arena, void (*handle)(struct piece *piece, void *arg), void *arg);

/* The innermost typedef-free form of what a symbol's declarator or type name says first: what kind of thing is this? For decisions that
 * depend on a type's shape. */
enum type_shape {
    SHAPE_UNKNOWN, /* typeof(expression), __auto_type, an undeclared typedef */
    SHAPE_VOID,
    SHAPE_SCALAR,  /* arithmetic, enum, pointer, vector, complex */
    SHAPE_ARRAY,
    SHAPE_RECORD,  /* struct or union */
    SHAPE_FUNCTION
};
/* Of `declarator` (may be NULL) applied to `specs`, seen through typedefs. *qualifiers (may be NULL) gets the SPEC_CONST, SPEC_VOLATILE,
 * SPEC_ATOMIC that apply to the thing itself, those hidden in typedefs as well. */
enum type_shape type_shape(const struct node *specs, const struct node *declarator, unsigned *qualifiers);

/* A type: derivations applied to what specifiers say, under `addresses` more pointers. */
struct type {
    const struct node *specs;
    const struct node *chain; /* D_POINTER, D_ARRAY, D_FUNCTION, or NULL */
    int addresses;
};
/* False when it is not known (undeclared names, builtins, arithmetic). */
bool expression_type(const struct node *expression, struct type *type);
/* Through typedefs and typeof, until the outermost derivation is in sight: chain is NULL only where specs name no typedef. *qualifiers may
 * be NULL. */
bool type_resolve(struct type *type, unsigned *qualifiers);

enum async_kind {
    ASYNC_UNKNOWN,
    ASYNC_NOT,
    ASYNC_FUNCTION, /* ASYNC: the thing itself, or what it points to */
    ASYNC_LEAF
};
/* What calling an object of this type would call; *type becomes the function's. */
enum async_kind type_async(struct type *type);
/* The type of the member of that name of a struct or union; that of an array's elements. */
bool type_member(const struct type *whole, const struct ident *name, struct type *type);
bool type_element(struct type *type);
/* What values in braces are for in a struct or union: members with a name and unnamed records, in order; of a union the first one. */
struct members {
    const struct node *declaration, *declarator, *specs; /* to come: declarations, and declarators of one with these specifiers */
    const struct ident *name;                            /* of the last one; NULL for an unnamed record */
    bool only_one;
};
/* False, and no members, where the definition is not known. */
bool type_members(const struct type *whole, struct members *members);
bool members_next(struct members *members, struct type *type);
/* To behind the member of that name; false if it is none of the record's own. */
bool members_find(const struct type *whole, struct members *members, const struct ident *name);
/* What calling this expression would call. */
enum async_kind expression_async(const struct unit *unit, const struct node *callee);

/* Members of structs that were declared with ASYNC: by name only, over the whole unit. */
enum member_async { MEMBER_UNKNOWN, MEMBER_ASYNC, MEMBER_PLAIN, MEMBER_BOTH };
enum member_async member_async(const struct unit *unit, const struct ident *name);

#endif
