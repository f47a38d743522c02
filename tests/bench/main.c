/* Prints a table: nanoseconds for each operation as tasks, in plain C and with libev alone, and the ratios.
 *
 * usage: bench [--quick | --count | --size=N | --connections=N] [name …]
 *
 * --quick makes each a twentieth as large, and once; --size=N makes all as large as that; --connections=N is for echo.
 * With --count nothing is timed: each measurement is made for two sizes, and Callgrind (without which this mode has no use) is told to write
 * down the instructions of both. counts.sh makes a table of them.
 */
#include "bench.h"

#include <math.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#if defined(__has_include)
#if __has_include(<valgrind/callgrind.h>)
#include <valgrind/callgrind.h>
#endif
#endif
#ifndef CALLGRIND_ZERO_STATS
#define CALLGRIND_ZERO_STATS (void)0
#define CALLGRIND_TOGGLE_COLLECT (void)0
#define CALLGRIND_DUMP_STATS_AT(label) (void)(label)
#endif

int bench_connections = ECHO_CONNECTIONS;

double bench_now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static bool stopped;

double bench_start(void)
{
    CALLGRIND_ZERO_STATS;
    return bench_now();
}

double bench_stop(void)
{
    if (!stopped)
        CALLGRIND_TOGGLE_COLLECT;
    stopped = true;
    return bench_now();
}

static void go_on(void)
{
    if (stopped)
        CALLGRIND_TOGGLE_COLLECT;
    stopped = false;
}

double bench_processor(void)
{
    struct timespec time;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

double bench_resident(void)
{
    long total, resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");

    if (!file)
        return NAN;
    if (fscanf(file, "%ld %ld", &total, &resident) != 2)
        resident = 0;
    fclose(file);
    return (double)resident * (double)sysconf(_SC_PAGESIZE);
}

unsigned bench_random(unsigned *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

struct row {
    const char *name;
    const char *what;
    long n;
    int rounds;
    long counted; /* the smaller of the two sizes for --count */
    measurement *tasks, *plain, *events;
    bool has_memory;
};

static const struct row rows[] = {
    {"yield", "a checkpoint of one of two tasks", 5000000, 5, 10000, tasks_yield, plain_yield, events_yield, false},
    {"spawn", "spawn and join, in batches of 1000", 3000000, 5, 10000, tasks_spawn, plain_spawn, events_spawn, false},
    {"spawn-yield", "the same, each with a checkpoint", 2000000, 5, 10000, tasks_spawn_yield, plain_spawn_yield, events_spawn_yield, false},
    {"skynet", "a tree of tasks, 10 below each, by the leaf", 1000000, 3, 10000, tasks_skynet, plain_skynet, NULL, true},
    {"await-1", "AWAIT that completes at once", 50000000, 5, 10000, tasks_await_1, plain_await_1, NULL, false},
    {"await-10", "the same, 10 calls deep", 5000000, 5, 10000, tasks_await_10, plain_await_10, NULL, false},
    {"suspend-1", "AWAIT that suspends", 5000000, 5, 10000, tasks_suspend_1, plain_suspend_1, NULL, false},
    {"suspend-10", "the same, 10 calls deep", 3000000, 5, 10000, tasks_suspend_10, plain_suspend_10, NULL, false},
    {"deadline", "a deadline around an AWAIT that completes at once", 5000000, 5, 10000, tasks_deadline, NULL, events_deadline, false},
    {"deadline-now", "the same; for libev, counted from now, as a task's is", 5000000, 5, 10000, tasks_deadline, NULL, events_deadline_now, false},
    {"ping", "a message between two tasks, channel without a buffer", 2000000, 5, 10000, tasks_ping, plain_ping, NULL, false},
    {"stream", "a message through a channel that buffers 128", 5000000, 5, 10000, tasks_stream, plain_stream, NULL, false},
    {"start-sleeping", "a million that fall asleep", 1000000, 3, 10000, tasks_start_sleeping, NULL, events_start_sleeping, true},
    {"sleep", "a million that sleep and end", 1000000, 3, 10000, tasks_sleep, NULL, events_sleep, false},
    {"cancel", "cancel and join 100,000 sleepers", 100000, 5, 10000, tasks_cancel, NULL, events_cancel, false},
    {"ten-million", "ten million that fall asleep", 10000000, 1, 0, tasks_start_sleeping, NULL, events_start_sleeping, true},
    {"echo", "processor time of an echo server", 200000, 3, 500, tasks_echo, NULL, events_echo, false},
    {"compute-bytes", "a byte of a loop with an AWAIT after each 64", 50000000, 5, 64000, tasks_bytes, plain_bytes, NULL, false},
    {"compute-hash", "the same, hashing (FNV-1a)", 50000000, 5, 64000, tasks_hash, plain_hash, NULL, false},
    {"compute-matrix", "a cell of 16x16 matrices, with an AWAIT for each row", 500000, 5, 2560, tasks_matrix, plain_matrix, NULL, false},
};

/* One round in a child process, so that none sees the heap that another left. */
static struct sample run_once(measurement *measure, long n)
{
    struct sample sample = {NAN, NAN, NAN};
    int ends[2];

    fflush(stdout);
    if (pipe(ends) < 0)
        return sample;
    pid_t child = fork();
    if (child == 0) {
        alarm(120);
        sample = measure(n);
        _exit(write(ends[1], &sample, sizeof sample) != sizeof sample);
    }
    close(ends[1]);
    if (child < 0 || read(ends[0], &sample, sizeof sample) != sizeof sample)
        sample = (struct sample){NAN, NAN, NAN};
    close(ends[0]);
    if (child > 0)
        waitpid(child, NULL, 0);
    return sample;
}

static const struct sample none = {NAN, NAN, NAN};

static void run_better(measurement *measure, long n, struct sample *best)
{
    struct sample sample = measure ? run_once(measure, n) : none;
    if (isnan(best->seconds) || sample.seconds < best->seconds)
        *best = sample;
}

static void print_number(double value, const char *unit)
{
    if (isnan(value))
        printf("%12s", "-");
    else
        printf("%9.1f %s", value, unit);
}

static void print_ratio(double tasks, double other)
{
    if (isnan(tasks / other))
        printf("%9s", "-");
    else
        printf("%8.2fx", tasks / other);
}

static void print_row(const char *name, double tasks, double plain, double events, const char *unit, const char *what)
{
    printf("%-14s", name);
    print_number(tasks, unit);
    print_number(plain, unit);
    print_number(events, unit);
    print_ratio(tasks, plain);
    print_ratio(tasks, events);
    printf("  %s\n", what);
}

/* `size` 0: as the row says. */
static void run_row(const struct row *row, bool quick, long size)
{
    long n = size ? size : quick && row->n > 20000 ? row->n / 20 : row->n;
    int rounds = quick ? 1 : row->rounds;
    struct sample tasks = none, plain = none, events = none;
    double scale = 1e9 / (double)n;

    for (int i = 0; i < rounds; i++) { /* by turns: what disturbs one disturbs them all */
        run_better(row->tasks, n, &tasks);
        run_better(row->plain, n, &plain);
        run_better(row->events, n, &events);
    }
    print_row(row->name, tasks.seconds * scale, plain.seconds * scale, events.seconds * scale, "ns", row->what);
    if (row->has_memory)
        print_row("", tasks.bytes, plain.bytes, events.bytes, "B ", "resident memory of each");
    if (!isnan(tasks.slowest))
        print_row("", tasks.slowest * 1e6, plain.slowest * 1e6, events.slowest * 1e6, "us", "what 99 of 100 requests took at most");
}

/* ---- instructions ---- */

/* The label says how many. The first call is for what happens only once. */
static void count(const char *name, const char *column, measurement *measure, long n)
{
    if (measure == NULL || n == 0)
        return;
    measure(n);
    go_on();
    for (int times = 1; times <= 2; times++) {
        char label[100];
        snprintf(label, sizeof label, "%s %s %ld", name, column, n * times);
        CALLGRIND_ZERO_STATS;
        measure(n * times);
        CALLGRIND_DUMP_STATS_AT(label);
        go_on();
    }
}

static void count_row(const struct row *row)
{
    count(row->name, "brio", row->tasks, row->counted);
    count(row->name, "plain", row->plain, row->counted);
    count(row->name, "libev", row->events, row->counted);
}

/* ---- */

static bool is_wanted(const char *name, char **names)
{
    if (!*names)
        return true;
    for (; *names; names++)
        if (strcmp(*names, name) == 0)
            return true;
    return false;
}

int main(int argc, char **argv)
{
    bool quick = argc > 1 && strcmp(argv[1], "--quick") == 0, counts = argc > 1 && strcmp(argv[1], "--count") == 0;
    bool sized = argc > 1 && strncmp(argv[1], "--size=", 7) == 0;
    bool connects = argc > 1 && strncmp(argv[1], "--connections=", 14) == 0;
    long size = sized ? atol(argv[1] + 7) : 0;

    signal(SIGPIPE, SIG_IGN);
    if (connects)
        bench_connections = atoi(argv[1] + 14);
    if (bench_connections < 1 || bench_connections > ECHO_MOST)
        return 2;
    if (counts)
        bench_connections = 1; /* one request for each poll: the same each time */
    else
        printf("%-14s%12s%12s%12s%9s%9s\n", "", "brio", "plain C", "libev", "/plain", "/libev");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (!is_wanted(rows[i].name, argv + 1 + (quick || counts || sized || connects)))
            continue;
        if (counts)
            count_row(&rows[i]);
        else
            run_row(&rows[i], quick, size);
    }
    return 0;
}
