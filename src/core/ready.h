/* core/ready.h - the ready queue, for those who put a task into it often enough to have that inline.
 *
 * The queue has two parts: what is left of the batch that runs, and what has become ready since it began.
 */
#ifndef CORE_READY_H
#define CORE_READY_H

#include "core/task.h"

/* To the end of the queue, to find the `outcome` that it has; for code that runs in a pass. */
static inline void brio__ready_link(struct brio__scheduler *scheduler, struct brio__task *task)
{
    task->state = BRIO__TASK_READY;
    task->link.next = NULL;
    *scheduler->ready_end = task;
    scheduler->ready_end = &task->link.next;
}

/* The same, to find that one. */
static inline void brio__ready_append(struct brio__scheduler *scheduler, struct brio__task *task, uint32_t outcome)
{
    task->outcome = (uint8_t)outcome;
    brio__ready_link(scheduler, task);
}

/* How many tasks are in the queue; counts no further than to `most`. */
static inline size_t brio__ready_count(const struct brio__scheduler *scheduler, size_t most)
{
    size_t count = 0;
    for (const struct brio__task *task = scheduler->batch; task && count < most; task = task->link.next)
        count++;
    for (const struct brio__task *task = scheduler->ready; task && count < most; task = task->link.next)
        count++;
    return count;
}

/* Most values are as long as a pointer, or are true or false. */
static inline void brio__value_copy(void *to, const void *from, size_t size)
{
    if (size == sizeof(void *))
        __builtin_memcpy(to, from, sizeof(void *));
    else if (size == 1)
        __builtin_memcpy(to, from, 1);
    else if (size)
        __builtin_memcpy(to, from, size);
}

/* brio_unpark_value of the first bytes of `word`: so the value of who calls it in passing need not be in memory. */
void brio__unpark_specially(struct brio_task *head, uint64_t word, size_t size) __attribute__((cold));

static inline uint64_t brio__value_word(const void *value, size_t size)
{
    uint64_t word = 0;
    brio__value_copy(&word, value, size);
    return word;
}

/* brio_unpark_value for a value of 8 bytes or less (`size` 0: brio_unpark), for those who unpark often. */
static inline void brio__unpark_small(struct brio_task *head, const void *value, size_t size)
{
    struct brio__task *task = brio__task(head);
    if (brio_unlikely(task->state != BRIO__TASK_PARKED)) {
        brio__unpark_specially(head, brio__value_word(value, size), size);
        return;
    }
    struct brio__scheduler *scheduler = brio__task_scheduler(task);
    brio__value_copy(&head->value, value, size);
    brio__ready_append(scheduler, task, BRIO__RETURNED);
    brio__loop_wake(&scheduler->loop);
}

/* The same in a callback that has stirred the loop, which is the task's. */
static inline void brio__unpark_stirred(struct brio__loop *loop, struct brio_task *head, const void *value, size_t size)
{
    struct brio__task *task = brio__task(head);
    if (brio_unlikely(task->state != BRIO__TASK_PARKED)) {
        brio__unpark_specially(head, brio__value_word(value, size), size);
        return;
    }
    brio__value_copy(&head->value, value, size);
    brio__ready_append(brio__scheduler(loop), task, BRIO__RETURNED);
}

/* The running task goes to the end of the queue and finds the outcome there. */
static inline void brio__task_yield(struct brio__task *task, uint32_t outcome)
{
    task->head.signal = BRIO__SUSPENDED;
    task->ready_count = 0;
    brio__ready_append(brio__task_scheduler(task), task, outcome);
}

#endif
