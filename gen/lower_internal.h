/* lower_internal.h - shared by the files of the lowering pass. */
#ifndef GEN_LOWER_INTERNAL_H
#define GEN_LOWER_INTERNAL_H

#include "arena.h"
#include "buffer.h"
#include "lower.h"

/* How a piece of source is printed. */
enum render_mode {
    RENDER_CODE,     /* as code, where it stands: what was lifted out is its temporary */
    RENDER_TYPE,     /* in typeof, where it stands: AWAIT(x) is x, nothing is lifted */
    RENDER_TOP_TYPE  /* in typeof, at the function's top, where its locals are not in scope: they are values of their types */
};

/* A place in the tokens that does not print as it stands. Those that begin at one token are listed from the outermost in. */
struct patch {
    int last;
    struct node *node;
    const char *word; /* what to print instead, always; NULL: it depends on the node */
    struct patch *next;
};

enum jump_kind { JUMP_RETURN, JUMP_BREAK, JUMP_CONTINUE, JUMP_GOTO };

/* A way out of blocks: a number for brio_frame->why_N. */
struct jump {
    enum jump_kind kind;
    int code;
    struct node *target; /* the loop or switch, the S_LABEL */
    struct jump *next;
};

struct jump_use {
    struct jump *jump;
    struct jump_use *next;
};

/* A stretch of code that is left through an exit of its own. */
struct region {
    struct region *outer;
    int id;                /* in its labels */
    int why;               /* the id in its why_N: its own, but for a CATCH that of the TRY */
    struct region *exit;   /* whose exit sends jumps on: itself, but for a CATCH the TRY */
    struct jump_use *jumps; /* that pass through */
    bool unwound;          /* something goes to its unwind label */
    bool left;             /* … to its exit label */
    const char *member;    /* its state in the frame */
};

/* The value of something that was lifted out of an expression. */
struct temporary {
    int number;
    struct node *node; /* whose type it has; NULL: int */
    struct group *group;
    bool in_frame;
    bool record;
    struct temporary *next; /* of the expressions that are being evaluated: older ones */
};

struct site {
    const char *callee;
    int token;
    struct site *next;
};

/* The plain call of an AWAIT_THREAD, for the worker. */
struct thread_call {
    int site;
    int token;
    const char *text;
    struct thread_call *next;
};

struct moved {
    struct symbol *symbol;
    const char *name;
    struct moved *next;
};

struct lower {
    struct unit *unit;
    struct arena *arena;
    struct analysis *analysis; /* NULL in plain functions */
    struct function *function;
    struct op_list *out;
    struct patch **patches; /* by token - base */
    int base, limit;
    struct region *region;   /* the innermost that is open */
    struct node *breakable;  /* the innermost loop or switch */
    struct node *loop;       /* the innermost loop */
    struct block *block;
    struct temporary *temporaries;
    struct site *sites, **sites_end;
    int site_count, numbers;
    struct thread_call *thread_calls;
    struct node **labels; /* a hash table of the S_LABELs, by their idents */
    unsigned label_count, label_room;
    struct jump *jumps;
    int jump_count;
    struct buffer top;      /* declarations at the function's top, before the frame */
    struct moved *moved, *static_types;
    const struct node *defining; /* the D_STRUCT or D_ENUM whose own definition is being printed */
    bool returns_void, returns_record, returns_small, uses_return_label, uses_fail_label;
    bool has_exits; /* a block that is left through an exit of its own, or START: what is resumed does not just fail */
    bool shares_return, uses_leave_label; /* a value that can be assigned: every return goes to one place */
    const char *value_type; /* the name of the typedef of what the function returns */
    bool in_typedef; /* being declared: alignment is the object's, not the type's */
};

/* ops.c */
void op_tokens(struct lower *lower, int first, int last);
void op_word(struct lower *lower, int token, const char *text);
/* Where the tokens are in the source. */
void op_place(struct lower *lower, int first, int last, const char *text);
void op_glue(struct lower *lower, int token, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* One line of text: the list's tokens and words. */
char *op_text(struct lower *lower, const struct op_list *list);
void op_list_init(struct op_list *list);

/* render.c */
void render(struct lower *lower, int first, int last, enum render_mode mode);
void render_node(struct lower *lower, const struct node *node, enum render_mode mode);
char *render_text(struct lower *lower, int first, int last, enum render_mode mode);
/* Notes what in the tree does not print as it stands. */
void patch_tree(struct lower *lower, struct node *node);
void patch_word(struct lower *lower, int first, int last, const char *word);
/* `specs declarator` with another name, for an object: no storage class, initializer or cleanup. */
void render_declaration(struct lower *lower, const struct node *specs, const struct node *declarator, const char *name, bool keep_const,
                        enum render_mode mode);
/* What a function returns, as the declaration of `name`. */
void render_value_type(struct lower *lower, const struct node *specs, const struct node *declarator, const char *name);
/* How plain code, or code in an expression, prints SPAWN, RUN, GUEST. */
void render_plain_call(struct lower *lower, const struct node *node, enum render_mode mode);

/* frame.c */
void frame_add(struct lower *lower, struct group *group, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* Gives the local room in the frame. */
void frame_add_local(struct lower *lower, struct local *local);
void frame_add_locals(struct lower *lower);
void frame_add_temporary(struct lower *lower, struct temporary *temporary);
void frame_add_literal(struct lower *lower, struct literal *literal);
/* typeof the expression, for a member of the frame. */
const char *frame_type_of(struct lower *lower, const char *expression);
/* A typedef at the function's top that has the local's type. */
const char *frame_type_name(struct lower *lower, struct local *local);
/* Likewise of what a block declares that is no local: static and extern objects, functions. */
const char *frame_static_type_name(struct lower *lower, const struct symbol *symbol);
/* "char *" and the like: a type that can be written before a name, and means the same everywhere in the function; NULL for others.
 * `derived` is what the specifiers are applied to. */
const char *frame_simple_type(struct lower *lower, const struct node *specs, const struct node *declarator, const struct node *derived);
/* Whether an attribute makes another type of what it stands with, as vector_size does; whether one behind a declarator (or NULL) does. */
bool frame_makes_type(const struct lower *lower, const struct node *attribute);
bool frame_has_type_attribute(const struct lower *lower, const struct node *declarator);
/* Such a type with a name or a star behind it. */
const char *frame_join(struct lower *lower, const char *type, const char *rest);
/* Of an expression's value, if it is that simple. */
const char *frame_simple_type_of(struct lower *lower, const struct node *expression);
/* The same, or typeof the expression. */
const char *frame_type(struct lower *lower, const struct node *expression);
void frame_move_types(struct lower *lower, struct node *declaration);
const char *frame_moved_name(struct lower *lower, const struct symbol *symbol);
char *frame_text(struct lower *lower, const struct group *group);

/* lower_expr.c */
/* Makes the expression one that has no suspension in it any more. */
void lift(struct lower *lower, struct node *node, bool discard);
/* AWAIT(call); the value, of type `type` as text, goes to `target`, or nowhere. `place` as for lower_assignment. */
void lower_await(struct lower *lower, struct node *node, const char *target, int place, const char *type);
/* `target = value;`. A record is copied: it may have const members, and then it cannot be assigned. `place`: the token that stands for the
 * target in the source; 0 for one of our own, of the value's type. */
void lower_assignment(struct lower *lower, const char *target, int place, const struct node *value, bool record);
bool is_record(const struct node *expression);
/* Is typeof the expression the type of a variable that can hold its value? */
bool value_is_unqualified(const struct node *node);
struct temporary *temporary_new(struct lower *lower, struct node *type, int token);
/* From now on what follows needs the temporary, which is the node's value; NULL: it has none. */
void keep_temporary(struct lower *lower, struct node *node, struct temporary *temporary);
const struct node *awaited_call(const struct node *node);
/* AWAIT_THREAD, see lower_thread.c. */
void lift_thread(struct lower *lower, struct node *node, bool discard);
void forget_temporaries(struct lower *lower, struct temporary *down_to);
/* The second half of a suspension: leave, come back, load. `failed` is false where no outcome is looked at. */
void lower_suspension(struct lower *lower, int token, const struct set *live, bool failed);
/* The number of a new suspension point. */
int site_new(struct lower *lower, const char *callee, int token);
const char *unwind_label(struct lower *lower);
/* Statements that copy a variable to its member of the frame or back; records byte by byte, since they may have const members. */
void add_copy(struct buffer *buffer, const char *member, const char *name, bool save, bool record);

/* lower_stmt.c */
void lower_statement(struct lower *lower, struct node *node);
void lower_list(struct lower *lower, struct node *list);
/* The statements of a statement expression; the last one's value goes to the temporary, if there is one. */
void lower_list_with_value(struct lower *lower, struct node *list, const struct temporary *value);
/* Of a statement expression: the last one, whose value it has; NULL if it is empty. */
struct node *lower_last_statement(struct node *list);
/* A statement of one expression, which has been lifted. */
bool stays_as_it_is(const struct node *node);
void lower_local_declaration(struct lower *lower, struct node *declaration);

/* lower_exit.c */
void plan_regions(struct lower *lower, struct node *node);
struct region *region_open(struct lower *lower, struct region *region);
void lower_return(struct lower *lower, struct node *node);
void lower_jump(struct lower *lower, struct node *node);
void lower_block_statement(struct lower *lower, struct node *node);
void lower_deferred(struct lower *lower, struct node *rest, struct node *statement, const char *cleanup, struct region *region,
                    struct region *own, const struct temporary *value);

#endif
