/* thread/pool.h - the worker threads of a loop. */
#ifndef BRIO_THREAD_POOL_H
#define BRIO_THREAD_POOL_H

#include "loop/wakeup.h"

#include <stdbool.h>

struct brio__loop;

enum { BRIO__POOL_LIMIT = 40 };

/* Storage of the caller, until `done` is called. */
struct brio__job {
    struct brio__post post; /* private */
    struct brio__job *next; /* private */
    void (*work)(struct brio__job *job); /* in a worker */
    void (*done)(struct brio__job *job); /* on the loop's thread after work; in the worker if the loop has ended meanwhile */
};

/* Loop's thread. 0, -ENOMEM, -EAGAIN (no thread can be made). Beyond BRIO__POOL_LIMIT running ones, jobs wait their turn. */
int brio__pool_submit(struct brio__loop *loop, struct brio__job *job);

/* Loop's thread. True: the job had not begun and will not; `done` is not called. */
bool brio__pool_withdraw(struct brio__loop *loop, struct brio__job *job);

#endif
