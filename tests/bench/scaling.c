/* scaling NAME N - one of the cases below at size N, for counting its instructions at two sizes; see scaling.sh. */
#include <brio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Children that end in the reverse order of their birth. */
static ASYNC void ends_in_reverse(int count)
{
    NURSERY(n) {
        for (int i = 0; i < count; i++)
            SPAWN(n, brio_sleep(count - i));
    }
}

static ASYNC void ends_in_order(int count)
{
    NURSERY(n) {
        for (int i = 0; i < count; i++)
            SPAWN(n, brio_sleep(i));
    }
}

static ASYNC void wait_in_a_call(struct brio_event *event)
{
    AWAIT(brio_event_wait(event));
}

/* One scope around many tasks is cancelled. */
static ASYNC void cancels_tasks(int count)
{
    struct brio_event event = BRIO_EVENT_INIT;

    CANCEL_SCOPE(s) {
        NURSERY(n) {
            for (int i = 0; i < count; i++)
                SPAWN(n, wait_in_a_call(&event));
            AWAIT(brio_checkpoint());
            brio_scope_cancel(s, NULL);
        }
    }
}

/* The first of many siblings fails. */
static ASYNC void fail(void)
{
    AWAIT(brio_checkpoint());
    RAISE(1, "failed");
}

static ASYNC void fails_with_siblings(int count)
{
    TRY {
        NURSERY(n) {
            SPAWN(n, fail());
            for (int i = 0; i < count; i++)
                SPAWN(n, brio_sleep_forever());
        }
    } CATCH (e) {
    }
}

/* All of them fail, the others though they are cancelled. */
static ASYNC void fail_anyway(void)
{
    AWAIT(brio_shielded_checkpoint());
    RAISE(1, "failed");
}

static ASYNC void gathers_errors(int count)
{
    TRY {
        NURSERY(n) {
            for (int i = 0; i < count; i++)
                SPAWN(n, fail_anyway());
        }
    } CATCH (e, 1) {
        if (e->child_count != (size_t)count)
            abort();
    }
}

/* A failure deep inside, and its text. */
static ASYNC void fail_deep_inside(int depth)
{
    if (depth == 0)
        RAISE(1, "failed");
    NURSERY(n) {
        SPAWN(n, fail_deep_inside(depth - 1));
    }
}

static ASYNC void tells_deep_errors(int depth)
{
    TRY {
        AWAIT(fail_deep_inside(depth));
    } CATCH (e, 1) {
        if (strstr(brio_error_string(e), "failed") == NULL)
            abort();
    }
}

/* Each error has the one before as the cause, in a group that has it too. */
static ASYNC void fail_with_causes(int count)
{
    if (count == 0)
        RAISE(1, "failed");
    TRY {
        AWAIT(fail_with_causes(count - 1));
    } CATCH (e) {
        NURSERY(n) {
            RAISE(2, "failed because of that");
        }
    }
}

static ASYNC void tells_causes(int count)
{
    TRY {
        AWAIT(fail_with_causes(count));
    } CATCH (e) {
        if (strstr(brio_error_string(e), ": failed\n") == NULL)
            abort();
    }
}

/* A nursery in a child of a nursery in a child … */
static ASYNC void descend(int depth, struct brio_scope *top)
{
    if (depth == 0) {
        brio_scope_cancel(top, NULL);
        AWAIT(brio_checkpoint());
    }
    NURSERY(n) {
        SPAWN(n, descend(depth - 1, top));
    }
}

static ASYNC void nests_nurseries(int depth)
{
    CANCEL_SCOPE(top) {
        AWAIT(descend(depth, top));
    }
}

/* Scopes in scopes of one task, cancelled from the outermost. */
static ASYNC void enter_scopes(int depth, struct brio_scope *top)
{
    CANCEL_SCOPE() {
        if (depth > 0) {
            AWAIT(enter_scopes(depth - 1, top));
        } else {
            brio_scope_cancel(top, NULL);
            AWAIT(brio_checkpoint());
        }
    }
}

static ASYNC void nests_scopes(int depth)
{
    CANCEL_SCOPE(top) {
        AWAIT(enter_scopes(depth, top));
    }
}

static ASYNC void pass_on(struct brio_event *mine, struct brio_event *next)
{
    AWAIT(brio_event_wait(mine));
    brio_event_set(next);
}

/* A chain of events through all tasks. */
static ASYNC void passes_along_a_chain(int count)
{
    struct brio_event *events = calloc((size_t)count + 1, sizeof *events);

    for (int i = 0; i <= count; i++)
        brio_event_init(&events[i]);
    NURSERY(n) {
        for (int i = 0; i < count; i++)
            SPAWN(n, pass_on(&events[i], &events[i + 1]));
        AWAIT(brio_checkpoint());
        brio_event_set(&events[0]);
    }
    free(events);
}

static const struct {
    const char *name;
    ASYNC void (*run)(int);
} cases[] = {
    {"ends_in_reverse", ends_in_reverse},
    {"ends_in_order", ends_in_order},
    {"cancels_tasks", cancels_tasks},
    {"fails_with_siblings", fails_with_siblings},
    {"gathers_errors", gathers_errors},
    {"tells_deep_errors", tells_deep_errors},
    {"tells_causes", tells_causes},
    {"nests_nurseries", nests_nurseries},
    {"nests_scopes", nests_scopes},
    {"passes_along_a_chain", passes_along_a_chain},
};

int main(int argc, char **argv)
{
    struct brio_options options = {.clock = BRIO_CLOCK_VIRTUAL, .stack_limit = 1 << 28};

    for (size_t i = 0; argc == 3 && i < sizeof cases / sizeof *cases; i++)
        if (strcmp(cases[i].name, argv[1]) == 0)
            return RUN(&options, cases[i].run(atoi(argv[2])));
    fputs("usage: scaling NAME N\n", stderr);
    return 2;
}
