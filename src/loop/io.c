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

struct entry {
    struct brio__descriptor head;
    unsigned references;
    struct ev_io watcher[2];
};

struct brio__descriptors {
    size_t capacity;
    struct entry **entries; /* by number */
};

static struct entry *entry_of(struct brio__descriptor *descriptor)
{
    return brio__container(descriptor, struct entry, head);
}

void brio__descriptor_arm(struct brio__descriptor *descriptor, enum brio__direction direction)
{
    assert(descriptor->fd >= 0 && !descriptor->armed[direction]);
    descriptor->armed[direction] = true;
    ev_io_start(descriptor->loop->ev, &entry_of(descriptor)->watcher[direction]);
    ev_unref(descriptor->loop->ev);
}

static void disarm(struct entry *entry, enum brio__direction direction)
{
    if (!entry->head.armed[direction])
        return;
    entry->head.armed[direction] = false;
    ev_ref(entry->head.loop->ev);
    ev_io_stop(entry->head.loop->ev, &entry->watcher[direction]);
}

/* The attempt may release the entry, which is not touched after that. */
static inline void make_attempt(struct brio__descriptor *descriptor, enum brio__direction direction, int code)
{
    descriptor->attempt[direction](descriptor->arg[direction], code);
}

/* ---- events ---- */

/* libev cannot watch it, or nobody waits. */
static __attribute__((noinline)) void turn_off(struct entry *entry, enum brio__direction direction)
{
    disarm(entry, direction);
    if (entry->head.attempt[direction])
        make_attempt(&entry->head, direction, -EBADF);
}

static inline void turn_ready(struct entry *entry, enum brio__direction direction, int events)
{
    entry->head.dry[direction] = false;
    entry->head.loop->stirred = true;
    if (brio_likely(!(events & EV_ERROR) && entry->head.attempt[direction]))
        make_attempt(&entry->head, direction, 0);
    else
        turn_off(entry, direction);
}

static void on_readable(struct ev_loop *ev, struct ev_io *watcher, int events)
{
    (void)ev;
    turn_ready(brio__container(watcher, struct entry, watcher[BRIO__READ]), BRIO__READ, events);
}

/* Disarmed when its wait is over, since a descriptor is mostly writable; a reader stays armed. */
static void on_writable(struct ev_loop *ev, struct ev_io *watcher, int events)
{
    struct entry *entry = brio__container(watcher, struct entry, watcher[BRIO__WRITE]);
    (void)ev;
    entry->references++;
    turn_ready(entry, BRIO__WRITE, events);
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
    *entry = (struct entry){.head = {.fd = fd, .loop = loop}};
    ev_io_init(&entry->watcher[BRIO__READ], on_readable, fd, EV_READ);
    ev_io_init(&entry->watcher[BRIO__WRITE], on_writable, fd, EV_WRITE);
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
    entry->head.loop->descriptors->entries[entry->head.fd] = NULL;
    entry->head.fd = -1;
    entry->head.dry[BRIO__READ] = entry->head.dry[BRIO__WRITE] = false;
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

void brio__descriptor_give_up(struct brio__descriptor *descriptor, enum brio__direction direction)
{
    assert(descriptor->attempt[direction] != NULL);
    brio__descriptor_end(descriptor, direction);
    brio__loop_let_clock_move(descriptor->loop);
    if (direction == BRIO__WRITE)
        disarm(entry_of(descriptor), direction);
}

void brio__descriptor_closing(struct brio__descriptor *descriptor)
{
    struct entry *entry = entry_of(descriptor);
    entry->references++;
    detach_entry(entry);
    for (int direction = BRIO__READ; direction <= BRIO__WRITE; direction++) {
        if (descriptor->attempt[direction])
            make_attempt(descriptor, (enum brio__direction)direction, -BRIO_ECLOSED);
        assert(descriptor->attempt[direction] == NULL);
    }
    if (descriptor->loop)
        brio__loop_let_clock_move(descriptor->loop);
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
        entry->head.loop = NULL;
    }
    brio__free(table->entries, table->capacity * sizeof(struct entry *));
    brio__free(table, sizeof *table);
    loop->descriptors = NULL;
}
