/* core/ready.h - the ready queue, for those who put a task into it often enough to have that inline.
 *
 * The queue has two parts: what is left of the batch that runs, and what has become ready since it began.
 */
#ifndef CORE_READY_H
#define CORE_READY_H

#include "core/task.h"

/* Beside those of enum brio__signal, as a ready task's outcome: RETURNED, or CANCELLED if that is due when it runs. */
enum { BRIO__RECHECK = 0x80 };

/* To the end of the queue; for code that runs in a pass. */
static inline void brio__ready_append(struct brio__scheduler *scheduler, struct brio__task *task, uint32_t outcome)
{
    task->state = BRIO__TASK_READY;
    task->outcome = (uint8_t)outcome;
    task->link.next = NULL;
    *scheduler->ready_end = task;
    scheduler->ready_end = &task->link.next;
    scheduler->ready_count++;
}

/* The running task goes to the end of the queue and finds the outcome there. */
static inline void brio__task_yield(struct brio__task *task, uint32_t outcome)
{
    task->head.signal = BRIO__SUSPENDED;
    task->ready_count = 0;
    brio__ready_append(brio__task_scheduler(task), task, outcome);
}

#endif
