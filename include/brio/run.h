/* brio/run.h - RUN and GUEST: how plain C enters the world of tasks. */
#ifndef BRIO_RUN_H
#define BRIO_RUN_H

#include <brio/abi.h>

#ifdef __cplusplus
extern "C" {
#endif

struct ev_loop;
struct brio__loop;

enum brio_clock {
    BRIO_CLOCK_REAL,
    /* Starts at 0 and jumps to the next deadline when every task is blocked; not while one waits for I/O
     * or a thread (but see `autojump`). */
    BRIO_CLOCK_VIRTUAL
};

/* All zero: the defaults. */
struct brio_options {
    struct ev_loop *loop; /* an existing one, of this thread; NULL: an own one */
    unsigned ev_flags;    /* for the own loop: EVFLAG_… and EVBACKEND_… of libev */
    enum brio_clock clock;
    unsigned long long seed; /* other than 0: ready tasks run in an order shuffled from it */
    /* Where the error that ended the root task goes: NULL or a reference for the caller to drop. NULL: its tree is printed to stderr. */
    const struct brio_error **error;
    const char *name;   /* of the root task */
    size_t stack_limit; /* bytes of frames per task; beyond it a call fails with ENOMEM. 0: 1 MiB */
    /* Of the virtual clock. Other than 0: it jumps when every task has been blocked, and no event has come, for so many real seconds; then
     * also while tasks wait for I/O, but not while one waits for a thread. INFINITY: never by itself. */
    double autojump;
    /* When every task waits, and neither a deadline nor a descriptor nor a thread can end that: prints the tasks to stderr, cancels the
     * root task, and BRIO_EDEADLOCK is what it ends with; what waits in a shield is cancelled next. In an existing loop this is the
     * application's word that its own watchers wake no task. */
    bool detect_deadlock;
    /* Prints the tasks to stderr when this signal arrives; 0: none. For one loop of the process at a time, and
     * no other loop may watch it. */
    int dump_signal;
};

/* Private: around the call of RUN, RUN_INTO, GUEST. */
struct brio__run {
    struct brio__spawn spawn;
    struct brio__loop *loop;
    const struct brio_error **error;
};

/* RUN returns 0 or a positive code: that of the error that ended the root task; ECANCELED; BRIO_EDEADLOCK; EBUSY where tasks run in this
 * thread or loop already, or another loop has the dump_signal; EINVAL where it is none; ENOMEM; EMFILE, ENFILE. */
void brio__run_begin(struct brio__run *run, const struct brio_options *options, void *into, size_t into_size);
int brio__run_end(struct brio__run *run);

/* GUEST returns 0 or a negative code (-EBUSY, -ENOMEM, -EINVAL). `on_done` is called once from the loop, outside of any task, when all has
 * ended and nothing of the library is left in the loop; `outcome` is what RUN would have returned. It may start another, or break the loop.
 * The options are copied. Between two turns of the loop, and in the callbacks of its other watchers, whatever is not awaited may be called:
 * SPAWN, setting an event, cancelling, moving a deadline.
 *
 * To stop early, cancel a scope around everything and wait for on_done. A loop that is destroyed before ends the tasks where they are:
 * nothing of them runs any more, their memory is lost, on_done is not called; it is reported on stderr. After a fork the child that calls
 * ev_loop_fork goes on with the loop, as with its other watchers, and with a copy of the tasks; only calls in worker threads that are under
 * way never end there. */
typedef void brio_on_done(void *arg, int outcome);
void brio__guest_begin(struct brio__run *run, struct ev_loop *loop, const struct brio_options *options, brio_on_done *on_done, void *arg);
int brio__guest_end(struct brio__run *run);

#ifdef __cplusplus
}
#endif

#endif
