/* thread/pool.h - the worker threads of a loop. */
#ifndef BRIO_THREAD_POOL_H
#define BRIO_THREAD_POOL_H

#include "loop/wakeup.h"

#include <stdbool.h>

struct brio__loop;

enum { BRIO__POOL_LIMIT = 40 };

/* How long a worker waits for a job before it ends. Only tests change it. */
extern double brio__pool_idle_seconds;

/* Storage of the caller, until `done` is called. */
struct brio__job {
    struct brio__post post;              /* private */
    struct brio__job *next;              /* private */
    bool unlimited;                      /* its caller sees to it that there are not too many */
    void (*work)(struct brio__job *job); /* in a worker */
    /* On the loop's thread, after work; or, `alone`, in the worker, if the loop has ended meanwhile. */
    void (*done)(struct brio__job *job, bool alone);
};

/* Loop's thread. 0, -ENOMEM, -EAGAIN (no thread can be made), as brio__wakeup_check. Beyond BRIO__POOL_LIMIT running ones that are not
 * unlimited, jobs wait their turn. */
int brio__pool_submit(struct brio__loop *loop, struct brio__job *job);

/* Loop's thread. True: the job had not begun and will not; `done` is not called. */
bool brio__pool_withdraw(struct brio__loop *loop, struct brio__job *job);

#endif
