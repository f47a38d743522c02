/* The growing ring of items behind channels. */
#include "sync/ring.h"

#include <check.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/alloc.h"

static long living, failing;

static void *allocate(void *arg, size_t size)
{
    (void)arg;
    if (failing)
        return NULL;
    living++;
    return malloc(size);
}

static void *reallocate(void *arg, void *memory, size_t size)
{
    (void)arg;
    living += memory == NULL;
    return realloc(memory, size);
}

static void release(void *arg, void *memory)
{
    (void)arg;
    living -= memory != NULL;
    free(memory);
}

static const struct brio_allocator counting = {allocate, reallocate, release, NULL};

static void setup(void)
{
    living = failing = 0;
    brio_set_allocator(&counting);
}

static void teardown(void)
{
    ck_assert_int_eq(living, 0);
    brio_set_allocator(NULL);
}

static void push_number(struct brio__ring *ring, int number)
{
    ck_assert_int_eq(brio__ring_push(ring, &number), 0);
}

static int pop_number(struct brio__ring *ring)
{
    int number = -1;
    brio__ring_pop(ring, &number);
    return number;
}

START_TEST(items_come_out_in_order_wherever_the_ring_begins)
{
    for (int begin = 0; begin < 40; begin++) {
        struct brio__ring ring = {.item_size = sizeof(int), .limit = SIZE_MAX};
        for (int i = 0; i < begin; i++) {
            push_number(&ring, i);
            ck_assert_int_eq(pop_number(&ring), i);
        }
        for (int i = 0; i < 300; i++)
            push_number(&ring, i);
        for (int i = 0; i < 300; i++)
            ck_assert_int_eq(pop_number(&ring), i);
        ck_assert_uint_eq(ring.peak, 300);
        brio__ring_clear(&ring);
    }
}
END_TEST

/* The oldest is at the array's end and the newest at its beginning when it grows. */
START_TEST(ring_grows_while_it_is_wrapped)
{
    struct brio__ring ring = {.item_size = sizeof(int), .limit = SIZE_MAX};
    int in = 0, out = 0;

    for (int round = 0; round < 200; round++) {
        for (int i = 0; i < 7; i++)
            push_number(&ring, in++);
        for (int i = 0; i < 5; i++)
            ck_assert_int_eq(pop_number(&ring), out++);
    }
    while (ring.count)
        ck_assert_int_eq(pop_number(&ring), out++);
    ck_assert_int_eq(out, in);
    brio__ring_clear(&ring);
}
END_TEST

START_TEST(ring_takes_no_more_memory_than_its_limit_needs)
{
    struct brio__ring ring = {.item_size = 8, .limit = 21};
    int64_t item = 0;

    while (!brio__ring_is_full(&ring)) {
        item++;
        ck_assert_int_eq(brio__ring_push(&ring, &item), 0);
    }
    ck_assert_uint_eq(ring.count, 21);
    ck_assert_uint_eq(ring.room, 21);
    for (int64_t i = 1; i <= 21; i++) {
        brio__ring_pop(&ring, &item);
        ck_assert_int_eq(item, i);
    }
    brio__ring_clear(&ring);
}
END_TEST

START_TEST(much_memory_is_given_back_when_the_ring_is_empty)
{
    struct brio__ring ring = {.item_size = sizeof(int), .limit = SIZE_MAX};

    push_number(&ring, 1);
    pop_number(&ring);
    brio__ring_trim(&ring);
    ck_assert_int_eq(living, 1);
    for (int i = 0; i < 20000; i++)
        push_number(&ring, i);
    brio__ring_trim(&ring);
    for (int i = 0; i < 20000; i++)
        ck_assert_int_eq(pop_number(&ring), i);
    ck_assert_int_eq(living, 1);
    brio__ring_trim(&ring);
    ck_assert_int_eq(living, 0);
    push_number(&ring, 5);
    ck_assert_int_eq(pop_number(&ring), 5);
    brio__ring_clear(&ring);
}
END_TEST

START_TEST(ring_that_cannot_grow_keeps_what_it_has)
{
    struct brio__ring ring = {.item_size = sizeof(int), .limit = SIZE_MAX};
    int number = 0, refused = 7;

    while (ring.count < ring.room || ring.room == 0)
        push_number(&ring, number++);
    failing = 1;
    ck_assert_int_eq(brio__ring_push(&ring, &refused), -ENOMEM);
    failing = 0;
    for (int i = 0; i < number; i++)
        ck_assert_int_eq(pop_number(&ring), i);
    ck_assert_uint_eq(ring.count, 0);
    brio__ring_clear(&ring);
}
END_TEST

START_TEST(items_of_every_size)
{
    static const size_t sizes[] = {0, 1, 2, 3, 4, 7, 8, 12, 16, 17, 100, 100000};

    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        struct brio__ring ring = {.item_size = sizes[s], .limit = 10};
        unsigned char *item = malloc(sizes[s] + 1);
        for (int i = 0; i < 10; i++) {
            memset(item, i, sizes[s]);
            ck_assert_int_eq(brio__ring_push(&ring, item), 0);
        }
        for (int i = 0; i < 10; i++) {
            memset(item, 99, sizes[s] + 1);
            brio__ring_pop(&ring, item);
            size_t right = 0;
            while (right < sizes[s] && item[right] == i)
                right++;
            ck_assert_uint_eq(right, sizes[s]);
            ck_assert_uint_eq(item[sizes[s]], 99);
        }
        free(item);
        brio__ring_clear(&ring);
    }
}
END_TEST

START_TEST(size_beyond_memory_is_refused)
{
    struct brio__ring ring = {.items = NULL, .item_size = SIZE_MAX / 2, .limit = SIZE_MAX, .room = 1, .count = 1};

    ck_assert_int_eq(brio__ring_grow(&ring), -ENOMEM);
    ck_assert_uint_eq(ring.room, 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ring");
    TCase *tests = tcase_create("all");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, items_come_out_in_order_wherever_the_ring_begins);
    tcase_add_test(tests, ring_grows_while_it_is_wrapped);
    tcase_add_test(tests, ring_takes_no_more_memory_than_its_limit_needs);
    tcase_add_test(tests, much_memory_is_given_back_when_the_ring_is_empty);
    tcase_add_test(tests, ring_that_cannot_grow_keeps_what_it_has);
    tcase_add_test(tests, items_of_every_size);
    tcase_add_test(tests, size_beyond_memory_is_refused);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
