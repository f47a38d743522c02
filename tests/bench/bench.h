/* bench.h - one measurement is a function that does something n times and says how many seconds that took.
 *
 * Each thing is measured three times over: as tasks (tasks.c, echo.c), as the plain C that somebody would write by hand, and with the callbacks
 * of libev alone (plain.c, events.c, echo_libev.c). compute.c is compiled twice, as tasks and as plain C. Each runs in a process of its own, several rounds, of which the best counts.
 */
#ifndef BENCH_H
#define BENCH_H

#include <stddef.h>

struct sample {
    double seconds;
    double bytes;   /* resident memory for each of the n, where that is measured */
    double slowest; /* seconds that the slowest of 100 took, where that is measured */
};

typedef struct sample measurement(long n);

double bench_now(void);       /* seconds, monotonic */
/* The same; what goes before a start, or after a stop, does not count among the instructions. */
double bench_start(void);
double bench_stop(void);
double bench_processor(void); /* seconds of processor time of this process */
double bench_resident(void);  /* bytes */
unsigned bench_random(unsigned *state);

/* As tasks. */
measurement tasks_yield, tasks_spawn, tasks_spawn_yield, tasks_skynet, tasks_await_1, tasks_await_10, tasks_suspend_1, tasks_suspend_10, tasks_deadline,
    tasks_sleep, tasks_start_sleeping, tasks_cancel, tasks_ping, tasks_stream, tasks_echo, tasks_bytes, tasks_hash, tasks_matrix;

/* In plain C, with function pointers and malloc; none of them has timers or I/O. */
measurement plain_yield, plain_spawn, plain_spawn_yield, plain_skynet, plain_await_1, plain_await_10, plain_suspend_1, plain_suspend_10, plain_ping, plain_stream, plain_bytes,
    plain_hash, plain_matrix;

/* With libev alone. */
measurement events_yield, events_spawn, events_spawn_yield, events_deadline, events_deadline_now, events_sleep, events_start_sleeping, events_cancel, events_echo;

/* The client of both echo servers, in a process of its own: `requests` in all, over `connections` at once. Returns its process id. */
int echo_client_start(int port, int connections, long requests);
/* Blocks until it has ended; negative if it was not served well. `slowest` is the time that the slowest of 100 requests took, or more. */
int echo_client_wait(int child, double *slowest);
enum { ECHO_CONNECTIONS = 64, ECHO_MOST = 1000, ECHO_SIZE = 64 };
extern int bench_connections; /* that many, at most ECHO_MOST */

#endif
