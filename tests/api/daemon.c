/* Children with .daemon, and RACE. */
#include "../support/async_test.h"

#include <errno.h>

ASYNC_TEST(daemon_is_cancelled_when_the_rest_has_ended)
{
    NURSERY(n) {
        SPAWN(n, wait_for_ever("daemon"), .daemon = true);
        SPAWN(n, nap(3, "child"));
        note("body");
    }
    note("after");
    ck_assert_notes("body child daemon after");
    ck_assert_time(brio_now(), 3);
}

ASYNC_TEST(nursery_of_daemons_alone_ends_with_its_body)
{
    NURSERY(n) {
        SPAWN(n, wait_for_ever("one"), .daemon = true);
        SPAWN(n, wait_for_ever("two"), .daemon = true);
        AWAIT(brio_sleep(1));
    }
    ck_assert_notes("one two");
    ck_assert_time(brio_now(), 1);
}

ASYNC_TEST(daemon_that_ends_early_is_fine)
{
    NURSERY(n) {
        SPAWN(n, nap(1, "daemon"), .daemon = true);
        AWAIT(nap(2, "body"));
    }
    ck_assert_notes("daemon body");
}

ASYNC_TEST(error_of_a_daemon_fails_the_nursery)
{
    int code = 0;

    TRY {
        NURSERY(n) {
            SPAWN(n, fail_later(1, EIO), .daemon = true);
            SPAWN(n, wait_for_ever("child"));
        }
    } CATCH (e, EIO) {
        code = brio_error_only(e)->code;
    }
    ck_assert_int_eq(code, EIO);
    ck_assert_notes("child");
}

static ASYNC void last_words(double seconds)
{
    DEFER {
        SHIELD {
            AWAIT(nap(seconds, "last words"));
        }
    }
    AWAIT(brio_sleep_forever());
}

ASYNC_TEST(daemon_is_joined)
{
    NURSERY(n) {
        SPAWN(n, last_words(2), .daemon = true);
        AWAIT(brio_sleep(1));
    }
    ck_assert_notes("last words");
    ck_assert_time(brio_now(), 3);
}

ASYNC_TEST(cancelled_daemon_does_not_cancel_the_nursery)
{
    NURSERY(n) {
        SPAWN(n, wait_for_ever("daemon"), .daemon = true);
        AWAIT(brio_checkpoint());
        ck_assert(!n->scope->cancel_called);
    }
    note("after");
    ck_assert_notes("daemon after");
}

static ASYNC void start_and_wait(const char *name)
{
    brio_started();
    AWAIT(wait_for_ever(name));
}

static ASYNC void add_daemons_late(struct brio_nursery *n)
{
    AWAIT(brio_sleep(2));
    SPAWN(n, wait_for_ever("spawned"), .daemon = true);
    START(n, start_and_wait("started"), .daemon = true);
}

/* The nursery is open until the last daemon has ended. */
ASYNC_TEST(daemon_that_comes_when_the_others_have_been_told_to_end_is_told_too)
{
    if (brio_test_sweeping())
        return; /* the nursery may be gone */
    NURSERY(outer) {
        NURSERY(n) {
            SPAWN(outer, add_daemons_late(n));
            SPAWN(n, last_words(3), .daemon = true);
            AWAIT(brio_sleep(1));
        }
        ck_assert_time(brio_now(), 4);
    }
    ck_assert_notes("spawned started last words");
}

/* ---- RACE ---- */

ASYNC_TEST(first_to_end_cancels_the_others)
{
    RACE(n) {
        SPAWN(n, wait_for_ever("slow"));
        SPAWN(n, nap(1, "quick"));
    }
    ck_assert_notes("quick slow");
    ck_assert_time(brio_now(), 1);
}

ASYNC_TEST(race_interrupts_its_body)
{
    RACE(n) {
        SPAWN(n, nap(1, "quick"));
        DEFER note("body");
        AWAIT(brio_sleep_forever());
    }
    ck_assert_notes("quick body");
}

ASYNC_TEST(race_delivers_the_winners_value)
{
    int winner = 0, loser = 0;

    RACE(n) {
        SPAWN_INTO(n, &winner, answer_later(1, 10));
        SPAWN_INTO(n, &loser, answer_later(2, 20));
    }
    ck_assert_int_eq(winner, 10);
    ck_assert_int_eq(loser, 0);
}

ASYNC_TEST(failing_child_fails_the_race)
{
    int code = 0;

    TRY {
        RACE(n) {
            SPAWN(n, fail_later(1, EIO));
            SPAWN(n, nap(2, "late"));
        }
    } CATCH (e) {
        code = brio_error_only(e)->code;
    }
    ck_assert_int_eq(code, EIO);
    ck_assert_notes("");
}

ASYNC_TEST(race_without_children_ends)
{
    RACE(n) {
        (void)n;
    }
}

ASYNC_TEST(end_of_the_body_is_no_victory)
{
    RACE(n) {
        SPAWN(n, nap(1, "child"));
    }
    ck_assert_notes("child");
}

ASYNC_TEST(daemons_and_cancelled_children_win_no_race)
{
    struct brio_handle handle = {0};

    RACE(n) {
        SPAWN(n, nap(1, "daemon"), .daemon = true);
        SPAWN(n, wait_for_ever("cancelled"), .handle = &handle);
        SPAWN(n, nap(3, "winner"));
        SPAWN(n, wait_for_ever("loser"));
        AWAIT(brio_sleep(2));
        brio_handle_cancel(&handle, NULL);
    }
    ck_assert_notes("daemon cancelled winner loser");
    ck_assert_time(brio_now(), 3);
}
