/* struct brio_semaphore. */
#include "../support/async_test.h"

#include <errno.h>

static int inside, most;

static ASYNC void enter(struct brio_semaphore *semaphore)
{
    AWAIT(brio_semaphore_acquire(semaphore));
    inside++;
    if (inside > most)
        most = inside;
    AWAIT(brio_sleep(1));
    inside--;
    brio_semaphore_release(semaphore);
}

ASYNC_TEST(at_most_so_many_at_once)
{
    struct brio_semaphore semaphore;

    inside = most = 0;
    ck_assert_int_eq(brio_semaphore_init(&semaphore, 3, 3), 0);
    NURSERY(n) {
        for (int i = 0; i < 10; i++)
            SPAWN(n, enter(&semaphore));
    }
    ck_assert_int_eq(most, 3);
    ck_assert_int_eq(inside, 0);
    ck_assert_time(brio_now(), 4);
    ck_assert_uint_eq(brio_semaphore_value(&semaphore), 3);
}

ASYNC_TEST(try_acquire_and_limits)
{
    struct brio_semaphore semaphore;

    ck_assert_int_eq(brio_semaphore_init(&semaphore, 4, 3), -EINVAL);
    ck_assert_int_eq(brio_semaphore_init(&semaphore, 1, 1), 0);
    ck_assert_int_eq(brio_semaphore_release(&semaphore), -EOVERFLOW);
    ck_assert_int_eq(brio_semaphore_try_acquire(&semaphore), 0);
    ck_assert_int_eq(brio_semaphore_try_acquire(&semaphore), -EAGAIN);
    ck_assert_int_eq(brio_semaphore_release(&semaphore), 0);
    ck_assert_int_eq(brio_semaphore_init(&semaphore, 0, 0), 0);
    for (int i = 0; i < 100; i++)
        ck_assert_int_eq(brio_semaphore_release(&semaphore), 0);
    ck_assert_uint_eq(brio_semaphore_value(&semaphore), 100);
    AWAIT(brio_checkpoint());
}

static ASYNC void acquire_and_note(struct brio_semaphore *semaphore, const char *name)
{
    AWAIT(brio_semaphore_acquire(semaphore));
    note("%s", name);
}

ASYNC_TEST(release_hands_the_slot_to_the_first_waiter)
{
    struct brio_semaphore semaphore = BRIO_SEMAPHORE_INIT(0, 0);
    struct brio_handle handle = {0};

    NURSERY(n) {
        SPAWN(n, acquire_and_note(&semaphore, "a"));
        SPAWN(n, acquire_and_note(&semaphore, "b"), .handle = &handle);
        SPAWN(n, acquire_and_note(&semaphore, "c"));
        AWAIT(brio_wait_all_blocked());
        ck_assert_uint_eq(brio_semaphore_waiting(&semaphore), 3);
        brio_semaphore_release(&semaphore);
        ck_assert_uint_eq(brio_semaphore_value(&semaphore), 0);
        ck_assert_int_eq(brio_semaphore_try_acquire(&semaphore), -EAGAIN);
        brio_handle_cancel(&handle, NULL);
        brio_semaphore_release(&semaphore);
    }
    ck_assert_notes("a c");
    ck_assert_uint_eq(brio_semaphore_value(&semaphore), 0);
}
