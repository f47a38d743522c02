/* thread/call.h - the record of a call that a worker makes: from the task that awaits it to where the thread has done with it. */
#ifndef BRIO_THREAD_CALL_H
#define BRIO_THREAD_CALL_H

#include <brio/thread.h>

#include "thread/pool.h"

struct brio__call {
    struct brio__job job;
    struct brio__loop *loop;
    struct brio_task *task; /* NULL: it has abandoned the call */
    struct brio_thread_options options;
    bool cancelled; /* read by the worker: atomic */
    bool holds;     /* the loop */
    bool has_token; /* of options.limiter */
    struct brio_scope *asked; /* around what the worker has asked the loop for; or NULL */
    size_t size;    /* of the record */

    /* brio_to_thread */
    void *(*fn)(void *arg); /* NULL: the call is one of AWAIT_THREAD */
    void *arg;
    void *result; /* else NULL */

    /* AWAIT_THREAD */
    struct brio_frame *frame;
    struct brio_frame *copy;
    size_t value_offset, value_size;
};

/* A record for the current task, to be filled; NULL: no memory. `size` is at least that of the struct; `options` may be NULL. */
struct brio__call *brio__call_make(size_t size, const struct brio_thread_options *options);
/* It will not run: discards and frees it. */
void brio__call_drop(struct brio__call *call);
/* What stands for `discard` where there is no record. */
void brio__call_discard(const struct brio_thread_options *options, void *arg);

/* Waits for the result, and frees the record, also when it fails. */
BRIO_ASYNC_LEAF void *brio__call_submit(struct brio__call *call);
/* The same with a token of options.limiter; a checkpoint. If `*entered` is still false afterwards there was no frame for it, and the
 * record is the caller's. */
BRIO_ASYNC void *brio__call_submit_limited(struct brio__call *call, bool *entered);
/* SPAWN of brio_to_thread with a limiter. */
BRIO_ASYNC void *brio__call_to_thread_limited(void *(*fn)(void *arg), void *arg, struct brio_thread_options options);

/* The call that the current thread, a worker, makes; NULL in other threads. Valid while the thread makes it. */
struct brio__call *brio__call_running(void);

/* Loop's thread, around the time for which the worker itself waits for this loop: the virtual clock does not stand still for it. `scope`,
 * which is around what the worker has asked for, is cancelled with the task that waits for the worker. Nothing if the call was made by
 * another loop. */
void brio__call_pause(struct brio__call *call, struct brio__loop *loop, struct brio_scope *scope);
void brio__call_go_on(struct brio__call *call, struct brio__loop *loop);

#endif
