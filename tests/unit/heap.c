/* The timer heap. */
#include <check.h>
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

int main(void)
{
    Suite *suite = suite_create("heap");
    TCase *all = tcase_create("all");
    tcase_add_test(all, timers_come_out_by_time_and_equal_ones_in_order);
    tcase_add_test(all, removed_timers_do_not_come_out);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
