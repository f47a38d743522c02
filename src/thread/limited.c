/* thread/limited.c - calls that need a token of a limiter. Written in Brio; the others, in thread.c, cost no frame. */
#include <brio/error.h>
#include <brio/sync.h>
#include <errno.h>

#include "thread/call.h"

/* The record is the token's borrower: it is there for as long as the thread. */
BRIO_ASYNC void *brio__call_submit_limited(struct brio__call *call, bool *entered)
{
    *entered = true;
    bool has_token = false;
    DEFER {
        if (!has_token)
            brio__call_drop(call);
    }
    AWAIT(brio_limiter_acquire_for(call->options.limiter, call));
    has_token = call->has_token = true;
    return AWAIT(brio__call_submit(call));
}

BRIO_ASYNC void *brio__call_to_thread_limited(void *(*fn)(void *arg), void *arg, struct brio_thread_options options)
{
    struct brio__call *call = brio__call_make(sizeof *call, &options);
    if (call == NULL) {
        brio__call_discard(&options, arg);
        RAISE(ENOMEM, "start a thread");
    }
    call->fn = fn;
    call->arg = arg;
    bool entered = false;
    DEFER {
        if (!entered)
            brio__call_drop(call);
    }
    return AWAIT(brio__call_submit_limited(call, &entered));
}
