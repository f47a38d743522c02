/* live.h - which locals must outlive which suspension.
 *
 * A local is in one of three places. PLAIN: it never lives across a suspension and stays what it is. SPILLED: a scalar whose address is not
 * taken: a C local that is stored to the frame by the suspensions across which it is live, and loaded again behind them. PINNED: it lives
 * in the frame and only there, because something may hold its address (arrays and records always may), or because it cannot be loaded and
 * stored (volatile, _Atomic, a type that is not known here).
 */
#ifndef GEN_LIVE_H
#define GEN_LIVE_H

#include "ast.h"
#include "lex.h"
#include "parse.h"

enum storage { STORAGE_PLAIN, STORAGE_SPILLED, STORAGE_PINNED };

/* A set of locals, by index. */
struct set {
    unsigned long words[1];
};

/* A part of the frame. Its members are there while its block is open; the parts inside it share room. */
struct group {
    struct member *members, **members_end;
    struct group *inner, **inner_end;
    struct group *next;
};

struct member {
    const char *declaration; /* "int x" */
    struct member *next;
};

/* A statement that opens a scope for declarations. */
struct block {
    struct node *node;
    struct block *outer;
    struct group *group;
    int last; /* token */
};

struct local {
    struct symbol *symbol;
    struct node *specs, *declarator;
    struct block *block;
    int index;
    int from, to; /* tokens: in scope between them */
    enum storage storage;
    enum type_shape shape;
    unsigned qualifiers;
    bool address_taken;
    bool shadowed;           /* its name means something else somewhere in its scope */
    bool used_across;        /* a suspension stands in its scope, behind its declaration */
    const char *member;      /* in the frame: NULL until it has room there */
    const char *type_name;   /* a typedef at the function's top, once something there needs it */
};

/* A compound literal that may be pointed at across a suspension. */
struct literal {
    struct node *node;
    struct block *block;
    int statement; /* first token of the statement it stands in */
    const char *member;
    struct literal *next;
};

/* What the passes note about a node. */
struct lowering {
    struct set *live;        /* E_AWAIT and statements that suspend: locals live there */
    struct set *head;        /* loops: live at the head; labels: live there */
    struct block *block;     /* nodes that open one */
    struct literal *literal; /* E_COMPOUND that is pinned */
    struct region *region;   /* S_NURSERY, …: see lower.h */
    struct region *handler;  /* S_CATCH, S_TRY's FINALLY, S_DEFER: the region of the statement itself */
    bool lift;               /* an evaluated AWAIT, or a statement of the language, is in here: it cannot stay one expression */
    bool exits;              /* a return, break, continue, goto or label is in here */
    bool continued;          /* loops: something goes to the label that stands for `continue` */
    bool lifted;             /* its value is in `temporary` */
    bool inner_types;        /* S_DECLARATION: the types it defines have moved to the function's top */
    int temporary;           /* number; 0: it has no value */
};

struct analysis {
    struct unit *unit;
    struct arena *arena;
    struct function *function;
    struct local **locals;
    int local_count, local_room;
    int words; /* of a set */
    int *suspensions; /* tokens, ascending */
    int suspension_count, suspension_room;
    struct literal *literals;
    struct block *top; /* the function's body */
    struct group frame;
    struct set *at_entry; /* live when the body begins */
    bool has_labels;
    bool has_cleanup;
};

/* Everything below, for analysis->function: analysis.c finds the locals, live.c the sets. */
void live_function(struct analysis *analysis);
void live_compute(struct analysis *analysis);

/* For --dump=live. */
struct buffer;
void live_dump(const struct analysis *analysis, struct buffer *out);

/* Does a suspension stand between the tokens, both included? */
bool suspends_between(const struct analysis *analysis, int first, int last);
bool set_has(const struct set *set, int index);
/* Is the declaration's local in the frame, or jumped past by a resume: must its initializer become an assignment? */
bool local_is_split(const struct analysis *analysis, const struct local *local);
/* The argument of __attribute__((cleanup(…))), or NULL. */
/* The statement's declarator with such an attribute whose variable lives across a suspension, or NULL. */
struct node *split_cleanup(const struct analysis *analysis, const struct node *statement);
struct node *declarator_cleanup(const struct node *specs, const struct node *declarator);

#endif
