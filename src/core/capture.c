/* capture.c - see capture.h. */
#include "core/capture.h"

#include <errno.h>
#include <string.h>

#include "base/alloc.h"
#include "core/spawn.h"

enum { SMALLEST_ALIGN = 16 };

void brio__capture_begin(struct brio__spawn *spawn, struct brio__captured **captured)
{
    brio__spawn_begin(spawn, NULL, NULL, NULL, 0);
    *captured = NULL;
    spawn->captured = captured;
    spawn->code = 0;
}

static struct brio_frame *frame_behind(struct brio__captured *captured)
{
    uintptr_t after = (uintptr_t)(captured + 1);
    return (struct brio_frame *)(void *)((char *)(captured + 1) + (-after & (captured->align - 1)));
}

void *brio__capture_enter(struct brio__spawn *spawn, const struct brio_function *function, size_t size, size_t align)
{
    if (*spawn->captured)
        brio__fatal("RUN_ON or SPAWN_ON of more than one call: '%s' (%s:%u) was called as well", function->name, function->file,
                    function->line);
    if (align < SMALLEST_ALIGN)
        align = SMALLEST_ALIGN;
    size_t total = sizeof(struct brio__captured) + align + size;
    struct brio__captured *captured = size <= UINT32_MAX ? brio__alloc(total) : NULL;
    if (captured == NULL) {
        spawn->code = -ENOMEM;
        return NULL;
    }
    *captured = (struct brio__captured){.name = function->name, .align = align, .size = total};
    captured->frame = frame_behind(captured);
    *captured->frame = (struct brio_frame){.function = function, .pc = BRIO__SPAWNED, .size = (uint32_t)size};
    *spawn->captured = captured;
    return captured->frame;
}

int brio__capture_end(struct brio__spawn *spawn)
{
    brio__current = spawn->previous;
    return spawn->code == 0 && *spawn->captured == NULL ? -EINVAL : spawn->code;
}

void brio__capture_free(struct brio__captured *captured)
{
    brio__free(captured, captured->size);
}

BRIO_ASYNC_LEAF void brio__capture_await(struct brio__captured *captured)
{
    const struct brio_function *function = captured->frame->function;
    struct brio_task *task = brio__current;
    size_t size = captured->frame->size;
    struct brio_frame *frame = brio__push(task, function, size, captured->align);
    if (frame == NULL)
        frame = brio__push_slow(task, function, size, captured->align, NULL);
    if (frame)
        memcpy(frame + 1, captured->frame + 1, size - sizeof *frame);
    brio__capture_free(captured);
    if (frame)
        function->resume(task, frame);
}

void brio__capture_value(void *into, size_t size)
{
    if (into && size > 0)
        memcpy(into, brio__value(brio__current, size), size);
}
