/* spawn.c - SPAWN: a plain call of an ASYNC function, during which a stand-in is the current task.
 *
 * The stand-in has no room for a frame, so the call comes to brio__push_slow and from there to brio__spawn_enter, where the task is made:
 * its memory can be sized by the frame. Where much of that counts only once the body runs, the task is made with room for the head of the
 * frame and the parameters, and a block is promised for its stack, which it takes, and moves to, when it first runs: of many tasks that
 * are made at once, and end one after the other, all use the same few.
 *
 * A leaf asks for the current task instead, and is called at once, in a task without frames. */
#include <assert.h>
#include <string.h>

#include "core/frame.h"
#include "core/ready.h"
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

/* ---- the call has come ---- */

/* Why no task is made: NULL, or the frame of what is to become one elsewhere. */
static void *refuse_enter(struct brio__spawn *spawn, const struct brio_function *function, size_t size, size_t align)
{
    if (spawn->made)
        brio__fatal("SPAWN of more than one call: '%s' (%s:%u) was called as well", function->name, function->file, function->line);
    return spawn->code == 0 ? brio__capture_enter(spawn, function, size, align) : NULL;
}

/* Of the block for a stack that comes later; 0: it comes at once. */
static size_t promise_room(struct brio__scheduler *scheduler, const struct brio_function *function, size_t room)
{
    size_t size = brio__block_size(room);
    return brio__frame_may_be_short(function, room) && brio__block_promise(&scheduler->memory, size) ? size : 0;
}

/* With all that may be asked for. */
static __attribute__((noinline)) void *enter_specially(struct brio__spawn *spawn, const struct brio_function *function, size_t size,
                                                       size_t align)
{
    if (spawn->made || spawn->code != 0 || spawn->captured)
        return refuse_enter(spawn, function, size, align);
    struct brio__scheduler *scheduler = brio__scheduler(spawn->nursery->loop_);
    size_t room = brio__frame_room(function, size, align, scheduler->stack_limit);
    size_t promised = room && align <= BRIO__STACK_ALIGN && !scheduler->checked ? promise_room(scheduler, function, room) : 0;
    size_t own_room = scheduler->checked ? 0 : promised ? brio__frame_short_size(function) : room;
    struct brio__task *task = room ? brio__task_make(spawn, own_room) : NULL;
    struct brio_frame *frame = NULL;
    if (task)
        frame = promised ? brio__frame_first_short(task, brio__task_stack(task), function, size, promised)
                         : brio__frame_first(task, function, size, align);
    if (frame == NULL) {
        if (task)
            brio__task_unmake(task);
        brio__block_release(&scheduler->memory, promised);
        spawn->code = -ENOMEM;
        return NULL;
    }
    if (spawn->into && spawn->into_size > function->value_size)
        brio__task_into(task)->size = function->value_size;
    frame->pc = BRIO__SPAWNED;
    spawn->made = &task->head;
    return frame;
}

static inline bool is_special(const struct brio__spawn *spawn)
{
    return spawn->code != 0 ||
           ((uintptr_t)spawn->made | (uintptr_t)spawn->captured | (uintptr_t)spawn->options) != 0 ||
           spawn->nursery->flags_ & BRIO__NURSERY_START || brio__scheduler(spawn->nursery->loop_)->uses_locals;
}

/* Memory for the task with `room`, and `more`; NULL: there is none to be had as simply as that. */
static inline struct brio__task *take_task(struct brio__scheduler *scheduler, size_t room, size_t more, size_t *task_size)
{
    *task_size = sizeof(struct brio__task) + more + room;
    return brio_likely(room <= scheduler->stack_limit) ? brio__block_at_hand(&scheduler->memory, *task_size) : NULL;
}

/* The rest of it; where its first frame goes. */
static inline char *init_task(struct brio__spawn *spawn, struct brio__task *task, const struct brio_function *function, size_t task_size,
                              bool into)
{
    struct brio_nursery *nursery = spawn->nursery;
    brio__task_init(task, brio__scheduler(nursery->loop_), nursery, task_size);
    if (into)
        brio__task_set_into(task, spawn->into, spawn->into_size < function->value_size ? spawn->into_size : function->value_size);
    brio__nursery_add(nursery, task);
    spawn->made = &task->head;
    return (char *)(task + 1) + (into ? sizeof(struct brio__into) : 0);
}

/* A task as most are; what is more, or goes wrong, does not make this one slower. */
static inline void *enter_plainly(struct brio__spawn *spawn, const struct brio_function *function, size_t size, size_t room, bool into)
{
    size_t task_size;
    struct brio__task *task = take_task(brio__scheduler(spawn->nursery->loop_), room, into ? sizeof(struct brio__into) : 0, &task_size);
    if (brio_unlikely(task == NULL))
        return enter_specially(spawn, function, size, BRIO__STACK_ALIGN);
    struct brio_frame *frame = (struct brio_frame *)(void *)init_task(spawn, task, function, task_size, into);
    *frame = (struct brio_frame){function, NULL, BRIO__SPAWNED, (uint32_t)size};
    task->head.top = frame;
    task->head.sp = (char *)frame + size;
    return frame;
}

static __attribute__((noinline)) void *enter_into(struct brio__spawn *spawn, const struct brio_function *function, size_t size, size_t room)
{
    return enter_plainly(spawn, function, size, room, true);
}

/* As plain a task, but for its stack, which comes later. */
static inline void *enter_short(struct brio__spawn *spawn, const struct brio_function *function, size_t size, size_t room, bool into)
{
    struct brio__scheduler *scheduler = brio__scheduler(spawn->nursery->loop_);
    struct brio__memory *memory = &scheduler->memory;
    size_t task_size = sizeof(struct brio__task) + (into ? sizeof(struct brio__into) : 0) + brio__frame_short_size(function);
    if (brio_unlikely(room > scheduler->stack_limit || memory->owed + room > memory->cold_room))
        return enter_specially(spawn, function, size, BRIO__STACK_ALIGN);
    struct brio__task *task = brio__block_at_hand(memory, task_size);
    if (brio_unlikely(task == NULL))
        return enter_specially(spawn, function, size, BRIO__STACK_ALIGN);
    memory->owed += room;
    return brio__frame_first_short(task, init_task(spawn, task, function, task_size, into), function, size, room);
}

static __attribute__((noinline)) void *enter_short_plainly(struct brio__spawn *spawn, const struct brio_function *function, size_t size,
                                                           size_t room)
{
    return enter_short(spawn, function, size, room, false);
}

static __attribute__((noinline)) void *enter_short_into(struct brio__spawn *spawn, const struct brio_function *function, size_t size,
                                                        size_t room)
{
    return enter_short(spawn, function, size, room, true);
}

void *brio__spawn_enter(struct brio__spawn *spawn, const struct brio_function *function, size_t size, size_t align)
{
    if (brio_unlikely(is_special(spawn) || align > BRIO__STACK_ALIGN))
        return enter_specially(spawn, function, size, align);
    size_t hint = brio__frame_hint(function), room = hint > size ? hint : size;
    if (brio__frame_may_be_short(function, room))
        return spawn->into ? enter_short_into(spawn, function, size, room) : enter_short_plainly(spawn, function, size, room);
    return spawn->into ? enter_into(spawn, function, size, room) : enter_plainly(spawn, function, size, room, false);
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
        brio__task_into(brio__task(spawn->made))->place = NULL;
    else
        spawn->into = NULL;
}

static __attribute__((noinline)) int end_specially(struct brio__spawn *spawn)
{
    if (spawn->code == 0 && spawn->made == NULL)
        brio__spawn_leaf(spawn);
    brio__current = spawn->previous;
    if (spawn->code == 0 && spawn->made->signal != BRIO__SUSPENDED)
        brio__task_ready(brio__task(spawn->made), spawn->made->signal);
    return spawn->code;
}

int brio__spawn_end(struct brio__spawn *spawn)
{
    struct brio_task *made = spawn->made;
    if (brio_unlikely(made == NULL || made->top == NULL))
        return end_specially(spawn);
    struct brio__scheduler *scheduler = brio__task_scheduler(brio__task(made));
    assert(made->top->pc == BRIO__SPAWNED);
    made->top->pc = BRIO__BEGIN;
    brio__current = spawn->previous;
    brio__ready_link(scheduler, brio__task(made));
    brio__loop_wake(&scheduler->loop);
    return 0;
}

void brio__spawn_raise(struct brio_task *task, int code, const char *file, unsigned line, const char *function)
{
    if (code == -BRIO_ECLOSED)
        brio__raise(task, -code, file, line, function, "the nursery has closed");
    else
        brio__raise(task, -code, file, line, function, "%s", brio_error_text(code));
}
