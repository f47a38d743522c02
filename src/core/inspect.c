/* inspect.c - brio/task.h: looking at tasks without touching them; and the statistics of a loop. See dump.c for whole trees. */
#include <brio/debug.h>
#include <math.h>

#include "core/ready.h"
#include "core/scope.h"

/* ---- one task ---- */

static const struct brio_frame *first_frame(const struct brio__task *task)
{
    const struct brio_frame *frame = task->head.top;
    while (frame && frame->caller)
        frame = frame->caller;
    return frame;
}

const char *brio__task_function(const struct brio_task *task)
{
    const struct brio_frame *frame = task ? first_frame(brio__task(task)) : NULL;
    return frame ? frame->function->name : NULL;
}

const char *brio_task_name(const struct brio_task *head)
{
    const struct brio__task *task = brio__task(head);
    if (!brio__task_is_real(head))
        return "nobody";
    if (task->extra && task->extra->name)
        return task->extra->name;
    const struct brio__scheduler *scheduler = brio__task_scheduler(task);
    if (task->nursery == &scheduler->root && scheduler->name)
        return scheduler->name;
    const char *function = brio__task_function(head);
    return function ? function : "leaf";
}

uint64_t brio_task_id(const struct brio_task *task)
{
    return brio__task(task)->id;
}

uint64_t brio_task_parent_id(const struct brio_task *task)
{
    const struct brio_task *parent = brio__task(task)->nursery->task_;
    return parent ? brio__task(parent)->id : 0;
}

bool brio_task_cancel_pending(const struct brio_task *task)
{
    return brio__task(task)->scope->effective_;
}

enum brio_task_state brio_task_state(const struct brio_task *head)
{
    static const enum brio_task_state states[] = {
        [BRIO__TASK_READY] = BRIO_TASK_READY, [BRIO__TASK_RUNNING] = BRIO_TASK_RUNNING, [BRIO__TASK_YIELDS] = BRIO_TASK_READY,
        [BRIO__TASK_PARKED] = BRIO_TASK_BLOCKED, [BRIO__TASK_ASLEEP] = BRIO_TASK_ASLEEP,
    };
    return states[brio__task(head)->state];
}

size_t brio_task_awaits(const struct brio_task *task, struct brio_await *awaits, size_t count)
{
    size_t length = 0;
    for (const struct brio_frame *frame = task->top; frame; frame = frame->caller, length++) {
        struct brio_site site = brio__frame_site(frame);
        if (length < count)
            awaits[length] = (struct brio_await){frame->function->name, site.callee, site.file, site.line};
    }
    return length;
}

/* ---- the tree ---- */

struct brio_task *brio_task_parent(const struct brio_task *task)
{
    return brio__task(task)->nursery->task_;
}

struct brio_nursery *brio_task_nursery(const struct brio_task *task)
{
    struct brio_nursery *nursery = brio__task(task)->nursery;
    return nursery->flags_ & (BRIO__NURSERY_ROOT | BRIO__NURSERY_START) ? NULL : nursery;
}

struct brio_nursery *brio_task_eventual_nursery(const struct brio_task *task)
{
    struct brio_nursery *nursery = brio__task(task)->nursery;
    return nursery->flags_ & BRIO__NURSERY_START ? brio__container(nursery, struct brio__start, nursery)->target : NULL;
}

struct brio_task *brio_nursery_task(const struct brio_nursery *nursery)
{
    return nursery->task_;
}

struct brio_task *brio_nursery_next_child(const struct brio_nursery *nursery, const struct brio_task *after)
{
    if (after == NULL)
        return nursery->first_;
    return brio__task(after)->next ? &brio__task(after)->next->head : NULL;
}

/* The task's nurseries and STARTs, outermost first: the one inside `outer` (NULL: the first); NULL at the end. */
static struct brio_nursery *next_nursery(const struct brio__task *task, const struct brio_nursery *outer)
{
    struct brio_nursery *found = NULL;
    for (struct brio_scope *scope = task->scope; scope && scope->task_ == &task->head; scope = scope->parent_) {
        struct brio_nursery *nursery = brio__scope_nursery(scope);
        if (nursery && nursery == outer)
            break;
        if (nursery)
            found = nursery;
    }
    return found;
}

struct brio_nursery *brio_task_next_nursery(const struct brio_task *task, const struct brio_nursery *after)
{
    struct brio_nursery *nursery = next_nursery(brio__task(task), after);
    while (nursery && nursery->flags_ & BRIO__NURSERY_START)
        nursery = next_nursery(brio__task(task), nursery);
    return nursery;
}

/* ---- all tasks ---- */

static struct brio_task *first_child_after(const struct brio__task *task, struct brio_nursery *nursery)
{
    while ((nursery = next_nursery(task, nursery)))
        if (nursery->first_)
            return nursery->first_;
    return NULL;
}

struct brio_task *brio_task_first(void)
{
    struct brio__loop *loop = brio__loop_current();
    return loop ? brio__scheduler(loop)->root.first_ : NULL;
}

struct brio_task *brio_task_next(struct brio_task *head)
{
    struct brio__task *task = brio__task(head);
    struct brio_task *next = first_child_after(task, NULL);
    while (next == NULL) {
        if (task->next)
            return &task->next->head;
        struct brio_nursery *nursery = task->nursery;
        if (nursery->task_ == NULL)
            return NULL;
        task = brio__task(nursery->task_);
        next = first_child_after(task, nursery);
    }
    return next;
}

/* ---- statistics ---- */

static size_t count_tasks(void)
{
    size_t count = 0;
    for (struct brio_task *task = brio_task_first(); task; task = brio_task_next(task))
        count++;
    return count;
}

int brio_statistics(struct brio_statistics *statistics)
{
    const struct brio__loop *loop = brio__loop_current();
    if (loop == NULL)
        return -BRIO_ENOTRUNNING;
    const struct brio__scheduler *scheduler = brio__container(loop, const struct brio__scheduler, loop);
    *statistics = (struct brio_statistics){
        .tasks_living = count_tasks(),
        .tasks_ready = brio__ready_count(scheduler, SIZE_MAX),
        .tasks_spawned = scheduler->next_id,
        .timers = loop->timers.count,
        .seconds_to_next_timer = brio__heap_first(&loop->timers) - brio__loop_now(loop),
        .waits_for_descriptors = loop->described,
        .waits_for_threads = loop->external,
    };
    brio__memory_count(&scheduler->memory, &statistics->memory_in_use, &statistics->memory_reserved);
    return 0;
}
