/* semaphore.c - see brio/sync.h. While tasks wait the value stays 0: release hands its unit to the first of them. */
#include <brio/sync.h>

#include <brio/error.h>

#include "core/queue.h"
#include "core/ready.h"

int brio_semaphore_init(struct brio_semaphore *semaphore, size_t initial, size_t max)
{
    if (max && initial > max)
        return -EINVAL;
    *semaphore = (struct brio_semaphore)BRIO_SEMAPHORE_INIT(initial, max);
    return 0;
}

static bool take(struct brio_semaphore *semaphore)
{
    if (semaphore->value_ == 0)
        return false;
    semaphore->value_--;
    return true;
}

void brio_semaphore_acquire(struct brio_semaphore *semaphore)
{
    if (brio__checkpoint_fails())
        return;
    if (take(semaphore))
        brio__leaf_done(NULL, 0);
    else
        brio__queue_wait(&semaphore->waiters_);
}

int brio_semaphore_try_acquire(struct brio_semaphore *semaphore)
{
    return take(semaphore) ? 0 : -EAGAIN;
}

int brio_semaphore_release(struct brio_semaphore *semaphore)
{
    struct brio_task *next = brio__queue_take(&semaphore->waiters_);
    if (next) {
        brio__unpark_small(next, NULL, 0);
        return 0;
    }
    if (semaphore->value_ == (semaphore->max_ ? semaphore->max_ : SIZE_MAX))
        return -EOVERFLOW;
    semaphore->value_++;
    return 0;
}

size_t brio_semaphore_value(const struct brio_semaphore *semaphore)
{
    return semaphore->value_;
}

size_t brio_semaphore_waiting(const struct brio_semaphore *semaphore)
{
    return brio__queue_length(&semaphore->waiters_);
}

void brio_semaphore_statistics(const struct brio_semaphore *semaphore, struct brio_semaphore_statistics *statistics)
{
    statistics->value = semaphore->value_;
    statistics->max = semaphore->max_;
    statistics->waiting = brio__queue_length(&semaphore->waiters_);
}
