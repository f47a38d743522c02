/* core/frame.h - the first frame of a task, which comes with the task's memory. */
#ifndef CORE_FRAME_H
#define CORE_FRAME_H

#include "core/ready.h"

enum { BRIO__STACK_ALIGN = 16 };

/* What experience says; a multiple of BRIO__CLASS_STEP. */
static inline size_t brio__frame_hint(const struct brio_function *function)
{
    return __atomic_load_n(function->stack_hint, __ATOMIC_RELAXED);
}

/* How much task memory to make a task with: its first frame, or more by experience; `size` is rounded. 0: the frame is beyond the limit. */
static inline size_t brio__frame_room(const struct brio_function *function, size_t size, size_t align, size_t limit)
{
    size_t hint = brio__frame_hint(function);
    if (brio_unlikely(align > BRIO__STACK_ALIGN))
        size += align + BRIO__STACK_ALIGN;
    if (brio_unlikely(size > limit))
        return 0;
    if (brio_unlikely(hint > limit))
        hint = limit;
    return size > hint ? size : hint;
}

/* Of a short frame, which has what a spawned function needs before it runs: its size has that of the whole frame, and the room it is to
 * get, multiplied with this. */
enum { BRIO__SHORT_ROOM = 65536 };
_Static_assert((size_t)BRIO__LARGEST_BLOCK < BRIO__SHORT_ROOM, "both fit");

static inline size_t brio__frame_short_size(const struct brio_function *function)
{
    return (function->spawn_size + (size_t)BRIO__STACK_ALIGN - 1) & ~((size_t)BRIO__STACK_ALIGN - 1);
}

/* So much less makes up for the second block: some 6 ns, where all is in the cache anyway. */
enum { BRIO__SHORT_WORTH = 192 };

/* Is a task with so much room, for a frame that is not over-aligned, better made without most of it? */
static inline bool brio__frame_may_be_short(const struct brio_function *function, size_t room)
{
    return room - function->spawn_size >= BRIO__SHORT_WORTH && room <= BRIO__LARGEST_BLOCK;
}

/* The first frame of a new task, which has room for no more than its head and the parameters; `room`, in whole blocks, is promised. */
static inline struct brio_frame *brio__frame_first_short(struct brio__task *task, char *at, const struct brio_function *function,
                                                         size_t size, size_t room)
{
    struct brio_frame *frame = (struct brio_frame *)(void *)at;
    *frame = (struct brio_frame){function, NULL, BRIO__SPAWNED, (uint32_t)(size + room * BRIO__SHORT_ROOM)};
    task->head.top = frame;
    task->head.sp = at + brio__frame_short_size(function);
    task->outcome = BRIO__MOVE;
    return frame;
}

/* The first frame of a new task. There is room for it, unless a checker watches: then NULL means that there is no memory. */
struct brio_frame *brio__frame_first(struct brio__task *task, const struct brio_function *function, size_t size, size_t align);

#endif
