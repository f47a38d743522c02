/* core/scope.h - scopes and nurseries as the rest of this layer sees them. */
#ifndef CORE_SCOPE_H
#define CORE_SCOPE_H

#include "core/task.h"

/* kind_, after those of enum brio__scope_kind. */
enum { BRIO__SCOPE_NURSERY = 16, BRIO__SCOPE_CHILD };

/* flags_ */
enum {
    BRIO__SCOPE_OPEN = 1,
    BRIO__SCOPE_BY_DEADLINE = 2, /* its own deadline was what cancelled it */
    BRIO__SCOPE_STOPPED = 4      /* brio_scope_shutdown was called for this one */
};

/* nursery->flags_, after BRIO__NURSERY_RACE */
enum {
    BRIO__NURSERY_OPEN = 2,
    BRIO__NURSERY_CLOSING = 4,    /* the body has been left */
    BRIO__NURSERY_WAITING = 8,    /* and its task is parked */
    BRIO__NURSERY_CANCELLED = 16, /* the body or a child ended by cancellation */
    BRIO__NURSERY_DISMISSED = 32, /* daemons have been told to end */
    BRIO__NURSERY_ROOT = 64,
    BRIO__NURSERY_START = 128, /* inside a struct brio__start */
    BRIO__NURSERY_FAILED = 256
};

static inline struct brio_nursery *brio__scope_nursery(struct brio_scope *scope)
{
    return scope->kind_ == BRIO__SCOPE_NURSERY ? brio__container(scope, struct brio_nursery, scope) : NULL;
}

/* Puts a scope below a parent (NULL: the root) with the state that follows from it. */
void brio__scope_attach(struct brio_scope *scope, struct brio_scope *parent, struct brio_task *task, unsigned kind);
/* Below another parent, with what that entails. */
void brio__scope_move(struct brio_scope *scope, struct brio_scope *parent);
void brio__scope_cancel(struct brio_scope *scope, enum brio_cancel_source source, const char *reason);
/* That scope and every one below it. */
void brio__scope_cancel_all(struct brio_scope *top, enum brio_cancel_source source, const char *reason);
/* Its deadline has come. */
void brio__scope_expire(struct brio_scope *scope);
/* Takes a scope off its parent and the heap; whether a cancellation that reaches it ends there. */
bool brio__scope_leave(struct brio_scope *scope);
/* Of that scope's chain. */
double brio__scope_effective_deadline(const struct brio_scope *scope);
/* Likewise; INFINITY: no soft stop will cancel it. */
double brio__scope_end_of_grace(const struct brio_scope *scope);

/* A portal among those of its nursery; close takes it out. */
struct brio__portal_link {
    struct brio__portal_link *next;
    void (*close)(struct brio__portal_link *link);
};

void brio__nursery_init(struct brio_nursery *nursery, struct brio__loop *loop, struct brio_task *task, struct brio_scope *parent,
                        unsigned flags);

/* A new child, at the end. */
static inline void brio__nursery_add(struct brio_nursery *nursery, struct brio__task *child)
{
    struct brio__task *last = brio__task(nursery->last_);
    child->nursery = nursery;
    child->next = NULL;
    child->previous = last;
    if (last)
        last->next = child;
    else
        nursery->first_ = &child->head;
    nursery->last_ = &child->head;
    ++*(child->flags & BRIO__TASK_DAEMON ? &nursery->daemons_ : &nursery->living_);
}

static inline void brio__nursery_remove(struct brio_nursery *nursery, struct brio__task *child)
{
    struct brio__task *next = child->next, *previous = child->previous;
    if (previous)
        previous->next = next;
    else
        nursery->first_ = next ? &next->head : NULL;
    if (next)
        next->previous = previous;
    else
        nursery->last_ = previous ? &previous->head : NULL;
    --*(child->flags & BRIO__TASK_DAEMON ? &nursery->daemons_ : &nursery->living_);
}

/* Takes note of how a child ended; takes the error. `first_home`: its return decides a RACE. */
void brio__nursery_child_ended(struct brio_nursery *nursery, uint32_t signal, const struct brio_error *error, bool first_home);
/* Goes on with its end, if the last that it waited for is gone. */
void brio__nursery_finish(struct brio_nursery *nursery);
/* Whether that may be so. */
static inline bool brio__nursery_may_finish(const struct brio_nursery *nursery)
{
    return nursery->flags_ & BRIO__NURSERY_CLOSING && nursery->living_ <= nursery->visiting_;
}
static inline void brio__nursery_settle(struct brio_nursery *nursery)
{
    if (brio__nursery_may_finish(nursery))
        brio__nursery_finish(nursery);
}

/* start.c: a child with a START pending has ended; takes the error. */
void brio__start_child_ended(struct brio__start *start, uint32_t signal, const struct brio_error *error);

/* handle.c */
void brio__handle_begin(struct brio_handle *handle);
void brio__handle_end(struct brio_handle *handle, struct brio_nursery *nursery, uint32_t signal, const struct brio_error *error);

#endif
