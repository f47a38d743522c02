/* Every allocation may fail: the k-th does, for k = 1, 2, … until none does any more. Each run ends with ENOMEM or well, and leaves
 * nothing behind. */
#include "../support/async_test.h"

#include <errno.h>
#include <stdlib.h>

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

static const struct brio_error *error;

static void check_outcome(int code, long k, bool failed)
{
    if (code != 0) {
        ck_assert_msg(code == ENOMEM || (error && brio_error_contains(error, ENOMEM)), "allocation %ld: code %d", k, code);
        ck_assert_msg(failed, "ENOMEM though no allocation failed");
    }
    brio_error_unref(error);
    error = NULL;
}

#define SWEEP(name, call) \
    PLAIN_TEST(name) \
    { \
        bool failed = true; \
        for (long k = 0; failed; k++) { \
            size_t before = allocations_living(); \
            async_test_options.error = &error; \
            fail_allocation(k); \
            int code = RUN(&async_test_options, call); \
            failed = allocation_has_failed(); \
            fail_allocation(-1); \
            check_outcome(code, k, failed); \
            take_notes(); \
            ck_assert_msg(allocations_living() == before, "allocation %ld fails: something is left", k); \
            ck_assert_int_lt(k, 2000); \
            if (!failed) \
                ck_assert_int_eq(code, 0); \
        } \
    }

SWEEP(spawning_without_memory, many_children())
SWEEP(starting_without_memory, starting())
SWEEP(deep_calls_without_memory, recursive(100))
SWEEP(timeouts_without_memory, timeouts())
SWEEP(errors_without_memory, errors())
SWEEP(synchronization_without_memory, synchronization())

PLAIN_TEST(allocator_needs_all_functions)
{
    struct brio_allocator allocator = {0};

    ck_assert_int_eq(brio_set_allocator(&allocator), -EINVAL);
}

ASYNC_TEST(memory_of_tasks_is_used_again)
{
    size_t first = 0;

    for (int round = 0; round < 50; round++) {
        NURSERY(n) {
            for (int i = 0; i < 50; i++)
                SPAWN(n, brio_checkpoint());
        }
        if (round == 5)
            first = allocations_living();
    }
    ck_assert_uint_le(allocations_living(), first);
}
