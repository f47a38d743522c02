/* limiter.c - see brio/sync.h.
 *
 * While tasks wait no token is free: whatever frees one, or raises the total, hands out what then fits. So nobody can overtake a waiter.
 *
 * Borrowers are in a hash table with open addressing: in the limiter itself while they are few, else allocated until the last token is
 * back. Who waits has room reserved in it, so that a token can always be handed over.
 */
#include <assert.h>
#include <brio/error.h>

#include "base/alloc.h"
#include "core/queue.h"
#include "core/ready.h"

#include <brio/sync.h>

enum { KIND_NONE, KIND_TASK, KIND_POINTER };

struct limiter_waiter {
    struct brio__waiter waiter;
    struct brio_limiter *limiter;
    struct brio__borrower borrower;
};

static const char twice_text[] = "the borrower has a token already";

void brio_limiter_init(struct brio_limiter *limiter, size_t tokens)
{
    *limiter = (struct brio_limiter)BRIO_LIMITER_INIT(tokens);
}

void brio_limiter_deinit(struct brio_limiter *limiter)
{
    assert(limiter->waiters_.first == NULL);
    brio__free(limiter->table_, limiter->room_ * sizeof *limiter->table_);
    brio_limiter_init(limiter, 0);
}

/* ---- the table ---- */

static struct brio__borrower *table_of(struct brio_limiter *limiter)
{
    return limiter->table_ ? limiter->table_ : limiter->first_;
}

static size_t room_of(const struct brio_limiter *limiter)
{
    return limiter->table_ ? limiter->room_ : BRIO__LIMITER_ROOM;
}

static size_t home_of(const struct brio__borrower *borrower, size_t room)
{
    uint64_t hash = (borrower->key ^ borrower->kind) * 0x9e3779b97f4a7c15u;
    return (size_t)(hash >> 32) & (room - 1);
}

/* The borrower's entry, or the free one where it would go. */
static size_t find_entry(const struct brio__borrower *table, size_t room, const struct brio__borrower *borrower)
{
    size_t i = home_of(borrower, room);
    while (table[i].kind != KIND_NONE && (table[i].key != borrower->key || table[i].kind != borrower->kind))
        i = (i + 1) & (room - 1);
    return i;
}

static bool has_token(const struct brio_limiter *limiter, const struct brio__borrower *borrower)
{
    const struct brio__borrower *table = limiter->table_ ? limiter->table_ : limiter->first_;
    return table[find_entry(table, room_of(limiter), borrower)].kind != KIND_NONE;
}

/* Room for one more than have a token or wait for one, with a quarter of the table left free. False: no memory. */
static bool reserve(struct brio_limiter *limiter)
{
    size_t wanted = limiter->borrowed_ + limiter->waiting_ + 1, old_room = room_of(limiter);
    if (brio_likely(wanted <= old_room - old_room / 4))
        return true;
    if (old_room > SIZE_MAX / 2 / sizeof(struct brio__borrower))
        return false;
    size_t room = old_room * 2;
    struct brio__borrower *table = brio__alloc(room * sizeof *table);
    if (table == NULL)
        return false;
    for (size_t i = 0; i < room; i++)
        table[i] = (struct brio__borrower){0, KIND_NONE};
    const struct brio__borrower *old = table_of(limiter);
    for (size_t i = 0; i < old_room; i++)
        if (old[i].kind != KIND_NONE)
            table[find_entry(table, room, &old[i])] = old[i];
    brio__free(limiter->table_, old_room * sizeof *table);
    limiter->table_ = table;
    limiter->room_ = room;
    return true;
}

/* There is room. */
static void give_token(struct brio_limiter *limiter, const struct brio__borrower *borrower)
{
    struct brio__borrower *table = table_of(limiter);
    table[find_entry(table, room_of(limiter), borrower)] = *borrower;
    limiter->borrowed_++;
}

static void drop_table_if_unused(struct brio_limiter *limiter)
{
    if (brio_likely(limiter->table_ == NULL) || limiter->borrowed_ || limiter->waiting_)
        return;
    brio__free(limiter->table_, limiter->room_ * sizeof *limiter->table_);
    limiter->table_ = NULL;
    for (size_t i = 0; i < BRIO__LIMITER_ROOM; i++)
        limiter->first_[i].kind = KIND_NONE;
}

/* Entries behind it that could not be in their place move up, so that no search stops too early. False: it has no token. */
static bool take_token(struct brio_limiter *limiter, const struct brio__borrower *borrower)
{
    struct brio__borrower *table = table_of(limiter);
    size_t mask = room_of(limiter) - 1, hole = find_entry(table, mask + 1, borrower);
    if (table[hole].kind == KIND_NONE)
        return false;
    for (size_t i = (hole + 1) & mask; table[i].kind != KIND_NONE; i = (i + 1) & mask) {
        if (((i - home_of(&table[i], mask + 1)) & mask) >= ((i - hole) & mask)) {
            table[hole] = table[i];
            hole = i;
        }
    }
    table[hole].kind = KIND_NONE;
    limiter->borrowed_--;
    return true;
}

/* ---- acquiring ---- */

static struct brio__borrower task_borrower(const struct brio_task *task)
{
    return (struct brio__borrower){brio_task_id(task), KIND_TASK};
}

static struct brio__borrower pointer_borrower(const void *pointer)
{
    return (struct brio__borrower){(uintptr_t)pointer, KIND_POINTER};
}

static bool is_free(const struct brio_limiter *limiter)
{
    return limiter->borrowed_ < limiter->total_;
}

static void leave(struct limiter_waiter *waiter)
{
    brio__queue_remove(&waiter->waiter);
    waiter->limiter->waiting_--;
}

/* Two tasks may wait for the same borrower: the second then has what it must not have twice. */
static void hand_out(struct brio_limiter *limiter)
{
    while (is_free(limiter) && limiter->waiters_.first) {
        struct limiter_waiter *waiter = brio__container(limiter->waiters_.first, struct limiter_waiter, waiter);
        leave(waiter);
        if (has_token(limiter, &waiter->borrower)) {
            brio_unpark_error(waiter->waiter.task, EDEADLK, "%s", twice_text);
            continue;
        }
        give_token(limiter, &waiter->borrower);
        brio__unpark_small(waiter->waiter.task, NULL, 0);
    }
}

static enum brio_abort_result leave_line(struct brio_task *task, void *arg)
{
    struct limiter_waiter *waiter = arg;
    (void)task;
    leave(waiter);
    drop_table_if_unused(waiter->limiter);
    return BRIO_ABORTED;
}

static void wait_in_line(struct brio_limiter *limiter, const struct brio__borrower *borrower)
{
    struct limiter_waiter *waiter = brio__waiter_new(sizeof *waiter);
    if (waiter == NULL)
        return;
    waiter->limiter = limiter;
    waiter->borrower = *borrower;
    limiter->waiting_++;
    brio__queue_append(&limiter->waiters_, &waiter->waiter);
    brio__park(leave_line, waiter);
}

static void acquire(struct brio_limiter *limiter, const struct brio__borrower *borrower)
{
    struct brio__task *task = brio__task(brio__current);
    if (has_token(limiter, borrower)) {
        brio__raise_text(task, EDEADLK, twice_text);
    } else if (!reserve(limiter)) {
        brio__raise_code(task, ENOMEM);
    } else if (is_free(limiter)) {
        give_token(limiter, borrower);
        brio__leaf_done(NULL, 0);
    } else {
        wait_in_line(limiter, borrower);
    }
}

void brio_limiter_acquire(struct brio_limiter *limiter)
{
    if (brio__checkpoint_fails())
        return;
    struct brio__borrower borrower = task_borrower(brio__current);
    acquire(limiter, &borrower);
}

void brio_limiter_acquire_for(struct brio_limiter *limiter, const void *pointer)
{
    if (brio__checkpoint_fails())
        return;
    struct brio__borrower borrower = pointer_borrower(pointer);
    acquire(limiter, &borrower);
}

static int try_acquire(struct brio_limiter *limiter, const struct brio__borrower *borrower)
{
    if (has_token(limiter, borrower))
        return -EDEADLK;
    if (!is_free(limiter))
        return -EAGAIN;
    if (!reserve(limiter))
        return -ENOMEM;
    give_token(limiter, borrower);
    return 0;
}

int brio_limiter_try_acquire(struct brio_limiter *limiter)
{
    struct brio_task *task = brio__task_running();
    if (task == NULL)
        return -EPERM;
    struct brio__borrower borrower = task_borrower(task);
    return try_acquire(limiter, &borrower);
}

int brio_limiter_try_acquire_for(struct brio_limiter *limiter, const void *pointer)
{
    struct brio__borrower borrower = pointer_borrower(pointer);
    return try_acquire(limiter, &borrower);
}

/* ---- releasing ---- */

static int release(struct brio_limiter *limiter, const struct brio__borrower *borrower)
{
    if (!take_token(limiter, borrower))
        return -EPERM;
    hand_out(limiter);
    drop_table_if_unused(limiter);
    return 0;
}

int brio_limiter_release(struct brio_limiter *limiter)
{
    struct brio_task *task = brio__task_running();
    if (task == NULL)
        return -EPERM;
    struct brio__borrower borrower = task_borrower(task);
    return release(limiter, &borrower);
}

int brio_limiter_release_for(struct brio_limiter *limiter, const void *pointer)
{
    struct brio__borrower borrower = pointer_borrower(pointer);
    return release(limiter, &borrower);
}

void brio_limiter_set_total(struct brio_limiter *limiter, size_t tokens)
{
    limiter->total_ = tokens;
    hand_out(limiter);
    drop_table_if_unused(limiter);
}

/* ---- looking ---- */

bool brio_limiter_is_mine(const struct brio_limiter *limiter)
{
    struct brio_task *task = brio__task_running();
    if (task == NULL)
        return false;
    struct brio__borrower borrower = task_borrower(task);
    return has_token(limiter, &borrower);
}

bool brio_limiter_is_borrower(const struct brio_limiter *limiter, const void *pointer)
{
    struct brio__borrower borrower = pointer_borrower(pointer);
    return has_token(limiter, &borrower);
}

void brio_limiter_statistics(const struct brio_limiter *limiter, struct brio_limiter_statistics *statistics)
{
    statistics->total = limiter->total_;
    statistics->borrowed = limiter->borrowed_;
    statistics->waiting = limiter->waiting_;
}
