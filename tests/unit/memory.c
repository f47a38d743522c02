/* Task memory: blocks that are promised, taken, used again. */
#include <brio/alloc.h>
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "core/task.h"

static struct brio__scheduler *scheduler;
static struct brio__memory *memory;
static long allocations_left; /* negative: any number */

static void *allocate(void *arg, size_t size)
{
    (void)arg;
    if (allocations_left == 0)
        return NULL;
    allocations_left--;
    return malloc(size);
}

static void *reallocate(void *arg, void *old, size_t size)
{
    (void)arg;
    return realloc(old, size);
}

static void release(void *arg, void *old)
{
    (void)arg;
    free(old);
}

/* As when no memory checker watches, whether or not one does. */
static void setup(void)
{
    static const struct brio_allocator allocator = {allocate, reallocate, release, NULL};
    ck_assert_int_eq(brio_set_allocator(&allocator), 0);
    allocations_left = -1;
    scheduler = calloc(1, sizeof *scheduler);
    ck_assert_ptr_nonnull(scheduler);
    memory = &scheduler->memory;
}

/* Ends the process where a block is left. */
static void teardown(void)
{
    brio__memory_free(scheduler);
    free(scheduler);
    ck_assert_int_eq(brio_set_allocator(NULL), 0);
}

static size_t in_use(void)
{
    size_t used, reserved;
    brio__memory_count(memory, &used, &reserved);
    ck_assert_uint_le(used, reserved);
    return used;
}

static size_t reserved(void)
{
    size_t used, all;
    brio__memory_count(memory, &used, &all);
    return all;
}

/* As a task does that first runs. */
static void *take(size_t size)
{
    void *block = brio__block_reuse(memory, size);
    brio__block_release(memory, size);
    return block ? block : brio__block_take_cold(memory, size);
}

/* ---- in order ---- */

START_TEST(promised_blocks_count_as_used_and_are_not_touched)
{
    enum { COUNT = 1000, SIZE = 1024 };
    void *first = brio__block_get(scheduler, 64);
    for (int i = 0; i < COUNT; i++)
        ck_assert(brio__block_promise(memory, SIZE));
    ck_assert_uint_eq(in_use(), 64 + COUNT * SIZE);
    ck_assert_uint_le(reserved(), COUNT * SIZE + COUNT * SIZE / 5 + 131072);
    void *second = brio__block_get(scheduler, 64);
    ck_assert_ptr_eq(second, (char *)first + 64);
    for (int i = 0; i < COUNT; i++)
        brio__block_release(memory, SIZE);
    ck_assert_uint_eq(in_use(), 128);
    brio__block_put(scheduler, first, 64);
    brio__block_put(scheduler, second, 64);
}
END_TEST

START_TEST(block_that_was_put_back_is_taken_first)
{
    for (int i = 0; i < 100; i++)
        ck_assert(brio__block_promise(memory, 512));
    void *block = take(512);
    for (int i = 1; i < 100; i++) {
        brio__block_put(scheduler, block, 512);
        ck_assert_ptr_eq(take(512), block);
    }
    brio__block_put(scheduler, block, 512);
}
END_TEST

START_TEST(memory_that_is_not_owed_any_more_is_for_all)
{
    for (int i = 0; i < 1000; i++)
        ck_assert(brio__block_promise(memory, 512));
    size_t before = reserved();
    for (int i = 0; i < 1000; i++)
        brio__block_release(memory, 512);
    allocations_left = 0;
    char *blocks[900];
    for (int i = 0; i < 900; i++)
        ck_assert_ptr_nonnull(blocks[i] = brio__block_get(scheduler, 480));
    ck_assert_uint_eq(reserved(), before);
    for (int i = 0; i < 900; i++)
        brio__block_put(scheduler, blocks[i], 480);
}
END_TEST

START_TEST(memory_that_is_owed_is_given_to_nobody_else)
{
    int promised = 0;
    ck_assert(brio__block_promise(memory, 2032));
    allocations_left = 0;
    for (promised = 1; brio__block_promise(memory, 16); promised++)
        ;
    void *blocks[1000];
    int count = 0;
    while (count < 1000 && (blocks[count] = brio__block_get(scheduler, 48)))
        count++;
    ck_assert_int_lt(count, 1000);
    void *large = take(2032);
    ck_assert_ptr_nonnull(large);
    brio__block_put(scheduler, large, 2032);
    for (int i = 1; i < promised; i++)
        brio__block_release(memory, 16);
    while (count > 0)
        brio__block_put(scheduler, blocks[--count], 48);
}
END_TEST

/* ---- at random ---- */

enum { BLOCKS = 300, STEPS = 8000 };

enum state { NOTHING, PROMISED, HELD };

struct block {
    enum state state;
    size_t size;
    unsigned char *memory, mark;
};

static struct block blocks[BLOCKS];
static size_t held;
static int overwritten;

static void hold(struct block *block, void *place, unsigned char mark)
{
    block->state = HELD;
    block->memory = place;
    block->mark = mark;
    memset(place, mark, block->size);
}

static void drop(struct block *block)
{
    overwritten += block->memory[0] != block->mark || memcmp(block->memory, block->memory + 1, block->size - 1) != 0;
    brio__block_put(scheduler, block->memory, block->size);
    block->state = NOTHING;
    held -= block->size;
}

static void forget(struct block *block)
{
    brio__block_release(memory, block->size);
    block->state = NOTHING;
    held -= block->size;
}

/* Sizes of a few kinds, and now and then any, so that tails are left that fit others. */
static size_t random_size(void)
{
    static const size_t usual[] = {48, 192, 208, 512, 1040, 2032};
    return rand() % 4 ? usual[rand() % 6] : (size_t)(1 + rand() % 127) * 16;
}

static void step(struct block *block, unsigned char mark)
{
    if (block->state == HELD) {
        drop(block);
    } else if (block->state == PROMISED) {
        if (rand() % 10)
            hold(block, take(block->size), mark);
        else
            forget(block);
    } else {
        block->size = random_size();
        void *place = NULL;
        bool promised = rand() % 2 && brio__block_promise(memory, block->size);
        if (promised)
            block->state = PROMISED;
        else if ((place = brio__block_get(scheduler, block->size)))
            hold(block, place, mark);
        held += promised || place ? block->size : 0;
    }
}

static void mix(unsigned seed)
{
    srand(seed);
    held = 0;
    for (int i = 0; i < STEPS; i++) {
        step(&blocks[rand() % (i < STEPS / 2 ? BLOCKS / 10 : BLOCKS)], (unsigned char)i);
        if (i % 100)
            continue;
        ck_assert_uint_le(memory->owed, memory->cold_room);
        ck_assert_uint_eq(in_use(), held);
    }
    for (int i = 0; i < BLOCKS; i++) {
        if (blocks[i].state == PROMISED)
            hold(&blocks[i], take(blocks[i].size), 1);
        if (blocks[i].state == HELD)
            drop(&blocks[i]);
    }
    ck_assert_uint_eq(in_use(), 0);
    ck_assert_int_eq(overwritten, 0);
}

START_TEST(any_mixture_gets_what_it_was_promised)
{
    mix((unsigned)_i);
}
END_TEST

/* From some point on there is no more: what is promised is kept all the same. */
START_TEST(promises_are_kept_when_memory_has_run_out)
{
    allocations_left = _i;
    mix((unsigned)_i);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("memory");
    TCase *tests = tcase_create("memory");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, promised_blocks_count_as_used_and_are_not_touched);
    tcase_add_test(tests, block_that_was_put_back_is_taken_first);
    tcase_add_test(tests, memory_that_is_not_owed_any_more_is_for_all);
    tcase_add_test(tests, memory_that_is_owed_is_given_to_nobody_else);
    tcase_add_loop_test(tests, any_mixture_gets_what_it_was_promised, 0, 4);
    tcase_add_loop_test(tests, promises_are_kept_when_memory_has_run_out, 0, 8);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
