/* run.h - what each program of this folder is made of.
 *
 * A program defines `static ASYNC void app(void)` and prints. It is compiled twice: with PLAIN defined as ordinary C, where AWAIT(x) is x,
 * and through briogen. app() is run once for each pattern of calls that suspend and calls that do not; all of it must print the same.
 */
#ifndef RUN_H
#define RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t pattern;

/* Whether the next call of value() and its like suspends: the bits of the pattern, round and round. */
static inline bool next_suspends(void)
{
    bool next = pattern & 1;

    pattern = pattern >> 1 | pattern << 31;
    return next;
}

static const uint32_t patterns[] = {0, 0xffffffff, 0x55555555, 0xaaaaaaaa, 0x9249f053, 0x1};

#ifdef PLAIN

#define ASYNC
#define AWAIT(...) (__VA_ARGS__)
#define AWAIT_THREAD(...) (__VA_ARGS__)
#define PAUSE() ((void)next_suspends())

static void app(void);

int main(void)
{
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        pattern = patterns[i];
        app();
    }
    return 0;
}

#else

#include <brio.h>

static ASYNC void pause_maybe(void)
{
    if (next_suspends())
        AWAIT(brio_checkpoint());
}
#define PAUSE() AWAIT(pause_maybe())

static ASYNC void app(void);

static ASYNC void all_patterns(void)
{
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        pattern = patterns[i];
        AWAIT(app());
    }
}

int main(void)
{
    return RUN(NULL, all_patterns()) != 0;
}

#endif

/* The argument, after a pause or without. */
static inline ASYNC int value(int x)
{
    PAUSE();
    return x;
}
#define V(...) AWAIT(value(__VA_ARGS__))

/* The same, and says so; for places where C fixes the order. */
static inline ASYNC int told(int x)
{
    PAUSE();
    printf("<%d>", x);
    return x;
}
#define T(...) AWAIT(told(__VA_ARGS__))

#endif
