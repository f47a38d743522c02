/* The same in plain C, written by hand for the purpose: a queue of steps, each a function pointer and its state. */
#include "bench.h"

#include <math.h>
#include <stdlib.h>

#define NEVER_INLINE __attribute__((noinline))

struct step {
    void (*run)(struct step *step);
    struct step *next;
    long left;
    long *count;
};

static struct step *first, **last = &first;

static inline void push(struct step *step)
{
    step->next = NULL;
    *last = step;
    last = &step->next;
}

static NEVER_INLINE void run_all(void)
{
    while (first) {
        struct step *step = first;
        first = step->next;
        if (!first)
            last = &first;
        step->run(step);
    }
}

/* ---- yield ---- */

static void yield_step(struct step *step)
{
    if (step->left-- > 0)
        push(step);
}

struct sample plain_yield(long n)
{
    struct step two[2] = {{.run = yield_step, .left = n / 2}, {.run = yield_step, .left = n / 2}};
    double start = bench_now();

    push(&two[0]);
    push(&two[1]);
    run_all();
    return (struct sample){bench_now() - start, NAN, NAN};
}

/* ---- spawn ---- */

static void end_step(struct step *step)
{
    ++*step->count;
    free(step);
}

static void yield_once_step(struct step *step)
{
    step->run = end_step;
    push(step);
}

static struct sample spawn_all(long n, void (*run)(struct step *step))
{
    long count = 0;
    double start = bench_now();

    for (long done = 0; done < n; done += 1000) {
        for (int i = 0; i < 1000; i++) {
            struct step *step = malloc(sizeof *step);
            if (!step)
                abort();
            *step = (struct step){.run = run, .count = &count};
            push(step);
        }
        run_all();
    }
    return (struct sample){count == n ? bench_now() - start : NAN, NAN, NAN};
}

struct sample plain_spawn(long n)
{
    return spawn_all(n, end_step);
}

struct sample plain_spawn_yield(long n)
{
    return spawn_all(n, yield_once_step);
}

/* ---- messages: in a slot, and through a buffer ---- */

struct messages {
    struct step ask, answer; /* or: consume, produce */
    long items[128], begun, ended; /* so many have been put in and taken out */
    long left, sum;
};

static void answer_step(struct step *step)
{
    struct messages *messages = (struct messages *)((char *)step - offsetof(struct messages, answer));

    messages->items[0]++;
    push(&messages->ask);
}

static void ask_step(struct step *step)
{
    struct messages *messages = (struct messages *)step;

    messages->sum += messages->items[0];
    if (++messages->begun >= messages->left)
        return;
    messages->items[0] = messages->begun;
    push(&messages->answer);
}

struct sample plain_ping(long n)
{
    struct messages messages = {.ask.run = ask_step, .answer.run = answer_step, .left = n / 2};
    double start = bench_now();

    push(&messages.answer);
    run_all();
    return (struct sample){messages.sum == n / 2 * (n / 2 + 1) / 2 ? bench_now() - start : NAN, NAN, NAN};
}

static void produce_step(struct step *step)
{
    struct messages *messages = (struct messages *)((char *)step - offsetof(struct messages, answer));

    while (messages->left && messages->begun - messages->ended < 128) {
        messages->items[messages->begun % 128] = messages->begun;
        messages->begun++;
        messages->left--;
    }
    push(&messages->ask);
}

static void consume_step(struct step *step)
{
    struct messages *messages = (struct messages *)step;

    while (messages->ended < messages->begun) {
        messages->sum += messages->items[messages->ended % 128];
        messages->ended++;
    }
    if (messages->left)
        push(&messages->answer);
}

struct sample plain_stream(long n)
{
    struct messages messages = {.ask.run = consume_step, .answer.run = produce_step, .left = n};
    double start = bench_now();

    push(&messages.answer);
    run_all();
    return (struct sample){messages.sum == n * (n - 1) / 2 ? bench_now() - start : NAN, NAN, NAN};
}

/* ---- a tree of steps, each of which tells the one above when it has ended ---- */

enum { BRANCHES = 10 };

struct node {
    struct step step;
    struct node *parent;
    long from, leaves, sum;
    int left;
};

static void node_runs(struct step *step);

static void add_node(struct node *parent, long from, long leaves)
{
    struct node *node = malloc(sizeof *node);
    if (!node)
        abort();
    *node = (struct node){.step = {.run = node_runs}, .parent = parent, .from = from, .leaves = leaves};
    push(&node->step);
}

static void node_ends(struct node *node)
{
    while (node->left == 0) {
        struct node *parent = node->parent;
        parent->sum += node->sum;
        parent->left--;
        free(node);
        node = parent;
        if (!node->parent)
            break;
    }
}

static void node_runs(struct step *step)
{
    struct node *node = (struct node *)step;

    if (node->leaves == 1) {
        node->sum = node->from;
        node_ends(node);
        return;
    }
    node->left = BRANCHES;
    for (int i = 0; i < BRANCHES; i++)
        add_node(node, node->from + i * (node->leaves / BRANCHES), node->leaves / BRANCHES);
}

struct sample plain_skynet(long n)
{
    struct node top = {.left = 0};
    long leaves = 1;
    double before = bench_resident(), start = bench_now();

    while (leaves * BRANCHES <= n)
        leaves *= BRANCHES;
    for (long done = 0; done < n; done += leaves) {
        top.left = 1;
        add_node(&top, 0, leaves);
        run_all();
    }
    double seconds = top.sum == n / leaves * (leaves * (leaves - 1) / 2) ? bench_now() - start : NAN;
    return (struct sample){seconds, (bench_resident() - before) / (double)n, NAN};
}

/* ---- calls ---- */

static NEVER_INLINE long leaf(long x, const int *waits)
{
    if (*waits)
        abort();
    return x + 1;
}

#define LEVEL(name, below) \
    static NEVER_INLINE long name(long x, const int *waits) \
    { \
        return below(x, waits) + 1; \
    }
LEVEL(level_2, leaf)
LEVEL(level_3, level_2)
LEVEL(level_4, level_3)
LEVEL(level_5, level_4)
LEVEL(level_6, level_5)
LEVEL(level_7, level_6)
LEVEL(level_8, level_7)
LEVEL(level_9, level_8)
LEVEL(level_10, level_9)

static volatile int never = 0;

#define CALLING(name, function) \
    struct sample plain_##name(long n) \
    { \
        int waits = never; \
        long sum = 0; \
        double start = bench_now(); \
        for (long i = 0; i < n; i++) \
            sum += function(i, &waits); \
        return (struct sample){sum ? bench_now() - start : NAN, NAN, NAN}; \
    }
CALLING(await_1, leaf)
CALLING(await_10, level_10)

/* ---- a wait at the bottom of so many calls: a chain of continuations ---- */

struct continuation {
    void (*go_on)(struct continuation *self, long value);
    struct continuation *caller;
};

struct chain {
    struct step step;
    struct continuation levels[10];
    int depth;
    long turns, i, sum, value;
};

static void call(struct chain *chain, int level, long x);

static void leaf_woken(struct step *step)
{
    struct chain *chain = (struct chain *)step;

    chain->levels[0].go_on(&chain->levels[0], chain->value + 1);
}

static void level_goes_on(struct continuation *self, long value)
{
    self->caller->go_on(self->caller, value + 1);
}

static void turn_ends(struct continuation *self, long value)
{
    struct chain *chain = (struct chain *)((char *)self - offsetof(struct chain, levels) - (size_t)(9) * sizeof *self);

    chain->sum += value;
    if (++chain->i < chain->turns)
        call(chain, chain->depth, chain->i);
}

static NEVER_INLINE void call(struct chain *chain, int level, long x)
{
    if (level > 1) {
        chain->levels[level - 2].go_on = level_goes_on;
        chain->levels[level - 2].caller = level == chain->depth ? &chain->levels[9] : &chain->levels[level - 1];
        call(chain, level - 1, x);
        return;
    }
    if (chain->depth == 1)
        chain->levels[0] = (struct continuation){level_goes_on, &chain->levels[9]};
    chain->value = x;
    chain->step.run = leaf_woken;
    push(&chain->step);
}

static struct sample suspend(int depth, long n)
{
    struct chain chain = {.depth = depth, .turns = n};
    double start = bench_now();

    chain.levels[9].go_on = turn_ends;
    call(&chain, depth, 0);
    run_all();
    return (struct sample){chain.sum ? bench_now() - start : NAN, NAN, NAN};
}

struct sample plain_suspend_1(long n)
{
    return suspend(1, n);
}

struct sample plain_suspend_10(long n)
{
    return suspend(10, n);
}
