/* loop/io.h - waiting for descriptors: a table of them for each loop, over ev_io.
 *
 * A descriptor's entry is made by the first who needs it and shared by all who hold a reference. In each direction one task may wait. The
 * watcher of reading stays armed from wait to wait, so that steady traffic costs no system call to watch it; it is disarmed when the
 * descriptor turns readable while nobody waits. Nothing is resumed in a watcher's callback: it makes the waiter's attempt, which does the
 * read or write and unparks the task, or finds that it must go on waiting.
 *
 * A request of a steady connection is one wait and one attempt: what these do is inline, and their data in the part that all see.
 */
#ifndef LOOP_IO_H
#define LOOP_IO_H

#include <stdbool.h>
#include <stddef.h>

#include "loop/loop.h"

enum brio__direction { BRIO__READ, BRIO__WRITE };

/* Called when the descriptor is ready, or seems so (code 0), or will never be (-BRIO_ECLOSED: it is being closed; -EBADF: it cannot be
 * watched). It ends the wait (brio__descriptor_end or brio__descriptor_give_up) and unparks the task, and may release the descriptor then;
 * or, only with code 0, it does none of this and goes on waiting. With code 0 the loop has been stirred. */
typedef void brio__attempt(void *arg, int code);

struct brio__descriptor {
    int fd; /* -1 once it is being closed, or its loop has ended */
    /* Set by the user when an attempt came back short, cleared when the descriptor turns ready: there is no point in trying before. Never
     * while it is closed. */
    bool dry[2];
    bool armed[2];             /* its watcher is */
    brio__attempt *attempt[2]; /* of who waits; NULL: nobody does */
    void *arg[2];              /* of the attempt */
    struct brio__loop *loop;   /* NULL: it has ended */
};

/* Whether a task waits in that direction. */
static inline bool brio__descriptor_busy(const struct brio__descriptor *descriptor, enum brio__direction direction)
{
    return descriptor->attempt[direction] != NULL;
}

/* get: the entry of `fd`, 0 or more, with a reference for the caller; NULL: no memory. find: borrowed; NULL: nobody has it. */
struct brio__descriptor *brio__descriptor_get(struct brio__loop *loop, int fd);
struct brio__descriptor *brio__descriptor_find(struct brio__loop *loop, int fd);
void brio__descriptor_put(struct brio__descriptor *descriptor);

/* Watches it, if it is not watched yet. */
void brio__descriptor_arm(struct brio__descriptor *descriptor, enum brio__direction direction);
/* Begins a wait; the descriptor is open and not busy in that direction. The last act of a leaf, but for parking. */
static inline void brio__descriptor_wait(struct brio__descriptor *descriptor, enum brio__direction direction, brio__attempt *attempt,
                                         void *arg)
{
    descriptor->attempt[direction] = attempt;
    descriptor->arg[direction] = arg;
    brio__loop_hold_descriptor(descriptor->loop);
    if (!descriptor->armed[direction])
        brio__descriptor_arm(descriptor, direction);
}
/* In an attempt: the wait is over. */
static inline void brio__descriptor_end(struct brio__descriptor *descriptor, enum brio__direction direction)
{
    descriptor->attempt[direction] = NULL;
    brio__loop_unhold_descriptor(descriptor->loop);
}
/* Ends a wait without an attempt: cancellation. */
void brio__descriptor_give_up(struct brio__descriptor *descriptor, enum brio__direction direction);
/* The number is about to be closed: forgets it, then ends both waits with -BRIO_ECLOSED. */
void brio__descriptor_closing(struct brio__descriptor *descriptor);

/* The loop ends; no task waits any more. Entries of streams that nobody closed live until they are put. */
void brio__descriptors_end(struct brio__loop *loop);

#endif
