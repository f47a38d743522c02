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
    error->cancelled_by = origin->cancelled_by;
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

/* A place is kept for ENOMEM, which stands for what there was no memory for; for a group that could not be begun it stands itself. */
void brio__group_add(struct brio_error **link, const struct brio_error *child)
{
    bool begun = *link && *link != &no_memory.head;
    struct brio__error *group = begun ? brio__error_inside(*link) : group_begin(4);
    if (group == NULL) {
        brio_error_unref(child);
        *link = &no_memory.head;
        return;
    }
    if (*link && !begun)
        group_children(group)[group->head.child_count++] = *link;
    *link = &group->head;
    if (group->head.child_count + 1 >= group->capacity) {
        void *children = brio__grow(group_children(group), &group->capacity, sizeof child);
        if (children == NULL) {
            brio_error_unref(child);
            if (group->head.child_count < group->capacity)
                group_children(group)[group->head.child_count++] = &no_memory.head;
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
    if (group == NULL || group == &no_memory.head)
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
    const struct brio_error *end = error; /* of a chain of groups of one, as nurseries in nurseries make */
    while (end->child_count == 1 && !has_code(end, codes, count))
        end = end->children[0];
    if (end->child_count == 0 || has_code(end, codes, count)) {
        *(has_code(end, codes, count) ? matched : rest) = brio_error_ref(error);
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

/* ---- putting parts together ---- */

/* The leaves of a part, in their order. */
struct leaves {
    const struct brio_error **list;
    size_t capacity, count, at;
};

/* 0 or -ENOMEM. */
static int collect_leaves(struct leaves *leaves, const struct brio_error *error)
{
    while (error->child_count == 1)
        error = error->children[0];
    for (size_t i = 0; i < error->child_count; i++) {
        int code = collect_leaves(leaves, error->children[i]);
        if (code != 0)
            return code;
    }
    if (error->child_count)
        return 0;
    if (leaves->count == leaves->capacity) {
        void *list = brio__grow(leaves->list, &leaves->capacity, sizeof *leaves->list);
        if (list == NULL)
            return -ENOMEM;
        leaves->list = list;
    }
    leaves->list[leaves->count++] = error;
    return 0;
}

static bool take_leaf(struct leaves *leaves, const struct brio_error *error)
{
    if (leaves->at == leaves->count || leaves->list[leaves->at] != error)
        return false;
    leaves->at++;
    return true;
}

/* What of `whole` has its leaves in one of the two; NULL: nothing. 0 or -ENOMEM. */
static int select_leaves(const struct brio_error *whole, struct leaves *either, const struct brio_error **selected)
{
    *selected = NULL;
    if (whole->child_count == 0) {
        if (take_leaf(&either[0], whole) || take_leaf(&either[1], whole))
            *selected = brio_error_ref(whole);
        return 0;
    }
    struct part part = {brio__alloc(whole->child_count * sizeof *part.children), 0, 0};
    int code = part.children ? 0 : -ENOMEM;
    for (size_t i = 0; i < whole->child_count && code == 0; i++) {
        const struct brio_error *child;
        code = select_leaves(whole->children[i], either, &child);
        add_to_part(&part, child, whole->children[i]);
    }
    if (code == 0)
        code = finish_part(whole, &part, selected);
    drop_part(&part, whole->child_count);
    return code;
}

const struct brio_error *brio__error_merge(const struct brio_error *whole, const struct brio_error *first, const struct brio_error *second)
{
    if (first == NULL || second == NULL)
        return first ? first : second;
    struct leaves either[2] = {{0}, {0}};
    const struct brio_error *merged = NULL;
    if (collect_leaves(&either[0], first) == 0 && collect_leaves(&either[1], second) == 0)
        select_leaves(whole, either, &merged);
    for (int i = 0; i < 2; i++)
        brio__free(either[i].list, either[i].capacity * sizeof *either[i].list);
    if (merged == NULL)
        return brio__error_join(first, second);
    brio_error_unref(first);
    brio_error_unref(second);
    return merged;
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
