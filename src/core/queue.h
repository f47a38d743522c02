/* core/queue.h - tasks waiting in line; the one wait queue of the library.
 *
 * To grant is to take out and unpark in one step, so what is handed over is the waiter's; a cancelled waiter is out at once.
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
size_t brio__queue_length(const struct brio__queue *queue);

#endif
