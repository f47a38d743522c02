/* core/queue.h - tasks waiting in line; the one wait queue of the library.
 *
 * To grant is to take out and unpark in one step, so what is handed over is the waiter's; a cancelled waiter is out at once.
 *
 * A wait that needs more than its place in line keeps a record of its own, which begins with a struct brio__waiter:
 *
 *     struct record *record = brio__waiter_new(sizeof *record);
 *     if (record == NULL)
 *         return;
 *     …
 *     brio__queue_append(&queue, &record->waiter);
 *     brio_park(abort, record);
 *
 * Its abort takes it out with brio__queue_remove, from whatever queue it has been moved to meanwhile.
 */
#ifndef CORE_QUEUE_H
#define CORE_QUEUE_H

#include <brio/nursery.h>
#include <stdbool.h>

#include "core/task.h"

struct brio__waiter {
    struct brio__waiter *next, *previous;
    struct brio__queue *queue;
    struct brio_task *task;
};

/* Parks the current task at the end of the line; or raises ENOMEM. The last act of a leaf. */
void brio__queue_wait(struct brio__queue *queue);
/* Takes out the first and returns its task, still parked; NULL: the line is empty. */
struct brio_task *brio__queue_take(struct brio__queue *queue);
/* Unparks all. */
void brio__queue_wake_all(struct brio__queue *queue);
/* Unparks all: their awaits fail. */
void brio__queue_fail_all(struct brio__queue *queue, int code, const char *message);
size_t brio__queue_length(const struct brio__queue *queue);

/* A record of `size` bytes that begins with a waiter of the current task, in no line yet, for a leaf that is about to park; stays until the
 * task is resumed. NULL: ENOMEM has been raised. */
void *brio__waiter_new(size_t size);

static inline void brio__queue_append(struct brio__queue *queue, struct brio__waiter *waiter)
{
    waiter->next = NULL;
    waiter->previous = queue->last;
    waiter->queue = queue;
    *(queue->last ? &queue->last->next : &queue->first) = waiter;
    queue->last = waiter;
}

/* The first of its line. */
static inline void brio__queue_remove_first(struct brio__waiter *waiter)
{
    struct brio__queue *queue = waiter->queue;
    queue->first = waiter->next;
    *(waiter->next ? &waiter->next->previous : &queue->last) = NULL;
}

static inline void brio__queue_remove(struct brio__waiter *waiter)
{
    struct brio__queue *queue = waiter->queue;
    *(waiter->previous ? &waiter->previous->next : &queue->first) = waiter->next;
    *(waiter->next ? &waiter->next->previous : &queue->last) = waiter->previous;
}

#endif
