/* frame.c - the frame stacks of tasks.
 *
 * A task's allocation holds the first chunk of its stack, or, of a large one, what the task needs before it first runs: then it moves to a
 * block of its own. When a frame finds no room a further chunk is made for it, which the task has until the frame below that border is
 * left, or until it waits with the chunk empty: so a loop at the border does not come here for every call, and a sleeping task holds
 * nothing that it does not use. Where the loop is further down, the border goes down to it. How much stack a function's tasks came to need
 * beyond their first frame is remembered with the function, and the next ones get it at once.
 *
 * Under a memory checker there are no chunks: sp and limit stay equal, so that every frame comes here and
 * gets an allocation of its own. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#if defined(__has_include)
#if __has_include(<valgrind/memcheck.h>)
#include <valgrind/memcheck.h>
#endif
#endif
#ifndef VALGRIND_MAKE_MEM_DEFINED
#define VALGRIND_MAKE_MEM_DEFINED(start, size) ((void)(start), (void)(size), 0)
#endif

#include "base/alloc.h"
#include "core/frame.h"
#include "core/spawn.h"
#include "core/task.h"

enum { FRAME_ALIGNED = 2 }; /* beside BRIO__FRAME_SLOW */
enum { SMALLEST_CHUNK = 512, LARGEST_HINT = 1024 };

/* Lies at a chunk's end, which is the task's limit. */
struct chunk {
    char *start;
    size_t size;
    size_t used; /* by the frames in earlier chunks */
    char *previous_sp, *previous_limit;
};

/* Under a checker: lies before each frame. */
struct lone {
    void *memory;
    size_t size;
    size_t used; /* by this frame and those below it */
    size_t pad_;
};

extern void __asan_init(void) __attribute__((weak));

/* Of Valgrind's tools Memcheck alone answers this request; the others, which count or look for races, are to see what runs in earnest. */
bool brio__frame_checked(void)
{
    char defined = 0;
    return __asan_init != NULL || VALGRIND_MAKE_MEM_DEFINED(&defined, sizeof defined) != 0;
}

static char *round_up(char *at, size_t align)
{
    return at + (-(uintptr_t)at & (align - 1));
}

static struct brio__stack *moved_stack(const struct brio__task *task)
{
    return (struct brio__stack *)(void *)brio__task_stack(brio__task(&task->head));
}

static char *base_start(const struct brio__task *task)
{
    return task->flags & BRIO__TASK_MOVED ? moved_stack(task)->start : brio__task_stack(brio__task(&task->head));
}

static char *base_end(const struct brio__task *task)
{
    if (task->flags & BRIO__TASK_MOVED)
        return moved_stack(task)->start + moved_stack(task)->size;
    return (char *)brio__task(&task->head) + task->size;
}

static struct chunk *current_chunk(const struct brio__task *task)
{
    return task->flags & BRIO__TASK_FURTHER ? (struct chunk *)(void *)task->head.limit : NULL;
}

static size_t stack_used(const struct brio__task *task)
{
    const struct chunk *chunk = current_chunk(task);
    return chunk ? chunk->used + (size_t)(task->head.sp - chunk->start) : (size_t)(task->head.sp - base_start(task));
}

static size_t padded_size(size_t size, size_t align)
{
    return align > BRIO__STACK_ALIGN ? size + align + BRIO__STACK_ALIGN : size;
}

static struct brio_frame *set_frame(struct brio__task *task, char *at, const struct brio_function *function, size_t size, unsigned flags)
{
    struct brio_frame *frame = (struct brio_frame *)(void *)at;
    *frame = (struct brio_frame){function, task->head.top, 0, (uint32_t)(size | flags)};
    task->head.top = frame;
    return frame;
}

/* Where the frame begins, with what aligns it. */
static char *frame_bottom(const struct brio_frame *frame)
{
    union {
        const struct brio_frame *frame;
        char *start;
        char **below;
    } both = {frame};
    return frame->size & FRAME_ALIGNED ? both.below[-1] : both.start;
}

/* There is room. An over-aligned frame has the sp from before it in the word below. */
static struct brio_frame *push(struct brio__task *task, const struct brio_function *function, size_t size, size_t align)
{
    char *at = task->head.sp;
    unsigned flags = 0;
    if (align > BRIO__STACK_ALIGN) {
        at = round_up(at + BRIO__STACK_ALIGN, align);
        ((char **)(void *)at)[-1] = task->head.sp;
        flags = FRAME_ALIGNED | BRIO__FRAME_SLOW;
    }
    task->head.sp = at + size;
    return set_frame(task, at, function, size, flags);
}

/* ---- experience ---- */

static void remember_need(const struct brio__task *task, size_t need)
{
    const struct brio_frame *frame = task->head.top;
    while (frame && frame->caller)
        frame = frame->caller;
    if (frame == NULL)
        return;
    unsigned hint = need < LARGEST_HINT ? (unsigned)brio__block_size(need) : LARGEST_HINT;
    if (hint > __atomic_load_n(frame->function->stack_hint, __ATOMIC_RELAXED))
        __atomic_store_n(frame->function->stack_hint, hint, __ATOMIC_RELAXED);
}

/* ---- chunks ---- */

static struct brio_frame *push_chunk(struct brio__task *task, const struct brio_function *function, size_t size, size_t align)
{
    struct brio__scheduler *scheduler = brio__task_scheduler(task);
    size_t need = padded_size(size, align), used = stack_used(task);
    if (current_chunk(task) == NULL)
        remember_need(task, used + need);
    size_t room = used > SMALLEST_CHUNK ? used : SMALLEST_CHUNK;
    if (room > scheduler->stack_limit - used)
        room = scheduler->stack_limit - used;
    if (room < need)
        room = need;
    size_t chunk_size = brio__block_size(room) + brio__block_size(sizeof(struct chunk));
    char *start = brio__chunk_get(scheduler, &chunk_size);
    if (start == NULL)
        return NULL;
    struct chunk *chunk = (struct chunk *)(void *)(start + chunk_size - brio__block_size(sizeof *chunk));
    *chunk = (struct chunk){start, chunk_size, used, task->head.sp, task->head.limit};
    task->head.top->size |= BRIO__FRAME_SLOW; /* with it the chunk goes */
    task->head.sp = start;
    task->head.limit = (char *)chunk;
    task->flags |= BRIO__TASK_FURTHER;
    return push(task, function, size, align);
}

static void pop_chunk(struct brio__task *task)
{
    struct chunk *chunk = current_chunk(task);
    assert(chunk);
    task->head.sp = chunk->previous_sp;
    task->head.limit = chunk->previous_limit;
    if (task->head.limit == base_end(task))
        task->flags &= (uint8_t)~BRIO__TASK_FURTHER;
    brio__chunk_put(brio__task_scheduler(task), chunk->start, chunk->size);
}

__attribute__((noinline)) void brio__frame_trim(struct brio__task *task)
{
    const struct chunk *chunk;
    if (brio__task_scheduler(task)->checked)
        return;
    while ((chunk = current_chunk(task)) && task->head.sp == chunk->start)
        pop_chunk(task);
    if (chunk && !(task->flags & BRIO__TASK_MEASURED)) {
        task->flags |= BRIO__TASK_MEASURED;
        remember_need(task, stack_used(task));
    }
}

/* The frame at the border is being left, not for the first time: the border goes down to its caller and the chunk stays, or each call
 * across it would get and give up a chunk. Only where all below is in the task's own block. */
static bool lower_border(struct brio__task *task, const struct brio_frame *frame)
{
    struct chunk *chunk = current_chunk(task);
    if (!(task->flags & BRIO__TASK_CROSSES) || frame->caller == NULL || chunk->previous_limit != base_end(task)) {
        task->flags |= BRIO__TASK_CROSSES;
        return false;
    }
    chunk->previous_sp = frame_bottom(frame);
    chunk->used = (size_t)(chunk->previous_sp - base_start(task));
    frame->caller->size |= BRIO__FRAME_SLOW;
    task->head.sp = chunk->start;
    return true;
}

/* ---- under a checker ---- */

static struct lone *lone_of(const struct brio_frame *frame)
{
    union {
        const struct brio_frame *frame;
        struct lone *end;
    } both = {frame};
    return both.end - 1;
}

static size_t lone_used(const struct brio__task *task)
{
    return task->head.top ? lone_of(task->head.top)->used : 0;
}

static struct brio_frame *push_lone(struct brio__task *task, const struct brio_function *function, size_t size, size_t align)
{
    size_t total = sizeof(struct lone) + padded_size(size, align), used = lone_used(task);
    char *memory = brio__block_get(brio__task_scheduler(task), total);
    if (memory == NULL)
        return NULL;
    char *at = memory + sizeof(struct lone);
    if (align > BRIO__STACK_ALIGN)
        at = round_up(at, align);
    ((struct lone *)(void *)at)[-1] = (struct lone){memory, total, used + size, 0};
    return set_frame(task, at, function, size, BRIO__FRAME_SLOW);
}

/* A value that did not fit the task's slot is still to be put where the frame was. */
static void pop_lone(struct brio__task *task, struct brio_frame *frame)
{
    struct brio__scheduler *scheduler = brio__task_scheduler(task);
    struct lone *lone = lone_of(frame);
    if (frame->function->value_size > sizeof task->head.value)
        brio__chunk_put(scheduler, lone->memory, lone->size);
    else
        brio__block_put(scheduler, lone->memory, lone->size);
}

/* ---- stacks that are moved ---- */

/* What is copied is two pieces at least, the head being more than one. */
static inline uint32_t move_to(struct brio__task *task, char *start, size_t room)
{
    struct brio_frame *old = task->head.top, *frame = (struct brio_frame *)(void *)start;
    size_t length = (size_t)(task->head.sp - (char *)old), size = old->size % BRIO__SHORT_ROOM;
    memcpy(start, old, 2 * BRIO__STACK_ALIGN);
    for (size_t at = 2 * BRIO__STACK_ALIGN; at < length; at += BRIO__STACK_ALIGN)
        memcpy(start + at, (char *)old + at, BRIO__STACK_ALIGN);
    *(struct brio__stack *)(void *)old = (struct brio__stack){start, room};
    frame->size = (uint32_t)size;
    task->flags |= BRIO__TASK_MOVED;
    task->head.top = frame;
    task->head.sp = start + size;
    task->head.limit = start + room;
    return BRIO__RETURNED;
}

static __attribute__((noinline)) uint32_t move_to_cold(struct brio__task *task, struct brio__memory *memory, size_t room)
{
    return move_to(task, brio__block_take_cold(memory, room), room);
}

/* Best to a block that another task has just left, which the cache still has. */
uint32_t brio__frame_move(struct brio__task *task)
{
    struct brio__memory *memory = &brio__task_scheduler(task)->memory;
    size_t room = task->head.top->size / BRIO__SHORT_ROOM;
    void *start = brio__block_reuse(memory, room);
    brio__block_release(memory, room);
    return brio_likely(start != NULL) ? move_to(task, start, room) : move_to_cold(task, memory, room);
}

/* ---- the ABI ---- */

static __attribute__((noinline)) void *push_slowly(struct brio__task *task, const struct brio_function *function, size_t size, size_t align)
{
    struct brio__scheduler *scheduler = brio__task_scheduler(task);
    size_t used = scheduler->checked ? lone_used(task) : stack_used(task);
    struct brio_frame *frame = NULL;
    if (padded_size(size, align) > scheduler->stack_limit - used) {
        brio__raise(&task->head, ENOMEM, function->file, function->line, function->name, "the task's frame stack is at its limit");
        return NULL;
    }
    if (scheduler->checked)
        frame = push_lone(task, function, size, align);
    else if ((size_t)(task->head.limit - task->head.sp) >= padded_size(size, align))
        frame = push(task, function, size, align);
    else
        frame = push_chunk(task, function, size, align);
    if (frame == NULL)
        brio__raise_code(task, ENOMEM);
    return frame;
}

void *brio__push_slow(struct brio_task *task, const struct brio_function *function, size_t size, size_t align, void *kept)
{
    (void)kept;
    size = (size + 15) & ~(size_t)15;
    if (task->kind == BRIO__TASK_SPAWNING)
        return brio__spawn_enter(brio__container(task, struct brio__spawn, stand_in), function, size, align);
    if (task->kind >= BRIO__TASK_NOBODY)
        brio__fatal("ASYNC function '%s' was called outside of a task (%s:%u)", function->name, function->file, function->line);
    return push_slowly(brio__task(task), function, size, align);
}

struct brio_frame *brio__frame_first(struct brio__task *task, const struct brio_function *function, size_t size, size_t align)
{
    if (brio__task_scheduler(task)->checked)
        return push_lone(task, function, size, align);
    return push(task, function, size, align);
}

void brio__leave_slow(struct brio_task *task, struct brio_frame *frame)
{
    assert(task->top == frame);
    task->top = frame->caller;
    if (brio__task_scheduler(brio__task(task))->checked) {
        pop_lone(brio__task(task), frame);
        return;
    }
    const struct chunk *chunk;
    while ((chunk = current_chunk(brio__task(task))) && ((char *)frame < chunk->start || (char *)frame >= task->limit)) {
        if (lower_border(brio__task(task), frame))
            return;
        pop_chunk(brio__task(task));
    }
    task->sp = frame_bottom(frame);
}

void brio__bad_pc(const struct brio_frame *frame)
{
    brio__fatal("frame %p of '%s' is at %u, which it has not: its memory was overwritten, or the task was unparked while it ran",
                (const void *)frame, frame->function->name, frame->pc);
}

/* ---- scratch memory, places ---- */

static __attribute__((noinline)) void *separate_scratch(struct brio__task *task, size_t size)
{
    struct brio__extra *extra = brio__task_extra(task);
    if (extra == NULL)
        return NULL;
    struct brio__scheduler *scheduler = brio__task_scheduler(task);
    if (!scheduler->checked) {
        if (current_chunk(task) == NULL)
            remember_need(task, stack_used(task) + size);
        extra->scratch_top = task->head.sp;
        if (extra->scratch_size >= size)
            return extra->scratch;
    }
    brio__block_put(scheduler, extra->scratch, extra->scratch_size);
    extra->scratch = brio__block_get(scheduler, size);
    extra->scratch_size = extra->scratch ? size : 0;
    return extra->scratch;
}

void *brio__scratch_specially(struct brio__task *task, size_t size)
{
    if (task->flags & BRIO__TASK_FURTHER)
        brio__frame_trim(task);
    if ((size_t)(task->head.limit - task->head.sp) >= size)
        return task->head.sp;
    const struct brio__extra *extra = task->extra;
    if (extra && extra->scratch_top == task->head.sp && extra->scratch_size >= size)
        return extra->scratch; /* as before: a task that waits in a loop */
    return separate_scratch(task, size);
}

struct brio_site brio__frame_site(const struct brio_frame *frame)
{
    const struct brio_function *function = frame->function;
    if (frame->pc >= 1 && frame->pc <= function->site_count)
        return function->sites[frame->pc - 1];
    return (struct brio_site){NULL, function->file, function->line};
}
