/* brio/time.h - the clock, and waits for nothing but time or the other tasks. Seconds are double. */
#ifndef BRIO_TIME_H
#define BRIO_TIME_H

#include <brio/language.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The time of this thread's loop: monotonic, from an arbitrary start; with the virtual clock from 0. Without a loop, monotonic. */
double brio_now(void);

/* All of these are checkpoints, whatever their argument. They raise EINVAL for a NaN, and ENOMEM. */

/* Zero and less: lets the other ready tasks run. INFINITY: for ever. Never ends early. */
BRIO_ASYNC_LEAF void brio_sleep(double seconds);
BRIO_ASYNC_LEAF void brio_sleep_until(double time);
/* Ends by cancellation only. */
BRIO_ASYNC_LEAF void brio_sleep_forever(void);
/* Lets the other ready tasks run, then is cancelled if cancellation is due. */
static inline BRIO_ASYNC_LEAF void brio_checkpoint(void);
/* The second half alone. */
BRIO_ASYNC_LEAF void brio_checkpoint_if_cancelled(void);
/* The first half alone: not cancelled. */
BRIO_ASYNC_LEAF void brio_shielded_checkpoint(void);

/* The virtual clock of this thread's loop. 0; -EINVAL for what is negative (or, save `threshold`, infinite) or a NaN; -ENOTSUP when the
 * clock is the real one; -BRIO_ENOTRUNNING without a loop. */

/* Moves it; what falls due meanwhile does so at one moment. */
int brio_clock_advance(double seconds);
/* So many seconds for each real one, from now on; 0 at first. */
int brio_clock_set_rate(double rate);
/* As brio_options.autojump, from now on. */
int brio_clock_set_autojump(double threshold);

/* ---- private ---- */

/* Where no task runs, or one that is being spawned, or a test wants to know of it. */
void brio__checkpoint_slow(void) __attribute__((cold));

static inline void brio_checkpoint(void)
{
    struct brio_task *task = brio__current;
    const struct brio__standing yields = {BRIO__SUSPENDED, BRIO__TASK_REAL, BRIO__TASK_YIELDS, BRIO__RECHECK, 0};
    if (brio_likely(task->kind == BRIO__TASK_REAL))
        __builtin_memcpy(task, &yields, sizeof yields);
    else
        brio__checkpoint_slow();
}

#ifdef __cplusplus
}
#endif

#endif
