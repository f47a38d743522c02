/* What runs between two AWAITs is plain C, and should cost what it costs in plain C. This file is compiled twice: as tasks, and with
 * BENCH_PLAIN as the same functions in plain C. How large the two objects are is compared as well (counts.sh). */
#include "bench.h"

#include <math.h>
#include <stdint.h>

#ifdef BENCH_PLAIN
#define ASYNC
#define AWAIT(call) (call)
#else
#include <brio.h>
#endif

/* And not specialized for its one caller, either: the plain functions are to be what they are in a program of any size. */
#ifdef __clang__
#define NEVER_INLINE __attribute__((noinline))
#else
#define NEVER_INLINE __attribute__((noipa))
#endif

enum { BLOCK = 64, SIDE = 16 };

/* Is not inlined, and does not wait. */
static NEVER_INLINE ASYNC long block_done(long done, const int *waits)
{
#ifndef BENCH_PLAIN
    if (*waits)
        AWAIT(brio_checkpoint());
#endif
    return done + *waits;
}

static NEVER_INLINE void fill(unsigned char *bytes, size_t size)
{
    unsigned state = 7;
    for (size_t i = 0; i < size; i++)
        bytes[i] = (unsigned char)bench_random(&state);
}

/* ---- how many bytes are letters, in words of how many ---- */

static NEVER_INLINE ASYNC long count_words(const unsigned char *bytes, long size, const int *waits)
{
    long words = 0, letters = 0, done = 0;
    int inside = 0;
    while (done < size) {
        for (long i = 0; i < BLOCK; i++) {
            unsigned char c = bytes[i];
            int letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
            letters += letter;
            words += letter && !inside;
            inside = letter;
        }
        done = AWAIT(block_done(done + BLOCK, waits));
    }
    return words * 2 + letters;
}

/* ---- FNV-1a ---- */

static NEVER_INLINE ASYNC long hash_blocks(const unsigned char *bytes, long size, const int *waits)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (long done = 0; done < size; done = AWAIT(block_done(done + BLOCK, waits)))
        for (long i = 0; i < BLOCK; i++)
            hash = (hash ^ bytes[i]) * 0x100000001b3u;
    return (long)(hash >> 1) | 1;
}

/* ---- matrices ---- */

struct matrix {
    double at[SIDE][SIDE];
};

static NEVER_INLINE ASYNC double multiply(const struct matrix *a, const struct matrix *b, struct matrix *product, long cells, const int *waits)
{
    double trace = 0;
    for (long done = 0; done < cells;) {
        for (int row = 0; row < SIDE; row++) {
            for (int column = 0; column < SIDE; column++) {
                double sum = 0;
                for (int i = 0; i < SIDE; i++)
                    sum += a->at[row][i] * b->at[i][column];
                product->at[row][column] = sum;
            }
            trace += product->at[row][row];
            done = AWAIT(block_done(done + SIDE, waits));
        }
    }
    return trace;
}

/* ---- */

static volatile int never = 0;

#ifdef BENCH_PLAIN
#define MEASURE(name, call, is_right) \
    struct sample plain_##name(long n) \
    { \
        unsigned char bytes[BLOCK]; \
        struct matrix a, b = {{{1}}}, c; \
        int waits = never; \
        fill(bytes, sizeof bytes); \
        a = b; \
        double start = bench_now(); \
        double result = (double)(call); \
        (void)a, (void)c; \
        return (struct sample){is_right ? bench_now() - start : NAN, NAN, NAN}; \
    }
#else
#define MEASURE(name, call, is_right) \
    static ASYNC void run_##name(long n, struct sample *sample) \
    { \
        unsigned char bytes[BLOCK]; \
        struct matrix a, b = {{{1}}}, c; \
        int waits = never; \
        fill(bytes, sizeof bytes); \
        a = b; \
        double start = bench_now(); \
        double result = (double)AWAIT(call); \
        (void)a, (void)c; \
        *sample = (struct sample){is_right ? bench_now() - start : NAN, NAN, NAN}; \
    } \
    struct sample tasks_##name(long n) \
    { \
        struct sample sample = {NAN, NAN, NAN}; \
        int code = RUN(NULL, run_##name(n, &sample)); \
        return code == 0 ? sample : (struct sample){NAN, NAN, NAN}; \
    }
#endif
MEASURE(bytes, count_words(bytes, n, &waits), result >= 0)
MEASURE(hash, hash_blocks(bytes, n, &waits), result != 0)
MEASURE(matrix, multiply(&a, &b, &c, n, &waits), result >= 1)
