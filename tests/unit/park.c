/* Parking and unparking by the book and against it. */
#include <brio.h>
#include <check.h>

static struct brio_task *parked;
static const struct brio_options virtual_clock = {.clock = BRIO_CLOCK_VIRTUAL};

static enum brio_abort_result forget(struct brio_task *task, void *arg)
{
    ck_assert_ptr_eq(task, parked);
    ck_assert_ptr_eq(arg, &parked);
    parked = NULL;
    return BRIO_ABORTED;
}

BRIO_ASYNC_LEAF static int leaf(int unparks)
{
    int value = 7;
    if (brio_checkpoint_fails())
        return 0;
    parked = brio_task_current();
    for (int i = 0; i < unparks; i++)
        brio_unpark_value(parked, &value, sizeof value);
    brio_park(forget, &parked);
    return 0;
}

START_TEST(unpark_within_the_leaf_is_kept)
{
    int value = 0;
    ck_assert_int_eq(RUN_INTO(&virtual_clock, &value, leaf(1)), 0);
    ck_assert_int_eq(value, 7);
}
END_TEST

START_TEST(unpark_twice_aborts)
{
    RUN(&virtual_clock, leaf(2));
}
END_TEST

BRIO_ASYNC_LEAF static int leaf_run_inside(void)
{
    struct brio_error const *error = NULL;
    struct brio_options options = {.error = &error};
    if (brio_checkpoint_fails())
        return 0;
    int code = RUN(&options, brio_sleep(0));
    ck_assert_ptr_nonnull(brio_task_current());
    brio_error_unref(error);
    return code;
}

/* Its task has not been made: the current one is not its own. */
BRIO_ASYNC_LEAF static void leaf_without_checkpoint(void)
{
    brio_park(forget, &parked);
}

START_TEST(leaf_that_waits_without_having_looked_for_cancellation_aborts)
{
    RUN(&virtual_clock, leaf_without_checkpoint());
}
END_TEST

START_TEST(run_inside_a_leaf_is_refused)
{
    int code = 0;
    ck_assert_int_eq(RUN_INTO(&virtual_clock, &code, leaf_run_inside()), 0);
    ck_assert_int_eq(code, EBUSY);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("park");
    TCase *all = tcase_create("all");
    tcase_add_test(all, unpark_within_the_leaf_is_kept);
    tcase_add_test_raise_signal(all, unpark_twice_aborts, 6);
    tcase_add_test_raise_signal(all, leaf_that_waits_without_having_looked_for_cancellation_aborts, 6);
    tcase_add_test(all, run_inside_a_leaf_is_refused);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
