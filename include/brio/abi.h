/* brio/abi.h - what generated code sees of the runtime, and nothing else does.
 *
 * A call of an ASYNC function ends in one of three ways, told by the signal of the current task:
 *
 *   BRIO__RETURNED   the C return value is the value
 *   BRIO__SUSPENDED  the callee waits: the caller saves what it needs in its frame and returns at once, with any value. Its body is
 *                    entered again when the callee has ended, and finds the value in the task's value slot
 *   BRIO__FAILED     an error (task->error), BRIO__CANCELLED a cancellation, or both at once, are on their way: the caller goes to
 *                    its innermost exit
 *
 * An ASYNC function stays one C function under its own name and signature. It begins with brio__resumed(), which gives it the frame that is
 * being resumed, or, when it has been called, with brio__push(), or brio__push_slow(), which make it a new one. The frame's `pc` says where
 * to go on:
 *
 *   BRIO__BEGIN     called: the parameters are in the C parameters; resumed, after it was spawned: they are in the frame
 *   BRIO__SPAWNED   called by SPAWN, RUN, …: store the parameters in the frame and return; the body runs later
 *   n > 0           suspended at its n-th suspension point, which is sites[n - 1]
 */
#ifndef BRIO_ABI_H
#define BRIO_ABI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define brio_likely(x) __builtin_expect(!!(x), 1)
#define brio_unlikely(x) __builtin_expect(!!(x), 0)

/* Called without the linker's table of jumps. */
#if defined(__GNUC__) && !defined(__clang__)
#define BRIO__NO_PLT __attribute__((noplt))
#else
#define BRIO__NO_PLT
#endif

enum { brio__abi_version = 1 };
/* Every descriptor points at it, so that objects of another version do not link. */
extern const int brio__abi_1;

struct brio_error;
struct brio_task;
struct brio_nursery;
struct brio_scope;
struct brio_spawn_options;
struct brio_scope_options;

enum brio__signal { BRIO__RETURNED = 0, BRIO__SUSPENDED = 1, BRIO__FAILED = 2, BRIO__CANCELLED = 4, BRIO__UNWINDING = 6 };

#define BRIO__BEGIN 0u
#define BRIO__SPAWNED 0xffffffffu

/* Where an ASYNC function can be suspended. */
struct brio_site {
    const char *callee; /* as the user wrote it: "brio_sleep", "s->ops->receive", "NURSERY n" */
    const char *file;
    unsigned line;
};

struct brio_frame;

/* The static description of an ASYNC function. */
struct brio_function {
    const int *abi;
    void (*resume)(struct brio_task *task, struct brio_frame *frame);
    const char *name;
    const char *file;
    unsigned line;
    unsigned site_count;
    const struct brio_site *sites;
    unsigned value_size;   /* of the return value; 0 for void */
    unsigned spawn_size;   /* the frame's first bytes, which have its head and the parameters: all of it that counts before the body runs */
    unsigned *stack_hint;  /* how much frame stack a task that starts here came to need; kept by the runtime; not NULL */
    bool passes_failure;   /* no block in it has an exit: it is left, not entered again, when what it awaits has failed */
};

/* The head of every frame. */
struct brio_frame {
    const struct brio_function *function;
    struct brio_frame *caller;
    uint32_t pc;
    uint32_t size; /* in bytes, a multiple of 16; the low bits are flags: BRIO__FRAME_SLOW */
};

/* brio__leave must take the slow way: the frame begins a chunk, is over-aligned, or is watched by a checker. */
enum { BRIO__FRAME_SLOW = 1 };

enum brio__task_kind {
    BRIO__TASK_REAL = 0,
    BRIO__TASK_WATCHED,  /* a real one whose checkpoints a test wants to know of */
    BRIO__TASK_SPAWNING, /* the stand-in between brio__spawn_begin and brio__spawn_end */
    BRIO__TASK_WOKEN,    /* a real one, unparked by the very leaf that is about to park it */
    BRIO__TASK_NOBODY,   /* the stand-in where no task runs; likewise those after it */
    BRIO__TASK_THREAD    /* the stand-in in a worker thread: the function does the plain call of its AWAIT_THREAD and returns */
};

enum brio__task_state {
    BRIO__TASK_READY,   /* in the queue; `outcome` is what it will find */
    BRIO__TASK_RUNNING, /* or, for a leaf that was SPAWNed, being called */
    BRIO__TASK_YIELDS,  /* about to return to the pass, which puts it in the queue */
    BRIO__TASK_PARKED,
    BRIO__TASK_ASLEEP   /* parked, with its timer in the heap */
};

/* What a ready task finds, beside what enum brio__signal has: RETURNED, or CANCELLED if that is due when it runs; RETURNED, and its stack
 * is still to be moved. */
enum brio__outcome { BRIO__RECHECK = 0x80, BRIO__MOVE };

/* How a task stands: the first word of it, which is written at once where it changes often. */
struct brio__standing {
    uint32_t signal; /* enum brio__signal */
    uint8_t kind;    /* enum brio__task_kind */
    uint8_t state;   /* enum brio__task_state */
    uint8_t outcome; /* what it finds when it runs again */
    uint8_t ready_count; /* awaits in a row that completed at once, in steps of BRIO__READY_STEP */
};

/* The head of a task: what the inline functions here need. The rest, and the members with an underscore, are private to the runtime. */
struct brio_task {
    uint32_t signal;      /* enum brio__signal */
    uint8_t kind;         /* enum brio__task_kind */
    uint8_t standing_[3]; /* the rest of struct brio__standing */
    struct brio_frame *resume; /* the frame that is being entered again, until it takes itself out */
    char *sp;                  /* where the next frame goes, 16-aligned */
    char *limit;               /* the end of this chunk of the frame stack */
    struct brio_frame *top;    /* the innermost frame; not beside sp, or compilers put both together in a vector first */
    void *hot_[3];             /* with what is above, all that a switch touches: so many bytes as most caches have in a line */
    union {
        char small_[16];
        void *large; /* a value of more than 16 bytes: in memory that stays as it is until the next frame is pushed */
        long double align_;
    } value;
    const struct brio_error *error; /* on its way, while the signal has BRIO__FAILED */
    void *cold_;
};

#ifdef __cplusplus
#define BRIO__THREAD_LOCAL __thread
#else
#define BRIO__THREAD_LOCAL __thread
#endif
/* The task that runs in this thread; never NULL: brio__nobody when none does. */
extern BRIO__THREAD_LOCAL struct brio_task *brio__current __attribute__((tls_model("initial-exec")));

/* ---- frames ---- */

/* The rest of brio__push: no room in this chunk, over-aligned, called by SPAWN (the pc is BRIO__SPAWNED) or outside of any task (which
 * aborts with a message). `kept` is the caller's, who has its parameters in memory there for the time of the call. NULL: ENOMEM is on its
 * way in the current task. */
void *brio__push_slow(struct brio_task *task, const struct brio_function *function, size_t size, size_t align, void *kept)
    __attribute__((cold));
void brio__leave_slow(struct brio_task *task, struct brio_frame *frame) __attribute__((cold));
/* A frame that no entry of the function's switch knows: memory was overwritten. Aborts. */
void brio__bad_pc(const struct brio_frame *frame) __attribute__((noreturn, cold));

/* The frame that is being entered again; NULL: the function has been called. */
static inline void *brio__resumed(struct brio_task *task)
{
    struct brio_frame *frame = task->resume;
    if (brio_unlikely(frame != NULL))
        task->resume = NULL;
    return frame;
}

/* A new frame; NULL: it takes brio__push_slow. `size` is the frame's, but at least that of the return value (for one that does not fit the
 * task's slot). */
static inline void *brio__push(struct brio_task *task, const struct brio_function *function, size_t size, size_t align)
{
    struct brio_frame *frame = (struct brio_frame *)(void *)task->sp;
    size = (size + 15) & ~(size_t)15;
    if (brio_unlikely((uintptr_t)frame + size > (uintptr_t)task->limit || align > 16))
        return NULL;
    frame->function = function;
    frame->caller = task->top;
    frame->pc = BRIO__BEGIN;
    frame->size = (uint32_t)size;
    task->top = frame;
    task->sp = (char *)frame + size;
    return frame;
}

/* Pops the frame; its memory stays readable until the next one is pushed. */
static inline void brio__leave(struct brio_task *task, struct brio_frame *frame)
{
    if (brio_unlikely(frame->size & BRIO__FRAME_SLOW)) {
        brio__leave_slow(task, frame);
        return;
    }
    task->top = frame->caller;
    task->sp = (char *)frame;
}

/* A function that has left its frame puts a scalar where a caller that is resumed finds it, whether its caller is or not: so the
 * resume thunk has nothing to do but to enter the function. */
static inline void brio__put_value(struct brio_task *task, const void *value, size_t size)
{
    if (size <= sizeof task->value)
        __builtin_memcpy(&task->value, value, size);
}

/* In a resume thunk, after the body has returned with the signal RETURNED: puts the value where the caller finds it. `frame` is the popped
 * one. */
static inline void brio__return_value(struct brio_task *task, struct brio_frame *frame, const void *value, size_t size)
{
    if (size <= sizeof task->value) {
        __builtin_memcpy(&task->value, value, size);
    } else {
        __builtin_memcpy(frame, value, size);
        task->value.large = frame;
    }
}

/* At a resume point: where the value of the awaited call is. */
static inline void *brio__value(struct brio_task *task, size_t size)
{
    return size <= sizeof task->value ? (void *)&task->value : task->value.large;
}
#define BRIO__VALUE(task, ...) (*(__VA_ARGS__ *)brio__value(task, sizeof(__VA_ARGS__)))

/* Why a block is being left; kept in the frame while its exit runs. Numbers from BRIO__JUMP on are the function's own jump targets. */
enum brio__why { BRIO__FELL = 0, BRIO__UNWIND = 1, BRIO__RETURN = 2, BRIO__JUMP = 3 };

/* After an exit has run: an error or cancellation on its way wins, one that the exit took ends in falling out of the block. */
static inline unsigned brio__outcome(const struct brio_task *task, unsigned why)
{
    if (brio_unlikely(task->signal))
        return BRIO__UNWIND;
    return why == BRIO__UNWIND ? (unsigned)BRIO__FELL : why;
}

/* ---- errors; all of them cold ---- */

/* RAISE. The signal becomes FAILED; an allocation that fails makes it ENOMEM. The cause is what is being handled or put aside. */
void brio__raise(struct brio_task *task, int code, const char *file, unsigned line, const char *function, const char *format, ...)
    __attribute__((cold, format(printf, 6, 7)));
/* RAISE_ERRNO: code is errno at the call, the text is followed by ": " and strerror. */
void brio__raise_errno(struct brio_task *task, int code, const char *file, unsigned line, const char *function, const char *format, ...)
    __attribute__((cold, format(printf, 6, 7)));

/* TRY, in the frame. begin: takes what is on its way; match: takes the part that the filter names (count 0: all of it) as `caught` and
 * clears the signal while its CATCH runs; handled: the CATCH was left, with the task's signal; end: puts what is left on its way again.
 * Cancellation is kept by begin and goes on at end. */
struct brio__try {
    const struct brio_error *caught; /* valid in the CATCH block */
    const struct brio_error *rest;
    const struct brio_error *raised;
    const struct brio_error *whole;    /* what it was before it was parted; NULL: it was not */
    const struct brio_error *reraised; /* parts of that */
    struct brio__try *outer; /* of the task: the one whose CATCH encloses this one, for causes */
    uint32_t signal;
};
void brio__try_begin(struct brio_task *task, struct brio__try *state);
bool brio__try_match(struct brio_task *task, struct brio__try *state, const int *codes, size_t count);
void brio__try_handled(struct brio_task *task, struct brio__try *state);
void brio__try_end(struct brio_task *task, struct brio__try *state);
/* RERAISE: puts the caught part on its way again, as it is. */
void brio__reraise(struct brio_task *task, struct brio__try *state);

/* DEFER and FINALLY, in the frame: begin puts aside what is on its way (if anything) and clears the signal; end puts it back, or lets what
 * the deferred statement raised take its place with it as the cause. */
struct brio__defer {
    const struct brio_error *error;
    struct brio__defer *outer;
    uint32_t signal;
};
void brio__defer_begin(struct brio_task *task, struct brio__defer *state);
void brio__defer_end(struct brio_task *task, struct brio__defer *state);

/* ---- scopes ---- */

enum brio__scope_kind {
    BRIO__SCOPE_PLAIN, BRIO__SCOPE_MOVE_ON_AFTER, BRIO__SCOPE_MOVE_ON_AT, BRIO__SCOPE_FAIL_AFTER, BRIO__SCOPE_FAIL_AT,
    BRIO__SCOPE_SHIELD, BRIO__SCOPE_INTERRUPTIBLE
};
/* Neither is a checkpoint. open: `time` for the four timed kinds, `options` (or NULL) for PLAIN; may fail (NaN: EINVAL; ENOMEM), with the
 * signal set and the scope not entered. close: takes the scope off the task, takes a cancellation that is the scope's to take, raises
 * ETIMEDOUT for FAIL_…; sets or clears the signal. `site` tells dumps where the block stands. */
void brio__scope_open(struct brio_task *task, struct brio_scope *scope, enum brio__scope_kind kind, double time,
                      const struct brio_scope_options *options);
void brio__scope_close(struct brio_task *task, struct brio_scope *scope);

/* ---- nurseries ---- */

enum { BRIO__NURSERY_RACE = 1 };
void brio__nursery_open(struct brio_task *task, struct brio_nursery *nursery, unsigned flags);
/* The body was left, with the task's signal: FAILED and CANCELLED cancel the children. Then waits for them: the signal is SUSPENDED, or
 * RETURNED when there is nothing to wait for. Not a cancellation point. */
void brio__nursery_close(struct brio_task *task, struct brio_nursery *nursery);
/* All have ended: leaves the scope; the signal becomes the outcome. */
void brio__nursery_end(struct brio_task *task, struct brio_nursery *nursery);

/* ---- starting tasks ---- */

/* Lives on the C stack from begin to end, around one plain call of an ASYNC (or ASYNC_LEAF) function, whose arguments may begin and end
 * others. While it lasts brio__current is `stand_in`, which has no room, so that the call comes to
 * brio__push_slow, where the task is made. */
struct brio__spawn {
    struct brio_task stand_in;
    struct brio_task *previous; /* brio__current before */
    struct brio_task *made;     /* the new task; NULL until the call has been entered, or when it could not be made */
    struct brio_nursery *nursery;
    const struct brio_spawn_options *options; /* or NULL */
    void *into;                               /* SPAWN_INTO: where the value goes, or NULL */
    size_t into_size;
    struct brio__captured **captured; /* RUN_ON and SPAWN_ON: where the call goes, in place of a task; else NULL */
    int code; /* 0, or what went wrong, negative */
};
/* Works in tasks and in plain code on the loop's thread. */
void brio__spawn_begin(struct brio__spawn *spawn, struct brio_nursery *nursery, const struct brio_spawn_options *options, void *into,
                       size_t into_size);
int brio__spawn_end(struct brio__spawn *spawn); /* 0, -BRIO_ECLOSED, -ENOMEM */
/* SPAWN_INTO and RUN_INTO, between the call and end: what the call itself gave, which counts if it was a leaf that completed at once. */
void brio__spawn_value(struct brio__spawn *spawn, const void *value, size_t size);
/* In an ASYNC function: raises the negative code. */
void brio__spawn_raise(struct brio_task *task, int code, const char *file, unsigned line, const char *function);

/* AWAIT_THREAD, a leaf: a worker enters the function again, with a copy of its frame and a task of kind BRIO__TASK_THREAD. There the
 * function makes the plain call at its suspension point and stores the value in the copy; the runtime brings it to `value`, which is in the
 * frame (NULL: none). */
struct brio_thread_options;
void brio__thread_call(struct brio_task *task, struct brio_frame *frame, size_t size, void *value, size_t value_size,
                       const struct brio_thread_options *options);

/* START, in the frame. begin/end enclose the call as with spawn; end suspends (or fails at once, or returns); after the suspension, or when
 * end returned at once, finish() gives the outcome: RETURNED, or the child's error or BRIO_ENOTSTARTED on its way, or cancellation. */
struct brio__start;
void brio__start_begin(struct brio__spawn *spawn, struct brio__start *start, struct brio_task *task, struct brio_nursery *nursery,
                       const struct brio_spawn_options *options);
void brio__start_end(struct brio__spawn *spawn, struct brio__start *start, struct brio_task *task);
void brio__start_finish(struct brio_task *task, struct brio__start *start);

#ifdef __cplusplus
}
#endif

#endif
