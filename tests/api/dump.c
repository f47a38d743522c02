/* brio_dump_tasks: the tree of tasks with names, states and await chains. */
#include "../support/async_test.h"

#include <stdlib.h>
#include <stdio.h>
#include <string.h>

static char *dumped(void)
{
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);

    ck_assert_ptr_nonnull(file);
    brio_dump_tasks(file);
    fclose(file);
    return text;
}

static void check_order(const char *text, const char *const *words, size_t count)
{
    const char *from = text;

    for (size_t i = 0; i < count; i++) {
        const char *found = strstr(from, words[i]);
        ck_assert_msg(found != NULL, "no \"%s\" in the rest of:\n%s", words[i], text);
        from = found + strlen(words[i]);
    }
}
#define ck_assert_dump(text, ...) \
    check_order(text, (const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

static ASYNC void innermost(struct brio_event *event)
{
    AWAIT(brio_event_wait(event));
}

static ASYNC void middle(struct brio_event *event)
{
    AWAIT(innermost(event));
}

static ASYNC void outermost(struct brio_event *event)
{
    MOVE_ON_AFTER(100) {
        AWAIT(middle(event));
    }
}

ASYNC_TEST(dump_shows_names_and_await_chains)
{
    struct brio_event event = BRIO_EVENT_INIT;

    NURSERY(n) {
        SPAWN(n, outermost(&event), .name = "the waiter");
        SPAWN(n, nap(1, ""), .name = "the sleeper");
        AWAIT(brio_wait_all_blocked());
        char *text = dumped();
        ck_assert_dump(text, "the waiter", "dump.c:");
        ck_assert_ptr_nonnull(strstr(text, "the sleeper"));
        ck_assert_ptr_nonnull(strstr(text, "outermost"));
        ck_assert_ptr_nonnull(strstr(text, "middle"));
        ck_assert_ptr_nonnull(strstr(text, "innermost"));
        ck_assert_ptr_nonnull(strstr(text, "brio_event_wait"));
        ck_assert_ptr_nonnull(strstr(text, "brio_sleep"));
        free(text);
        brio_event_set(&event);
    }
}

static ASYNC void parent(struct brio_event *event)
{
    NURSERY(children) {
        SPAWN(children, innermost(event), .name = "grandchild");
    }
}

ASYNC_TEST(dump_shows_the_tree)
{
    struct brio_event event = BRIO_EVENT_INIT;

    NURSERY(n) {
        SPAWN(n, parent(&event), .name = "child");
        AWAIT(brio_wait_all_blocked());
        char *text = dumped();
        ck_assert_dump(text, "dump_shows_the_tree_body", "child", "grandchild");
        free(text);
        brio_event_set(&event);
    }
}

PLAIN_TEST(dump_without_a_loop)
{
    char *text = dumped();

    ck_assert_ptr_nonnull(text);
    free(text);
}
