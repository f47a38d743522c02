/* start.c - START: spawn, and wait until the child says that it is ready.
 *
 * Until then the child is in a nursery of the call's own, inside the scopes of START's caller: cancelling the caller cancels it, and what
 * it fails with is START's to raise, as it is. brio_started() moves it: into the target's list of children, and its scopes below the
 * target's. When the caller has been cancelled by then, nothing moves, and the child ends where it is.
 */
#include <assert.h>

#include "base/error.h"
#include "core/scope.h"

void brio__start_begin(struct brio__spawn *spawn, struct brio__start *start, struct brio_task *head, struct brio_nursery *target,
                       const struct brio_spawn_options *options)
{
    struct brio__task *task = brio__task(head);
    brio__nursery_init(&start->nursery, task->nursery->loop_, head, task->scope, BRIO__NURSERY_START);
    task->scope = start->nursery.scope;
    start->target = target;
    start->error = NULL;
    start->signal = BRIO__RETURNED;
    start->started = start->moved = start->ended = false;
    bool open = target->flags_ & BRIO__NURSERY_OPEN;
    target->starting_ += open;
    brio__spawn_begin(spawn, &start->nursery, options, NULL, 0);
    if (!open)
        spawn->code = -BRIO_ECLOSED;
}

/* The target need not wait for this call any more. */
static void release_target(struct brio__start *start)
{
    assert(start->target->starting_);
    start->target->starting_--;
    brio__nursery_settle(start->target);
}

static void leave_scope(struct brio__start *start, struct brio__task *task)
{
    assert(task->scope == start->nursery.scope);
    task->scope = start->nursery.scope->parent_;
    start->nursery.flags_ &= ~(uint32_t)BRIO__NURSERY_OPEN;
}

void brio__start_end(struct brio__spawn *spawn, struct brio__start *start, struct brio_task *head)
{
    struct brio__task *task = brio__task(head);
    int code = brio__spawn_end(spawn);
    if (code == 0) {
        brio_park(NULL, NULL); /* no cancellation ends it */
        return;
    }
    leave_scope(start, task);
    brio__scope_leave(start->nursery.scope);
    if (code != -BRIO_ECLOSED)
        release_target(start);
    start->ended = true;
    head->signal = BRIO__RETURNED;
    brio__raise_code(task, -code);
}

void brio__start_child_ended(struct brio__start *start, uint32_t signal, const struct brio_error *error)
{
    start->ended = true;
    start->signal = signal;
    start->error = error;
    if (signal == BRIO__RETURNED && !start->started) {
        start->signal = BRIO__FAILED;
        start->error = brio__error_new(BRIO_ENOTSTARTED, NULL, NULL);
    }
    release_target(start);
    brio__task_ready(brio__task(start->nursery.task_), BRIO__RETURNED);
}

static void move_child(struct brio__start *start, struct brio__task *child)
{
    struct brio_scope *old = start->nursery.scope, *scope = start->target->scope;
    brio__nursery_remove(&start->nursery, child);
    brio__nursery_add(start->target, child);
    if (child->scope == old)
        child->scope = scope;
    while (old->first_child_)
        brio__scope_move(old->first_child_, scope);
    if (child->flags & BRIO__TASK_DAEMON && start->target->flags_ & BRIO__NURSERY_DISMISSED)
        brio__scope_cancel(child->extra->scope, BRIO_CANCEL_SHUTDOWN, "the nursery is through");
}

int brio_started(void)
{
    struct brio_task *head = brio_task_current();
    struct brio__extra *extra = head ? brio__task(head)->extra : NULL;
    if (extra == NULL || (extra->start == NULL && !extra->was_started))
        return 0;
    if (extra->was_started)
        return -EALREADY;
    struct brio__start *start = extra->start;
    extra->was_started = true;
    start->started = true;
    if (start->nursery.scope->effective_)
        return 0;
    extra->start = NULL;
    start->moved = true;
    move_child(start, brio__task(head));
    release_target(start);
    brio__task_ready(brio__task(start->nursery.task_), BRIO__RETURNED);
    return 0;
}

void brio__start_finish(struct brio_task *head, struct brio__start *start)
{
    if (!(start->nursery.flags_ & BRIO__NURSERY_OPEN))
        return; /* it has failed at once */
    leave_scope(start, brio__task(head));
    bool takes = brio__scope_leave(start->nursery.scope);
    head->signal = takes ? start->signal & ~(uint32_t)BRIO__CANCELLED : start->signal;
    if (start->moved)
        head->signal = BRIO__RETURNED;
    if (start->error)
        brio__task_take_error(brio__task(head), start->error);
    start->error = NULL;
}
