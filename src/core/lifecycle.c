/* lifecycle.c - making and ending tasks.
 *
 * A child with a handle, and a daemon, live in a scope of their own inside the nursery's, so that each can be cancelled alone. A handle's
 * scope is in the handle, a daemon's in a block.
 */
#include <assert.h>
#include <string.h>

#include "core/local.h"
#include "core/scope.h"
#include "core/spawn.h"

struct brio__kept {
    struct brio__kept *next;
    const struct brio_handle *handle;
    const struct brio_error *error;
};

/* ---- extra records ---- */

struct brio__extra *brio__task_extra(struct brio__task *task)
{
    if (task->extra == NULL) {
        task->extra = brio__block_get(brio__task_scheduler(task), sizeof *task->extra);
        if (task->extra)
            *task->extra = (struct brio__extra){0};
    }
    return task->extra;
}

/* `handle` NULL: all. */
void brio__task_drop_kept(struct brio__task *task, const struct brio_handle *handle)
{
    if (task->extra == NULL)
        return;
    struct brio__kept **link = &task->extra->kept;
    struct brio__kept *kept;
    while ((kept = *link)) {
        if (handle && kept->handle != handle) {
            link = &kept->next;
            continue;
        }
        *link = kept->next;
        brio_error_unref(kept->error);
        brio__block_put(brio__task_scheduler(task), kept, sizeof *kept);
    }
}

bool brio__task_keep(struct brio__task *task, const struct brio_handle *handle, const struct brio_error *error)
{
    struct brio__extra *extra = brio__task_extra(task);
    struct brio__kept *kept = extra ? brio__block_get(brio__task_scheduler(task), sizeof *kept) : NULL;
    if (kept == NULL)
        return false;
    *kept = (struct brio__kept){extra->kept, handle, brio_error_ref(error)};
    extra->kept = kept;
    return true;
}

static void free_extra(struct brio__task *task)
{
    struct brio__extra *extra = task->extra;
    if (extra == NULL)
        return;
    struct brio__scheduler *scheduler = brio__task_scheduler(task);
    brio__task_drop_kept(task, NULL);
    brio__locals_unref(scheduler, extra->locals);
    brio__block_put(scheduler, extra->scratch, extra->scratch_size);
    if (extra->scope && extra->handle == NULL)
        brio__block_put(scheduler, extra->scope, sizeof *extra->scope);
    brio__block_put(scheduler, extra, sizeof *extra);
    task->extra = NULL;
}

/* ---- making ---- */

static bool needs_extra(const struct brio__spawn *spawn)
{
    const struct brio_spawn_options *options = spawn->options;
    return spawn->nursery->flags_ & BRIO__NURSERY_START ||
           (options && (options->name || options->handle || options->daemon)) ||
           (brio__scheduler(spawn->nursery->loop_)->uses_locals && brio__locals_inherited(spawn));
}

/* False: no memory. */
static bool fill_extra(struct brio__task *task, const struct brio__spawn *spawn)
{
    struct brio__extra *extra = brio__task_extra(task);
    if (extra == NULL)
        return false;
    if (spawn->nursery->flags_ & BRIO__NURSERY_START)
        extra->start = brio__container(spawn->nursery, struct brio__start, nursery);
    if (brio__task_scheduler(task)->uses_locals)
        extra->locals = brio__locals_ref(brio__locals_inherited(spawn));
    const struct brio_spawn_options *options = spawn->options;
    if (options == NULL)
        return true;
    extra->name = options->name;
    if (options->daemon)
        task->flags |= BRIO__TASK_DAEMON;
    if (options->handle == NULL && options->daemon) {
        extra->scope = brio__block_get(brio__task_scheduler(task), sizeof *extra->scope);
        return extra->scope != NULL;
    }
    extra->handle = options->handle;
    extra->scope = options->handle ? &options->handle->scope_ : NULL;
    return true;
}

static void enter_own_scope(struct brio__task *task)
{
    struct brio__extra *extra = task->extra;
    if (extra->scope == NULL)
        return;
    struct brio_nursery *nursery = task->nursery;
    if (extra->handle) {
        if (nursery->task_)
            brio__task_drop_kept(brio__task(nursery->task_), extra->handle);
        brio__handle_begin(extra->handle);
    }
    brio__scope_attach(extra->scope, nursery->scope, &task->head, BRIO__SCOPE_CHILD);
    task->scope = extra->scope;
    if (task->flags & BRIO__TASK_DAEMON && nursery->flags_ & BRIO__NURSERY_DISMISSED)
        brio__scope_cancel(task->scope, BRIO_CANCEL_SHUTDOWN, "the nursery is through");
}

/* False: no memory; the task is in no nursery yet. */
static bool add_extra(struct brio__task *task, const struct brio__spawn *spawn)
{
    if (!needs_extra(spawn) || fill_extra(task, spawn))
        return true;
    free_extra(task);
    return false;
}

struct brio__task *brio__task_make(const struct brio__spawn *spawn, size_t room)
{
    struct brio_nursery *nursery = spawn->nursery;
    struct brio__scheduler *scheduler = brio__scheduler(nursery->loop_);
    size_t size = brio__block_size(sizeof(struct brio__task) + (spawn->into ? sizeof(struct brio__into) : 0) + room);
    struct brio__task *task = brio__block_get(scheduler, size);
    if (task == NULL)
        return NULL;
    brio__task_init(task, scheduler, nursery, size);
    if (spawn->into)
        brio__task_set_into(task, spawn->into, spawn->into_size);
    task->head.top = NULL;
    task->head.sp = brio__task_stack(task);
    if (!add_extra(task, spawn)) {
        brio__block_put(scheduler, task, size);
        return NULL;
    }
    brio__nursery_add(nursery, task);
    if (task->extra)
        enter_own_scope(task);
    return task;
}

static void free_task(struct brio__task *task)
{
    struct brio__scheduler *scheduler = brio__task_scheduler(task);
    free_extra(task);
    brio__block_put(scheduler, task, task->size);
}

void brio__task_unmake(struct brio__task *task)
{
    if (task->extra && task->extra->scope)
        brio__scope_leave(task->extra->scope);
    brio__nursery_remove(task->nursery, task);
    free_task(task);
}

/* ---- ending ---- */

/* The signal that leaves the task's own scope. */
static uint32_t leave_own_scope(struct brio__task *task, uint32_t signal)
{
    struct brio__extra *extra = task->extra;
    if (extra == NULL || extra->scope == NULL)
        return signal;
    assert(task->scope == extra->scope);
    if (brio__scope_leave(extra->scope) && signal & BRIO__CANCELLED) {
        extra->scope->cancelled_caught = true;
        signal &= ~(uint32_t)BRIO__CANCELLED;
    }
    return signal;
}

/* To whoever is to know: handle, START, nursery, RUN. */
static void tell_end(struct brio__task *task)
{
    struct brio_nursery *nursery = task->nursery;
    struct brio__extra *extra = task->extra;
    uint32_t signal = task->head.signal;
    const struct brio_error *error = task->head.error;
    task->head.error = NULL;
    if (extra && extra->owner.ended)
        extra->owner.ended(&task->head);
    if (extra && extra->locals) {
        brio__locals_unref(brio__task_scheduler(task), extra->locals); /* while it still is the current task */
        extra->locals = NULL;
    }
    uint32_t outward = leave_own_scope(task, signal);
    if (extra && extra->handle)
        brio__handle_end(extra->handle, nursery, signal, error);
    if (extra && extra->start) {
        brio__start_child_ended(extra->start, outward, error);
    } else {
        bool first_home = signal == BRIO__RETURNED && !(task->flags & BRIO__TASK_DAEMON);
        brio__nursery_child_ended(nursery, outward, error, first_home);
    }
}

static __attribute__((noinline)) void end_specially(struct brio__task *task)
{
    struct brio_nursery *nursery = task->nursery;
    tell_end(task);
    brio__nursery_remove(nursery, task);
    brio__nursery_settle(nursery); /* may cancel daemons, with this one as the current task */
    free_task(task);
}

/* It is no child any more, and was perhaps the last that the nursery waited for, which may cancel daemons, with this one as the current
 * task. */
static __attribute__((noinline)) void end_last(struct brio__task *task, struct brio_nursery *nursery)
{
    struct brio__scheduler *scheduler = brio__scheduler(nursery->loop_);
    brio__nursery_finish(nursery);
    brio__block_put(scheduler, task, task->size);
}

void brio__task_end(struct brio__task *task)
{
    struct brio_nursery *nursery = task->nursery;
    if (brio_unlikely(task->extra || task->head.signal || nursery->flags_ & (BRIO__NURSERY_RACE | BRIO__NURSERY_ROOT))) {
        end_specially(task);
        return;
    }
    assert(!(task->flags & BRIO__TASK_DAEMON));
    brio__nursery_remove(nursery, task);
    if (brio_unlikely(brio__nursery_may_finish(nursery)))
        end_last(task, nursery);
    else
        brio__block_put(brio__scheduler(nursery->loop_), task, task->size);
}
