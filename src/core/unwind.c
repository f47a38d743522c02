/* unwind.c - RAISE, TRY, DEFER and FINALLY.
 *
 * What a CATCH handles, and what a DEFER or FINALLY has put aside, is the cause of errors raised meanwhile, also in functions called from
 * there. Those in hand are chained through their records in the frames; the innermost is in the task's extra record. Without memory for
 * that record errors lose their causes, no more.
 */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "core/task.h"

enum { IS_DEFER = 1 }; /* in the low bit of extra->handling: a struct brio__defer, not a struct brio__try */

const struct brio_error *brio__task_cause(const struct brio__task *task)
{
    uintptr_t handling = task->extra ? task->extra->handling : 0;
    if (handling == 0)
        return NULL;
    if (handling & IS_DEFER)
        return ((struct brio__defer *)(handling & ~(uintptr_t)IS_DEFER))->error;
    return ((struct brio__try *)handling)->caught;
}

/* Returns what was innermost before. */
static uintptr_t begin_handling(struct brio__task *task, uintptr_t handling)
{
    struct brio__extra *extra = brio__task_extra(task);
    if (extra == NULL)
        return 0;
    uintptr_t outer = extra->handling;
    extra->handling = handling;
    return outer;
}

static void end_handling(struct brio__task *task, uintptr_t handling, uintptr_t outer)
{
    if (task->extra && task->extra->handling == handling)
        task->extra->handling = outer;
}

/* ---- raising ---- */

/* Who awaits: the places where the frames stand, from `frame` outwards. */
static void note_awaits(struct brio__origin *origin, const struct brio_frame *frame)
{
    origin->awaited_count = 0;
    for (; frame && origin->awaited_count < BRIO__PLACES_MAX; frame = frame->caller) {
        struct brio_site site = brio__frame_site(frame);
        origin->awaited[origin->awaited_count++] = (struct brio__place){frame->function->name, site.file, site.line};
    }
}

static void note_cancellation(struct brio__origin *origin, const struct brio_scope *scope)
{
    static const char *const names[] = {
        [BRIO_CANCEL_EXPLICIT] = "explicit", [BRIO_CANCEL_DEADLINE] = "deadline",        [BRIO_CANCEL_ERROR] = "error",
        [BRIO_CANCEL_RACE] = "race",         [BRIO_CANCEL_SHUTDOWN] = "shutdown", [BRIO_CANCEL_DEADLOCK] = "deadlock",
    };
    if (!scope->effective_)
        return;
    origin->cancel_source = names[scope->cancel_source];
    origin->cancel_reason = scope->cancel_reason;
    origin->cancelled_by = scope->cancelled_by;
}

/* Where the task awaits what fails: the place of errors that plain C raises. */
static struct brio__place awaiting_place(const struct brio__task *task)
{
    const struct brio_frame *frame = task->head.top;
    if (frame == NULL)
        return (struct brio__place){NULL, NULL, 0};
    struct brio_site site = brio__frame_site(frame);
    return (struct brio__place){frame->function->name, site.file, site.line};
}

static const struct brio_error *make_error(const struct brio__task *task, int code, const struct brio__place *place,
                                           const struct brio_error *cause, const char *format, va_list arguments)
    __attribute__((format(printf, 5, 0)));
static const struct brio_error *make_error(const struct brio__task *task, int code, const struct brio__place *place,
                                           const struct brio_error *cause, const char *format, va_list arguments)
{
    struct brio__origin origin = {.raised = *place};
    const struct brio_frame *frame = task->head.top;
    if (place->file == NULL)
        origin.raised = awaiting_place(task);
    if (frame && origin.raised.function && strcmp(origin.raised.function, frame->function->name) == 0)
        frame = frame->caller; /* it is told already */
    note_awaits(&origin, frame);
    note_cancellation(&origin, task->scope);
    return brio__error_make(code, &origin, cause, format, arguments);
}

/* An error on its way already becomes the cause. */
static void set_on_its_way(struct brio_task *head, const struct brio_error *error)
{
    if (head->error) {
        brio__error_set_cause(error, head->error);
        brio_error_unref(head->error);
    }
    head->error = error;
    head->signal = BRIO__FAILED;
}

static struct brio__task *need_task(struct brio_task *head)
{
    if (head == NULL)
        brio__fatal("an error was raised outside of a task");
    return brio__task(head);
}

void brio__raise(struct brio_task *head, int code, const char *file, unsigned line, const char *function, const char *format, ...)
{
    struct brio__place place = {function, file, line};
    va_list arguments;
    va_start(arguments, format);
    const struct brio__task *task = need_task(head);
    set_on_its_way(head, make_error(task, code, &place, brio__task_cause(task), format, arguments));
    va_end(arguments);
}

void brio__raise_errno(struct brio_task *head, int code, const char *file, unsigned line, const char *function, const char *format, ...)
{
    char room[512], *text = room;
    va_list arguments, copy;
    va_start(arguments, format);
    va_copy(copy, arguments);
    size_t size = (size_t)vsnprintf(room, sizeof room, format, copy) + 1;
    va_end(copy);
    if (size > sizeof room && (text = brio__alloc(size)) != NULL)
        vsnprintf(text, size, format, arguments);
    va_end(arguments);
    brio__raise(head, code, file, line, function, "%s: %s", text ? text : room, brio_error_text(code));
    if (text != room)
        brio__free(text, size);
}

const struct brio_error *brio__task_error(const struct brio__task *task, int code, const struct brio_error *cause, const char *format, ...)
{
    static const struct brio__place unknown;
    va_list arguments;
    va_start(arguments, format);
    const struct brio_error *error = make_error(task, code, &unknown, cause, format, arguments);
    va_end(arguments);
    return error;
}

static const struct brio_error *make_plain_error(const struct brio__task *task, int code, const char *text)
{
    return brio__task_error(task, code, brio__task_cause(task), "%s", text);
}

void brio__raise_code(struct brio__task *task, int code)
{
    const struct brio_error *error = code == ENOMEM ? brio__error_no_memory() : make_plain_error(task, code, brio_error_text(code));
    set_on_its_way(&task->head, error);
}

void brio__raise_text(struct brio__task *task, int code, const char *text)
{
    set_on_its_way(&task->head, make_plain_error(task, code, text));
}

void brio__task_take_error(struct brio__task *task, const struct brio_error *error)
{
    struct brio__place place = awaiting_place(task);
    brio__error_set_place(error, &place);
    brio__error_set_cause(error, brio__task_cause(task));
    task->head.error = error;
}

const struct brio_error *brio__task_finish_group(const struct brio__task *task, struct brio_error *group)
{
    struct brio__place place = awaiting_place(task);
    return brio__group_finish(group, &place, brio__task_cause(task));
}

void brio_unpark_error(struct brio_task *head, int code, const char *format, ...)
{
    static const struct brio__place unknown;
    const struct brio__task *task = brio__task(head);
    va_list arguments;
    va_start(arguments, format);
    brio_unpark_failed(head, make_error(task, code, &unknown, brio__task_cause(task), format, arguments));
    va_end(arguments);
}

/* ---- TRY ---- */

void brio__try_begin(struct brio_task *task, struct brio__try *state)
{
    *state = (struct brio__try){.rest = task->error, .signal = task->signal};
    task->error = NULL;
    task->signal = BRIO__RETURNED;
}

bool brio__try_match(struct brio_task *head, struct brio__try *state, const int *codes, size_t count)
{
    if (state->rest == NULL)
        return false;
    if (count == 0) {
        state->caught = state->rest;
        state->rest = NULL;
    } else {
        const struct brio_error *rest;
        if (state->whole == NULL)
            state->whole = brio_error_ref(state->rest);
        if (brio__error_split(state->rest, codes, count, &state->caught, &rest) != 0)
            rest = brio__error_no_memory();
        brio_error_unref(state->rest);
        state->rest = rest;
    }
    if (state->caught == NULL)
        return false;
    state->outer = (struct brio__try *)begin_handling(brio__task(head), (uintptr_t)state);
    return true;
}

void brio__try_handled(struct brio_task *head, struct brio__try *state)
{
    end_handling(brio__task(head), (uintptr_t)state, (uintptr_t)state->outer);
    if (head->error && head->error == state->caught && state->whole)
        state->reraised = brio__error_merge(state->whole, state->reraised, head->error);
    else if (head->signal & BRIO__FAILED)
        state->raised = brio__error_join(state->raised, head->error);
    state->signal |= head->signal & BRIO__CANCELLED;
    head->error = NULL;
    head->signal = BRIO__RETURNED;
    brio_error_unref(state->caught);
    state->caught = NULL;
}

void brio__try_end(struct brio_task *head, struct brio__try *state)
{
    assert(head->signal == BRIO__RETURNED && state->caught == NULL);
    head->error = brio__error_join(state->raised, brio__error_merge(state->whole, state->reraised, state->rest));
    head->signal = (state->signal & BRIO__CANCELLED) | (head->error ? BRIO__FAILED : 0);
    brio_error_unref(state->whole);
    state->raised = state->rest = state->reraised = state->whole = NULL;
}

void brio__reraise(struct brio_task *head, struct brio__try *state)
{
    assert(state->caught && head->error == NULL);
    head->error = brio_error_ref(state->caught);
    head->signal = BRIO__FAILED;
}

/* ---- DEFER, FINALLY ---- */

void brio__defer_begin(struct brio_task *head, struct brio__defer *state)
{
    *state = (struct brio__defer){head->error, NULL, head->signal};
    head->error = NULL;
    head->signal = BRIO__RETURNED;
    if (state->error)
        state->outer = (struct brio__defer *)begin_handling(brio__task(head), (uintptr_t)state | IS_DEFER);
}

void brio__defer_end(struct brio_task *head, struct brio__defer *state)
{
    if (state->error)
        end_handling(brio__task(head), (uintptr_t)state | IS_DEFER, (uintptr_t)state->outer);
    if (head->signal & BRIO__FAILED) {
        brio__error_set_cause(head->error, state->error);
        brio_error_unref(state->error);
    } else {
        head->error = state->error;
        head->signal |= state->signal;
    }
    state->error = NULL;
}
