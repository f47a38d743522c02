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

/* ---- text: written twice, first into no room to learn the length ---- */

struct text {
    char *at;
    size_t room, length;
};

static void put(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void put(struct text *text, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    size_t used = text->length < text->room ? text->length : text->room;
    int length = vsnprintf(text->at ? text->at + used : NULL, text->room - used, format, arguments);
    va_end(arguments);
    if (length > 0)
        text->length += (size_t)length;
}

static void put_line(struct text *text, unsigned depth)
{
    put(text, "\n%*s", (int)(depth * 2), "");
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
    put(text, "while cancelled (%s%s%s)", inside->cancel_source, inside->cancel_reason ? ": " : "", inside->cancel_reason ? inside->cancel_reason : "");
}

static void put_error(struct text *text, const struct brio_error *error, unsigned depth)
{
    for (; error; error = error->cause) {
        put(text, "%s: %s", brio_error_name(error->code), error->message);
        put_places(text, error, depth);
        put_cancellation(text, brio__error_inside(error), depth);
        for (size_t i = 0; i < error->child_count; i++) {
            put_line(text, depth + 1);
            put(text, "%zu. ", i + 1);
            put_error(text, error->children[i], depth + 2);
        }
        if (error->cause) {
            put_line(text, depth);
            put(text, "caused by ");
        }
    }
}

const char *brio_error_string(const struct brio_error *error)
{
    if (error == NULL)
        return "no error";
    struct brio__error *inside = brio__error_inside(error);
    if (inside->references == 0) /* static: shared by all threads */
        return "ENOMEM: out of memory";
    if (inside->text)
        return inside->text;
    struct text text = {NULL, 0, 0};
    put_error(&text, error, 0);
    size_t size = text.length + 1;
    text = (struct text){brio__alloc(size), size, 0};
    if (text.at == NULL)
        return error->message;
    put_error(&text, error, 0);
    inside->text = text.at;
    inside->text_size = size;
    return text.at;
}
