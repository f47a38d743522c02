/* clock.c - the real clock, and the virtual one: a number that jumps, and at a rate other than 0 follows the real one. */
#include <errno.h>
#include <math.h>
#include <time.h>

#include "loop/loop.h"

double brio__clock_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

double brio__loop_flowing_now(const struct brio__loop *loop)
{
    return loop->virtual_now + (brio__clock_now() - loop->flows_since) * loop->rate;
}

static void set_virtual(struct brio__loop *loop, double now)
{
    loop->virtual_now = now;
    if (loop->rate != 0)
        loop->flows_since = brio__clock_now();
}

int brio__loop_set_rate(struct brio__loop *loop, double rate)
{
    if (!(rate >= 0) || rate == (double)INFINITY)
        return -EINVAL;
    double now = brio__loop_now(loop);
    loop->rate = rate;
    set_virtual(loop, now);
    return 0;
}

int brio__loop_advance(struct brio__loop *loop, double seconds)
{
    if (!(seconds >= 0) || seconds == (double)INFINITY)
        return -EINVAL;
    set_virtual(loop, brio__loop_now(loop) + seconds);
    return 0;
}

void brio__loop_jump(struct brio__loop *loop)
{
    double first = brio__heap_first(&loop->timers);
    if (first > brio__loop_now(loop))
        set_virtual(loop, first);
    loop->polled = true;
}

double brio__loop_next_deadline(const struct brio__loop *loop)
{
    double first = brio__heap_first(&loop->timers);
    if (loop->clock != BRIO_CLOCK_VIRTUAL || first == (double)INFINITY)
        return first;
    return loop->rate == 0 ? (double)INFINITY : brio__clock_now() + (first - brio__loop_now(loop)) / loop->rate;
}
