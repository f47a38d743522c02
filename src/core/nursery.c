/* nursery.c - nurseries: children, their errors, the end of the block.
 *
 * The body counts as one more child: what it fails with goes the same way. The block's task waits for the children in a wait that no
 * cancellation ends; the cancellation reaches the children, and their ends end the wait. So a nursery is never where a
 * cancellation comes from: it raises one only if the body or a child was ended by it.
 */
#include <assert.h>

#include "base/error.h"
#include "core/scope.h"

/* ---- children ---- */

static void add_error(struct brio_nursery *nursery, const struct brio_error *error)
{
    nursery->flags_ |= BRIO__NURSERY_FAILED;
    if (nursery->scope->cancel_source == BRIO_CANCEL_NONE)
        nursery->scope->cancelled_by = error->function;
    brio__group_add(&nursery->errors_, error);
    brio__scope_cancel(nursery->scope, BRIO_CANCEL_ERROR, "another task of the nursery failed");
}

/* A cancellation that no scope asked for still ends all that is in the nursery. */
static void add_cancellation(struct brio_nursery *nursery)
{
    nursery->flags_ |= BRIO__NURSERY_CANCELLED;
    brio__scope_cancel(nursery->scope, BRIO_CANCEL_ERROR, "another task of the nursery was cancelled");
}

void brio__nursery_child_ended(struct brio_nursery *nursery, uint32_t signal, const struct brio_error *error, bool first_home)
{
    if (nursery->flags_ & BRIO__NURSERY_ROOT) {
        struct brio__scheduler *scheduler = brio__scheduler(nursery->loop_);
        scheduler->outcome = signal;
        scheduler->error = error;
        return;
    }
    if (signal & BRIO__FAILED)
        add_error(nursery, error);
    if (signal & BRIO__CANCELLED)
        add_cancellation(nursery);
    if (first_home && nursery->flags_ & BRIO__NURSERY_RACE)
        brio__scope_cancel(nursery->scope, BRIO_CANCEL_RACE, "another task of the race was first");
}

/* ---- the end ---- */

static void dismiss_daemons(struct brio_nursery *nursery)
{
    nursery->flags_ |= BRIO__NURSERY_DISMISSED;
    for (struct brio_task *child = nursery->first_; child;) {
        struct brio__task *task = brio__task(child);
        if (task->flags & BRIO__TASK_DAEMON)
            brio__scope_cancel(task->extra->scope, BRIO_CANCEL_SHUTDOWN, "the nursery is through");
        child = task->next ? &task->next->head : NULL;
    }
}

/* Nothing is left that did not come through them. What had been accepted becomes children now. */
static void close_portals(struct brio_nursery *nursery)
{
    while (nursery->portals_)
        nursery->portals_->close(nursery->portals_);
}

/* Whether all that the block waits for is gone, which closes the nursery; tells the portals, then the daemons, when only they are left. */
static bool is_through(struct brio_nursery *nursery)
{
    if (nursery->living_ > nursery->visiting_ || nursery->starting_)
        return false;
    close_portals(nursery);
    if (nursery->living_)
        return false;
    if (nursery->daemons_ && !(nursery->flags_ & BRIO__NURSERY_DISMISSED))
        dismiss_daemons(nursery);
    if (nursery->daemons_)
        return false;
    nursery->flags_ &= ~(uint32_t)BRIO__NURSERY_OPEN;
    return true;
}

void brio__nursery_finish(struct brio_nursery *nursery)
{
    if (!is_through(nursery) || !(nursery->flags_ & BRIO__NURSERY_WAITING))
        return;
    nursery->flags_ &= ~(uint32_t)BRIO__NURSERY_WAITING;
    brio__task_ready(brio__task(nursery->task_), BRIO__RETURNED);
}

/* ---- the block ---- */

void brio__nursery_init(struct brio_nursery *nursery, struct brio__loop *loop, struct brio_task *task, struct brio_scope *parent,
                        unsigned flags)
{
    brio__scope_attach(nursery->scope, parent, task, BRIO__SCOPE_NURSERY);
    nursery->task_ = task;
    nursery->loop_ = loop;
    nursery->first_ = nursery->last_ = NULL;
    nursery->errors_ = NULL;
    nursery->living_ = nursery->daemons_ = nursery->starting_ = nursery->visiting_ = 0;
    nursery->portals_ = NULL;
    nursery->flags_ = flags | BRIO__NURSERY_OPEN;
}

void brio__nursery_open(struct brio_task *head, struct brio_nursery *nursery, unsigned flags)
{
    struct brio__task *task = brio__task(head);
    brio__nursery_init(nursery, task->nursery->loop_, head, task->scope, flags);
    task->scope = nursery->scope;
}

void brio__nursery_close(struct brio_task *head, struct brio_nursery *nursery)
{
    assert(brio__task(head)->scope == nursery->scope && !(nursery->flags_ & BRIO__NURSERY_CLOSING));
    const struct brio_error *error = head->error;
    uint32_t signal = head->signal;
    head->error = NULL;
    head->signal = BRIO__RETURNED;
    nursery->flags_ |= BRIO__NURSERY_CLOSING;
    if (signal & BRIO__FAILED)
        add_error(nursery, error);
    if (signal & BRIO__CANCELLED)
        add_cancellation(nursery);
    if (is_through(nursery)) {
        brio_leaf_done(NULL, 0); /* else a loop around an empty nursery would let nobody run */
        return;
    }
    nursery->flags_ |= BRIO__NURSERY_WAITING;
    brio_park(NULL, NULL); /* no cancellation ends it */
}

void brio__nursery_end(struct brio_task *head, struct brio_nursery *nursery)
{
    struct brio__task *task = brio__task(head);
    assert(task->scope == nursery->scope && nursery->first_ == NULL && head->signal == BRIO__RETURNED);
    assert(!(nursery->flags_ & BRIO__NURSERY_OPEN));
    task->scope = nursery->scope->parent_;
    bool takes = brio__scope_leave(nursery->scope);
    if (nursery->flags_ & BRIO__NURSERY_CANCELLED) {
        nursery->scope->cancelled_caught = takes;
        head->signal |= takes ? 0 : BRIO__CANCELLED;
    }
    if (nursery->flags_ & BRIO__NURSERY_FAILED) {
        head->error = brio__task_finish_group(task, nursery->errors_);
        nursery->errors_ = NULL;
        head->signal |= BRIO__FAILED;
    }
}

void brio_nursery_cancel(struct brio_nursery *nursery, const char *reason)
{
    brio_scope_cancel(nursery->scope, reason);
}
