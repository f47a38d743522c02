/* queue.c - see queue.h. */
#include "core/queue.h"

static void unlink_waiter(struct brio__waiter *waiter)
{
    struct brio__queue *queue = waiter->queue;
    *(waiter->previous ? &waiter->previous->next : &queue->first) = waiter->next;
    *(waiter->next ? &waiter->next->previous : &queue->last) = waiter->previous;
}

static enum brio_abort_result leave_queue(struct brio_task *task, void *arg)
{
    (void)task;
    unlink_waiter(arg);
    return BRIO_ABORTED;
}

void brio__queue_wait(struct brio__queue *queue)
{
    struct brio_task *task = brio_task_current();
    struct brio__waiter *waiter = brio__scratch(task, sizeof *waiter);
    if (waiter == NULL) {
        brio__raise_code(brio__task(task), ENOMEM);
        return;
    }
    *waiter = (struct brio__waiter){NULL, queue->last, queue, task};
    *(queue->last ? &queue->last->next : &queue->first) = waiter;
    queue->last = waiter;
    brio_park(leave_queue, waiter);
}

struct brio_task *brio__queue_take(struct brio__queue *queue)
{
    struct brio__waiter *waiter = queue->first;
    if (waiter == NULL)
        return NULL;
    unlink_waiter(waiter);
    return waiter->task;
}

void brio__queue_wake_all(struct brio__queue *queue)
{
    struct brio_task *task;
    while ((task = brio__queue_take(queue)))
        brio_unpark(task);
}

size_t brio__queue_length(const struct brio__queue *queue)
{
    size_t length = 0;
    for (const struct brio__waiter *waiter = queue->first; waiter; waiter = waiter->next)
        length++;
    return length;
}
