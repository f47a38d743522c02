/* dump.c - the tree of nurseries and tasks, as text and as a graph. */
#include <brio/debug.h>
#include <math.h>

#include "core/scope.h"

static unsigned depth_of(const struct brio__task *task)
{
    unsigned depth = 0;
    for (const struct brio_task *parent = task->nursery->task_; parent; parent = brio__task(parent)->nursery->task_)
        depth++;
    return depth;
}

static const char *state_name(const struct brio__task *task)
{
    static const char *const names[] = {"ready", "running", "blocked", "asleep"};
    return names[brio_task_state(&task->head)];
}

static void dump_cancellation(FILE *file, const struct brio_scope *scope)
{
    fprintf(file, ", cancelled (%s)", scope->cancel_reason);
    if (scope->cancelled_by)
        fprintf(file, " by %s", scope->cancelled_by);
}

static void dump_scopes(FILE *file, const struct brio__task *task, double now)
{
    double deadline = brio__scope_effective_deadline(task->scope);
    if (task->scope->effective_)
        dump_cancellation(file, task->scope);
    else if (deadline < (double)INFINITY)
        fprintf(file, ", deadline in %.3f s", deadline - now);
    if (task->flags & BRIO__TASK_DAEMON)
        fputs(", daemon", file);
    if (task->scope->stopping_)
        fputs(", stopping", file);
    double end = brio__scope_end_of_grace(task->scope);
    if (end < (double)INFINITY && !task->scope->effective_)
        fprintf(file, " within %.3f s", end - now);
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
        dump_cancellation(file, nursery->scope);
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

/* ---- as a graph ---- */

/* Inside a quoted string of that language. */
static void put_quoted(FILE *file, const char *text)
{
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            fputc('\\', file);
        fputc(*text, file);
    }
}

static void put_task_node(FILE *file, const struct brio__task *task, double now)
{
    static const char *const colors[] = {"palegreen", "gold", "lightgrey", "lightblue"};
    fprintf(file, "    t%llu [label=\"", (unsigned long long)task->id);
    put_quoted(file, brio_task_name(&task->head));
    fprintf(file, "\\n%s", state_name(task));
    dump_scopes(file, task, now);
    for (const struct brio_frame *frame = task->head.top; frame; frame = frame->caller) {
        struct brio_site site = brio__frame_site(frame);
        fprintf(file, "\\l%s (", frame->function->name);
        put_quoted(file, site.file);
        fprintf(file, ":%u) ", site.line);
        put_quoted(file, site.callee ? site.callee : "");
    }
    fprintf(file, "\\l\", fillcolor=%s%s];\n", colors[brio_task_state(&task->head)], task->scope->effective_ ? ", color=red" : "");
}

/* Named after the first of its children, which is drawn with it. */
static void put_nursery_node(FILE *file, const struct brio_nursery *nursery)
{
    unsigned long long owner = brio__task(nursery->task_)->id, first = brio__task(nursery->first_)->id;
    fprintf(file, "    n%llu [label=\"%s\", shape=ellipse%s];\n", first, nursery->flags_ & BRIO__NURSERY_START ? "START" : "nursery",
            nursery->scope->effective_ ? ", color=red" : "");
    fprintf(file, "    t%llu -> n%llu;\n", owner, first);
}

void brio_dump_tasks_dot(FILE *file)
{
    struct brio__loop *loop = brio__loop_current();
    fputs("digraph tasks {\n    rankdir=LR;\n    node [shape=box, style=filled, fillcolor=white, fontname=\"monospace\"];\n", file);
    double now = loop ? brio__loop_now(loop) : 0;
    for (struct brio_task *head = brio_task_first(); head; head = brio_task_next(head)) {
        const struct brio__task *task = brio__task(head);
        const struct brio_nursery *nursery = task->nursery;
        put_task_node(file, task, now);
        if (nursery->task_ && nursery->first_ == head)
            put_nursery_node(file, nursery);
        if (nursery->task_)
            fprintf(file, "    n%llu -> t%llu;\n", (unsigned long long)brio__task(nursery->first_)->id, (unsigned long long)task->id);
    }
    fputs("}\n", file);
}
