/* core/capture.h - a call of an ASYNC function that is made in one thread and awaited in another.
 *
 * Between begin and end stands one plain call, as with SPAWN. It comes to brio__capture_enter, which gives it a frame in memory of its own;
 * the function leaves its arguments there and returns. A task of the loop then pushes a frame like it and enters the function with that.
 */
#ifndef CORE_CAPTURE_H
#define CORE_CAPTURE_H

#include <brio/language.h>

/* The first three are its holder's. */
struct brio__captured {
    struct brio__captured *next;
    void *holder;
    const char *name; /* of the function, to begin with */
    struct brio_frame *frame;
    size_t align; /* of the frame */
    size_t size;  /* of this block, the frame included */
};

/* Any thread. end: 0, -ENOMEM, or -EINVAL: it was no call of an ASYNC function, but of an ASYNC_LEAF or none. */
void brio__capture_begin(struct brio__spawn *spawn, struct brio__captured **captured);
int brio__capture_end(struct brio__spawn *spawn);
void brio__capture_free(struct brio__captured *captured);

/* Makes the call in the current task, and frees it. brio__capture_value, called right after this has returned, copies its value to `into`
 * (or NULL); `size` is that of the function's value. */
BRIO_ASYNC_LEAF void brio__capture_await(struct brio__captured *captured);
void brio__capture_value(void *into, size_t size);

#endif
