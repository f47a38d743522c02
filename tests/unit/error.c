/* Errors: references, groups, parting and joining them, text. */
#include <brio/alloc.h>
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

static long living;

static void *count_allocate(void *arg, size_t size)
{
    (void)arg;
    void *memory = malloc(size);
    living += memory != NULL;
    return memory;
}

static void *count_reallocate(void *arg, void *memory, size_t size)
{
    (void)arg;
    void *grown = realloc(memory, size);
    living += memory == NULL && grown;
    return grown;
}

static void count_release(void *arg, void *memory)
{
    (void)arg;
    living -= memory != NULL;
    free(memory);
}

static const struct brio_allocator counting = {count_allocate, count_reallocate, count_release, NULL};

static void begin(void)
{
    living = 0;
    ck_assert_int_eq(brio_set_allocator(&counting), 0);
}

static void end(void)
{
    ck_assert_int_eq(living, 0);
    brio_set_allocator(NULL);
}

static const struct brio_error *group_of(int count, const int *codes)
{
    static const struct brio__place place = {"f", "f.c", 3};
    struct brio_error *group = NULL;
    for (int i = 0; i < count; i++)
        brio__group_add(&group, brio__error_new(codes[i], NULL, "number %d", i));
    return brio__group_finish(group, &place, NULL);
}

START_TEST(last_reference_frees_causes_and_children)
{
    const struct brio_error *error = brio__error_new(EIO, NULL, "first");
    for (int i = 0; i < 100000; i++) {
        const struct brio_error *outer = brio__error_new(EPIPE, error, NULL);
        brio_error_unref(error);
        error = outer;
    }
    ck_assert_str_eq(error->message, strerror(EPIPE));
    brio_error_unref(brio_error_ref(error));
    brio_error_unref(error);
    error = group_of(20, (int[20]){EIO});
    brio_error_unref(error);
    brio_error_unref(NULL);
}
END_TEST

START_TEST(parts_keep_the_shape_of_the_whole)
{
    struct brio_error *outer = NULL;
    const struct brio_error *matched, *rest;
    brio__group_add(&outer, group_of(3, (int[]){EIO, EPIPE, EIO}));
    brio__group_add(&outer, group_of(1, (int[]){EPIPE}));
    brio__group_add(&outer, brio__error_new(EINVAL, NULL, NULL));
    const struct brio_error *whole = brio__group_finish(outer, NULL, NULL);
    ck_assert_int_eq(brio__error_split(whole, (int[]){EPIPE, EINVAL}, 2, &matched, &rest), 0);
    ck_assert_uint_eq(matched->child_count, 3);
    ck_assert_uint_eq(matched->children[0]->child_count, 1);
    ck_assert_ptr_eq(matched->children[1], whole->children[1]);
    ck_assert_uint_eq(rest->child_count, 1);
    ck_assert_uint_eq(rest->children[0]->child_count, 2);
    ck_assert(!brio_error_contains(rest, EPIPE) && brio_error_contains(matched, EPIPE));
    brio_error_unref(matched);
    brio_error_unref(rest);
    ck_assert_int_eq(brio__error_split(whole, (int[]){BRIO_EGROUP}, 1, &matched, &rest), 0);
    ck_assert(matched == whole && rest == NULL);
    brio_error_unref(matched);
    brio_error_unref(whole);
}
END_TEST

START_TEST(parts_of_one_group_join_to_one)
{
    const struct brio_error *matched, *rest, *whole = group_of(3, (int[]){EIO, EPIPE, EIO});
    ck_assert_int_eq(brio__error_split(whole, (int[]){EIO}, 1, &matched, &rest), 0);
    const struct brio_error *joined = brio__error_join(matched, rest);
    ck_assert_uint_eq(joined->child_count, 3);
    ck_assert_ptr_eq(brio_error_only(joined), NULL);
    joined = brio__error_join(joined, brio__error_new(EBUSY, NULL, NULL));
    ck_assert_uint_eq(joined->child_count, 2);
    ck_assert_str_eq(joined->message, "2 failures");
    brio_error_unref(joined);
    brio_error_unref(whole);
}
END_TEST

START_TEST(only_is_the_one_leaf)
{
    const struct brio_error *inner = group_of(1, (int[]){EIO});
    struct brio_error *group = NULL;
    brio__group_add(&group, inner);
    const struct brio_error *outer = brio__group_finish(group, NULL, NULL);
    ck_assert_int_eq(brio_error_only(outer)->code, EIO);
    brio_error_unref(outer);
}
END_TEST

static const struct brio_error *make(const struct brio__origin *origin, const struct brio_error *cause, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static const struct brio_error *make(const struct brio__origin *origin, const struct brio_error *cause, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const struct brio_error *error = brio__error_make(BRIO_EBROKEN, origin, cause, format, arguments);
    va_end(arguments);
    return error;
}

START_TEST(text_shows_the_tree)
{
    const struct brio_error *cause = brio__error_new(EIO, NULL, "disk");
    static const struct brio__origin origin = {{"g", "g.c", 7}, {{"h", "h.c", 9}}, 1, NULL, NULL, NULL};
    struct brio_error *group = NULL;
    const struct brio_error *error = make(&origin, cause, "by %s", "it");
    brio_error_unref(cause);
    brio__group_add(&group, error);
    const struct brio_error *whole = brio__group_finish(group, &(struct brio__place){"f", "f.c", 3}, NULL);
    ck_assert_str_eq(brio_error_string(whole), "BRIO_EGROUP: 1 failure\n"
                                               "  in f at f.c:3\n"
                                               "  1. BRIO_EBROKEN: by it\n"
                                               "      raised in g at g.c:7\n"
                                               "      awaited in h at h.c:9\n"
                                               "    caused by EIO: disk");
    ck_assert_ptr_eq(brio_error_string(whole), brio_error_string(whole));
    brio_error_unref(whole);
}
END_TEST

/* Each level has the one below as the cause of its group and of the error in it. */
START_TEST(shared_causes_are_told_once)
{
    const struct brio_error *error = brio__error_new(EIO, NULL, "bottom");
    for (int i = 0; i < 1000; i++) {
        struct brio_error *group = NULL;
        brio__group_add(&group, brio__error_new(EPIPE, error, "level"));
        const struct brio_error *outer = brio__group_finish(group, NULL, error);
        brio_error_unref(error);
        error = outer;
    }
    const char *text = brio_error_string(error);
    ck_assert_uint_lt(strlen(text), 1000 * 500);
    const char *bottom = strstr(text, "bottom");
    ck_assert_ptr_nonnull(bottom);
    ck_assert_ptr_nonnull(strstr(bottom, "caused by BRIO_EGROUP: 1 failure (told above)"));
    ck_assert_ptr_null(strstr(bottom, "level"));
    brio_error_unref(error);
}
END_TEST

START_TEST(deep_groups_cost_no_more_than_others)
{
    const struct brio_error *matched, *rest, *error = brio__error_new(EIO, NULL, "bottom");
    for (int i = 0; i < 10000; i++) {
        struct brio_error *group = NULL;
        brio__group_add(&group, error);
        error = brio__group_finish(group, &(struct brio__place){"f", "f.c", 3}, NULL);
    }
    ck_assert(brio_error_contains(error, EIO) && !brio_error_contains(error, EPIPE));
    ck_assert_uint_lt(strlen(brio_error_string(error)), 10000 * 250);
    ck_assert_ptr_nonnull(strstr(brio_error_string(error), "EIO: bottom"));
    ck_assert_int_eq(brio__error_split(error, (int[]){EIO}, 1, &matched, &rest), 0);
    ck_assert(matched == error && rest == NULL);
    brio_error_unref(matched);
    brio_error_unref(error);
}
END_TEST

static long allocations_left;

static void *allocate_some(void *arg, size_t size)
{
    return allocations_left-- > 0 ? count_allocate(arg, size) : NULL;
}

static void *reallocate_some(void *arg, void *memory, size_t size)
{
    return allocations_left-- > 0 ? count_reallocate(arg, memory, size) : NULL;
}

/* One ENOMEM for all that there was no memory for, in its place among the others. */
START_TEST(group_that_has_lost_errors_says_so)
{
    static const struct brio_allocator scarce = {allocate_some, reallocate_some, count_release, NULL};
    for (long lost = 0; lost < 3; lost++) {
        struct brio_error *group = NULL;
        brio_set_allocator(&scarce);
        for (int i = 0; i < 9; i++) {
            allocations_left = 100;
            const struct brio_error *child = brio__error_new(EIO, NULL, NULL);
            allocations_left = i < lost || i > 4 ? 0 : 100;
            brio__group_add(&group, child);
        }
        allocations_left = 100;
        const struct brio_error *whole = brio__group_finish(group, NULL, NULL);
        brio_set_allocator(&counting);
        ck_assert_int_eq(whole->children[0]->code, lost ? ENOMEM : EIO);
        ck_assert_int_eq(whole->children[1]->code, EIO);
        ck_assert_int_eq(whole->children[whole->child_count - 1]->code, ENOMEM);
        for (size_t i = 1; i + 1 < whole->child_count; i++)
            ck_assert_int_eq(whole->children[i]->code, EIO);
        brio_error_unref(whole);
    }
    struct brio_error *group = NULL;
    brio_set_allocator(&scarce);
    allocations_left = 0;
    brio__group_add(&group, brio__error_no_memory());
    brio__group_add(&group, brio__error_no_memory());
    ck_assert_ptr_eq(brio__group_finish(group, NULL, NULL), brio__error_no_memory());
    brio_set_allocator(&counting);
}
END_TEST

START_TEST(text_without_memory_is_the_message)
{
    static const struct brio_allocator scarce = {allocate_some, reallocate_some, count_release, NULL};
    const struct brio_error *cause = brio__error_new(EIO, NULL, "shared");
    const struct brio_error *error = group_of(3, (int[]){EIO, EPIPE, EBUSY});
    struct brio_error *group = NULL;
    brio__group_add(&group, brio__error_new(EIO, error, NULL));
    brio__group_add(&group, error);
    const struct brio_error *whole = brio__group_finish(group, NULL, cause);
    brio_error_unref(cause);
    brio_set_allocator(&scarce);
    long count = 0;
    do
        allocations_left = count++;
    while (brio_error_string(whole) == whole->message);
    brio_set_allocator(&counting);
    ck_assert_int_gt(count, 2);
    ck_assert_ptr_nonnull(strstr(brio_error_string(whole), "caused by EIO: shared"));
    brio_error_unref(whole);
}
END_TEST

START_TEST(codes_have_names)
{
    ck_assert_str_eq(brio_error_name(ETIMEDOUT), "ETIMEDOUT");
    ck_assert_str_eq(brio_error_name(-BRIO_ECLOSED), "BRIO_ECLOSED");
    ck_assert_str_eq(brio_error_name(99999), "unknown code");
    ck_assert_str_eq(brio_error_text(-BRIO_EGROUP), "several tasks failed");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("error");
    TCase *all = tcase_create("all");
    tcase_add_checked_fixture(all, begin, end);
    tcase_add_test(all, last_reference_frees_causes_and_children);
    tcase_add_test(all, parts_keep_the_shape_of_the_whole);
    tcase_add_test(all, parts_of_one_group_join_to_one);
    tcase_add_test(all, only_is_the_one_leaf);
    tcase_add_test(all, text_shows_the_tree);
    tcase_add_test(all, shared_causes_are_told_once);
    tcase_add_test(all, deep_groups_cost_no_more_than_others);
    tcase_add_test(all, group_that_has_lost_errors_says_so);
    tcase_add_test(all, text_without_memory_is_the_message);
    tcase_add_test(all, codes_have_names);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
