/* scope.c - cancel scopes.
 *
 * Scopes make one tree: a block's scope stands below the scope around it, a child's first scope below its nursery's. A task hangs on the
 * innermost scope that it is in. `effective_` says whether a checkpoint there is cancelled; it is kept up to date by walking down from
 * wherever something has changed, so that a checkpoint tests one flag. The walk follows the links and needs no stack. An abort that it
 * calls may come back here and change flags elsewhere: each scope's flag follows from its parent's as it is then, and no scope opens or
 * closes meanwhile.
 *
 * Who takes a cancellation is decided when a scope is left, by the flags alone: a scope that is effectively cancelled, while nothing that
 * is visible through it is.
 */
#include "core/scope.h"

#include <assert.h>
#include <math.h>

static struct brio__loop *scope_loop(const struct brio_scope *scope)
{
    union {
        const struct brio_scope *shared;
        struct brio_scope *own;
    } both = {scope};
    struct brio_nursery *nursery = brio__scope_nursery(both.own);
    return nursery ? nursery->loop_ : brio__task_loop(scope->task_);
}

/* ---- the tree; a first child's `previous_` is the last ---- */

static void link_scope(struct brio_scope *scope, struct brio_scope *parent)
{
    scope->parent_ = parent;
    scope->next_ = NULL;
    scope->previous_ = scope;
    if (parent == NULL)
        return;
    struct brio_scope *first = parent->first_child_;
    if (first) {
        scope->previous_ = first->previous_;
        first->previous_->next_ = scope;
        first->previous_ = scope;
    } else {
        parent->first_child_ = scope;
    }
}

static void unlink_scope(struct brio_scope *scope)
{
    struct brio_scope *parent = scope->parent_;
    if (parent == NULL)
        return;
    struct brio_scope *first = parent->first_child_;
    if (first == scope)
        parent->first_child_ = scope->next_;
    else
        scope->previous_->next_ = scope->next_;
    if (scope->next_)
        scope->next_->previous_ = scope->previous_;
    else if (first != scope)
        first->previous_ = scope->previous_;
}

/* The one after `scope` in the tree below `top`, parents first; NULL at the end. */
static struct brio_scope *next_scope(struct brio_scope *scope, const struct brio_scope *top, bool descend)
{
    if (descend && scope->first_child_)
        return scope->first_child_;
    while (scope != top && scope->next_ == NULL)
        scope = scope->parent_;
    return scope == top ? NULL : scope->next_;
}

/* ---- cancellation ---- */

static void interrupt_tasks(struct brio_scope *scope)
{
    if (scope->task_ && brio__task(scope->task_)->scope == scope)
        brio__task_interrupt(brio__task(scope->task_));
    struct brio_nursery *nursery = brio__scope_nursery(scope);
    if (nursery == NULL)
        return;
    for (struct brio_task *child = nursery->first_; child;) {
        struct brio__task *task = brio__task(child);
        if (task->scope == scope)
            brio__task_interrupt(task);
        child = task->next ? &task->next->head : NULL;
    }
}

static bool is_effective(const struct brio_scope *scope)
{
    return scope->cancel_called || (!scope->shield && scope->parent_ && scope->parent_->effective_);
}

/* Whether the flag has changed. */
static bool refresh_scope(struct brio_scope *scope)
{
    bool effective = is_effective(scope);
    if (effective == scope->effective_)
        return false;
    scope->effective_ = effective;
    if (effective) {
        if (scope->cancel_source == BRIO_CANCEL_NONE) {
            scope->cancel_source = scope->parent_->cancel_source;
            scope->cancel_reason = scope->parent_->cancel_reason;
            scope->cancelled_by = scope->parent_->cancelled_by;
        }
        interrupt_tasks(scope);
    }
    return true;
}

static void refresh_tree(struct brio_scope *top)
{
    for (struct brio_scope *scope = top; scope;)
        scope = next_scope(scope, top, refresh_scope(scope));
}

void brio__scope_cancel(struct brio_scope *scope, enum brio_cancel_source source, const char *reason)
{
    if (!(scope->flags_ & BRIO__SCOPE_OPEN) || scope->cancel_called)
        return;
    scope->cancel_called = true;
    if (scope->cancel_source == BRIO_CANCEL_NONE) {
        scope->cancel_source = (unsigned char)source;
        scope->cancel_reason = reason;
        if (scope->cancelled_by == NULL && source != BRIO_CANCEL_DEADLINE)
            scope->cancelled_by = brio__task_function(brio__task_running());
    }
    if (scope->timer_.index)
        brio__loop_timer_remove(scope_loop(scope), &scope->timer_);
    refresh_tree(scope);
}

void brio__scope_cancel_all(struct brio_scope *top, enum brio_cancel_source source, const char *reason)
{
    for (struct brio_scope *scope = top; scope; scope = next_scope(scope, top, true))
        brio__scope_cancel(scope, source, reason);
}

void brio_scope_cancel(struct brio_scope *scope, const char *reason)
{
    brio__scope_cancel(scope, BRIO_CANCEL_EXPLICIT, reason ? reason : "cancelled");
}

void brio__scope_expire(struct brio_scope *scope)
{
    if (scope->grace_ < scope->deadline) {
        brio__scope_cancel(scope, BRIO_CANCEL_SHUTDOWN, "shut down");
        return;
    }
    scope->flags_ |= BRIO__SCOPE_BY_DEADLINE;
    brio__scope_cancel(scope, BRIO_CANCEL_DEADLINE, "deadline exceeded");
}

void brio_scope_set_shield(struct brio_scope *scope, bool shield)
{
    scope->shield = shield;
    if (scope->flags_ & BRIO__SCOPE_OPEN)
        refresh_tree(scope);
}

/* ---- deadlines ---- */

/* The heap, where the scope is not, gets the time at which it ends as things are now. 0 or -ENOMEM. */
static inline int add_deadline(struct brio_scope *scope, struct brio__loop *loop, double now)
{
    double end = scope->grace_ < scope->deadline ? scope->grace_ : scope->deadline;
    if (end <= now) {
        brio__scope_expire(scope);
        return 0;
    }
    return end == (double)INFINITY ? 0 : brio__loop_timer_add(loop, &scope->timer_, end, BRIO__TIMER_SCOPE);
}

/* Sets one of the two ends of an open scope. 0, or -ENOMEM with nothing changed. */
static int move_end(struct brio_scope *scope, double *end, double time)
{
    struct brio__loop *loop = scope_loop(scope);
    double previous = *end, now = brio__loop_now(loop);
    *end = time;
    brio__loop_timer_remove(loop, &scope->timer_);
    int code = scope->cancel_called ? 0 : add_deadline(scope, loop, now);
    if (code != 0) {
        *end = previous;
        add_deadline(scope, loop, now); /* there was room for it a moment ago */
    }
    return code;
}

int brio_scope_set_deadline(struct brio_scope *scope, double deadline)
{
    if (isnan(deadline))
        return -EINVAL;
    if (scope->flags_ & BRIO__SCOPE_OPEN)
        return move_end(scope, &scope->deadline, deadline);
    scope->deadline = deadline;
    return 0;
}

double brio__scope_effective_deadline(const struct brio_scope *scope)
{
    if (scope->effective_)
        return -(double)INFINITY;
    double deadline = (double)INFINITY;
    for (; scope; scope = scope->shield ? NULL : scope->parent_)
        if (scope->deadline < deadline)
            deadline = scope->deadline;
    return deadline;
}

double brio__scope_end_of_grace(const struct brio_scope *scope)
{
    double end = (double)INFINITY;
    for (; scope; scope = scope->shield ? NULL : scope->parent_)
        if (scope->grace_ < end)
            end = scope->grace_;
    return end;
}

double brio_effective_deadline(void)
{
    struct brio_task *task = brio_task_current();
    return task ? brio__scope_effective_deadline(brio__task(task)->scope) : (double)INFINITY;
}

/* ---- soft stop ---- */

static void refresh_stopping(struct brio_scope *top)
{
    for (struct brio_scope *scope = top; scope; scope = next_scope(scope, top, true)) {
        bool before = scope->stopping_;
        scope->stopping_ = scope->flags_ & BRIO__SCOPE_STOPPED || (scope->parent_ && scope->parent_->stopping_);
        if (scope->stopping_ && !before && scope->kind_ == BRIO__SCOPE_INTERRUPTIBLE)
            brio__scope_cancel(scope, BRIO_CANCEL_SHUTDOWN, "shutting down");
    }
}

int brio_scope_shutdown(struct brio_scope *scope, double grace)
{
    if (isnan(grace))
        return -EINVAL;
    if (!(scope->flags_ & BRIO__SCOPE_OPEN))
        return 0;
    scope->flags_ |= BRIO__SCOPE_STOPPED;
    refresh_stopping(scope);
    if (grace <= 0) {
        brio__scope_cancel(scope, BRIO_CANCEL_SHUTDOWN, "shut down");
        return 0;
    }
    double end = brio__loop_now(scope_loop(scope)) + grace;
    return end < scope->grace_ ? move_end(scope, &scope->grace_, end) : 0;
}

bool brio_stopping(void)
{
    const struct brio_task *task = brio__task_running();
    return task && brio__task(task)->scope->stopping_;
}

/* ---- attaching, leaving ---- */

/* Member by member: gcc would clear the whole of it first, with a string instruction that takes longer than all the rest. */
void brio__scope_attach(struct brio_scope *scope, struct brio_scope *parent, struct brio_task *task, unsigned kind)
{
    scope->deadline = scope->grace_ = (double)INFINITY;
    scope->cancel_reason = scope->cancelled_by = NULL;
    scope->shield = kind == BRIO__SCOPE_SHIELD;
    scope->cancel_called = scope->cancelled_caught = false;
    scope->cancel_source = BRIO_CANCEL_NONE;
    scope->kind_ = (unsigned char)kind;
    scope->effective_ = scope->stopping_ = false;
    scope->flags_ = BRIO__SCOPE_OPEN;
    scope->timer_ = (struct brio__timer){0};
    scope->task_ = task;
    scope->first_child_ = NULL;
    link_scope(scope, parent);
    if (parent == NULL)
        return;
    scope->stopping_ = parent->stopping_;
    scope->effective_ = is_effective(scope);
    if (scope->effective_) {
        scope->cancel_source = parent->cancel_source;
        scope->cancel_reason = parent->cancel_reason;
        scope->cancelled_by = parent->cancelled_by;
    }
}

bool brio__scope_leave(struct brio_scope *scope)
{
    assert(scope->flags_ & BRIO__SCOPE_OPEN && scope->first_child_ == NULL);
    if (scope->timer_.index)
        brio__loop_timer_remove(scope_loop(scope), &scope->timer_);
    unlink_scope(scope);
    scope->flags_ &= (unsigned char)~BRIO__SCOPE_OPEN;
    bool visible = !scope->shield && scope->parent_ && scope->parent_->effective_;
    return scope->effective_ && !visible;
}

void brio__scope_move(struct brio_scope *scope, struct brio_scope *parent)
{
    unlink_scope(scope);
    link_scope(scope, parent);
    if (parent->stopping_ != scope->stopping_)
        refresh_stopping(scope);
    refresh_tree(scope);
}

/* ---- the blocks ---- */

static bool is_timed(enum brio__scope_kind kind)
{
    return kind >= BRIO__SCOPE_MOVE_ON_AFTER && kind <= BRIO__SCOPE_FAIL_AT;
}

static double block_deadline(enum brio__scope_kind kind, double time, const struct brio_scope_options *options, double now)
{
    if (kind == BRIO__SCOPE_MOVE_ON_AFTER || kind == BRIO__SCOPE_FAIL_AFTER)
        return now + time;
    if (is_timed(kind))
        return time;
    return options && options->deadline != 0 ? options->deadline : (double)INFINITY;
}

/* Any but the most frequent kind: with a time or without, with options. */
static __attribute__((noinline)) void open_specially(struct brio__task *task, struct brio_scope *scope, enum brio__scope_kind kind,
                                                     double time, const struct brio_scope_options *options)
{
    struct brio__loop *loop = task->nursery->loop_;
    double now = is_timed(kind) || options ? brio__loop_now(loop) : 0;
    double deadline = block_deadline(kind, time, options, now);
    if (isnan(deadline)) {
        *scope = (struct brio_scope){.deadline = (double)INFINITY};
        brio__raise_code(task, EINVAL);
        return;
    }
    brio__scope_attach(scope, task->scope, &task->head, kind);
    if (options && options->shield) {
        scope->shield = true;
        scope->effective_ = false;
        scope->cancel_source = BRIO_CANCEL_NONE;
        scope->cancel_reason = scope->cancelled_by = NULL;
    }
    scope->deadline = deadline;
    if (deadline < (double)INFINITY && add_deadline(scope, loop, now) != 0) {
        brio__scope_leave(scope);
        brio__raise_code(task, ENOMEM);
        return;
    }
    task->scope = scope;
    if (kind == BRIO__SCOPE_INTERRUPTIBLE && scope->stopping_)
        brio__scope_cancel(scope, BRIO_CANCEL_SHUTDOWN, "shutting down");
}

void brio__scope_open(struct brio_task *head, struct brio_scope *scope, enum brio__scope_kind kind, double time,
                      const struct brio_scope_options *options)
{
    struct brio__task *task = brio__task(head);
    if (brio_unlikely((kind != BRIO__SCOPE_MOVE_ON_AFTER && kind != BRIO__SCOPE_FAIL_AFTER) ||
                      !(time >= 0.001 && time < (double)INFINITY))) {
        open_specially(task, scope, kind, time, options);
        return;
    }
    struct brio__loop *loop = task->nursery->loop_;
    double deadline = brio__loop_now(loop) + time;
    brio__scope_attach(scope, task->scope, head, kind);
    scope->deadline = deadline;
    task->scope = scope;
    if (brio_unlikely(brio__loop_timer_add(loop, &scope->timer_, deadline, BRIO__TIMER_SCOPE) != 0)) {
        task->scope = scope->parent_;
        brio__scope_leave(scope);
        brio__raise_code(task, ENOMEM);
    }
}

void brio__scope_close(struct brio_task *head, struct brio_scope *scope)
{
    struct brio__task *task = brio__task(head);
    assert(task->scope == scope);
    task->scope = scope->parent_;
    if (!brio__scope_leave(scope) || !(head->signal & BRIO__CANCELLED))
        return;
    head->signal &= ~(uint32_t)BRIO__CANCELLED;
    scope->cancelled_caught = true;
    bool fails = scope->kind_ == BRIO__SCOPE_FAIL_AFTER || scope->kind_ == BRIO__SCOPE_FAIL_AT;
    if (fails && scope->flags_ & BRIO__SCOPE_BY_DEADLINE && head->signal == BRIO__RETURNED)
        brio__raise_text(task, ETIMEDOUT, "deadline exceeded");
}
