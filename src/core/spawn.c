/* spawn.c - SPAWN: a plain call of an ASYNC function, during which a stand-in is the current task.
 *
 * The stand-in has no room for a frame, so the call comes to brio__enter_slow and from there to brio__spawn_enter, where the task is made:
 * its memory can be sized by the frame. A leaf asks for the current task instead, and is called at once, in a task without frames.
 */
#include <assert.h>
#include <string.h>

#include "core/scope.h"
#include "core/spawn.h"

void brio__spawn_begin(struct brio__spawn *spawn, struct brio_nursery *nursery, const struct brio_spawn_options *options, void *into,
                       size_t into_size)
{
    struct brio_task *stand_in = &spawn->stand_in;
    stand_in->signal = BRIO__RETURNED;
    stand_in->kind = BRIO__TASK_SPAWNING;
    stand_in->resume = NULL;
    stand_in->top = NULL;
    stand_in->sp = NULL;
    stand_in->limit = NULL;
    stand_in->error = NULL;
    spawn->previous = brio__current;
    spawn->made = NULL;
    spawn->nursery = nursery;
    spawn->options = options;
    spawn->into = into;
    spawn->into_size = into_size;
    spawn->captured = NULL;
    spawn->code = nursery && nursery->flags_ & BRIO__NURSERY_OPEN ? 0 : -BRIO_ECLOSED;
    brio__current = stand_in;
}

void *brio__spawn_enter(struct brio__spawn *spawn, const struct brio_function *function, size_t size, size_t align)
{
    if (spawn->made)
        brio__fatal("SPAWN of more than one call: '%s' (%s:%u) was called as well", function->name, function->file, function->line);
    if (spawn->code != 0)
        return NULL;
    if (spawn->captured)
        return brio__capture_enter(spawn, function, size, align);
    size_t room = brio__frame_room(function, size, align, brio__scheduler(spawn->nursery->loop_)->stack_limit);
    struct brio__task *task = room ? brio__task_make(spawn, room) : NULL;
    struct brio_frame *frame = task ? brio__frame_first(task, function, size, align) : NULL;
    if (frame == NULL) {
        if (task)
            brio__task_unmake(task);
        spawn->code = -ENOMEM;
        return NULL;
    }
    frame->pc = BRIO__SPAWNED;
    spawn->made = &task->head;
    return frame;
}

struct brio__task *brio__spawn_leaf(struct brio__spawn *spawn)
{
    if (spawn->captured)
        spawn->code = -EINVAL; /* it has no frame that could go elsewhere */
    struct brio__task *task = spawn->code == 0 && spawn->made == NULL ? brio__task_make(spawn, 0) : NULL;
    if (task == NULL) {
        if (spawn->code == 0)
            spawn->code = -ENOMEM;
        return NULL;
    }
    spawn->made = &task->head;
    brio__current = &task->head;
    return task;
}

/* A leaf that has completed already, also one that never asked for its task. */
static bool is_leaf_done(const struct brio__spawn *spawn)
{
    return spawn->made == NULL || (spawn->made->top == NULL && spawn->made->signal == BRIO__RETURNED);
}

void brio__spawn_value(struct brio__spawn *spawn, const void *value, size_t size)
{
    if (spawn->code != 0 || spawn->into == NULL || !is_leaf_done(spawn))
        return;
    memcpy(spawn->into, value, size < spawn->into_size ? size : spawn->into_size);
    if (spawn->made)
        brio__task(spawn->made)->extra->into = NULL;
    else
        spawn->into = NULL;
}

int brio__spawn_end(struct brio__spawn *spawn)
{
    if (spawn->code == 0 && spawn->made == NULL)
        brio__spawn_leaf(spawn);
    brio__current = spawn->previous;
    if (spawn->code != 0)
        return spawn->code;
    struct brio__task *task = brio__task(spawn->made);
    if (task->head.top) {
        assert(task->head.top->pc == BRIO__SPAWNED);
        task->head.top->pc = BRIO__BEGIN;
        brio__task_ready(task, BRIO__RETURNED);
    } else if (task->head.signal != BRIO__SUSPENDED) {
        brio__task_ready(task, task->head.signal);
    }
    return 0;
}

void brio__spawn_raise(struct brio_task *task, int code, const char *file, unsigned line, const char *function)
{
    if (code == -BRIO_ECLOSED)
        brio__raise(task, -code, file, line, function, "the nursery has closed");
    else
        brio__raise(task, -code, file, line, function, "%s", brio_error_text(code));
}
