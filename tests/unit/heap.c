/* The timer heap. */
#include <brio/alloc.h>
#include <check.h>
#include <errno.h>
#include <stdlib.h>

#include "base/heap.h"

enum { MANY = 1000 };

static struct brio__timer timers[MANY];

static void fill(struct brio__heap *heap, unsigned seed)
{
    srand(seed);
    for (int i = 0; i < MANY; i++) {
        timers[i] = (struct brio__timer){0};
        ck_assert_int_eq(brio__heap_add(heap, &timers[i], rand() % 50, (unsigned)i & 1), 0);
    }
}

START_TEST(timers_come_out_by_time_and_equal_ones_in_order)
{
    struct brio__heap heap = {0};
    fill(&heap, 1);
    double last = -1;
    const struct brio__timer *previous = NULL;
    while (heap.count) {
        double key = brio__heap_first(&heap);
        unsigned kind;
        const struct brio__timer *timer = brio__heap_pop(&heap, &kind);
        ck_assert(key >= last);
        if (key == last)
            ck_assert(timer > previous);
        ck_assert_uint_eq(kind, (unsigned)(timer - timers) & 1);
        ck_assert_uint_eq(timer->index, 0);
        last = key;
        previous = timer;
    }
    ck_assert_double_eq(brio__heap_first(&heap), (double)INFINITY);
    brio__heap_free(&heap);
}
END_TEST

START_TEST(removed_timers_do_not_come_out)
{
    struct brio__heap heap = {0};
    fill(&heap, 2);
    for (int i = 0; i < MANY; i += 3)
        brio__heap_remove(&heap, &timers[i]);
    brio__heap_remove(&heap, &timers[0]);
    double last = -1;
    size_t count = 0;
    for (; heap.count; count++) {
        unsigned kind;
        double key = brio__heap_first(&heap);
        const struct brio__timer *timer = brio__heap_pop(&heap, &kind);
        ck_assert(key >= last && (timer - timers) % 3 != 0);
        last = key;
    }
    ck_assert_uint_eq(count, MANY - (MANY + 2) / 3);
    brio__heap_free(&heap);
}
END_TEST

/* In any order, with a few left in between that must still come out right. */
START_TEST(heap_from_which_nearly_all_is_removed_keeps_its_order)
{
    struct brio__heap heap = {0};
    fill(&heap, 3);
    size_t capacity = heap.capacity;
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < MANY; i++)
            if (i * 7 % MANY % 20)
                brio__heap_remove(&heap, &timers[i * 7 % MANY]);
        ck_assert_uint_le(heap.count, MANY / 2);
        for (int i = 0; i < MANY; i++)
            if (timers[i].index == 0)
                ck_assert_int_eq(brio__heap_add(&heap, &timers[i], rand() % 50, 0), 0);
    }
    ck_assert_uint_eq(heap.capacity, capacity);
    double last = -1;
    size_t count = 0;
    uint32_t sequence = 0;
    for (; heap.count; count++) {
        unsigned kind;
        double key = brio__heap_first(&heap);
        const struct brio__timer *timer = brio__heap_pop(&heap, &kind);
        ck_assert(key > last || (key == last && timer->sequence > sequence));
        last = key;
        sequence = timer->sequence;
    }
    ck_assert_uint_eq(count, MANY);
    brio__heap_free(&heap);
}
END_TEST

static void *refuse(void *arg, void *memory, size_t size)
{
    (void)arg, (void)memory, (void)size;
    return NULL;
}

static void *refuse_new(void *arg, size_t size)
{
    (void)arg, (void)size;
    return NULL;
}

static void release(void *arg, void *memory)
{
    (void)arg;
    free(memory);
}

START_TEST(removed_timer_can_be_put_back_without_memory)
{
    const struct brio_allocator none = {refuse_new, refuse, release, NULL};
    struct brio__heap heap = {0};
    size_t count = 0;
    do {
        timers[count] = (struct brio__timer){0};
        ck_assert_int_eq(brio__heap_add(&heap, &timers[count], (double)count, 0), 0);
    } while (++count < heap.capacity);
    ck_assert_int_eq(brio_set_allocator(&none), 0);
    timers[count] = (struct brio__timer){0};
    ck_assert_int_eq(brio__heap_add(&heap, &timers[count], 1, 0), -ENOMEM);
    for (size_t i = 0; i < count; i++) {
        brio__heap_remove(&heap, &timers[i]);
        ck_assert_int_eq(brio__heap_add(&heap, &timers[i], (double)i, 0), 0);
    }
    ck_assert_uint_eq(heap.count, count);
    brio__heap_free(&heap);
    brio_set_allocator(NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("heap");
    TCase *all = tcase_create("all");
    tcase_add_test(all, timers_come_out_by_time_and_equal_ones_in_order);
    tcase_add_test(all, removed_timers_do_not_come_out);
    tcase_add_test(all, heap_from_which_nearly_all_is_removed_keeps_its_order);
    tcase_add_test(all, removed_timer_can_be_put_back_without_memory);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
