/* error_text.c - errors as text, and what is read from their trees. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error_private.h"

struct code_name {
    int code;
    const char *name, *text;
};

#define CODE_NAME(name, number, text) {number, #name, text},
static const struct code_name own_codes[] = {BRIO__CODES(CODE_NAME)};
#undef CODE_NAME

#define ERRNO_NAME(name) {name, #name, NULL},
static const struct code_name errno_codes[] = {
#include "base/errno.def"
};
#undef ERRNO_NAME

static const struct code_name *find_code(const struct code_name *names, size_t count, int code)
{
    if (code < 0)
        code = -code;
    for (size_t i = 0; i < count; i++)
        if (names[i].code == code)
            return &names[i];
    return NULL;
}

static const struct code_name *find_own_code(int code)
{
    return find_code(own_codes, sizeof own_codes / sizeof *own_codes, code);
}

const char *brio_error_name(int code)
{
    const struct code_name *found = find_own_code(code);
    if (found == NULL)
        found = find_code(errno_codes, sizeof errno_codes / sizeof *errno_codes, code);
    return found ? found->name : "unknown code";
}

const char *brio_error_text(int code)
{
    const struct code_name *found = find_own_code(code);
    return found ? found->text : strerror(code < 0 ? -code : code);
}

/* ---- trees ---- */

bool brio_error_contains(const struct brio_error *error, int code)
{
    while (error && error->code != code && error->child_count == 1)
        error = error->children[0]; /* nurseries in nurseries make long chains */
    if (error == NULL)
        return false;
    if (error->code == code)
        return true;
    for (size_t i = 0; i < error->child_count; i++)
        if (brio_error_contains(error->children[i], code))
            return true;
    return false;
}

const struct brio_error *brio_error_only(const struct brio_error *error)
{
    while (error && error->child_count == 1)
        error = error->children[0];
    return error && error->child_count == 0 ? error : NULL;
}

/* ---- text ----
 *
 * A tree may be deep, so the way down is kept in an array, and indentation ends somewhere. What several have in common, a cause most of
 * all, would be told again by each, and by each of those that have these in common: it is told once.
 */

enum { DEEPEST_INDENTATION = 40 };

struct step {
    const struct brio_error *error;
    size_t child; /* the next one */
    unsigned depth;
};

struct text {
    char *at;
    size_t capacity, length;
    struct step *steps;
    size_t step_capacity, step_count;
    const struct brio_error **told; /* a table by address, of a power of two */
    size_t told_capacity, told_count;
    bool failed; /* no memory */
};

static void make_room(struct text *text, size_t length)
{
    while (!text->failed && text->length + length >= text->capacity) {
        char *at = brio__grow(text->at, &text->capacity, 1);
        if (at)
            text->at = at;
        else
            text->failed = true;
    }
}

static void put(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void put(struct text *text, const char *format, ...)
{
    for (int turn = 0; turn < 2; turn++) {
        size_t room = text->capacity - text->length;
        va_list arguments;
        va_start(arguments, format);
        int length = vsnprintf(text->at ? text->at + text->length : NULL, room, format, arguments);
        va_end(arguments);
        if (length >= 0 && (size_t)length < room) {
            text->length += (size_t)length;
            return;
        }
        make_room(text, length > 0 ? (size_t)length : 0);
        if (length < 0 || text->failed)
            return;
    }
}

static void put_line(struct text *text, unsigned depth)
{
    put(text, "\n%*s", (int)(depth < DEEPEST_INDENTATION ? depth : DEEPEST_INDENTATION) * 2, "");
}

static void put_places(struct text *text, const struct brio_error *error, unsigned depth)
{
    const struct brio__error *inside = brio__error_inside(error);
    if (error->file) {
        put_line(text, depth + 1);
        put(text, "%s %s at %s:%u", error->code == BRIO_EGROUP ? "in" : "raised in", error->function, error->file, error->line);
    }
    for (unsigned i = 0; i < inside->place_count; i++) {
        put_line(text, depth + 1);
        put(text, "awaited in %s at %s:%u", inside->places[i].function, inside->places[i].file, inside->places[i].line);
    }
}

static void put_cancellation(struct text *text, const struct brio__error *inside, unsigned depth)
{
    if (inside->cancel_source == NULL)
        return;
    put_line(text, depth + 1);
    put(text, "while cancelled (%s%s%s)", inside->cancel_source, inside->cancel_reason ? ": " : "",
        inside->cancel_reason ? inside->cancel_reason : "");
    if (inside->cancelled_by)
        put(text, " by %s", inside->cancelled_by);
}

/* Where `error` is in the table, or belongs. */
static const struct brio_error **find_told(const struct text *text, const struct brio_error *error)
{
    size_t i = ((uintptr_t)error >> 4) * 0x9e3779b1u & (text->told_capacity - 1);
    while (text->told[i] && text->told[i] != error)
        i = (i + 1) & (text->told_capacity - 1);
    return &text->told[i];
}

static void grow_told(struct text *text)
{
    size_t capacity = text->told_capacity;
    const struct brio_error **old = text->told, **told = brio__alloc((capacity ? 2 * capacity : 16) * sizeof *told);
    if (told == NULL) {
        text->failed = true;
        return;
    }
    text->told = told;
    text->told_capacity = capacity ? 2 * capacity : 16;
    memset(told, 0, text->told_capacity * sizeof *told);
    for (size_t i = 0; i < capacity; i++)
        if (old[i])
            *find_told(text, old[i]) = old[i];
    brio__free(old, capacity * sizeof *old);
}

/* Whether it stands in the text already. Only what has several owners, and more to tell than itself, can come twice and matter. */
static bool is_told(struct text *text, const struct brio_error *error)
{
    if (__atomic_load_n(&brio__error_inside(error)->references, __ATOMIC_RELAXED) == 1 || (error->cause == NULL && error->child_count == 0))
        return false;
    if (4 * (text->told_count + 1) > 3 * text->told_capacity)
        grow_told(text);
    if (text->failed)
        return false;
    const struct brio_error **place = find_told(text, error);
    if (*place)
        return true;
    *place = error;
    text->told_count++;
    return false;
}

static void push_step(struct text *text, const struct brio_error *error, unsigned depth)
{
    if (text->step_count == text->step_capacity) {
        struct step *steps = brio__grow(text->steps, &text->step_capacity, sizeof *steps);
        if (steps == NULL) {
            text->failed = true;
            return;
        }
        text->steps = steps;
    }
    text->steps[text->step_count++] = (struct step){error, 0, depth};
}

/* The error itself, and whatever it has to the steps. */
static void put_error(struct text *text, const struct brio_error *error, unsigned depth)
{
    put(text, "%s: %s", brio_error_name(error->code), error->message);
    if (is_told(text, error)) {
        put(text, " (told above)");
        return;
    }
    put_places(text, error, depth);
    put_cancellation(text, brio__error_inside(error), depth);
    push_step(text, error, depth);
}

static void put_next(struct text *text)
{
    struct step *step = &text->steps[text->step_count - 1];
    const struct brio_error *error = step->error;
    unsigned depth = step->depth;
    if (step->child < error->child_count) {
        size_t child = step->child++;
        put_line(text, depth + 1);
        put(text, "%zu. ", child + 1);
        put_error(text, error->children[child], depth + 2);
        return;
    }
    text->step_count--;
    if (error->cause == NULL)
        return;
    put_line(text, depth);
    put(text, "caused by ");
    put_error(text, error->cause, depth);
}

/* The whole tree. NULL: no memory. The allocation is `*capacity` large. */
static char *make_text(const struct brio_error *error, size_t *capacity)
{
    struct text text = {0};
    put_error(&text, error, 0);
    while (text.step_count && !text.failed)
        put_next(&text);
    brio__free(text.steps, text.step_capacity * sizeof *text.steps);
    brio__free(text.told, text.told_capacity * sizeof *text.told);
    if (text.failed) {
        brio__free(text.at, text.capacity);
        return NULL;
    }
    *capacity = text.capacity;
    return text.at;
}

const char *brio_error_string(const struct brio_error *error)
{
    if (error == NULL)
        return "no error";
    struct brio__error *inside = brio__error_inside(error);
    if (inside->references == 0) /* static: shared by all threads */
        return "ENOMEM: out of memory";
    char *text = __atomic_load_n(&inside->text, __ATOMIC_ACQUIRE);
    if (text)
        return text;
    size_t size;
    char *made = make_text(error, &size);
    if (made == NULL)
        return error->message;
    if (__atomic_compare_exchange_n(&inside->text, &text, made, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
        inside->text_size = size;
        return made;
    }
    brio__free(made, size); /* another thread was first */
    return text;
}
