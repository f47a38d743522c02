/* Each scenario again and again: the k-th allocation fails, then everything is cancelled at the k-th checkpoint, for every k; then in
 * orders shuffled from several seeds. Each run ends as it may, and leaves nothing behind. */
#include "../support/async_test.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

/* ---- tasks ---- */

static ASYNC int recursive(int depth)
{
    char room[300] = {0};

    if (depth > 0)
        return AWAIT(recursive(depth - 1)) + room[depth];
    AWAIT(brio_sleep(0.1));
    return 0;
}

static ASYNC void many_children(void)
{
    struct brio_handle handle = {0};
    int value = 0;

    NURSERY(n) {
        SPAWN_INTO(n, &value, recursive(20));
        for (int i = 0; i < 20; i++)
            SPAWN(n, nap(i, "x"));
        SPAWN(n, wait_for_ever("y"), .daemon = true, .name = "daemon", .handle = &handle);
    }
}

static ASYNC void tree(int depth)
{
    NURSERY(n) {
        for (int i = 0; depth > 0 && i < 2; i++)
            SPAWN(n, tree(depth - 1));
        AWAIT(brio_checkpoint());
    }
}

static ASYNC void started(void)
{
    AWAIT(brio_checkpoint());
    brio_started();
    AWAIT(brio_sleep(1));
}

static ASYNC void starting(void)
{
    NURSERY(n) {
        START(n, started());
        START(n, started(), .name = "second");
    }
}

static ASYNC void handles(void)
{
    struct brio_handle handles[3];

    NURSERY(n) {
        for (int i = 0; i < 3; i++)
            SPAWN(n, brio_sleep(1 + i), .handle = &handles[i]);
        AWAIT(brio_handle_wait(&handles[0]));
        brio_handle_cancel(&handles[2], NULL);
        AWAIT(brio_handle_wait(&handles[2]));
    }
    RACE(n) {
        SPAWN(n, brio_sleep(1));
        SPAWN(n, brio_sleep(2));
    }
}

static struct brio_local local = {.initial = NULL};

static ASYNC void locals(int depth)
{
    if (brio_local_push(&local, &local) != 0)
        RAISE(ENOMEM, "push");
    DEFER brio_local_pop(&local);
    NURSERY(n) {
        for (int i = 0; depth > 0 && i < 2; i++)
            SPAWN(n, locals(depth - 1));
        AWAIT(brio_checkpoint());
    }
}

/* ---- scopes ---- */

static ASYNC void timeouts(void)
{
    for (int i = 0; i < 5; i++) {
        MOVE_ON_AFTER(1) {
            MOVE_ON_AFTER(2) {
                AWAIT(brio_sleep(10));
            }
        }
    }
    TRY {
        FAIL_AFTER(1) {
            AWAIT(brio_sleep(10));
        }
    } CATCH (e, ETIMEDOUT) {
    }
}

static ASYNC void cleanups(void)
{
    DEFER {
        SHIELD {
            AWAIT(brio_sleep(1));
        }
    }
    CANCEL_SCOPE(s) {
        NURSERY(n) {
            SPAWN(n, cancel_later(s, 1));
            DEFER {
                SHIELD {
                    NURSERY(m) {
                        SPAWN(m, brio_sleep(1));
                    }
                }
            }
            AWAIT(brio_sleep_forever());
        }
    }
}

static ASYNC void worker(void)
{
    for (int i = 0; i < 3; i++) {
        INTERRUPTIBLE {
            AWAIT(brio_sleep(1));
        }
        if (brio_stopping())
            break;
        AWAIT(brio_sleep(0.1));
    }
}

static ASYNC void soft_stop(void)
{
    NURSERY(n) {
        for (int i = 0; i < 3; i++)
            SPAWN(n, worker());
        AWAIT(brio_sleep(1.5));
        if (brio_scope_shutdown(n->scope, 5) != 0)
            RAISE(ENOMEM, "shutdown");
    }
}

/* ---- errors ---- */

static ASYNC void errors(void)
{
    TRY {
        NURSERY(n) {
            for (int i = 0; i < 5; i++)
                SPAWN(n, fail_later(0, i & 1 ? EIO : EPIPE));
        }
    } CATCH (e, EIO) {
        (void)brio_error_string(e);
        TRY {
            RAISE(EACCES, "with a cause");
        } CATCH (f, EACCES) {
            brio_error_unref(brio_error_ref(f));
        }
    } CATCH (e, EPIPE) {
        DEFER (void)brio_error_contains(e, EIO);
        AWAIT(brio_checkpoint());
    }
}

static ASYNC void errors_of_cleanups(void)
{
    TRY {
        NURSERY(n) {
            SPAWN(n, fail_later(1, EIO));
            TRY {
                AWAIT(brio_sleep(2));
            } FINALLY {
                SHIELD {
                    AWAIT(fail_later(0.5, EPIPE));
                }
            }
        }
    } CATCH (e, EIO, EPIPE) {
        AWAIT(brio_checkpoint());
        if (brio_error_contains(e, ECHILD))
            RERAISE();
    }
}

/* ---- synchronization, descriptors ---- */

static ASYNC void synchronization(void)
{
    struct brio_lock lock = BRIO_LOCK_INIT;
    struct brio_event event = BRIO_EVENT_INIT;

    NURSERY(n) {
        for (int i = 0; i < 5; i++)
            SPAWN(n, brio_event_wait(&event));
        HOLD(&lock) {
            AWAIT(brio_sleep(1));
            brio_event_set(&event);
        }
    }
}

static ASYNC void write_later(int fd)
{
    AWAIT(brio_wait_writable(fd));
    if (write(fd, "x", 1) != 1)
        RAISE_ERRNO("write");
}

static ASYNC void descriptors(void)
{
    int ends[2];
    char byte;

    if (pipe(ends) != 0)
        RAISE_ERRNO("pipe");
    DEFER {
        close(ends[0]);
        close(ends[1]);
    }
    NURSERY(n) {
        SPAWN(n, write_later(ends[1]));
        AWAIT(brio_wait_readable(ends[0]));
        if (read(ends[0], &byte, 1) != 1)
            RAISE_ERRNO("read");
    }
}

static void *work(void *arg)
{
    return arg;
}

static ASYNC void threads(void)
{
    NURSERY(n) {
        for (int i = 0; i < 3; i++)
            SPAWN(n, brio_to_thread(work, NULL, NULL));
        AWAIT(brio_to_thread(work, NULL, NULL));
        AWAIT(brio_wait_all_blocked());
    }
}

#define SWEPT(name, call) \
    PLAIN_TEST(name##_without_memory) \
    { \
        BRIO_SWEEP_ALLOCATIONS(call); \
    } \
    PLAIN_TEST(name##_cancelled_everywhere) \
    { \
        BRIO_SWEEP_CHECKPOINTS(call); \
    } \
    PLAIN_TEST(name##_in_any_order) \
    { \
        BRIO_SWEEP_SEEDS(20, call); \
    }

SWEPT(spawning, many_children())
SWEPT(trees, tree(4))
SWEPT(starting, starting())
SWEPT(handles, handles())
SWEPT(inheriting, locals(3))
SWEPT(deep_calls, recursive(100))
SWEPT(timeouts, timeouts())
SWEPT(cleanups, cleanups())
SWEPT(soft_stop, soft_stop())
SWEPT(errors, errors())
SWEPT(errors_of_cleanups, errors_of_cleanups())
SWEPT(synchronization, synchronization())
SWEPT(descriptors, descriptors())
SWEPT(threads, threads())
