/* The wait queue: order, leaving, moving from one to another. */
#include "core/queue.h"

#include <check.h>

static struct brio__queue queue, other;
static struct brio__waiter waiters[5];

static void setup(void)
{
    queue = other = (struct brio__queue){NULL, NULL};
    for (int i = 0; i < 5; i++)
        brio__queue_append(&queue, &waiters[i]);
}

/* The waiters in line, as digits; also backwards. */
static void check_line(const struct brio__queue *line, const char *expected)
{
    const struct brio__waiter *waiter = line->first, *previous = NULL;
    for (; *expected; expected++, waiter = waiter->next) {
        ck_assert_ptr_eq(waiter, &waiters[*expected - '0']);
        ck_assert_ptr_eq(waiter->previous, previous);
        ck_assert_ptr_eq(waiter->queue, line);
        previous = waiter;
    }
    ck_assert_ptr_null(waiter);
    ck_assert_ptr_eq(line->last, previous);
}

START_TEST(waiters_stand_in_the_order_in_which_they_came)
{
    check_line(&queue, "01234");
    ck_assert_uint_eq(brio__queue_length(&queue), 5);
    ck_assert_uint_eq(brio__queue_length(&other), 0);
}
END_TEST

START_TEST(anyone_may_leave)
{
    brio__queue_remove(&waiters[2]);
    check_line(&queue, "0134");
    brio__queue_remove(&waiters[0]);
    check_line(&queue, "134");
    brio__queue_remove(&waiters[4]);
    check_line(&queue, "13");
    brio__queue_remove(&waiters[3]);
    brio__queue_remove(&waiters[1]);
    check_line(&queue, "");
    brio__queue_append(&queue, &waiters[3]);
    check_line(&queue, "3");
}
END_TEST

START_TEST(waiter_that_was_moved_leaves_the_queue_that_it_is_in)
{
    for (int i = 0; i < 3; i++) {
        struct brio__waiter *first = queue.first;
        brio__queue_remove(first);
        brio__queue_append(&other, first);
    }
    check_line(&queue, "34");
    check_line(&other, "012");
    brio__queue_remove(&waiters[1]);
    brio__queue_remove(&waiters[4]);
    check_line(&queue, "3");
    check_line(&other, "02");
}
END_TEST

START_TEST(take_gives_the_first_task_and_then_none)
{
    struct brio_task tasks[5];
    for (int i = 0; i < 5; i++)
        waiters[i].task = &tasks[i];
    for (int i = 0; i < 5; i++)
        ck_assert_ptr_eq(brio__queue_take(&queue), &tasks[i]);
    ck_assert_ptr_null(brio__queue_take(&queue));
    check_line(&queue, "");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("queue");
    TCase *tests = tcase_create("all");
    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, waiters_stand_in_the_order_in_which_they_came);
    tcase_add_test(tests, anyone_may_leave);
    tcase_add_test(tests, waiter_that_was_moved_leaves_the_queue_that_it_is_in);
    tcase_add_test(tests, take_gives_the_first_task_and_then_none);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
