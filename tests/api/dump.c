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

static __attribute__((noinline)) char *dumped_dot(void)
{
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);

    ck_assert_ptr_nonnull(file);
    brio_dump_tasks_dot(file);
    fclose(file);
    return text;
}

ASYNC_TEST(graph_has_nodes_and_edges)
{
    struct brio_event event = BRIO_EVENT_INIT;

    NURSERY(n) {
        SPAWN(n, outermost(&event), .name = "the \"waiter\"");
        SPAWN(n, parent(&event), .name = "child");
        AWAIT(brio_wait_all_blocked());
        char *text = dumped_dot();
        ck_assert_dump(text, "digraph", "the \\\"waiter\\\"", "brio_event_wait", "child", "grandchild", "}");
        ck_assert_ptr_nonnull(strstr(text, "t1 -> n2"));
        ck_assert_ptr_nonnull(strstr(text, "n2 -> t2"));
        ck_assert_ptr_nonnull(strstr(text, "n2 -> t3"));
        ck_assert_ptr_nonnull(strstr(text, "t3 -> n4"));
        ck_assert_ptr_nonnull(strstr(text, "n4 -> t4"));
        free(text);
        brio_event_set(&event);
    }
}

PLAIN_TEST(graph_without_a_loop_is_empty)
{
    char *text = dumped_dot();

    ck_assert_dump(text, "digraph", "}");
    ck_assert_ptr_null(strstr(text, "->"));
    free(text);
}

static ASYNC void starting_child(struct brio_event *event)
{
    AWAIT(brio_event_wait(event));
    brio_started();
}

static ASYNC void start_it(struct brio_nursery *n, struct brio_event *event)
{
    START(n, starting_child(event), .name = "starting");
}

ASYNC_TEST(dump_shows_daemons_deadlines_starts_and_cancellations)
{
    struct brio_event event = BRIO_EVENT_INIT;

    NURSERY(n) {
        SPAWN(n, wait_for_ever("x"), .name = "a daemon", .daemon = true);
        SPAWN(n, outermost(&event), .name = "hurried");
        SPAWN(n, start_it(n, &event), .name = "starter");
        AWAIT(brio_wait_all_blocked());
        char *text = dumped();
        ck_assert_dump(text, "2 children, 1 daemon", "a daemon", "daemon", "hurried", "deadline in 100.000 s", "starter", "START",
                       "starting");
        free(text);
        brio_nursery_cancel(n, "the reason");
        text = dumped();
        ck_assert_dump(text, "cancelled (the reason) by dump_shows_daemons_deadlines_starts_and_cancellations_body");
        free(text);
        brio_event_set(&event);
    }
    take_notes();
}

static ASYNC void wait_in_a_shield(struct brio_event *event)
{
    SHIELD {
        AWAIT(brio_event_wait(event));
    }
}

ASYNC_TEST(dump_shows_soft_stops)
{
    struct brio_event event = BRIO_EVENT_INIT;

    CANCEL_SCOPE(s) {
        NURSERY(n) {
            DEFER brio_event_set(&event);
            SPAWN(n, innermost(&event), .name = "hurried");
            SPAWN(n, wait_in_a_shield(&event), .name = "shielded");
            AWAIT(brio_wait_all_blocked());
            brio_scope_shutdown(s, 2.5);
            char *text = dumped();
            ck_assert_dump(text, "'hurried': blocked, stopping within 2.500 s\n", "'shielded': blocked, stopping\n");
            free(text);
        }
    }
}
