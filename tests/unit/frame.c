/* Frame stacks and the calling convention, with ASYNC functions lowered by hand. */
#include <brio.h>
#include <check.h>
#include <stdint.h>
#include <string.h>

struct large {
    long items[12];
};

static void *push(const struct brio_function *function, size_t size, size_t align)
{
    void *frame = brio__push(brio__current, function, size, align);
    return frame ? frame : brio__push_slow(brio__current, function, size, align, NULL);
}

/* ---- ASYNC int sum(int depth): 0 + 1 + … + depth by recursion, with a checkpoint on the way down ---- */

static void sum_resume(struct brio_task *task, struct brio_frame *frame);
static const struct brio_site sum_sites[] = {{"brio_checkpoint", "t.c", 2}, {"sum", "t.c", 3}};
static unsigned sum_hint;
static const struct brio_function sum_function = {
    &brio__abi_1, sum_resume, "sum", "t.c", 1, 2, sum_sites, sizeof(int), sizeof(struct brio_frame) + sizeof(int), &sum_hint, false};

static int sum(int depth)
{
    struct frame {
        struct brio_frame base;
        int depth;
    } *frame = brio__resumed(brio__current);
    struct brio_task *const task = brio__current;
    int value = 0;
    if (frame == NULL) {
        frame = push(&sum_function, sizeof *frame, _Alignof(struct frame));
        if (frame == NULL)
            return 0;
        frame->depth = depth;
    }
    switch (frame->base.pc) {
    case BRIO__SPAWNED:
        return 0;
    case BRIO__BEGIN:
        break;
    case 1:
        goto resume_1;
    case 2:
        goto resume_2;
    default:
        brio__bad_pc(&frame->base);
    }
    if (frame->depth == 0)
        goto done;
    frame->base.pc = 1;
    brio_checkpoint();
    if (task->signal == BRIO__SUSPENDED)
        return 0;
resume_1:
    if (task->signal)
        goto done;
    frame->base.pc = 2;
    value = sum(frame->depth - 1);
    if (task->signal == BRIO__SUSPENDED)
        return 0;
    if (task->signal)
        goto done;
    goto got;
resume_2:
    if (task->signal)
        goto done;
    value = BRIO__VALUE(task, int);
got:
    value += frame->depth;
done:
    brio__leave(task, &frame->base);
    return value;
}

static void sum_resume(struct brio_task *task, struct brio_frame *frame)
{
    task->resume = frame;
    int value = sum(0);
    if (task->signal == BRIO__RETURNED)
        brio__return_value(task, frame, &value, sizeof value);
}

/* ---- ASYNC struct large fill(int seed), in an over-aligned frame ---- */

static void fill_resume(struct brio_task *task, struct brio_frame *frame);
static const struct brio_site fill_sites[] = {{"brio_sleep", "t.c", 5}};
static unsigned fill_hint;
static const struct brio_function fill_function = {
    &brio__abi_1, fill_resume, "fill", "t.c", 4, 1, fill_sites, sizeof(struct large), sizeof(struct brio_frame) + sizeof(int), &fill_hint,
    false};

static struct large fill(int seed)
{
    struct frame {
        struct brio_frame base;
        int seed;
        _Alignas(256) struct large large;
    } *frame = brio__resumed(brio__current);
    struct brio_task *const task = brio__current;
    struct large value = {{0}};
    if (frame == NULL) {
        frame = push(&fill_function, sizeof *frame, _Alignof(struct frame));
        if (frame == NULL)
            return value;
        frame->seed = seed;
    }
    ck_assert_uint_eq((uintptr_t)frame % 256, 0);
    switch (frame->base.pc) {
    case BRIO__SPAWNED:
        return value;
    case BRIO__BEGIN:
        break;
    case 1:
        goto resume_1;
    default:
        brio__bad_pc(&frame->base);
    }
    for (int i = 0; i < 12; i++)
        frame->large.items[i] = frame->seed + i;
    frame->base.pc = 1;
    brio_sleep(0.5);
    if (task->signal == BRIO__SUSPENDED)
        return value;
resume_1:
    if (task->signal == BRIO__RETURNED)
        value = frame->large;
    brio__leave(task, &frame->base);
    return value;
}

static void fill_resume(struct brio_task *task, struct brio_frame *frame)
{
    task->resume = frame;
    struct large value = fill(0);
    if (task->signal == BRIO__RETURNED)
        brio__return_value(task, frame, &value, sizeof value);
}

static const struct brio_error *error;
static const struct brio_options virtual_clock = {.clock = BRIO_CLOCK_VIRTUAL, .error = &error};

START_TEST(values_travel_up_a_deep_stack)
{
    int value = 0;
    ck_assert_int_eq(RUN_INTO(&virtual_clock, &value, sum(2000)), 0);
    ck_assert_int_eq(value, 2000 * 2001 / 2);
    ck_assert_int_eq(RUN_INTO(&virtual_clock, &value, sum(3)), 0);
    ck_assert_int_eq(value, 6);
}
END_TEST

START_TEST(large_values_and_aligned_frames)
{
    struct large value;
    ck_assert_int_eq(RUN_INTO(&virtual_clock, &value, fill(7)), 0);
    for (int i = 0; i < 12; i++)
        ck_assert_int_eq(value.items[i], 7 + i);
}
END_TEST

START_TEST(stack_limit_fails_with_enomem)
{
    struct brio_options options = virtual_clock;
    options.stack_limit = 4096;
    ck_assert_int_eq(RUN(&options, sum(20)), 0);
    ck_assert_int_eq(RUN(&options, sum(2000)), ENOMEM);
    ck_assert_ptr_nonnull(strstr(error->message, "limit"));
    brio_error_unref(error);
    ck_assert_int_eq(RUN(&options, fill(1)), 0);
    options.stack_limit = 128;
    ck_assert_int_eq(RUN(&options, fill(1)), ENOMEM);
    brio_error_unref(error);
}
END_TEST

START_TEST(leaf_as_the_root_task)
{
    ck_assert_int_eq(RUN(&virtual_clock, brio_sleep(100)), 0);
    ck_assert_int_eq(RUN(&virtual_clock, brio_sleep(0)), 0);
    ck_assert_int_eq(RUN(&virtual_clock, brio_sleep(NAN)), EINVAL);
    brio_error_unref(error);
}
END_TEST

START_TEST(call_outside_of_a_task_aborts)
{
    sum(1);
}
END_TEST

START_TEST(leaf_outside_of_a_task_aborts)
{
    brio_sleep(1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("frame");
    TCase *all = tcase_create("all");
    tcase_add_test(all, values_travel_up_a_deep_stack);
    tcase_add_test(all, large_values_and_aligned_frames);
    tcase_add_test(all, stack_limit_fails_with_enomem);
    tcase_add_test(all, leaf_as_the_root_task);
    tcase_add_test_raise_signal(all, call_outside_of_a_task_aborts, 6);
    tcase_add_test_raise_signal(all, leaf_outside_of_a_task_aborts, 6);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
