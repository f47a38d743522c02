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

static void begin(void)
{
    static const struct brio_allocator counting = {count_allocate, count_reallocate, count_release, NULL};
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
    static const struct brio__origin origin = {{"g", "g.c", 7}, {{"h", "h.c", 9}}, 1, NULL, NULL};
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
    tcase_add_test(all, codes_have_names);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
