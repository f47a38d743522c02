/* inspect.c - brio/task.h and brio/debug.h: looking at tasks without touching them. */
#include <brio/debug.h>
#include <math.h>

#include "core/scope.h"

/* ---- one task ---- */

static const struct brio_frame *first_frame(const struct brio__task *task)
{
    const struct brio_frame *frame = task->head.top;
    while (frame && frame->caller)
        frame = frame->caller;
    return frame;
}

const char *brio_task_name(const struct brio_task *head)
{
    const struct brio__task *task = brio__task(head);
    if (head->kind != BRIO__TASK_REAL)
        return "nobody";
    if (task->extra && task->extra->name)
        return task->extra->name;
    const struct brio__scheduler *scheduler = brio__task_scheduler(task);
    if (task->nursery == &scheduler->root && scheduler->name)
        return scheduler->name;
    const struct brio_frame *frame = first_frame(task);
    return frame ? frame->function->name : "leaf";
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

/* ---- all tasks ---- */

/* The task's nurseries, outermost first: the one inside `outer` (NULL: the first); NULL at the end. */
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

/* ---- the dump ---- */

static unsigned depth_of(const struct brio__task *task)
{
    unsigned depth = 0;
    for (const struct brio_task *parent = task->nursery->task_; parent; parent = brio__task(parent)->nursery->task_)
        depth++;
    return depth;
}

static const char *state_name(const struct brio__task *task)
{
    static const char *const names[] = {"ready", "running", "blocked"};
    return task->flags & BRIO__TASK_SLEEPS ? "asleep" : names[task->state];
}

static void dump_scopes(FILE *file, const struct brio__task *task, double now)
{
    double deadline = brio__scope_effective_deadline(task->scope);
    if (task->scope->effective_)
        fprintf(file, ", cancelled (%s)", task->scope->cancel_reason);
    else if (deadline < (double)INFINITY)
        fprintf(file, ", deadline in %.3f s", deadline - now);
    if (task->flags & BRIO__TASK_DAEMON)
        fputs(", daemon", file);
    if (task->scope->stopping_)
        fputs(", stopping", file);
}

static void dump_chain(FILE *file, const struct brio__task *task, int indent)
{
    for (const struct brio_frame *frame = task->head.top; frame; frame = frame->caller) {
        struct brio_site site = brio__frame_site(frame);
        fprintf(file, "%*s%s (%s:%u)", indent, "", frame->function->name, site.file, site.line);
        fprintf(file, site.callee ? " awaits %s\n" : "%s\n", site.callee ? site.callee : "");
    }
}

/* Before the first of its children. */
static void dump_nursery(FILE *file, const struct brio_nursery *nursery, int indent)
{
    fprintf(file, "%*s%s: %u child%s", indent, "", nursery->flags_ & BRIO__NURSERY_START ? "START" : "nursery", nursery->living_,
            nursery->living_ == 1 ? "" : "ren");
    if (nursery->daemons_)
        fprintf(file, ", %u daemon%s", nursery->daemons_, nursery->daemons_ == 1 ? "" : "s");
    if (nursery->flags_ & BRIO__NURSERY_CLOSING)
        fputs(", body left", file);
    if (nursery->scope->effective_)
        fprintf(file, ", cancelled (%s)", nursery->scope->cancel_reason);
    fputc('\n', file);
}

static void dump_task(FILE *file, const struct brio__task *task, double now)
{
    int indent = (int)(4 * depth_of(task));
    if (task->nursery->first_ == &task->head && task->nursery->task_)
        dump_nursery(file, task->nursery, indent - 2);
    fprintf(file, "%*stask %llu '%s': %s", indent, "", (unsigned long long)task->id, brio_task_name(&task->head), state_name(task));
    dump_scopes(file, task, now);
    fputc('\n', file);
    dump_chain(file, task, indent + 4);
}

void brio__dump_tasks(FILE *file, struct brio__scheduler *scheduler)
{
    double now = brio__loop_now(&scheduler->loop);
    for (struct brio_task *task = scheduler->root.first_; task; task = brio_task_next(task))
        dump_task(file, brio__task(task), now);
}

void brio_dump_tasks(FILE *file)
{
    struct brio__loop *loop = brio__loop_current();
    if (loop)
        brio__dump_tasks(file, brio__scheduler(loop));
    else
        fputs("no loop runs here\n", file);
}
