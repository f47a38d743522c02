/* core/frame.h - the first frame of a task, which comes with the task's memory. */
#ifndef CORE_FRAME_H
#define CORE_FRAME_H

#include "core/task.h"

enum { BRIO__STACK_ALIGN = 16 };

/* What experience says; a multiple of BRIO__CLASS_STEP. */
static inline size_t brio__frame_hint(const struct brio_function *function)
{
    return function->stack_hint ? __atomic_load_n(function->stack_hint, __ATOMIC_RELAXED) : 0;
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

/* The first frame of a new task. There is room for it, unless a checker watches: then NULL means that there is no memory. */
struct brio_frame *brio__frame_first(struct brio__task *task, const struct brio_function *function, size_t size, size_t align);

#endif
