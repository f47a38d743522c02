/* Tasks that do at random whatever may be done with scopes, nurseries, START, handles, locks and channels, also to each other. */
#include "../support/async_test.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PLACES = 64, HANDLES = 400, DEEPEST = 8 };

BRIO_CHANNEL(numbers, int)

/* Of one run. */
static struct {
    uint64_t random;
    int steps; /* still to come */
    struct brio_scope *scopes[PLACES]; /* some of those that are open, and nurseries likewise: for anybody to act on */
    struct brio_nursery *nurseries[PLACES];
    struct brio_handle handles[HANDLES];
    unsigned handle_count;
    struct brio_lock lock;
    struct brio_condition condition;
    struct brio_semaphore semaphore;
    struct brio_event events[4];
    struct brio_sender *sender;
    struct brio_receiver *receiver;
    int living, inside, sent, received;
} all;

static unsigned below(unsigned limit)
{
    all.random = all.random * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(all.random >> 33) % limit;
}

static bool one_in(unsigned count)
{
    return below(count) == 0;
}

static double moment(void)
{
    return below(30) * 0.01;
}

/* ---- what holds at any time ---- */

static bool is_sound(const struct brio_scope *scope)
{
    const struct brio_scope *parent = scope->parent_;
    bool ends = !scope->cancel_called && fmin(scope->deadline, scope->grace_) < (double)INFINITY;

    return scope->effective_ == (scope->cancel_called || (!scope->shield && parent && parent->effective_)) &&
           (!scope->effective_ || (scope->cancel_reason && scope->cancel_source != BRIO_CANCEL_NONE)) &&
           (scope->timer_.index != 0) == ends && (scope->stopping_ || !(parent && parent->stopping_));
}

/* An assertion of Check that holds is a write. */
static void check_scopes(void)
{
    for (int i = 0; i < PLACES; i++)
        for (const struct brio_scope *scope = all.scopes[i]; scope; scope = scope->parent_)
            if (!is_sound(scope))
                ck_abort_msg("the scope '%s' is not as it should be", scope->cancel_reason);
}

static void act_on_others(void)
{
    struct brio_scope *scope = all.scopes[below(PLACES)];
    struct brio_nursery *nursery = all.nurseries[below(PLACES)];
    unsigned what = below(12);

    if (what == 0 && scope)
        brio_scope_cancel(scope, "at random");
    if (what == 1 && scope)
        brio_scope_set_shield(scope, one_in(2));
    if (what == 2 && scope)
        brio_scope_set_deadline(scope, one_in(3) ? (double)INFINITY : brio_now() + moment() - 0.1);
    if (what == 3 && scope && one_in(2))
        brio_scope_shutdown(scope, one_in(3) ? (double)INFINITY : moment());
    if (what == 4 && nursery && one_in(2))
        brio_nursery_cancel(nursery, "at random");
    if (what == 5 && all.handle_count)
        brio_handle_cancel(&all.handles[below(all.handle_count)], "at random");
    if (what == 6)
        brio_event_set(&all.events[below(4)]);
    check_scopes();
}

/* ---- blocks ---- */

static ASYNC void live(int depth);

static ASYNC void live_in_scope(int depth, struct brio_scope *scope)
{
    struct brio_scope **place = &all.scopes[below(PLACES)];

    *place = scope;
    DEFER {
        if (*place == scope)
            *place = NULL;
    }
    AWAIT(live(depth + 1));
}

static ASYNC void live_in_blocks(int depth)
{
    switch (below(4)) {
    case 0: {
        CANCEL_SCOPE(s) {
            AWAIT(live_in_scope(depth, s));
        }
        break;
    }
    case 1: {
        CANCEL_SCOPE(s, .shield = true, .deadline = brio_now() + moment()) {
            AWAIT(live_in_scope(depth, s));
        }
        break;
    }
    case 2: {
        INTERRUPTIBLE {
            AWAIT(brio_sleep(moment()));
        }
        break;
    }
    default:
        TRY {
            FAIL_AFTER(moment(), s) {
                AWAIT(live_in_scope(depth, s));
            }
        } CATCH (e, ETIMEDOUT) {
            AWAIT(brio_shielded_checkpoint());
            if (one_in(4))
                RERAISE();
        }
    }
}

/* ---- nurseries ---- */

static ASYNC void start_up(int depth)
{
    all.living++;
    DEFER all.living--;
    CANCEL_SCOPE(s, .shield = one_in(3), .deadline = brio_now() + 1) {
        AWAIT(brio_sleep(moment()));
        if (one_in(6))
            RAISE(EADDRINUSE, "does not start");
        if (!one_in(5))
            brio_started();
        act_on_others();
        NURSERY(n) {
            SPAWN(n, live(depth + 1));
            brio_started();
            AWAIT(live_in_scope(depth, s));
        }
    }
    if (one_in(8))
        RAISE(ENODEV, "after its start");
}

static ASYNC void add_child(struct brio_nursery *n, int depth)
{
    struct brio_nursery *other = all.nurseries[below(PLACES)];
    struct brio_handle *handle = all.handle_count < HANDLES ? &all.handles[all.handle_count++] : NULL;

    if (other == NULL || one_in(2))
        other = n;
    TRY {
        switch (below(5)) {
        case 0: SPAWN(other, live(depth + 1), .daemon = true); break;
        case 1: SPAWN(other, live(depth + 1), .handle = handle); break;
        case 2: START(other, start_up(depth + 1), .handle = handle); break;
        case 3: START(other, start_up(depth + 1), .daemon = true); break;
        default: SPAWN(other, live(depth + 1));
        }
    } CATCH (e, BRIO_ECLOSED, BRIO_ENOTSTARTED, EADDRINUSE) {
    }
}

static ASYNC void live_in_nursery(int depth)
{
    struct brio_nursery **place = &all.nurseries[below(PLACES)], *mine = NULL;

    DEFER {
        if (*place == mine)
            *place = NULL;
    }
    NURSERY(n) {
        *place = mine = n;
        for (unsigned count = below(4); count > 0; count--)
            AWAIT(add_child(n, depth));
        AWAIT(live_in_scope(depth, n->scope));
    }
}

static ASYNC void live_with_errors(int depth)
{
    TRY {
        AWAIT(live_in_nursery(depth));
    } CATCH (e, EIO) {
        ck_assert_ptr_nonnull(strstr(brio_error_string(e), "EIO"));
        if (one_in(3))
            RERAISE();
    } CATCH (e, ENODEV, EDOM) {
        if (one_in(2))
            RAISE(EDOM, "another one");
        if (one_in(2))
            RERAISE();
    } FINALLY {
        if (one_in(3))
            AWAIT(brio_checkpoint());
    }
}

/* ---- waits ---- */

static ASYNC void hold_something(void)
{
    if (one_in(2)) {
        HOLD(&all.lock) {
            ck_assert_int_eq(++all.inside, 1);
            DEFER all.inside--;
            AWAIT(brio_sleep(moment()));
        }
        return;
    }
    HOLD(&all.semaphore) {
        AWAIT(brio_sleep(moment()));
    }
}

static ASYNC void meet_at_condition(void)
{
    HOLD(&all.condition) {
        if (one_in(2))
            brio_condition_notify(&all.condition, 1 + below(2));
        MOVE_ON_AFTER(moment()) {
            AWAIT(brio_condition_wait(&all.condition));
        }
        ck_assert_int_eq(brio_condition_notify(&all.condition, 0), 0); /* the lock is ours, whatever has happened */
    }
}

static ASYNC void use_channel(void)
{
    int number = 0;

    MOVE_ON_AFTER(0.3) {
        if (one_in(2)) {
            AWAIT(numbers_send(all.sender, 1));
            all.sent++;
        } else if (AWAIT(numbers_receive(all.receiver, &number))) {
            all.received += number;
        }
    }
}

static ASYNC void wait_for_others(void)
{
    MOVE_ON_AFTER(0.3) {
        if (one_in(2))
            AWAIT(brio_event_wait(&all.events[below(4)]));
        else if (all.handle_count)
            AWAIT(brio_handle_wait(&all.handles[below(all.handle_count)]));
    }
}

static ASYNC void live(int depth)
{
    all.living++;
    DEFER all.living--;
    for (unsigned steps = 1 + below(5); steps > 0 && all.steps > 0 && depth < DEEPEST; steps--) {
        all.steps--;
        act_on_others();
        switch (below(12)) {
        case 0: AWAIT(brio_checkpoint()); break;
        case 1: AWAIT(brio_sleep(moment())); break;
        case 2: AWAIT(hold_something()); break;
        case 3: AWAIT(meet_at_condition()); break;
        case 4: AWAIT(use_channel()); break;
        case 5: AWAIT(wait_for_others()); break;
        case 6: case 7: AWAIT(live_in_blocks(depth)); break;
        case 8: AWAIT(live_in_nursery(depth)); break;
        case 9: AWAIT(live_with_errors(depth)); break;
        case 10:
            RACE(n) {
                SPAWN(n, live(depth + 1));
                SPAWN(n, brio_sleep(0.1));
            }
            break;
        case 11:
            if (one_in(6))
                RAISE(one_in(2) ? EIO : ENODEV, "at random");
        }
    }
    AWAIT(brio_sleep(0.01));
}

static ASYNC void live_again_and_again(void)
{
    while (all.steps > 0) {
        TRY {
            AWAIT(live_in_nursery(0));
        } CATCH (e) {
            ck_assert_ptr_nonnull(brio_error_string(e));
        }
    }
}

/* ---- what holds afterwards ---- */

static void begin_run(unsigned seed)
{
    memset(&all, 0, sizeof all);
    all.random = seed * 0x9e3779b97f4a7c15u + 1;
    all.steps = 2000;
    ck_assert_int_eq(brio_semaphore_init(&all.semaphore, 2, 2), 0);
    brio_condition_init(&all.condition, NULL);
    ck_assert_int_eq(numbers_open(&all.sender, &all.receiver, seed % 4), 0);
}

static void end_run(void)
{
    struct brio_channel_statistics channel;

    brio_sender_statistics(all.sender, &channel);
    ck_assert_int_eq(all.living, 0);
    ck_assert(!brio_lock_is_locked(&all.lock));
    ck_assert_uint_eq(brio_semaphore_value(&all.semaphore), 2);
    ck_assert_int_eq(all.sent, all.received + (int)channel.buffered);
    ck_assert_uint_eq(channel.waiting_senders + channel.waiting_receivers, 0);
    brio_sender_close(all.sender);
    brio_receiver_close(all.receiver);
}

PLAIN_TEST(whatever_tasks_do_to_each_other_all_end_and_nothing_is_lost)
{
    const char *wanted = getenv("BRIO_TEST_RANDOM");
    unsigned runs = wanted ? (unsigned)atoi(wanted) : 10;

    for (unsigned seed = 1; seed <= runs; seed++) {
        begin_run(seed);
        async_test_options.seed = seed;
        ck_assert_int_eq(RUN(&async_test_options, live_again_and_again()), 0);
        end_run();
    }
}
