/* struct brio_event. */
#include "../support/async_test.h"

static ASYNC void wait_and_note(struct brio_event *event, const char *name)
{
    AWAIT(brio_event_wait(event));
    note("%s", name);
}

ASYNC_TEST(set_wakes_all_in_order)
{
    struct brio_event event = BRIO_EVENT_INIT;

    NURSERY(n) {
        SPAWN(n, wait_and_note(&event, "a"));
        SPAWN(n, wait_and_note(&event, "b"));
        SPAWN(n, wait_and_note(&event, "c"));
        AWAIT(brio_sleep(1));
        ck_assert_uint_eq(brio_event_waiting(&event), 3);
        ck_assert(!brio_event_is_set(&event));
        brio_event_set(&event);
        ck_assert(brio_event_is_set(&event));
        ck_assert_uint_eq(brio_event_waiting(&event), 0);
        note("set");
    }
    ck_assert_notes("set a b c");
}

ASYNC_TEST(wait_for_an_event_that_is_set_lets_others_run)
{
    struct brio_event event;

    brio_event_init(&event);
    brio_event_set(&event);
    brio_event_set(&event);
    NURSERY(n) {
        SPAWN(n, nap(0, "other"));
        for (int i = 0; i < 200; i++)
            AWAIT(brio_event_wait(&event));
        note("body");
    }
    ck_assert_notes("other body");
}

ASYNC_TEST(cancelled_waiter_does_not_disturb_the_others)
{
    struct brio_event event = BRIO_EVENT_INIT;
    struct brio_handle handles[3] = {{0}};
    static const char *const names[] = {"a", "b", "c"};

    for (int cancelled = 0; cancelled < 3; cancelled++) {
        brio_event_init(&event);
        NURSERY(n) {
            for (int i = 0; i < 3; i++)
                SPAWN(n, wait_and_note(&event, names[i]), .handle = &handles[i]);
            AWAIT(brio_wait_all_blocked());
            brio_handle_cancel(&handles[cancelled], NULL);
            ck_assert_uint_eq(brio_event_waiting(&event), 2);
            brio_event_set(&event);
        }
    }
    ck_assert_notes("b c a c a b");
}

ASYNC_TEST(event_in_a_timeout)
{
    struct brio_event event = BRIO_EVENT_INIT;

    NURSERY(n) {
        SPAWN(n, set_later(&event, 2));
        MOVE_ON_AFTER(1, early) {
            AWAIT(brio_event_wait(&event));
        }
        MOVE_ON_AFTER(5, late) {
            AWAIT(brio_event_wait(&event));
        }
        ck_assert(early->cancelled_caught && !late->cancelled_caught);
        ck_assert_time(brio_now(), 2);
    }
}

/* Whatever comes first in one turn of the loop counts. */
ASYNC_TEST(set_before_the_cancellation_is_seen_by_the_waiter)
{
    struct brio_event event = BRIO_EVENT_INIT;
    struct brio_handle handle = {0};

    NURSERY(n) {
        SPAWN(n, wait_and_note(&event, "a"), .handle = &handle);
        AWAIT(brio_wait_all_blocked());
        brio_event_set(&event);
        brio_handle_cancel(&handle, NULL);
    }
    ck_assert_notes("a");
}

ASYNC_TEST(set_after_the_cancellation_is_not)
{
    struct brio_event event = BRIO_EVENT_INIT;
    struct brio_handle handle = {0};

    NURSERY(n) {
        SPAWN(n, wait_and_note(&event, "a"), .handle = &handle);
        AWAIT(brio_wait_all_blocked());
        brio_handle_cancel(&handle, NULL);
        brio_event_set(&event);
    }
    ck_assert_notes("");
}

ASYNC_TEST(statistics_count_who_waits)
{
    struct brio_event event = BRIO_EVENT_INIT;
    struct brio_event_statistics statistics;

    NURSERY(n) {
        for (int i = 0; i < 3; i++)
            SPAWN(n, wait_and_note(&event, "x"));
        AWAIT(brio_wait_all_blocked());
        brio_event_statistics(&event, &statistics);
        ck_assert_uint_eq(statistics.waiting, 3);
        brio_event_set(&event);
        brio_event_statistics(&event, &statistics);
        ck_assert_uint_eq(statistics.waiting, 0);
    }
    ck_assert_notes("x x x");
}

ASYNC_TEST(wait_in_a_cancelled_scope_is_cancelled_though_the_event_is_set)
{
    struct brio_event event = BRIO_EVENT_INIT;

    brio_event_set(&event);
    CANCEL_SCOPE(s) {
        brio_scope_cancel(s, NULL);
        AWAIT(brio_event_wait(&event));
        note("not reached");
    }
    ck_assert(s->cancelled_caught);
    ck_assert_notes("");
}

static struct brio_event outside = BRIO_EVENT_INIT;

PLAIN_TEST(event_may_be_set_before_any_loop_runs)
{
    brio_event_set(&outside);
    ck_assert_int_eq(RUN(&async_test_options, wait_and_note(&outside, "a")), 0);
    ck_assert_notes("a");
}
