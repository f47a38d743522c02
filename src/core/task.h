/* core/task.h - what a task and a scheduler are made of, and what the files of this layer and those above call of each other.
 *
 * A sleeping task is to cost little: what most tasks never have is in the extra record, what only a parked one needs shares room with what
 * only a ready one needs, and wait-queue nodes are in the scratch memory above the task's frames.
 */
#ifndef CORE_TASK_H
#define CORE_TASK_H

#include <brio/error.h>
#include <brio/leaf.h>
#include <brio/nursery.h>
#include <brio/run.h>
#include <brio/scope.h>
#include <stdio.h>

#include "base/fatal.h"
#include "loop/loop.h"

/* ---- tasks ---- */

enum brio__task_flag {
    BRIO__TASK_DAEMON = 1,
    BRIO__TASK_FURTHER = 2, /* has a further chunk of stack */
    BRIO__TASK_ABORTED = 8, /* parked, and its abort has been called */
    BRIO__TASK_MEASURED = 16, /* what it needs of stack while it waits has been remembered */
    BRIO__TASK_CROSSES = 32,  /* has left the frame below a further chunk of its stack before */
    BRIO__TASK_INTO = 64,     /* was made by SPAWN_INTO: its record lies before the first chunk of the stack */
    BRIO__TASK_MOVED = 128    /* the first chunk of the stack is a block of its own; see struct brio__stack */
};

/* Of SPAWN_INTO: where the value goes. */
struct brio__into {
    void *place; /* NULL: the value is there already */
    size_t size;
};

/* Where a task's stack is that has been moved out of its block; lies where it was. */
struct brio__stack {
    char *start;
    size_t size;
};

/* A task as the owner of locks; see sync/lock.c. */
struct brio__owner {
    void (*ended)(struct brio_task *task); /* called first when the task ends; NULL: it never owned one */
    uint64_t run;                           /* the scheduler's lock_run */
    size_t held;                            /* how many it owns */
    struct brio_lock *wanted;               /* those that others wait for */
};

/* What few tasks need; made when first needed. */
struct brio__extra {
    const char *name;
    struct brio_handle *handle;
    struct brio__start *start; /* until brio_started() */
    uintptr_t handling; /* the innermost CATCH, DEFER or FINALLY that has an error in hand; see unwind.c */
    void *scratch;      /* when the frame stack has no room */
    size_t scratch_size;
    const char *scratch_top; /* the top of the stack when what it needs was last remembered; NULL: a checker watches */
    struct brio__kept *kept;  /* errors that handles of this task's nurseries point at */
    struct brio_scope *scope; /* a daemon's or a handle's own */
    struct brio__owner owner;
    struct brio__binding *locals; /* see local.c */
    bool was_started;
};

struct brio__task {
    union {
        struct brio_task head;
        struct brio__standing standing;
        struct { /* the same, with what is the runtime's alone */
            uint32_t signal_;
            uint8_t kind_;
            uint8_t state;
            uint8_t outcome;
            uint8_t ready_count;
            void *stack_[4];
            union {
                struct brio__task *next;  /* ready: in the queue */
                struct brio__timer timer; /* parked: in a sleep */
            } link;
            struct brio_scope *scope;
            struct brio_nursery *nursery;
            long double value_;
            const void *error_;
            struct brio__task *next; /* children of the nursery */
        };
    };
    struct brio__task *previous;
    struct brio__extra *extra;
    uint64_t id;
    uint32_t size; /* of its block, with the first chunk of the stack, or what of that is not moved */
    uint8_t flags;
};

_Static_assert(offsetof(struct brio__standing, state) == offsetof(struct brio_task, standing_) &&
                   offsetof(struct brio__task, state) == offsetof(struct brio__standing, state) &&
                   offsetof(struct brio__task, outcome) == offsetof(struct brio__standing, outcome) &&
                   offsetof(struct brio__task, ready_count) == offsetof(struct brio__standing, ready_count) &&
                   offsetof(struct brio__task, link) == offsetof(struct brio_task, hot_) &&
                   offsetof(struct brio__task, next) == offsetof(struct brio_task, cold_),
               "the head of a task is described twice");

/* While a task is parked its value slot holds this. */
struct brio__park {
    brio_abort *abort;
    void *arg;
};

static inline struct brio__task *brio__task(const struct brio_task *task)
{
    union {
        const struct brio_task *head;
        struct brio__task *whole;
    } both = {task};
    return both.whole;
}

static inline struct brio__into *brio__task_into(struct brio__task *task)
{
    return (struct brio__into *)(void *)(task + 1);
}

/* Where the first frame goes, before the stack is moved. */
static inline char *brio__task_stack(struct brio__task *task)
{
    return (char *)(task + 1) + (task->flags & BRIO__TASK_INTO ? sizeof(struct brio__into) : 0);
}

static inline bool brio__task_is_parked(const struct brio__task *task)
{
    return task->state >= BRIO__TASK_PARKED;
}

/* Not a stand-in. */
static inline bool brio__task_is_real(const struct brio_task *task)
{
    return task->kind <= BRIO__TASK_WATCHED || task->kind == BRIO__TASK_WOKEN;
}

static inline struct brio__park *brio__task_park(struct brio__task *task)
{
    return (struct brio__park *)(void *)&task->head.value;
}

/* The task that runs; NULL: none. While the arguments of a SPAWN are evaluated it is the one that spawns. */
static inline struct brio_task *brio__task_running(void)
{
    struct brio_task *task = brio__current;
    while (brio_unlikely(task->kind == BRIO__TASK_SPAWNING))
        task = brio__container(task, struct brio__spawn, stand_in)->previous;
    return brio__task_is_real(task) ? task : NULL;
}

/* ---- schedulers: a loop with tasks ---- */

enum { BRIO__CLASS_COUNT = 128, BRIO__CLASS_STEP = 16 };

/* Memory of tasks and frames, by size; see memory.c. */
struct brio__memory {
    void *free[BRIO__CLASS_COUNT];
    struct brio__slab *slabs;
    size_t reserved; /* bytes of all slabs */
    char *cursor, *end;
    char *cold, *cold_end; /* nobody has touched it; with `waiting`, more than enough for what is owed */
    struct brio__slab *waiting, **waiting_end; /* slabs that are cold as a whole, first in, first out */
    size_t cold_room; /* of blocks of any size, how many bytes the cold memory is sure to have room for */
    size_t owed;      /* bytes of blocks that are promised */
    void *kept; /* the chunk that was left last; its contents are still read */
    size_t kept_size;
    size_t large; /* bytes of those given out that are allocations of their own */
};

struct brio__scheduler {
    struct brio__loop loop;
    struct brio__memory memory;
    struct brio__task *batch; /* what is left of the batch that runs; see ready.h */
    struct brio__task *ready, **ready_end;
    uint64_t next_id;
    uint64_t random;  /* the state of the generator that shuffles */
    bool shuffles;
    size_t stack_limit;
    bool checked; /* a memory checker watches: every frame and task is an allocation of its own */
    bool detect_deadlock;
    unsigned deadlocks; /* found so far */
    double autojump, autojump_over_io; /* the second where the first is 0: as 0 it never is over I/O */
    double idle_since; /* real time; INFINITY: it is not, or nobody asks; see idle.c */
    struct brio__queue idle_waiters;
    struct brio__binding *locals; /* of the loop; see local.c */
    bool uses_locals;             /* a task of it has had some */
    struct brio__standing newborn; /* what a task begins as: real, or watched */
    uint64_t lock_run;        /* tells the loop from earlier ones, for locks; 0: none was owned yet */
    uint64_t last_dead_owner; /* the newest task that ended with locks of its own; 0: none did */

    struct brio_nursery root; /* holds the root task */
    uint32_t outcome;         /* of the root task */
    const struct brio_error *error;
    const char *name;
    brio_on_done *on_done; /* a guest's */
    void *on_done_arg;
    const struct brio_error **error_out;
};

static inline struct brio__scheduler *brio__scheduler(struct brio__loop *loop)
{
    return brio__container(loop, struct brio__scheduler, loop);
}

static inline struct brio__loop *brio__task_loop(const struct brio_task *task)
{
    return brio__task(task)->nursery->loop_;
}

static inline struct brio__scheduler *brio__task_scheduler(const struct brio__task *task)
{
    return brio__scheduler(task->nursery->loop_);
}

enum { BRIO__TIMER_TASK = 0, BRIO__TIMER_SCOPE = 1 };

/* ---- schedule.c ---- */

/* To the end of the queue, to find `outcome`. */
void brio__task_ready(struct brio__task *task, uint32_t outcome);
enum brio__pass brio__schedule_pass(struct brio__loop *loop);
void brio__schedule_expire(struct brio__loop *loop, struct brio__timer *timer, unsigned kind);
/* The task's await fails with the error, whose reference is taken; only in the task itself. */
void brio__fail(struct brio_task *task, const struct brio_error *error);
/* Where no task runs, or one that is being spawned; or the checkpoint fails, or there is a hook. */
bool brio__checkpoint_specially(void) __attribute__((cold));
/* The task's await, which could complete at once, does not: it has its turn of them. */
void brio__task_let_others_run(struct brio__task *task, const void *value, size_t size) __attribute__((cold));

/* For leaves that are called often: brio_checkpoint_fails, brio_park and brio_leaf_done in line. Those _at_ease are for a leaf that has
 * found its task at ease and has called nothing since that might cancel or unpark it. A fast path that calls nothing saves no register,
 * so what is left is best a function of its own that is not inlined. */

/* Whether the current task has nothing to do at a checkpoint. */
static inline bool brio__task_at_ease(const struct brio__task *task)
{
    return brio_likely(task->head.kind == BRIO__TASK_REAL && !task->scope->effective_);
}

static inline bool brio__checkpoint_fails(void)
{
    return brio__task_at_ease(brio__task(brio__current)) ? false : brio__checkpoint_specially();
}

/* A task that is being spawned, or has been unparked already, or has a further chunk of stack, or is cancelled. */
void brio__park_specially(brio_abort *abort_wait, void *arg) __attribute__((cold));

static inline void brio__task_set_parked(struct brio__task *task, brio_abort *abort_wait, void *arg)
{
    task->head.signal = BRIO__SUSPENDED;
    task->ready_count = 0;
    task->state = BRIO__TASK_PARKED;
    *brio__task_park(task) = (struct brio__park){abort_wait, arg};
}

static inline void brio__park_at_ease(struct brio__task *task, brio_abort *abort_wait, void *arg)
{
    if (brio_unlikely(task->flags & (BRIO__TASK_ABORTED | BRIO__TASK_FURTHER))) {
        brio__park_specially(abort_wait, arg);
        return;
    }
    brio__task_set_parked(task, abort_wait, arg);
}

static inline void brio__park(brio_abort *abort_wait, void *arg)
{
    struct brio__task *task = brio__task(brio__current);
    if (brio_unlikely(task->head.kind != BRIO__TASK_REAL || task->scope->effective_))
        brio__park_specially(abort_wait, arg);
    else
        brio__park_at_ease(task, abort_wait, arg);
}

enum { BRIO__READY_AWAITS = 64, BRIO__READY_STEP = 256 / BRIO__READY_AWAITS };

/* Counts an await that completes at once. True: it is brio__task_let_others_run's turn. */
static inline bool brio__task_is_greedy(struct brio__task *task)
{
    task->ready_count = (uint8_t)(task->ready_count + BRIO__READY_STEP); /* comes round to 0 */
    return brio_unlikely(task->ready_count == 0);
}

static inline void brio__leaf_done(const void *value, size_t size)
{
    struct brio__task *task = brio__task(brio__current);
    if (brio_likely(task->head.kind <= BRIO__TASK_WATCHED) && brio__task_is_greedy(task))
        brio__task_let_others_run(task, value, size);
}

/* For tests: called at every checkpoint, before it looks for cancellation, of loops that are made from now on. NULL: no more, nowhere. */
void brio__set_checkpoint_hook(void (*hook)(struct brio__scheduler *scheduler));
/* The task is at a checkpoint: calls that. */
void brio__watch_checkpoint(const struct brio_task *task);
/* What kind of task a new loop's tasks are. */
enum brio__task_kind brio__kind_of_tasks(void);
/* Cancellation has arrived: aborts the wait of a task that is parked in one. */
void brio__task_interrupt(struct brio__task *task);

/* ---- dump.c ---- */

void brio__dump_tasks(FILE *file, struct brio__scheduler *scheduler);

/* ---- inspect.c ---- */

/* Of the function that the task is a call of, static; NULL for no task, a leaf, and one that has returned. */
const char *brio__task_function(const struct brio_task *task);

/* ---- lifecycle.c ---- */

/* A task without frames in the nursery that the spawn names, with `room` for some (0 under a checker), running; NULL: no memory. */
struct brio__task *brio__task_make(const struct brio__spawn *spawn, size_t room);
/* Undoes that. */
void brio__task_unmake(struct brio__task *task);
/* It has no frames left: gives what it ended with to whoever is to have it, and frees it. */
void brio__task_end(struct brio__task *task);
/* The extra record, made now if there is none yet; NULL: no memory. */
struct brio__extra *brio__task_extra(struct brio__task *task);
/* Keeps a reference to the error of a handle for as long as this task lives or the handle is used again. False: no memory. */
bool brio__task_keep(struct brio__task *task, const struct brio_handle *handle, const struct brio_error *error);
void brio__task_drop_kept(struct brio__task *task, const struct brio_handle *handle);

/* ---- frame.c ---- */

/* Whether a memory checker watches this process. */
bool brio__frame_checked(void);
/* There is a further chunk, or no room. */
void *brio__scratch_specially(struct brio__task *task, size_t size) __attribute__((cold));
/* `size` bytes above the task's frames, until it is resumed. NULL: no memory. For a leaf that is about to park. */
static inline void *brio__scratch(struct brio_task *head, size_t size)
{
    struct brio__task *task = brio__task(head);
    if (brio_unlikely(task->flags & BRIO__TASK_FURTHER || (size_t)(head->limit - head->sp) < size))
        return brio__scratch_specially(task, size);
    return head->sp;
}
/* The first run of a task that was made short; see spawn.c: its stack gets the block that was promised. What the task finds then. */
uint32_t brio__frame_move(struct brio__task *task);
/* Whether brio__scratch gives task->head.sp, and parking does no more than brio__task_set_parked. */
static inline bool brio__task_has_scratch(const struct brio__task *task, size_t size)
{
    return brio_likely(!(task->flags & (BRIO__TASK_ABORTED | BRIO__TASK_FURTHER)) && (size_t)(task->head.limit - task->head.sp) >= size);
}
/* The task waits: gives up chunks that are empty. */
void brio__frame_trim(struct brio__task *task);
/* Where the function of the frame is: its suspension point, or its beginning. */
struct brio_site brio__frame_site(const struct brio_frame *frame);

/* ---- memory.c ---- */

enum { BRIO__LARGEST_BLOCK = (BRIO__CLASS_COUNT - 1) * BRIO__CLASS_STEP }; /* that is carved and recycled */

static inline size_t brio__block_size(size_t size)
{
    return (size + BRIO__CLASS_STEP - 1) & ~(size_t)(BRIO__CLASS_STEP - 1);
}

void *brio__block_make(struct brio__scheduler *scheduler, size_t size);
void brio__block_drop(struct brio__scheduler *scheduler, void *block, size_t size);

/* One that was put back; `size` is rounded. NULL: there is none. */
static inline void *brio__block_reuse(struct brio__memory *memory, size_t size)
{
    if (brio_unlikely(size > BRIO__LARGEST_BLOCK))
        return NULL;
    void **list = &memory->free[size / BRIO__CLASS_STEP], *block = *list;
    if (brio_unlikely(block == NULL))
        return NULL;
    *list = *(void **)block;
    return block;
}

/* The same, or one of the room that is left; NULL: it takes brio__block_get. */
static inline void *brio__block_at_hand(struct brio__memory *memory, size_t size)
{
    void *block = brio__block_reuse(memory, size);
    if (block || size > BRIO__LARGEST_BLOCK || (size_t)(memory->end - memory->cursor) < size)
        return block;
    block = memory->cursor;
    memory->cursor += size;
    return block;
}

/* More cold memory, so that so much is not owed; false: there is none. */
bool brio__memory_widen(struct brio__memory *memory, size_t size);

/* Promises a block, which takes up room, but is neither carved nor touched before it is taken; `size` is rounded, and no more than
 * BRIO__LARGEST_BLOCK. False: no memory. */
static inline bool brio__block_promise(struct brio__memory *memory, size_t size)
{
    if (brio_unlikely(memory->owed + size > memory->cold_room) && !brio__memory_widen(memory, size))
        return false;
    memory->owed += size;
    return true;
}

/* Of a block that is taken now, or is not wanted after all. */
static inline void brio__block_release(struct brio__memory *memory, size_t size)
{
    memory->owed -= size;
}

/* A block that was promised, and has been released, of cold memory: there is some. For who has found none that was put back. */
void *brio__block_take_cold(struct brio__memory *memory, size_t size);

/* Of the scheduler's thread; 16-aligned. NULL: no memory. */
static inline void *brio__block_get(struct brio__scheduler *scheduler, size_t size)
{
    size = brio__block_size(size);
    void *block = brio__block_reuse(&scheduler->memory, size);
    return brio_likely(block != NULL) ? block : brio__block_make(scheduler, size);
}

/* One that was carved; `size` is rounded. */
static inline void brio__block_recycle(struct brio__memory *memory, void *block, size_t size)
{
    void **list = &memory->free[size / BRIO__CLASS_STEP];
    *(void **)block = *list;
    *list = block;
}

static inline void brio__block_put(struct brio__scheduler *scheduler, void *block, size_t size)
{
    size = brio__block_size(size);
    if (brio_unlikely(block == NULL || size > BRIO__LARGEST_BLOCK || scheduler->checked)) {
        brio__block_drop(scheduler, block, size);
        return;
    }
    brio__block_recycle(&scheduler->memory, block, size);
}

/* What a chunk leaves behind is read once more before the next chunk is taken or left. */
void *brio__chunk_get(struct brio__scheduler *scheduler, size_t *size);
void brio__chunk_put(struct brio__scheduler *scheduler, void *chunk, size_t size);
/* In bytes; walks through what is free. */
void brio__memory_count(const struct brio__memory *memory, size_t *used, size_t *reserved);
/* All blocks must be back. */
void brio__memory_free(struct brio__scheduler *scheduler);
/* ---- unwind.c ---- */

/* What would be the cause of an error that the task raised now: borrowed, or NULL. */
const struct brio_error *brio__task_cause(const struct brio__task *task);
/* An error for the task to fail with: raised where it awaits, with who awaits that; a new reference. The cause stays the caller's. */
const struct brio_error *brio__task_error(const struct brio__task *task, int code, const struct brio_error *cause, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* The code with its own text, or with that one; the place is where the task awaits. */
void brio__raise_code(struct brio__task *task, int code);
void brio__raise_text(struct brio__task *task, int code, const char *text);
/* Becomes what the task fails with; takes the error, and adds place and cause to one that is new. */
void brio__task_take_error(struct brio__task *task, const struct brio_error *error);
/* Likewise for the group of a nursery's errors. */
const struct brio_error *brio__task_finish_group(const struct brio__task *task, struct brio_error *group);

#endif
