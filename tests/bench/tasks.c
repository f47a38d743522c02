/* What is measured, as tasks. */
#include "bench.h"

#include <brio.h>
#include <brio/channel.h>
#include <math.h>

#define NEVER_INLINE __attribute__((noinline))

/* Runs the root task; a failure shows as no number. */
#define MEASURE(name, root) \
    struct sample tasks_##name(long n) \
    { \
        struct sample sample = {NAN, NAN, NAN}; \
        struct brio_options options = {0}; \
        int code = RUN(&options, root(n, &sample)); \
        return code == 0 ? sample : (struct sample){NAN, NAN, NAN}; \
    }

/* ---- yield ---- */

static ASYNC void yield_often(long n)
{
    while (n-- > 0)
        AWAIT(brio_checkpoint());
}

static ASYNC void yield(long n, struct sample *sample)
{
    double start = bench_now();

    NURSERY(two) {
        SPAWN(two, yield_often(n / 2));
        SPAWN(two, yield_often(n / 2));
    }
    sample->seconds = bench_now() - start;
}
MEASURE(yield, yield)

/* ---- spawn ---- */

static ASYNC void nothing(long *count)
{
    if (count)
        ++*count;
    else
        AWAIT(brio_checkpoint());
}

static ASYNC void spawn(long n, struct sample *sample)
{
    long count = 0;
    double start = bench_now();

    for (long done = 0; done < n; done += 1000) {
        NURSERY(batch) {
            for (int i = 0; i < 1000; i++)
                SPAWN(batch, nothing(&count));
        }
    }
    sample->seconds = count == n ? bench_now() - start : NAN;
}
MEASURE(spawn, spawn)

static ASYNC void yield_once(long *count)
{
    AWAIT(brio_checkpoint());
    ++*count;
}

static ASYNC void spawn_yield(long n, struct sample *sample)
{
    long count = 0;
    double start = bench_now();

    for (long done = 0; done < n; done += 1000) {
        NURSERY(batch) {
            for (int i = 0; i < 1000; i++)
                SPAWN(batch, yield_once(&count));
        }
    }
    sample->seconds = count == n ? bench_now() - start : NAN;
}
MEASURE(spawn_yield, spawn_yield)

/* ---- a tree of tasks ---- */

enum { BRANCHES = 10 };

/* Adds up the numbers of the leaves from `first` on, of which there are `leaves`. */
static ASYNC long skynet(long first, long leaves)
{
    if (leaves == 1)
        return first;
    long sums[BRANCHES], sum = 0;
    NURSERY(branches) {
        for (int i = 0; i < BRANCHES; i++)
            SPAWN_INTO(branches, &sums[i], skynet(first + i * (leaves / BRANCHES), leaves / BRANCHES));
    }
    for (int i = 0; i < BRANCHES; i++)
        sum += sums[i];
    return sum;
}

/* Largest power of ten. */
static long round_leaves(long n)
{
    long leaves = 1;
    while (leaves * BRANCHES <= n)
        leaves *= BRANCHES;
    return leaves;
}

/* Counted in trees of 10,000 or fewer; timed, for a million, in one. */
static ASYNC void skynets(long n, struct sample *sample)
{
    long leaves = round_leaves(n), sum = 0;
    double before = bench_resident(), start = bench_now();

    for (long done = 0; done < n; done += leaves)
        sum += AWAIT(skynet(0, leaves));
    sample->seconds = sum == n / leaves * (leaves * (leaves - 1) / 2) ? bench_now() - start : NAN;
    sample->bytes = (bench_resident() - before) / (double)n; /* task memory is kept until the end of the loop, so this is the peak */
}
MEASURE(skynet, skynets)

/* ---- await ---- */

/* Suspends when `*waits` says so. */
static NEVER_INLINE ASYNC long leaf(long x, const int *waits)
{
    if (*waits)
        AWAIT(brio_checkpoint());
    return x + 1;
}

#define LEVEL(name, below) \
    static NEVER_INLINE ASYNC long name(long x, const int *waits) \
    { \
        return AWAIT(below(x, waits)) + 1; \
    }
LEVEL(level_2, leaf)
LEVEL(level_3, level_2)
LEVEL(level_4, level_3)
LEVEL(level_5, level_4)
LEVEL(level_6, level_5)
LEVEL(level_7, level_6)
LEVEL(level_8, level_7)
LEVEL(level_9, level_8)
LEVEL(level_10, level_9)

static volatile int never = 0, always = 1; /* not known to the compiler */

#define AWAITING(name, function, waiting) \
    static ASYNC void name(long n, struct sample *sample) \
    { \
        int waits = waiting; \
        long sum = 0; \
        double start = bench_now(); \
        for (long i = 0; i < n; i++) \
            sum += AWAIT(function(i, &waits)); \
        sample->seconds = sum ? bench_now() - start : NAN; \
    } \
    MEASURE(name, name)
AWAITING(await_1, leaf, never)
AWAITING(await_10, level_10, never)
AWAITING(suspend_1, leaf, always)
AWAITING(suspend_10, level_10, always)

/* ---- a deadline that does not pass ---- */

static ASYNC void deadline(long n, struct sample *sample)
{
    int waits = never;
    long sum = 0;
    double start = bench_now();

    for (long i = 0; i < n; i++) {
        MOVE_ON_AFTER(1e6) {
            sum += AWAIT(leaf(i, &waits));
        }
    }
    sample->seconds = sum ? bench_now() - start : NAN;
}
MEASURE(deadline, deadline)

/* ---- channels ---- */

BRIO_CHANNEL(numbers, long)

struct pipes {
    struct brio_sender *send[2];
    struct brio_receiver *receive[2];
};

static ASYNC void answer(long n, struct pipes *pipes)
{
    long item;
    for (long i = 0; i < n; i++) {
        AWAIT(numbers_receive(pipes->receive[0], &item));
        AWAIT(numbers_send(pipes->send[1], item + 1));
    }
}

static ASYNC void ask(long n, struct pipes *pipes, long *sum)
{
    long item;
    for (long i = 0; i < n; i++) {
        AWAIT(numbers_send(pipes->send[0], i));
        AWAIT(numbers_receive(pipes->receive[1], &item));
        *sum += item;
    }
}

static int open_pipes(struct pipes *pipes, size_t capacity)
{
    for (int i = 0; i < 2; i++)
        if (numbers_open(&pipes->send[i], &pipes->receive[i], capacity) != 0)
            return -1;
    return 0;
}

static void close_pipes(struct pipes *pipes)
{
    for (int i = 0; i < 2; i++) {
        brio_sender_close(pipes->send[i]);
        brio_receiver_close(pipes->receive[i]);
    }
}

static ASYNC void ping(long n, struct sample *sample)
{
    struct pipes pipes;
    long sum = 0;
    if (open_pipes(&pipes, 0) != 0)
        return;
    double start = bench_now();
    NURSERY(two) {
        SPAWN(two, answer(n / 2, &pipes));
        SPAWN(two, ask(n / 2, &pipes, &sum));
    }
    sample->seconds = sum == n / 2 * (n / 2 + 1) / 2 ? bench_now() - start : NAN;
    close_pipes(&pipes);
}
MEASURE(ping, ping)

static ASYNC void produce(long n, struct pipes *pipes)
{
    for (long i = 0; i < n; i++)
        AWAIT(numbers_send(pipes->send[0], i));
}

static ASYNC void consume(long n, struct pipes *pipes, long *sum)
{
    long item;
    while (n-- > 0 && AWAIT(numbers_receive(pipes->receive[0], &item)))
        *sum += item;
}

static ASYNC void stream(long n, struct sample *sample)
{
    struct pipes pipes;
    long sum = 0;
    if (open_pipes(&pipes, 128) != 0)
        return;
    double start = bench_now();
    NURSERY(two) {
        SPAWN(two, produce(n, &pipes));
        SPAWN(two, consume(n, &pipes, &sum));
    }
    sample->seconds = sum == n * (n - 1) / 2 ? bench_now() - start : NAN;
    close_pipes(&pipes);
}
MEASURE(stream, stream)

/* ---- sleep ---- */

static ASYNC void sleep_once(double seconds, long *count)
{
    AWAIT(brio_sleep(seconds));
    ++*count;
}

static ASYNC void start_sleeping(long n, struct sample *sample)
{
    unsigned state = 1;
    long count = 0;
    double before = bench_resident(), start = bench_now();

    NURSERY(sleepers) {
        for (long i = 0; i < n; i++)
            SPAWN(sleepers, sleep_once(1e6 + bench_random(&state), &count));
        AWAIT(brio_checkpoint());
        AWAIT(brio_checkpoint());
        sample->seconds = bench_stop() - start;
        sample->bytes = (bench_resident() - before) / (double)n;
        brio_nursery_cancel(sleepers, NULL);
    }
}
MEASURE(start_sleeping, start_sleeping)

static ASYNC void sleep_all(long n, struct sample *sample)
{
    unsigned state = 1;
    long count = 0;
    double start = bench_now();

    NURSERY(sleepers) {
        for (long i = 0; i < n; i++)
            SPAWN(sleepers, sleep_once(1e-12 * bench_random(&state), &count));
    }
    sample->seconds = count == n ? bench_now() - start : NAN;
}
MEASURE(sleep, sleep_all)

static ASYNC void cancel(long n, struct sample *sample)
{
    unsigned state = 1;
    long count = 0;
    double start = 0;

    NURSERY(sleepers) {
        for (long i = 0; i < n; i++)
            SPAWN(sleepers, sleep_once(1e6 + bench_random(&state), &count));
        AWAIT(brio_checkpoint());
        AWAIT(brio_checkpoint());
        start = bench_start();
        brio_nursery_cancel(sleepers, NULL);
    }
    sample->seconds = count == 0 ? bench_now() - start : NAN;
}
MEASURE(cancel, cancel)
