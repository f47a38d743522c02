/* loop/io.c - see io.h.
 *
 * The watchers are invisible to the loop's reference count: each is unref'ed when armed and ref'ed when disarmed. `armed` is kept apart
 * from ev_is_active because libev itself stops the watchers of a descriptor that it cannot watch, and then calls them with EV_ERROR.
 *
 * An entry made anew begins with ev_io_init, which has libev register the number with the kernel again. So a number that others have
 * closed and opened again costs no more than a wake-up that does not come.
 */
#include "loop/io.h"

#include <assert.h>
#include <brio/error.h>
#include <ev.h>

#include "base/alloc.h"
#include "base/fatal.h"
#include "loop/loop.h"

struct entry;

struct side {
    struct ev_io watcher;
    void *arg; /* of the attempt */
    bool armed;
};

struct entry {
    struct brio__descriptor head;
    struct brio__loop *loop; /* NULL: it has ended */
    unsigned references;
    struct side side[2];
};

struct brio__descriptors {
    size_t capacity;
    struct entry **entries; /* by number */
};

static struct entry *entry_of(struct brio__descriptor *descriptor)
{
    return brio__container(descriptor, struct entry, head);
}

static void arm(struct entry *entry, enum brio__direction direction)
{
    struct side *side = &entry->side[direction];
    if (side->armed)
        return;
    side->armed = true;
    ev_io_start(entry->loop->ev, &side->watcher);
    ev_unref(entry->loop->ev);
}

static void disarm(struct entry *entry, enum brio__direction direction)
{
    struct side *side = &entry->side[direction];
    if (!side->armed)
        return;
    side->armed = false;
    ev_ref(entry->loop->ev);
    ev_io_stop(entry->loop->ev, &side->watcher);
}

/* The attempt may release the entry when it succeeds, so the entry is not touched after that. */
static void make_attempt(struct entry *entry, enum brio__direction direction, int code)
{
    struct side *side = &entry->side[direction];
    struct brio__loop *loop = entry->loop;
    brio__attempt *attempt = entry->head.attempt[direction];
    entry->head.attempt[direction] = NULL;
    if (attempt(side->arg, code)) {
        brio__loop_unhold_descriptor(loop);
    } else {
        assert(code == 0 && entry->head.attempt[direction] == NULL);
        entry->head.attempt[direction] = attempt;
    }
}

/* ---- events ---- */

static void turn_ready(struct ev_io *watcher, enum brio__direction direction, int events)
{
    struct entry *entry = watcher->data;
    int code = 0;
    if (events & EV_ERROR) {
        disarm(entry, direction);
        code = -EBADF;
    }
    entry->head.dry[direction] = false;
    entry->loop->stirred = true;
    if (entry->head.attempt[direction])
        make_attempt(entry, direction, code);
    else
        disarm(entry, direction);
}

static void on_readable(struct ev_loop *ev, struct ev_io *watcher, int events)
{
    (void)ev;
    turn_ready(watcher, BRIO__READ, events);
}

/* Disarmed when its wait is over, since a descriptor is mostly writable; a reader stays armed. */
static void on_writable(struct ev_loop *ev, struct ev_io *watcher, int events)
{
    struct entry *entry = watcher->data;
    (void)ev;
    entry->references++;
    turn_ready(watcher, BRIO__WRITE, events);
    if (entry->head.attempt[BRIO__WRITE] == NULL)
        disarm(entry, BRIO__WRITE);
    brio__descriptor_put(&entry->head);
}

/* ---- the table ---- */

static struct brio__descriptors *get_table(struct brio__loop *loop)
{
    if (loop->descriptors == NULL) {
        loop->descriptors = brio__alloc(sizeof *loop->descriptors);
        if (loop->descriptors)
            *loop->descriptors = (struct brio__descriptors){0, NULL};
    }
    return loop->descriptors;
}

/* Where `fd` stands in the table, which grows as needed; NULL: no memory. */
static struct entry **get_slot(struct brio__loop *loop, size_t fd)
{
    struct brio__descriptors *table = get_table(loop);
    if (table == NULL)
        return NULL;
    while (fd >= table->capacity) {
        size_t before = table->capacity;
        struct entry **grown = brio__grow(table->entries, &table->capacity, sizeof(struct entry *));
        if (grown == NULL)
            return NULL;
        table->entries = grown;
        for (size_t i = before; i < table->capacity; i++)
            grown[i] = NULL;
    }
    return &table->entries[fd];
}

static struct entry *make_entry(struct brio__loop *loop, int fd)
{
    struct entry *entry = brio__alloc(sizeof *entry);
    if (entry == NULL)
        return NULL;
    *entry = (struct entry){.head = {.fd = fd}, .loop = loop};
    ev_io_init(&entry->side[BRIO__READ].watcher, on_readable, fd, EV_READ);
    ev_io_init(&entry->side[BRIO__WRITE].watcher, on_writable, fd, EV_WRITE);
    entry->side[BRIO__READ].watcher.data = entry;
    entry->side[BRIO__WRITE].watcher.data = entry;
    return entry;
}

struct brio__descriptor *brio__descriptor_find(struct brio__loop *loop, int fd)
{
    struct brio__descriptors *table = loop->descriptors;
    if (table == NULL || fd < 0 || (size_t)fd >= table->capacity || table->entries[fd] == NULL)
        return NULL;
    return &table->entries[fd]->head;
}

struct brio__descriptor *brio__descriptor_get(struct brio__loop *loop, int fd)
{
    assert(fd >= 0);
    struct entry **slot = get_slot(loop, (size_t)fd);
    if (slot == NULL)
        return NULL;
    if (*slot == NULL)
        *slot = make_entry(loop, fd);
    if (*slot == NULL)
        return NULL;
    (*slot)->references++;
    return &(*slot)->head;
}

/* Forgets the number: it may soon mean something else. */
static void detach_entry(struct entry *entry)
{
    if (entry->head.fd < 0)
        return;
    disarm(entry, BRIO__READ);
    disarm(entry, BRIO__WRITE);
    entry->loop->descriptors->entries[entry->head.fd] = NULL;
    entry->head.fd = -1;
}

void brio__descriptor_put(struct brio__descriptor *descriptor)
{
    struct entry *entry = entry_of(descriptor);
    assert(entry->references > 0);
    if (--entry->references > 0)
        return;
    assert(entry->head.attempt[BRIO__READ] == NULL && entry->head.attempt[BRIO__WRITE] == NULL);
    detach_entry(entry);
    brio__free(entry, sizeof *entry);
}

void brio__descriptor_wait(struct brio__descriptor *descriptor, enum brio__direction direction, brio__attempt *attempt, void *arg)
{
    struct entry *entry = entry_of(descriptor);
    struct side *side = &entry->side[direction];
    assert(descriptor->fd >= 0 && descriptor->attempt[direction] == NULL);
    descriptor->attempt[direction] = attempt;
    side->arg = arg;
    brio__loop_hold_descriptor(entry->loop);
    arm(entry, direction);
}

void brio__descriptor_give_up(struct brio__descriptor *descriptor, enum brio__direction direction)
{
    struct entry *entry = entry_of(descriptor);
    assert(descriptor->attempt[direction] != NULL);
    descriptor->attempt[direction] = NULL;
    brio__loop_unhold_descriptor(entry->loop);
    if (direction == BRIO__WRITE)
        disarm(entry, direction);
}

void brio__descriptor_closing(struct brio__descriptor *descriptor)
{
    struct entry *entry = entry_of(descriptor);
    entry->references++;
    detach_entry(entry);
    for (int direction = BRIO__READ; direction <= BRIO__WRITE; direction++) {
        if (descriptor->attempt[direction])
            make_attempt(entry, (enum brio__direction)direction, -BRIO_ECLOSED);
    }
    brio__descriptor_put(descriptor);
}

void brio__descriptors_end(struct brio__loop *loop)
{
    struct brio__descriptors *table = loop->descriptors;
    if (table == NULL)
        return;
    for (size_t fd = 0; fd < table->capacity; fd++) {
        struct entry *entry = table->entries[fd];
        if (entry == NULL)
            continue;
        assert(entry->head.attempt[BRIO__READ] == NULL && entry->head.attempt[BRIO__WRITE] == NULL);
        detach_entry(entry);
        entry->loop = NULL;
    }
    brio__free(table->entries, table->capacity * sizeof(struct entry *));
    brio__free(table, sizeof *table);
    loop->descriptors = NULL;
}
