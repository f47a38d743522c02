/* local.c - values that tasks inherit, and values of a loop.
 *
 * A task has a list of bindings, newest first. Lists share their tails: a child gets its spawner's list for one more reference, and a
 * binding that others see is never changed. To change one below the head, what stands above it is copied. Values are apart from the
 * bindings, so that a copy is one more reference to the value.
 */
#include <assert.h>
#include <brio/local.h>

#include "core/local.h"

struct value {
    size_t references;
    void *pointer;
    void (*release)(void *value);
};

struct brio__binding {
    struct brio__binding *next;
    const struct brio_local *local;
    struct value *value;
    size_t references;
};

/* ---- values and bindings ---- */

static struct value *make_value(struct brio__scheduler *scheduler, const struct brio_local *local, void *pointer)
{
    struct value *value = brio__block_get(scheduler, sizeof *value);
    if (value)
        *value = (struct value){1, pointer, local->release};
    return value;
}

static void drop_value(struct brio__scheduler *scheduler, struct value *value)
{
    if (--value->references > 0)
        return;
    if (value->release)
        value->release(value->pointer);
    brio__block_put(scheduler, value, sizeof *value);
}

/* Takes the references to `next` and `value`. NULL: no memory, and nothing was taken. */
static struct brio__binding *make_binding(struct brio__scheduler *scheduler, struct brio__binding *next, const struct brio_local *local,
                                          struct value *value)
{
    struct brio__binding *binding = brio__block_get(scheduler, sizeof *binding);
    if (binding)
        *binding = (struct brio__binding){next, local, value, 1};
    return binding;
}

struct brio__binding *brio__locals_ref(struct brio__binding *list)
{
    if (list)
        list->references++;
    return list;
}

void brio__locals_unref(struct brio__scheduler *scheduler, struct brio__binding *list)
{
    while (list && --list->references == 0) {
        struct brio__binding *next = list->next;
        drop_value(scheduler, list->value);
        brio__block_put(scheduler, list, sizeof *list);
        list = next;
    }
}

/* ---- lists ---- */

static struct brio__binding *find_binding(struct brio__binding *list, const struct brio_local *local)
{
    while (list && list->local != local)
        list = list->next;
    return list;
}

/* Makes what stands before `end` in *list the list's own. False: no memory; the list is what it was. */
static bool own_prefix(struct brio__scheduler *scheduler, struct brio__binding **list, const struct brio__binding *end)
{
    struct brio__binding **link = list;
    while (*link != end && (*link)->references == 1)
        link = &(*link)->next;
    struct brio__binding *shared = *link, *copies = NULL, **last = &copies;
    for (const struct brio__binding *from = shared; from != end; from = from->next) {
        *last = make_binding(scheduler, NULL, from->local, from->value);
        if (*last == NULL) {
            brio__locals_unref(scheduler, copies);
            return false;
        }
        from->value->references++;
        last = &(*last)->next;
    }
    if (copies == NULL)
        return true;
    union {
        const struct brio__binding *shared;
        struct brio__binding *own;
    } both = {end};
    *last = brio__locals_ref(both.own);
    *link = copies;
    brio__locals_unref(scheduler, shared);
    return true;
}

/* Takes the value; 0 or -ENOMEM. */
static int push_value(struct brio__scheduler *scheduler, struct brio__binding **list, const struct brio_local *local, void *pointer)
{
    struct value *value = make_value(scheduler, local, pointer);
    struct brio__binding *binding = value ? make_binding(scheduler, *list, local, value) : NULL;
    if (binding == NULL) {
        brio__block_put(scheduler, value, sizeof *value);
        return -ENOMEM;
    }
    *list = binding;
    return 0;
}

/* The binding that `local` has is replaced: all up to it become the list's own. */
static int replace_value(struct brio__scheduler *scheduler, struct brio__binding **list, struct brio__binding *found, void *pointer)
{
    const struct brio_local *local = found->local;
    struct value *value = make_value(scheduler, local, pointer);
    if (value == NULL || !own_prefix(scheduler, list, found->next)) {
        brio__block_put(scheduler, value, sizeof *value);
        return -ENOMEM;
    }
    found = find_binding(*list, local);
    struct value *before = found->value;
    found->value = value;
    drop_value(scheduler, before);
    return 0;
}

static int set_value(struct brio__scheduler *scheduler, struct brio__binding **list, const struct brio_local *local, void *pointer)
{
    struct brio__binding *found = find_binding(*list, local);
    return found ? replace_value(scheduler, list, found, pointer) : push_value(scheduler, list, local, pointer);
}

static int pop_value(struct brio__scheduler *scheduler, struct brio__binding **list, const struct brio_local *local)
{
    struct brio__binding *found = find_binding(*list, local);
    if (found == NULL)
        return -ENOENT;
    if (!own_prefix(scheduler, list, found))
        return -ENOMEM;
    while (*list != found)
        list = &(*list)->next;
    *list = brio__locals_ref(found->next);
    brio__locals_unref(scheduler, found);
    return 0;
}

/* ---- tasks ---- */

static struct brio__task *running_task(void)
{
    struct brio_task *task = brio__task_running();
    return task ? brio__task(task) : NULL;
}

static struct brio__binding *list_of(const struct brio__task *task)
{
    return task && task->extra ? task->extra->locals : NULL;
}

/* The task that makes this SPAWN, which may stand in the arguments of others. */
static const struct brio_task *spawner(const struct brio__spawn *spawn)
{
    const struct brio_task *task = spawn->previous;
    while (task->kind == BRIO__TASK_SPAWNING)
        task = brio__container(task, const struct brio__spawn, stand_in)->previous;
    return brio__task_is_real(task) ? task : spawn->nursery->task_;
}

struct brio__binding *brio__locals_inherited(const struct brio__spawn *spawn)
{
    const struct brio_task *task = spawner(spawn);
    return task && brio__task_loop(task) == spawn->nursery->loop_ ? list_of(brio__task(task)) : NULL;
}

void *brio_local_get(const struct brio_local *local)
{
    const struct brio__binding *found = find_binding(list_of(running_task()), local);
    return found ? found->value->pointer : local->initial;
}

/* The list of the running task and its scheduler. 0, -ENOMEM, -BRIO_ENOTRUNNING. */
static int open_list(struct brio__scheduler **scheduler, struct brio__binding ***list)
{
    struct brio__task *task = running_task();
    if (task == NULL)
        return -BRIO_ENOTRUNNING;
    struct brio__extra *extra = brio__task_extra(task);
    if (extra == NULL)
        return -ENOMEM;
    *scheduler = brio__task_scheduler(task);
    (*scheduler)->uses_locals = true;
    *list = &extra->locals;
    return 0;
}

int brio_local_set(const struct brio_local *local, void *value)
{
    struct brio__scheduler *scheduler;
    struct brio__binding **list;
    int code = open_list(&scheduler, &list);
    return code == 0 ? set_value(scheduler, list, local, value) : code;
}

int brio_local_push(const struct brio_local *local, void *value)
{
    struct brio__scheduler *scheduler;
    struct brio__binding **list;
    int code = open_list(&scheduler, &list);
    return code == 0 ? push_value(scheduler, list, local, value) : code;
}

int brio_local_pop(const struct brio_local *local)
{
    struct brio__scheduler *scheduler;
    struct brio__binding **list;
    int code = open_list(&scheduler, &list);
    return code == 0 ? pop_value(scheduler, list, local) : code;
}

/* ---- loops ---- */

void *brio_loop_local_get(const struct brio_local *local)
{
    struct brio__loop *loop = brio__loop_current();
    const struct brio__binding *found = loop ? find_binding(brio__scheduler(loop)->locals, local) : NULL;
    return found ? found->value->pointer : local->initial;
}

int brio_loop_local_set(const struct brio_local *local, void *value)
{
    struct brio__loop *loop = brio__loop_current();
    if (loop == NULL)
        return -BRIO_ENOTRUNNING;
    return set_value(brio__scheduler(loop), &brio__scheduler(loop)->locals, local, value);
}
