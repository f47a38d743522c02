/* event.c - see brio/sync.h. */
#include <brio/sync.h>

#include "core/queue.h"

void brio_event_init(struct brio_event *event)
{
    *event = (struct brio_event)BRIO_EVENT_INIT;
}

void brio_event_set(struct brio_event *event)
{
    event->set_ = true;
    brio__queue_wake_all(&event->waiters_);
}

bool brio_event_is_set(const struct brio_event *event)
{
    return event->set_;
}

void brio_event_wait(struct brio_event *event)
{
    if (brio__checkpoint_fails())
        return;
    if (event->set_)
        brio__leaf_done(NULL, 0);
    else
        brio__queue_wait(&event->waiters_);
}

size_t brio_event_waiting(const struct brio_event *event)
{
    return brio__queue_length(&event->waiters_);
}

void brio_event_statistics(const struct brio_event *event, struct brio_event_statistics *statistics)
{
    statistics->waiting = brio__queue_length(&event->waiters_);
}
