/* The same with the callbacks of libev alone. */
#include "bench.h"

#include <ev.h>
#include <math.h>
#include <stdlib.h>

static long counted;

/* ---- yield and spawn: a callback for each step, which the loop runs ---- */

static void feed_again(struct ev_loop *loop, ev_prepare *watcher, int events)
{
    if (counted-- > 0)
        ev_feed_event(loop, watcher, events);
}

struct sample events_yield(long n)
{
    struct ev_loop *loop = ev_loop_new(EVFLAG_AUTO);
    ev_prepare two[2];
    double start = bench_now();

    counted = n - 2;
    for (int i = 0; i < 2; i++) {
        ev_prepare_init(&two[i], feed_again);
        ev_feed_event(loop, &two[i], EV_CUSTOM);
    }
    ev_invoke_pending(loop);
    ev_loop_destroy(loop);
    return (struct sample){bench_now() - start, NAN, NAN};
}

static void end_and_free(struct ev_loop *loop, ev_prepare *watcher, int events)
{
    (void)loop, (void)events;
    counted++;
    free(watcher);
}

static void end_next_time(struct ev_loop *loop, ev_prepare *watcher, int events)
{
    ev_set_cb(watcher, end_and_free);
    ev_feed_event(loop, watcher, events);
}

static struct sample spawn_all(long n, void (*callback)(struct ev_loop *loop, ev_prepare *watcher, int events))
{
    struct ev_loop *loop = ev_loop_new(EVFLAG_AUTO);
    double start = bench_now();

    counted = 0;
    for (long done = 0; done < n; done += 1000) {
        for (int i = 0; i < 1000; i++) {
            ev_prepare *watcher = malloc(sizeof *watcher);
            if (!watcher)
                abort();
            ev_prepare_init(watcher, callback);
            ev_feed_event(loop, watcher, EV_CUSTOM);
        }
        ev_invoke_pending(loop);
    }
    ev_loop_destroy(loop);
    return (struct sample){counted == n ? bench_now() - start : NAN, NAN, NAN};
}

struct sample events_spawn(long n)
{
    return spawn_all(n, end_and_free);
}

struct sample events_spawn_yield(long n)
{
    return spawn_all(n, end_next_time);
}

/* ---- a deadline: a timer started and stopped ---- */

static void deadline_passes(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)loop, (void)timer, (void)events;
    counted = -1;
}

/* libev counts from when it last polled, unless it is told to look at the clock. */
static struct sample time_deadlines(long n, void (*look)(struct ev_loop *loop))
{
    struct ev_loop *loop = ev_loop_new(EVFLAG_AUTO);
    ev_timer timer;

    counted = 0;
    ev_init(&timer, deadline_passes);
    double start = bench_now();
    for (long i = 0; i < n; i++) {
        if (look)
            look(loop);
        ev_timer_set(&timer, 1e6, 0.);
        ev_timer_start(loop, &timer);
        counted++;
        ev_timer_stop(loop, &timer);
    }
    double seconds = bench_now() - start;
    ev_loop_destroy(loop);
    return (struct sample){counted == n ? seconds : NAN, NAN, NAN};
}

struct sample events_deadline(long n)
{
    return time_deadlines(n, NULL);
}

struct sample events_deadline_now(long n)
{
    return time_deadlines(n, ev_now_update);
}

/* ---- sleep: a timer each ---- */

struct sleeper {
    ev_timer timer;
    long *count;
};

static void sleeper_wakes(struct ev_loop *loop, ev_timer *timer, int events)
{
    struct sleeper *sleeper = (struct sleeper *)timer;

    (void)loop, (void)events;
    ++*sleeper->count;
    free(sleeper);
}

static struct sleeper *start_sleeper(struct ev_loop *loop, double seconds, long *count)
{
    struct sleeper *sleeper = malloc(sizeof *sleeper);

    if (!sleeper)
        abort();
    sleeper->count = count;
    ev_timer_init(&sleeper->timer, sleeper_wakes, seconds, 0);
    ev_timer_start(loop, &sleeper->timer);
    return sleeper;
}

static struct sleeper **start_sleepers(struct ev_loop *loop, long n, long *count)
{
    struct sleeper **sleepers = malloc((size_t)n * sizeof(struct sleeper *));
    unsigned state = 1;

    if (!sleepers)
        abort();
    for (long i = 0; i < n; i++)
        sleepers[i] = start_sleeper(loop, 1e6 + bench_random(&state), count);
    return sleepers;
}

struct sample events_start_sleeping(long n)
{
    struct ev_loop *loop = ev_loop_new(EVFLAG_AUTO);
    long count = 0;
    double before = bench_resident(), start = bench_now();
    struct sleeper **sleepers = start_sleepers(loop, n, &count);
    struct sample sample = {bench_stop() - start, (bench_resident() - before) / (double)n, NAN};

    for (long i = 0; i < n; i++)
        free(sleepers[i]);
    free(sleepers);
    ev_loop_destroy(loop);
    return sample;
}

/* Each is told by its callback that it was cancelled. */
struct sample events_cancel(long n)
{
    struct ev_loop *loop = ev_loop_new(EVFLAG_AUTO);
    long count = 0;
    struct sleeper **sleepers = start_sleepers(loop, n, &count);
    double start = bench_start();

    for (long i = 0; i < n; i++) {
        ev_timer_stop(loop, &sleepers[i]->timer);
        ev_feed_event(loop, &sleepers[i]->timer, EV_CUSTOM);
    }
    ev_invoke_pending(loop);
    double seconds = bench_now() - start;
    free(sleepers);
    ev_loop_destroy(loop);
    return (struct sample){count == n ? seconds : NAN, NAN, NAN};
}

struct sample events_sleep(long n)
{
    struct ev_loop *loop = ev_loop_new(EVFLAG_AUTO);
    unsigned state = 1;
    long count = 0;
    double start = bench_now();

    for (long i = 0; i < n; i++)
        start_sleeper(loop, 1e-12 * bench_random(&state), &count);
    ev_run(loop, 0);
    ev_loop_destroy(loop);
    return (struct sample){count == n ? bench_now() - start : NAN, NAN, NAN};
}
