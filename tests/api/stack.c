/* Tasks with much more of a frame than its parameters: their stack comes when they first run. */
#include "../support/async_test.h"

#include <errno.h>
#include <string.h>

/* Enough for that, and little enough for task memory. */
enum { ROOM = 600 };

/* ---- parameters ---- */

struct hundred {
    char bytes[100];
};

struct aligned {
    _Alignas(64) int item;
};

static char sum_of(const char *bytes, size_t size)
{
    char sum = 0;

    for (size_t i = 0; i < size; i++)
        sum = (char)(sum + bytes[i]);
    return sum;
}

static ASYNC void take_all(char c, long double x, struct hundred hundred, const int array[3], float f, int *address, _Bool flag, double d)
{
    char room[ROOM];

    memset(room, c, sizeof room);
    AWAIT(brio_checkpoint());
    ck_assert_int_eq(sum_of(room, sizeof room), (char)(ROOM * c));
    ck_assert(x == 1.5L && f == 2.5f && d == 3.5 && flag);
    ck_assert_int_eq(sum_of(hundred.bytes, sizeof hundred), (char)(100 * c));
    ck_assert_int_eq(array[2], 7);
    *address += c;
}

ASYNC_TEST(parameters_of_all_kinds_arrive)
{
    struct hundred hundred;
    int array[3] = {5, 6, 7}, sum = 0;

    memset(&hundred, 3, sizeof hundred);
    NURSERY(n) {
        SPAWN(n, take_all(3, 1.5L, hundred, array, 2.5f, &sum, true, 3.5));
        memset(&hundred, 4, sizeof hundred);
        SPAWN(n, take_all(4, 1.5L, hundred, array, 2.5f, &sum, true, 3.5));
        memset(&hundred, 0, sizeof hundred);
    }
    ck_assert_int_eq(sum, 7);
}

static ASYNC void take_addresses(int before, int after, long unused, volatile int watched, int *sum)
{
    char room[ROOM] = {1};
    int *first = &before;

    (void)unused;
    ++*first;
    AWAIT(brio_checkpoint());
    int *second = &after;
    ++*second;
    AWAIT(brio_checkpoint());
    ck_assert_ptr_eq(first, &before);
    ck_assert_ptr_eq(second, &after);
    *sum += before + after + watched + room[0];
}

ASYNC_TEST(addresses_of_parameters_stay)
{
    int sum = 0;

    NURSERY(n) {
        SPAWN(n, take_addresses(10, 20, 0, 30, &sum));
        SPAWN(n, take_addresses(40, 50, 0, 60, &sum));
    }
    ck_assert_int_eq(sum, 2 + 60 + 1 + 2 + 150 + 1);
}

static ASYNC void take_aligned(int before, struct aligned aligned, int after, int *sum)
{
    char room[ROOM] = {0};

    AWAIT(brio_checkpoint());
    ck_assert_uint_eq((uintptr_t)&aligned % 64, 0);
    *sum += before + aligned.item + after + room[1];
}

static ASYNC void take_nothing(void)
{
    char room[ROOM] = {0};

    AWAIT(brio_checkpoint());
    note("%d", room[7]);
}

ASYNC_TEST(frames_that_are_over_aligned_or_without_parameters_are_as_good)
{
    int sum = 0;

    NURSERY(n) {
        SPAWN(n, take_aligned(1, (struct aligned){2}, 3, &sum));
        for (int i = 0; i < 3; i++)
            SPAWN(n, take_nothing());
    }
    ck_assert_int_eq(sum, 6);
    ck_assert_notes("0 0 0");
}

/* ---- values ---- */

static ASYNC struct hundred answer_large(char c)
{
    char room[ROOM];
    struct hundred hundred;

    memset(room, c, sizeof room);
    if (c % 2)
        AWAIT(brio_checkpoint());
    memcpy(&hundred, room, sizeof hundred);
    return hundred;
}

static ASYNC long answer_small(long x)
{
    char room[ROOM] = {0};

    if (x % 2)
        AWAIT(brio_checkpoint());
    return x + room[x];
}

ASYNC_TEST(values_of_tasks_are_stored)
{
    enum { COUNT = 20 };
    struct hundred large[COUNT];
    long small[COUNT];

    NURSERY(n) {
        for (int i = 0; i < COUNT; i++) {
            SPAWN_INTO(n, &large[i], answer_large((char)i));
            SPAWN_INTO(n, &small[i], answer_small(i));
        }
    }
    for (int i = 0; i < COUNT; i++) {
        ck_assert_int_eq(sum_of(large[i].bytes, sizeof large[i]), (char)(100 * i));
        ck_assert_int_eq(small[i], i);
    }
}

/* ---- memory ---- */

static const char *place;
static int moves;

static ASYNC void note_place(int *begun)
{
    char room[ROOM] = {0};

    moves += place != room;
    place = room;
    if (*begun < 0)
        AWAIT(brio_checkpoint());
    *begun += 1 + room[5];
}

ASYNC_TEST(tasks_that_end_one_after_the_other_share_one_stack)
{
    int begun = 0;

    moves = 0;
    place = NULL;
    NURSERY(n) {
        for (int i = 0; i < 10000; i++)
            SPAWN(n, note_place(&begun));
    }
    ck_assert_int_eq(begun, 10000);
    if (!memory_is_checked())
        ck_assert_int_eq(moves, 1);
}

struct much {
    char bytes[1600];
};

/* What it needs before it runs is much, too. */
static ASYNC void take_much(struct much much, int *begun)
{
    char room[240] = {0};

    *begun += 1 + much.bytes[1599];
    AWAIT(brio_checkpoint());
    *begun += room[239] + much.bytes[0];
}

static ASYNC int spawn_large(int count, int *begun)
{
    int spawned = 0;

    TRY {
        NURSERY(n) {
            for (int i = 0; i < count; i++) {
                SPAWN(n, take_much((struct much){{0}}, begun));
                spawned++;
            }
        }
    } CATCH (e, ENOMEM) {
    }
    return spawned;
}

/* Sizes of the frames' classes differ from one to the next. */
#define WITH_ROOM(size) \
    static ASYNC void with_##size(int *begun) \
    { \
        char room[size] = {0}; \
        ++*begun; \
        AWAIT(brio_checkpoint()); \
        AWAIT(brio_checkpoint()); \
        *begun += room[size - 1]; \
    }
WITH_ROOM(200)
WITH_ROOM(340)
WITH_ROOM(777)
WITH_ROOM(1200)
WITH_ROOM(1700)
WITH_ROOM(3000)

#define SPAWN_COUNTED(call) \
    do { \
        SPAWN(n, call); \
        spawned++; \
    } while (0)

static ASYNC int spawn_mixture(int rounds, int *begun)
{
    int spawned = 0;

    TRY {
        NURSERY(n) {
            for (int i = 0; i < rounds; i++) {
                SPAWN_COUNTED(with_200(begun));
                SPAWN_COUNTED(with_1700(begun));
                SPAWN_COUNTED(with_340(begun));
                SPAWN_COUNTED(with_3000(begun));
                SPAWN_COUNTED(with_777(begun));
                SPAWN_COUNTED(with_1200(begun));
                if (i % 4 == 0)
                    AWAIT(brio_checkpoint());
            }
        }
    } CATCH (e, ENOMEM) {
    }
    return spawned;
}

ASYNC_TEST(mixture_of_sizes_is_served)
{
    int begun = 0;

    ck_assert_int_eq(AWAIT(spawn_mixture(100, &begun)), 600);
    ck_assert_int_eq(begun, 600);
}

static ASYNC void mix_again_and_again(void)
{
    struct brio_statistics statistics;
    size_t settled = 0;
    int begun = 0;

    for (int round = 0; round < 100; round++) {
        ck_assert_int_eq(AWAIT(spawn_mixture(20, &begun)), 120);
        ck_assert_int_eq(brio_statistics(&statistics), 0);
        if (round == 40)
            settled = statistics.memory_reserved;
    }
    ck_assert_uint_le(statistics.memory_reserved, settled);
}

/* In orders of its own: how many stacks of a size there are at once depends on it, and so when the most have been seen. */
PLAIN_TEST(mixture_again_and_again_needs_no_more_memory)
{
    static const unsigned seeds[] = {0, 1, 7};

    for (size_t i = 0; i < sizeof seeds / sizeof *seeds; i++) {
        struct brio_options options = async_test_options;
        options.seed = seeds[i];
        ck_assert_int_eq(RUN(&options, mix_again_and_again()), 0);
    }
}

PLAIN_TEST(what_was_spawned_begins_whichever_allocation_fails)
{
    for (int kind = 0; kind < 2; kind++) {
        bool failed = true;
        for (long k = 0; failed; k += 1 + k / 20) {
            struct brio_options options = {.clock = BRIO_CLOCK_VIRTUAL};
            const struct brio_error *error = NULL;
            int spawned = 0, begun = 0;
            options.error = &error;
            fail_allocation(k);
            int code = kind ? RUN_INTO(&options, &spawned, spawn_mixture(20, &begun))
                            : RUN_INTO(&options, &spawned, spawn_large(200, &begun));
            failed = allocation_has_failed();
            brio_error_unref(error);
            ck_assert(code == 0 || (failed && code == ENOMEM && begun == 0));
            ck_assert_int_eq(begun, spawned);
        }
    }
    fail_allocation(-1);
}

/* ---- what else a task may be and do ---- */

static ASYNC int go_down(int depth)
{
    char room[300];

    memset(room, depth, sizeof room);
    if (depth % 3 == 0)
        AWAIT(brio_checkpoint());
    int below = depth ? AWAIT(go_down(depth - 1)) : 0;
    return below + (room[299] == depth);
}

static ASYNC void go_down_often(int times, int *sum)
{
    char room[ROOM] = {0};

    for (int i = 0; i < times; i++) {
        *sum += AWAIT(go_down(20)) + room[i];
        AWAIT(brio_sleep(0.1));
    }
}

ASYNC_TEST(deep_calls_find_room_above)
{
    int sum = 0;

    NURSERY(n) {
        for (int i = 0; i < 5; i++)
            SPAWN(n, go_down_often(3, &sum));
    }
    ck_assert_int_eq(sum, 5 * 3 * 21);
}

static ASYNC void run_to_a_checkpoint(const char *name)
{
    char room[ROOM] = {0};

    note("%s%d", name, room[0]);
    AWAIT(brio_checkpoint());
    note("not reached");
}

ASYNC_TEST(task_cancelled_before_it_runs_begins_and_ends_at_a_checkpoint)
{
    struct brio_handle handle;

    NURSERY(n) {
        SPAWN(n, run_to_a_checkpoint("handle"), .handle = &handle);
        SPAWN(n, run_to_a_checkpoint("nursery"));
        SPAWN(n, run_to_a_checkpoint("daemon"), .daemon = true);
        brio_handle_cancel(&handle, NULL);
        brio_nursery_cancel(n, NULL);
    }
    ck_assert_notes("handle0 nursery0 daemon0");
    ck_assert_int_eq(handle.status, BRIO_HANDLE_CANCELLED);
}

static ASYNC void start_with_room(int *sum)
{
    char room[ROOM] = {1};

    AWAIT(brio_checkpoint());
    brio_started();
    AWAIT(brio_sleep(1));
    *sum += room[0];
}

ASYNC_TEST(started_tasks_and_those_with_options_too)
{
    struct brio_handle handle;
    int sum = 0;

    NURSERY(n) {
        START(n, start_with_room(&sum));
        START(n, start_with_room(&sum), .name = "named");
        SPAWN(n, start_with_room(&sum), .handle = &handle, .name = "with a handle");
        AWAIT(brio_handle_wait(&handle));
        ck_assert_int_eq(handle.status, BRIO_HANDLE_FINISHED);
    }
    ck_assert_int_eq(sum, 3);
}

ASYNC_TEST(task_that_has_not_run_yet_can_be_looked_at)
{
    NURSERY(n) {
        struct brio_await await;
        SPAWN(n, run_to_a_checkpoint("child"));
        const struct brio_task *child = brio_nursery_next_child(n, NULL);
        ck_assert_str_eq(brio_task_name(child), "run_to_a_checkpoint");
        ck_assert_int_eq(brio_task_state(child), BRIO_TASK_READY);
        ck_assert_uint_eq(brio_task_awaits(child, &await, 1), 1);
        ck_assert_str_eq(await.function, "run_to_a_checkpoint");
        ck_assert_ptr_null(await.callee);
        brio_nursery_cancel(n, NULL);
    }
    ck_assert_notes("child0");
}

static ASYNC void fail_with_room(int depth)
{
    char room[ROOM] = {0};

    if (depth > 0)
        AWAIT(fail_with_room(depth - 1));
    AWAIT(brio_checkpoint());
    RAISE(EIO, "%d", room[0]);
}

ASYNC_TEST(failing_tasks_give_their_stacks_back)
{
    int failures = 0;

    for (int i = 0; i < 20; i++) {
        TRY {
            NURSERY(n) {
                SPAWN(n, fail_with_room(i % 5));
                SPAWN(n, go_down_often(1, &failures));
            }
        } CATCH (e, EIO) {
            failures++;
        }
    }
    ck_assert_int_eq(failures, 20);
}
