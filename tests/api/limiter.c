/* struct brio_limiter: so many tokens, one for each borrower. */
#include "../support/async_test.h"

#include <errno.h>

static struct brio_limiter_statistics look(const struct brio_limiter *limiter)
{
    struct brio_limiter_statistics statistics;
    brio_limiter_statistics(limiter, &statistics);
    return statistics;
}

static ASYNC void borrow_and_note(struct brio_limiter *limiter, const char *name)
{
    HOLD(limiter) {
        ck_assert(brio_limiter_is_mine(limiter));
        note("%s", name);
        AWAIT(brio_checkpoint());
    }
    ck_assert(!brio_limiter_is_mine(limiter));
}

static ASYNC void borrow_for_ever(struct brio_limiter *limiter, const char *name)
{
    HOLD(limiter) {
        note("%s", name);
        AWAIT(brio_sleep_forever());
    }
}

/* ---- borrowing ---- */

static ASYNC void enter(struct brio_limiter *limiter, int *inside, int *most)
{
    for (int i = 0; i < 5; i++) {
        HOLD(limiter) {
            if (++*inside > *most)
                *most = *inside;
            AWAIT(brio_sleep(1));
            --*inside;
        }
    }
}

ASYNC_TEST(never_more_borrowers_than_tokens)
{
    struct brio_limiter limiter = BRIO_LIMITER_INIT(3);
    int inside = 0, most = 0;

    NURSERY(n) {
        for (int i = 0; i < 9; i++)
            SPAWN(n, enter(&limiter, &inside, &most));
    }
    ck_assert_int_eq(most, 3);
    ck_assert_time(brio_now(), 15);
    ck_assert_uint_eq(look(&limiter).borrowed, 0);
}

ASYNC_TEST(borrower_has_one_token_at_most)
{
    struct brio_limiter limiter;
    char key;

    brio_limiter_init(&limiter, 5);
    ck_assert_int_eq(brio_limiter_release(&limiter), -EPERM);
    AWAIT(brio_limiter_acquire(&limiter));
    ck_assert_int_eq(brio_limiter_try_acquire(&limiter), -EDEADLK);
    TRY {
        AWAIT(brio_limiter_acquire(&limiter));
    } CATCH (e, EDEADLK) {
        note("task");
    }
    AWAIT(brio_limiter_acquire_for(&limiter, &key));
    TRY {
        AWAIT(brio_limiter_acquire_for(&limiter, &key));
    } CATCH (e, EDEADLK) {
        note("key");
    }
    ck_assert_int_eq(brio_limiter_try_acquire_for(&limiter, &key), -EDEADLK);
    ck_assert_uint_eq(look(&limiter).borrowed, 2);
    ck_assert_uint_eq(look(&limiter).total, 5);
    ck_assert_int_eq(brio_limiter_release(&limiter), 0);
    ck_assert_int_eq(brio_limiter_release(&limiter), -EPERM);
    ck_assert_int_eq(brio_limiter_release_for(&limiter, &limiter), -EPERM);
    ck_assert(brio_limiter_is_borrower(&limiter, &key));
    ck_assert_int_eq(brio_limiter_release_for(&limiter, &key), 0);
    ck_assert(!brio_limiter_is_borrower(&limiter, &key));
    ck_assert_notes("task key");
}

ASYNC_TEST(one_task_may_borrow_for_many)
{
    struct brio_limiter limiter = BRIO_LIMITER_INIT(2);
    char keys[3];

    AWAIT(brio_limiter_acquire_for(&limiter, &keys[0]));
    ck_assert_int_eq(brio_limiter_try_acquire_for(&limiter, &keys[1]), 0);
    ck_assert_int_eq(brio_limiter_try_acquire_for(&limiter, &keys[2]), -EAGAIN);
    ck_assert_int_eq(brio_limiter_try_acquire(&limiter), -EAGAIN);
    MOVE_ON_AFTER(1, s) {
        AWAIT(brio_limiter_acquire_for(&limiter, &keys[2]));
    }
    ck_assert(s->cancelled_caught);
    ck_assert_int_eq(brio_limiter_release_for(&limiter, &keys[0]), 0);
    AWAIT(brio_limiter_acquire_for(&limiter, &keys[2]));
    ck_assert_int_eq(brio_limiter_release_for(&limiter, &keys[1]), 0);
    ck_assert_int_eq(brio_limiter_release_for(&limiter, &keys[2]), 0);
}

/* Two tasks wait for the same borrower, who cannot have two tokens. */
static ASYNC void borrow_for(struct brio_limiter *limiter, const void *key, const char *name)
{
    TRY {
        AWAIT(brio_limiter_acquire_for(limiter, key));
        note("%s", name);
    } CATCH (e, EDEADLK) {
        note("%s:refused", name);
    }
}

ASYNC_TEST(second_waiter_for_one_borrower_is_refused_when_the_first_is_served)
{
    brio_test_keep_order();
    struct brio_limiter limiter = BRIO_LIMITER_INIT(1);
    char key, other;

    AWAIT(brio_limiter_acquire(&limiter));
    NURSERY(n) {
        SPAWN(n, borrow_for(&limiter, &key, "a"));
        SPAWN(n, borrow_for(&limiter, &key, "b"));
        SPAWN(n, borrow_for(&limiter, &other, "c"));
        AWAIT(brio_wait_all_blocked());
        brio_limiter_set_total(&limiter, 3);
    }
    ck_assert_notes("a b:refused c");
    ck_assert_int_eq(brio_limiter_release_for(&limiter, &key), 0);
    ck_assert_int_eq(brio_limiter_release_for(&limiter, &other), 0);
    ck_assert_int_eq(brio_limiter_release(&limiter), 0);
}

/* ---- order ---- */

ASYNC_TEST(waiters_are_served_in_order)
{
    struct brio_limiter limiter = BRIO_LIMITER_INIT(1);

    NURSERY(n) {
        for (int i = 0; i < 4; i++)
            SPAWN(n, borrow_and_note(&limiter, (const char *[]){"a", "b", "c", "d"}[i]));
    }
    ck_assert_notes("a b c d");
}

ASYNC_TEST(freed_token_is_the_first_waiters_at_once)
{
    struct brio_limiter limiter = BRIO_LIMITER_INIT(1);

    AWAIT(brio_limiter_acquire(&limiter));
    NURSERY(n) {
        SPAWN(n, borrow_and_note(&limiter, "waiter"));
        AWAIT(brio_wait_all_blocked());
        ck_assert_int_eq(brio_limiter_release(&limiter), 0);
        ck_assert_int_eq(brio_limiter_try_acquire(&limiter), -EAGAIN);
        ck_assert_uint_eq(look(&limiter).borrowed, 1);
        ck_assert_uint_eq(look(&limiter).waiting, 0);
        AWAIT(brio_limiter_acquire(&limiter));
        note("again");
        brio_limiter_release(&limiter);
    }
    ck_assert_notes("waiter again");
}

ASYNC_TEST(free_limiter_lets_others_run_now_and_then)
{
    struct brio_limiter limiter = BRIO_LIMITER_INIT(1);
    int turns = 0;

    NURSERY(n) {
        SPAWN(n, nap(0, "other"));
        for (; turns < 10000 && !*take_notes(); turns++) {
            AWAIT(brio_limiter_acquire(&limiter));
            brio_limiter_release(&limiter);
        }
    }
    ck_assert_int_lt(turns, 10000);
}

/* ---- the total ---- */

ASYNC_TEST(no_tokens_keep_everybody_out_until_there_are_some)
{
    brio_test_keep_order();
    struct brio_limiter limiter = BRIO_LIMITER_INIT(0);

    ck_assert_int_eq(brio_limiter_try_acquire(&limiter), -EAGAIN);
    NURSERY(n) {
        SPAWN(n, borrow_for_ever(&limiter, "a"));
        SPAWN(n, borrow_for_ever(&limiter, "b"));
        SPAWN(n, borrow_for_ever(&limiter, "c"));
        AWAIT(brio_wait_all_blocked());
        ck_assert_notes("");
        ck_assert_uint_eq(look(&limiter).waiting, 3);
        brio_limiter_set_total(&limiter, 2);
        AWAIT(brio_wait_all_blocked());
        ck_assert_notes("a b");
        brio_nursery_cancel(n, NULL);
    }
    brio_limiter_set_total(&limiter, 0);
    ck_assert_uint_eq(look(&limiter).borrowed, 0);
}

ASYNC_TEST(lowered_total_takes_nobodys_token)
{
    struct brio_limiter limiter = BRIO_LIMITER_INIT(3);
    struct brio_handle handles[3] = {{0}};

    NURSERY(n) {
        for (int i = 0; i < 3; i++)
            SPAWN(n, borrow_for_ever(&limiter, "x"), .handle = &handles[i]);
        AWAIT(brio_wait_all_blocked());
        brio_limiter_set_total(&limiter, 1);
        ck_assert_uint_eq(look(&limiter).borrowed, 3);
        ck_assert_int_eq(brio_limiter_try_acquire(&limiter), -EAGAIN);
        SPAWN(n, borrow_for_ever(&limiter, "waiter"));
        AWAIT(brio_wait_all_blocked());
        for (int i = 0; i < 3; i++) {
            ck_assert_notes(i == 0 ? "x x x" : "");
            brio_handle_cancel(&handles[i], NULL);
            AWAIT(brio_wait_all_blocked());
        }
        ck_assert_notes("waiter");
        brio_nursery_cancel(n, NULL);
    }
}

/* By how much fits, not by how much the total has grown. */
ASYNC_TEST(raised_total_lets_in_as_many_as_fit)
{
    struct brio_limiter limiter = BRIO_LIMITER_INIT(4);

    NURSERY(n) {
        for (int i = 0; i < 4; i++)
            SPAWN(n, borrow_for_ever(&limiter, "x"));
        AWAIT(brio_wait_all_blocked());
        brio_limiter_set_total(&limiter, 1);
        for (int i = 0; i < 3; i++)
            SPAWN(n, borrow_for_ever(&limiter, "y"));
        AWAIT(brio_wait_all_blocked());
        ck_assert_notes("x x x x");
        brio_limiter_set_total(&limiter, 4);
        AWAIT(brio_wait_all_blocked());
        ck_assert_notes("");
        brio_limiter_set_total(&limiter, 5);
        AWAIT(brio_wait_all_blocked());
        ck_assert_notes("y");
        brio_limiter_set_total(&limiter, SIZE_MAX);
        AWAIT(brio_wait_all_blocked());
        ck_assert_notes("y y");
        ck_assert_uint_eq(look(&limiter).borrowed, 7);
        brio_nursery_cancel(n, NULL);
    }
}

ASYNC_TEST(raised_total_admits_the_waiter_and_then_a_newcomer)
{
    struct brio_limiter limiter = BRIO_LIMITER_INIT(1);

    AWAIT(brio_limiter_acquire(&limiter));
    NURSERY(n) {
        SPAWN(n, borrow_for_ever(&limiter, "old"));
        AWAIT(brio_wait_all_blocked());
        brio_limiter_set_total(&limiter, 3);
        SPAWN(n, borrow_for_ever(&limiter, "new"));
        AWAIT(brio_wait_all_blocked());
        ck_assert_notes("old new");
        brio_nursery_cancel(n, NULL);
    }
    brio_limiter_release(&limiter);
}

ASYNC_TEST(limiter_without_limit_never_makes_anybody_wait)
{
    struct brio_limiter limiter = BRIO_LIMITER_INIT(SIZE_MAX);
    static char keys[10000];

    for (int i = 0; i < 10000; i++)
        ck_assert_int_eq(brio_limiter_try_acquire_for(&limiter, &keys[i]), 0);
    AWAIT(brio_limiter_acquire(&limiter));
    ck_assert_uint_eq(look(&limiter).borrowed, 10001);
    for (int i = 0; i < 10000; i += 2)
        ck_assert_int_eq(brio_limiter_release_for(&limiter, &keys[i]), 0);
    for (int i = 0; i < 10000; i++)
        ck_assert_int_eq(brio_limiter_is_borrower(&limiter, &keys[i]), i & 1);
    for (int i = 1; i < 10000; i += 2)
        ck_assert_int_eq(brio_limiter_release_for(&limiter, &keys[i]), 0);
    brio_limiter_release(&limiter);
}

/* ---- cancellation ---- */

ASYNC_TEST(cancelled_acquire_leaves_no_record)
{
    struct brio_limiter limiter = BRIO_LIMITER_INIT(1);
    char key;

    AWAIT(brio_limiter_acquire_for(&limiter, &key));
    for (int i = 0; i < 100; i++) {
        MOVE_ON_AFTER(1) {
            AWAIT(brio_limiter_acquire(&limiter));
        }
        ck_assert_uint_eq(look(&limiter).waiting, 0);
        ck_assert(!brio_limiter_is_mine(&limiter));
    }
    brio_limiter_release_for(&limiter, &key);
    CANCEL_SCOPE(s) {
        brio_scope_cancel(s, NULL);
        AWAIT(brio_limiter_acquire(&limiter));
    }
    ck_assert_uint_eq(look(&limiter).borrowed, 0);
    AWAIT(brio_limiter_acquire(&limiter));
    brio_limiter_release(&limiter);
}

ASYNC_TEST(token_of_a_waiter_that_is_cancelled_goes_to_the_next)
{
    brio_test_keep_order();
    for (int release_first = 0; release_first < 2; release_first++) {
        struct brio_limiter limiter = BRIO_LIMITER_INIT(1);
        struct brio_handle handle = {0};
        AWAIT(brio_limiter_acquire(&limiter));
        NURSERY(n) {
            SPAWN(n, borrow_and_note(&limiter, "cancelled"), .handle = &handle);
            SPAWN(n, borrow_and_note(&limiter, "next"));
            AWAIT(brio_wait_all_blocked());
            if (release_first)
                brio_limiter_release(&limiter);
            brio_handle_cancel(&handle, NULL);
            if (!release_first)
                brio_limiter_release(&limiter);
        }
        ck_assert_notes(release_first ? "cancelled next" : "next");
        ck_assert_uint_eq(look(&limiter).borrowed, 0);
    }
}

/* ---- memory ---- */

ASYNC_TEST(token_of_a_task_that_ended_is_gone_and_deinit_frees_the_rest)
{
    struct brio_limiter limiter = BRIO_LIMITER_INIT(20);

    for (int i = 0; i < 19; i++) {
        NURSERY(n) {
            SPAWN(n, brio_limiter_acquire(&limiter));
        }
    }
    ck_assert_uint_eq(look(&limiter).borrowed, 19);
    AWAIT(brio_limiter_acquire(&limiter)); /* a task, perhaps, where one of those was */
    ck_assert_int_eq(brio_limiter_release(&limiter), 0);
    brio_limiter_deinit(&limiter);
    ck_assert_uint_eq(look(&limiter).borrowed, 0);
}

static ASYNC void limiter_scenario(void)
{
    struct brio_limiter limiter = BRIO_LIMITER_INIT(9);

    NURSERY(n) {
        for (int i = 0; i < 20; i++)
            SPAWN(n, borrow_and_note(&limiter, "x"));
    }
    ck_assert_uint_eq(look(&limiter).borrowed, 0);
    ck_assert_uint_eq(look(&limiter).waiting, 0);
}

PLAIN_TEST(every_allocation_may_fail)
{
    for (long k = 0;; k++) {
        const struct brio_error *error = NULL;
        struct brio_options options = {.clock = BRIO_CLOCK_VIRTUAL, .error = &error};
        fail_allocation(k);
        int code = RUN(&options, limiter_scenario());
        bool failed = allocation_has_failed();
        fail_allocation(-1);
        ck_assert_msg(code == 0 || brio_error_contains(error, ENOMEM), "allocation %ld: %s", k, brio_error_string(error));
        brio_error_unref(error);
        take_notes();
        if (!failed)
            break;
        ck_assert_int_lt(k, 1000);
    }
}

PLAIN_TEST(limiter_can_be_set_up_outside_of_any_loop)
{
    static struct brio_limiter limiter;
    char key;

    ck_assert_int_eq(brio_limiter_try_acquire(&limiter), -EPERM);
    ck_assert_int_eq(brio_limiter_release(&limiter), -EPERM);
    ck_assert_int_eq(brio_limiter_try_acquire_for(&limiter, &key), -EAGAIN);
    brio_limiter_set_total(&limiter, 1);
    ck_assert_int_eq(brio_limiter_try_acquire_for(&limiter, &key), 0);
    ck_assert_int_eq(brio_limiter_release_for(&limiter, &key), 0);
    ck_assert_int_eq(RUN(&async_test_options, borrow_and_note(&limiter, "inside")), 0);
    ck_assert_notes("inside");
}
