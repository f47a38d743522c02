/* error.c - errors by reference count; see error.h and group.c. */
#include "base/error.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error_private.h"

static struct brio__error no_memory = {.head = {.code = ENOMEM, .message = "out of memory"}};

const struct brio_error *brio__error_no_memory(void)
{
    return &no_memory.head;
}

const struct brio_error *brio_error_ref(const struct brio_error *error)
{
    if (error) {
        struct brio__error *inside = brio__error_inside(error);
        if (inside->references)
            __atomic_add_fetch(&inside->references, 1, __ATOMIC_RELAXED);
    }
    return error;
}

static bool drop_reference(struct brio__error *error)
{
    return error->references && __atomic_sub_fetch(&error->references, 1, __ATOMIC_ACQ_REL) == 0;
}

static void free_error(struct brio__error *error)
{
    union {
        const struct brio_error *const *shared;
        void *own;
    } children = {error->head.children};
    brio__free(children.own, error->capacity * sizeof(struct brio_error *));
    brio__free(error->text, error->text_size);
    brio__free(error, error->size);
}

static struct brio__error *doom(struct brio__error *list, const struct brio_error *owned)
{
    if (owned == NULL || !drop_reference(brio__error_inside(owned)))
        return list;
    struct brio__error *error = brio__error_inside(owned);
    error->next_doomed = list;
    return error;
}

/* A list and no recursion: causes make long chains. */
void brio_error_unref(const struct brio_error *error)
{
    struct brio__error *list = doom(NULL, error);
    while (list) {
        struct brio__error *doomed = list;
        list = doom(doomed->next_doomed, doomed->head.cause);
        for (size_t i = 0; i < doomed->head.child_count; i++)
            list = doom(list, doomed->head.children[i]);
        free_error(doomed);
    }
}

/* ---- making ---- */

/* One allocation: the error, the places, the message. */
static struct brio__error *allocate_error(int code, unsigned place_count, size_t message_size)
{
    size_t size = sizeof(struct brio__error) + place_count * sizeof(struct brio__place) + message_size;
    struct brio__error *error = brio__alloc(size);
    if (error == NULL)
        return NULL;
    *error = (struct brio__error){.head = {.code = code}, .references = 1, .place_count = place_count, .size = size};
    error->places = (struct brio__place *)(void *)(error + 1);
    error->head.message = (const char *)(error->places + place_count);
    return error;
}

static void put_place(struct brio__error *error, const struct brio__place *place)
{
    error->head.file = place->file;
    error->head.function = place->function;
    error->head.line = place->line;
}

static void set_origin(struct brio__error *error, const struct brio__origin *origin)
{
    put_place(error, &origin->raised);
    error->cancel_source = origin->cancel_source;
    memcpy(error->places, origin->awaited, origin->awaited_count * sizeof *origin->awaited);
}

const struct brio_error *brio__error_make(int code, const struct brio__origin *origin, const struct brio_error *cause, const char *format,
                                          va_list arguments)
{
    int length = -1;
    const char *text = NULL;
    if (format) {
        va_list copy;
        va_copy(copy, arguments);
        length = vsnprintf(NULL, 0, format, copy);
        va_end(copy);
    }
    if (length < 0) {
        text = brio_error_text(code);
        length = (int)strlen(text);
    }
    size_t size = (size_t)length + 1, reason_size = origin && origin->cancel_reason ? strlen(origin->cancel_reason) + 1 : 0;
    struct brio__error *error = allocate_error(code, origin ? origin->awaited_count : 0, size + reason_size);
    if (error == NULL)
        return brio__error_no_memory();
    char *message = (char *)error + error->size - size - reason_size;
    if (text)
        memcpy(message, text, size);
    else
        vsnprintf(message, size, format, arguments);
    error->head.cause = brio_error_ref(cause);
    if (origin)
        set_origin(error, origin);
    if (reason_size)
        error->cancel_reason = memcpy(message + size, origin->cancel_reason, reason_size);
    return &error->head;
}

const struct brio_error *brio__error_new(int code, const struct brio_error *cause, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const struct brio_error *error = brio__error_make(code, NULL, cause, format, arguments);
    va_end(arguments);
    return error;
}

/* Not where it would make a ring, nor on what others hold too. */
void brio__error_set_cause(const struct brio_error *error, const struct brio_error *cause)
{
    struct brio__error *inside = brio__error_inside(error);
    if (cause == NULL || error->cause || inside->references != 1)
        return;
    for (const struct brio_error *link = cause; link; link = link->cause)
        if (link == error)
            return;
    inside->head.cause = brio_error_ref(cause);
}

void brio__error_set_place(const struct brio_error *error, const struct brio__place *place)
{
    struct brio__error *inside = brio__error_inside(error);
    if (error->file == NULL && inside->references == 1)
        put_place(inside, place);
}

/* ---- groups ---- */

static struct brio__error *group_begin(size_t capacity)
{
    struct brio__error *group = allocate_error(BRIO_EGROUP, 0, sizeof "18446744073709551615 failures");
    if (group == NULL)
        return NULL;
    const struct brio_error **children = brio__alloc(capacity * sizeof *children);
    if (children == NULL) {
        brio__free(group, group->size);
        return NULL;
    }
    group->head.children = children;
    group->capacity = capacity;
    return group;
}

static const struct brio_error **group_children(struct brio__error *group)
{
    union {
        const struct brio_error *const *shared;
        const struct brio_error **own;
    } children = {group->head.children};
    return children.own;
}

void brio__group_add(struct brio_error **link, const struct brio_error *child)
{
    struct brio__error *group = *link ? brio__error_inside(*link) : group_begin(2);
    if (group == NULL) {
        brio_error_unref(child);
        return;
    }
    *link = &group->head;
    if (group->head.child_count == group->capacity) {
        void *children = brio__grow(group_children(group), &group->capacity, sizeof child);
        if (children == NULL) {
            brio_error_unref(child);
            return;
        }
        group->head.children = children;
    }
    group_children(group)[group->head.child_count++] = child;
}

static void count_failures(struct brio__error *group)
{
    size_t room = group->size - (size_t)(group->head.message - (const char *)group);
    snprintf((char *)group + group->size - room, room, "%zu failure%s", group->head.child_count, group->head.child_count == 1 ? "" : "s");
}

const struct brio_error *brio__group_finish(struct brio_error *group, const struct brio__place *place, const struct brio_error *cause)
{
    if (group == NULL)
        return brio__error_no_memory();
    struct brio__error *inside = brio__error_inside(group);
    if (place)
        put_place(inside, place);
    inside->head.cause = brio_error_ref(cause);
    count_failures(inside);
    return group;
}

/* A group of the same origin as `whole`; takes what `children` hold. NULL where memory is short. */
static const struct brio_error *group_like(const struct brio_error *whole, const struct brio_error **children, size_t count)
{
    struct brio__error *group = group_begin(count);
    if (group == NULL)
        return NULL;
    group->head.file = whole->file;
    group->head.function = whole->function;
    group->head.line = whole->line;
    group->head.cause = brio_error_ref(whole->cause);
    memcpy(group_children(group), children, count * sizeof *children);
    group->head.child_count = count;
    count_failures(group);
    return &group->head;
}

/* ---- parting ---- */

static bool has_code(const struct brio_error *error, const int *codes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (error->code == codes[i])
            return true;
    return false;
}

struct part {
    const struct brio_error **children;
    size_t count, changed; /* changed: how many are not the whole's own */
};

static void drop_part(struct part *part, size_t capacity)
{
    for (size_t i = 0; i < part->count; i++)
        brio_error_unref(part->children[i]);
    brio__free(part->children, capacity * sizeof *part->children);
}

/* Puts a part's children together: the whole itself when the part is all of it. Takes the children. 0 or -ENOMEM. */
static int finish_part(const struct brio_error *whole, struct part *part, const struct brio_error **result)
{
    *result = NULL;
    if (part->count == 0)
        return 0;
    if (part->count == whole->child_count && part->changed == 0) {
        *result = brio_error_ref(whole);
        return 0;
    }
    *result = group_like(whole, part->children, part->count);
    if (*result == NULL)
        return -ENOMEM;
    part->count = 0;
    return 0;
}

static void add_to_part(struct part *part, const struct brio_error *error, const struct brio_error *whole_child)
{
    if (error == NULL)
        return;
    part->children[part->count++] = error;
    part->changed += error != whole_child;
}

static int split_children(const struct brio_error *error, const int *codes, size_t count, struct part *in, struct part *out)
{
    for (size_t i = 0; i < error->child_count; i++) {
        const struct brio_error *matched, *rest;
        int code = brio__error_split(error->children[i], codes, count, &matched, &rest);
        if (code != 0)
            return code;
        add_to_part(in, matched, error->children[i]);
        add_to_part(out, rest, error->children[i]);
    }
    return 0;
}

int brio__error_split(const struct brio_error *error, const int *codes, size_t count, const struct brio_error **matched,
                      const struct brio_error **rest)
{
    *matched = *rest = NULL;
    if (error->child_count == 0 || has_code(error, codes, count)) {
        *(has_code(error, codes, count) ? matched : rest) = brio_error_ref(error);
        return 0;
    }
    size_t room = error->child_count;
    struct part in = {brio__alloc(room * sizeof *in.children), 0, 0}, out = {brio__alloc(room * sizeof *out.children), 0, 0};
    int code = in.children && out.children ? split_children(error, codes, count, &in, &out) : -ENOMEM;
    if (code == 0)
        code = finish_part(error, &in, matched);
    if (code == 0)
        code = finish_part(error, &out, rest);
    drop_part(&in, room);
    drop_part(&out, room);
    if (code != 0) {
        brio_error_unref(*matched);
        *matched = NULL;
    }
    return code;
}

static bool same_origin(const struct brio_error *a, const struct brio_error *b)
{
    return a->code == BRIO_EGROUP && b->code == BRIO_EGROUP && a->line && a->line == b->line && a->file == b->file && a->cause == b->cause;
}

static void add_all(struct brio_error **group, const struct brio_error *error)
{
    for (size_t i = 0; i < error->child_count; i++)
        brio__group_add(group, brio_error_ref(error->children[i]));
    brio_error_unref(error);
}

const struct brio_error *brio__error_join(const struct brio_error *first, const struct brio_error *second)
{
    if (first == NULL || second == NULL)
        return first ? first : second;
    struct brio__place place = {first->function, first->file, first->line};
    struct brio_error *group = NULL;
    if (!same_origin(first, second)) {
        brio__group_add(&group, first);
        brio__group_add(&group, second);
        return brio__group_finish(group, NULL, NULL);
    }
    const struct brio_error *cause = brio_error_ref(first->cause);
    add_all(&group, first);
    add_all(&group, second);
    const struct brio_error *joined = brio__group_finish(group, &place, cause);
    brio_error_unref(cause);
    return joined;
}
