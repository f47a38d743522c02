/* queue.c - see queue.h. */
#include "core/queue.h"

#include "core/ready.h"

static enum brio_abort_result leave_queue(struct brio_task *task, void *arg)
{
    (void)task;
    brio__queue_remove(arg);
    return BRIO_ABORTED;
}

void *brio__waiter_new(size_t size)
{
    struct brio_task *task = brio__current;
    struct brio__waiter *waiter = brio__scratch(task, size);
    if (waiter == NULL) {
        brio__raise_code(brio__task(task), ENOMEM);
        return NULL;
    }
    waiter->task = task;
    return waiter;
}

void brio__queue_wait(struct brio__queue *queue)
{
    struct brio__waiter *waiter = brio__waiter_new(sizeof *waiter);
    if (waiter == NULL)
        return;
    brio__queue_append(queue, waiter);
    brio__park(leave_queue, waiter);
}

struct brio_task *brio__queue_take(struct brio__queue *queue)
{
    struct brio__waiter *waiter = queue->first;
    if (waiter == NULL)
        return NULL;
    brio__queue_remove(waiter);
    return waiter->task;
}

void brio__queue_wake_all(struct brio__queue *queue)
{
    struct brio_task *task;
    while ((task = brio__queue_take(queue)))
        brio__unpark_small(task, NULL, 0);
}

void brio__queue_fail_all(struct brio__queue *queue, int code, const char *message)
{
    struct brio_task *task;
    while ((task = brio__queue_take(queue)))
        brio_unpark_error(task, code, "%s", message);
}

size_t brio__queue_length(const struct brio__queue *queue)
{
    size_t length = 0;
    for (const struct brio__waiter *waiter = queue->first; waiter; waiter = waiter->next)
        length++;
    return length;
}
