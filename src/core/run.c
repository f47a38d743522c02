/* run.c - RUN and GUEST: a scheduler from its making to its end. */
#include <math.h>
#include <stdio.h>

#include "base/alloc.h"
#include "base/error.h"
#include "core/local.h"
#include "core/scope.h"

/* Not in a file that uses it often: where it is defined, gcc reaches it less directly. */
static struct brio_task nobody = {.kind = BRIO__TASK_NOBODY};
BRIO__THREAD_LOCAL struct brio_task *brio__current = &nobody;

enum { DEFAULT_STACK_LIMIT = 1 << 20, LARGEST_STACK_LIMIT = 1 << 30 };

/* ---- schedulers ---- */

static void finish_run(struct brio__loop *loop);

static void set_options(struct brio__scheduler *scheduler, const struct brio_options *options)
{
    static const struct brio_options defaults;
    if (options == NULL)
        options = &defaults;
    scheduler->loop.clock = options->clock;
    scheduler->random = options->seed;
    scheduler->shuffles = options->seed != 0;
    scheduler->autojump = options->autojump;
    scheduler->detect_deadlock = options->detect_deadlock;
    scheduler->stack_limit = options->stack_limit ? options->stack_limit : DEFAULT_STACK_LIMIT;
    if (scheduler->stack_limit > LARGEST_STACK_LIMIT)
        scheduler->stack_limit = LARGEST_STACK_LIMIT;
    scheduler->name = options->name;
    scheduler->error_out = options->error;
}

static void free_scheduler(struct brio__scheduler *scheduler)
{
    brio__scope_leave(scheduler->root.scope);
    brio__locals_unref(scheduler, scheduler->locals);
    brio__loop_close(&scheduler->loop);
    brio__memory_free(scheduler);
    brio__free(scheduler, sizeof *scheduler);
}

static void dump(struct brio__loop *loop)
{
    brio__dump_tasks(stderr, brio__scheduler(loop));
}

static void report_abandoned(struct brio__loop *loop)
{
    fputs("brio: a loop is being destroyed while tasks live in it:\n", stderr);
    dump(loop);
}

/* 0 or a negative code. */
static int make_scheduler(const struct brio_options *options, struct ev_loop *ev, struct brio__scheduler **result)
{
    if (options && !(options->autojump >= 0))
        return -EINVAL;
    struct brio__scheduler *scheduler = brio__alloc(sizeof *scheduler);
    if (scheduler == NULL)
        return -ENOMEM;
    *scheduler = (struct brio__scheduler){
        .checked = brio__frame_checked(),
        .newborn = {BRIO__RETURNED, (uint8_t)brio__kind_of_tasks(), BRIO__TASK_RUNNING, BRIO__RETURNED, 0},
        .idle_since = INFINITY,
    };
    scheduler->ready_end = &scheduler->ready;
    set_options(scheduler, options);
    scheduler->loop.pass = brio__schedule_pass;
    scheduler->loop.expire = brio__schedule_expire;
    scheduler->loop.finish = finish_run;
    scheduler->loop.abandon = report_abandoned;
    int code = brio__loop_open(&scheduler->loop, ev, options ? options->ev_flags : 0);
    if (code != 0) {
        brio__free(scheduler, sizeof *scheduler);
        return code;
    }
    brio__nursery_init(&scheduler->root, &scheduler->loop, NULL, NULL, BRIO__NURSERY_ROOT);
    if (options && options->dump_signal)
        code = brio__loop_watch_signal(&scheduler->loop, options->dump_signal, dump);
    if (code != 0)
        free_scheduler(scheduler);
    else
        *result = scheduler;
    return code;
}

/* To whoever asked for it, or to stderr; takes the error, returns what RUN returns. */
static int report_outcome(const struct brio_error *error, const struct brio_error **error_out)
{
    int code = error ? error->code : 0;
    if (error_out) {
        *error_out = error;
        return code;
    }
    if (error)
        fprintf(stderr, "brio: the root task failed\n%s\n", brio_error_string(error));
    brio_error_unref(error);
    return code;
}

/* Frees the scheduler. */
static int end_run(struct brio__scheduler *scheduler)
{
    const struct brio_error *error = scheduler->error, **error_out = scheduler->error_out;
    bool cancelled = scheduler->outcome & BRIO__CANCELLED, deadlocked = scheduler->deadlocks != 0;
    free_scheduler(scheduler);
    if (deadlocked) {
        const struct brio_error *cause = error;
        error = brio__error_new(BRIO_EDEADLOCK, cause, NULL);
        brio_error_unref(cause);
    }
    int code = report_outcome(error, error_out);
    return code == 0 && cancelled ? ECANCELED : code;
}

/* It could not begin. */
static int refuse_run(struct brio__scheduler *scheduler, const struct brio_error **error_out, int code)
{
    if (scheduler)
        free_scheduler(scheduler);
    const char *text = code == -EBUSY ? "tasks run in this thread or loop already" : brio_error_text(code);
    return report_outcome(brio__error_new(-code, NULL, "cannot run: %s", text), error_out);
}

/* ---- RUN ---- */

void brio__run_begin(struct brio__run *run, const struct brio_options *options, void *into, size_t into_size)
{
    struct brio__scheduler *scheduler = NULL;
    int code = brio__current->kind >= BRIO__TASK_NOBODY ? make_scheduler(options, options ? options->loop : NULL, &scheduler) : -EBUSY;
    run->loop = code == 0 ? &scheduler->loop : NULL;
    run->error = options ? options->error : NULL;
    brio__spawn_begin(&run->spawn, code == 0 ? &scheduler->root : NULL, NULL, into, into_size);
    if (code != 0)
        run->spawn.code = code;
}

int brio__run_end(struct brio__run *run)
{
    int code = brio__spawn_end(&run->spawn);
    struct brio__scheduler *scheduler = run->loop ? brio__scheduler(run->loop) : NULL;
    if (code != 0)
        return refuse_run(scheduler, run->error, code);
    brio__loop_run(&scheduler->loop);
    return end_run(scheduler);
}

/* ---- GUEST ---- */

static void finish_run(struct brio__loop *loop)
{
    struct brio__scheduler *scheduler = brio__scheduler(loop);
    brio_on_done *on_done = scheduler->on_done;
    void *arg = scheduler->on_done_arg;
    if (on_done == NULL)
        brio__loop_break(loop);
    else
        on_done(arg, end_run(scheduler));
}

void brio__guest_begin(struct brio__run *run, struct ev_loop *loop, const struct brio_options *options, brio_on_done *on_done, void *arg)
{
    struct brio__scheduler *scheduler = NULL;
    int code = loop && on_done ? make_scheduler(options, loop, &scheduler) : -EINVAL;
    run->loop = code == 0 ? &scheduler->loop : NULL;
    run->error = NULL;
    brio__spawn_begin(&run->spawn, code == 0 ? &scheduler->root : NULL, NULL, NULL, 0);
    if (code != 0) {
        run->spawn.code = code;
        return;
    }
    scheduler->on_done = on_done;
    scheduler->on_done_arg = arg;
}

int brio__guest_end(struct brio__run *run)
{
    int code = brio__spawn_end(&run->spawn);
    if (code != 0 && run->loop)
        free_scheduler(brio__scheduler(run->loop));
    return code;
}
