/* The statements that suspend, and AWAIT in each part of them: each completes at once, suspends, is cancelled there and fails there, with a spilled
 * and a pinned local that live across all of it.
 *
 * expected: by hand, since plain C has none of them
 */
#include <brio.h>
#include <stdio.h>
#include <string.h>

enum outcome { COMPLETES, SUSPENDS, IS_CANCELLED, FAILS };

static enum outcome outcome;
static int wanted, count;
static struct brio_scope *scope;

/* The step `name`; what is wanted happens at the wanted one. */
static ASYNC int step(const char *name)
{
    printf("%s ", name);
    if (++count != wanted || outcome == COMPLETES)
        return count;
    if (outcome == FAILS)
        RAISE(5, "failed");
    if (outcome == IS_CANCELLED)
        brio_scope_cancel(scope, "cancelled");
    AWAIT(brio_checkpoint());
    return count;
}

static void check(int spilled, const char *pinned)
{
    if (spilled != 7 || strcmp(pinned, "seven") != 0)
        printf("LOST ");
}

#define LOCALS                                                                                                                             \
    int spilled = count + 7;                                                                                                               \
    char pinned[6] = "seven"
#define CHECK check(spilled, pinned)

/* ---- children ---- */

static ASYNC void child(const char *name)
{
    AWAIT(step(name));
}

static ASYNC int value(const char *name)
{
    return AWAIT(step(name)) * 10;
}

static ASYNC void service(void)
{
    LOCALS;
    AWAIT(step("starting"));
    brio_started();
    AWAIT(step("serving"));
    CHECK;
}

static ASYNC void sleeper(void)
{
    DEFER printf("woken ");
    AWAIT(brio_sleep_forever());
}

static struct brio_lock lock;

static ASYNC void holder(struct brio_scope *waiting)
{
    HOLD(&lock) {
        brio_started();
        AWAIT(brio_checkpoint());
        if (outcome == IS_CANCELLED && wanted == 2)
            brio_scope_cancel(waiting, "cancelled");
    }
}

static int work(int x, const char *text)
{
    return x + (int)strlen(text);
}

/* ---- statements ---- */

static ASYNC void nursery(void)
{
    LOCALS;
    NURSERY(n) {
        SPAWN(n, child("one"));
        SPAWN(n, child("two"));
        AWAIT(step("body"));
        CHECK;
    }
    CHECK;
}

static ASYNC int early(void)
{
    LOCALS;
    NURSERY(n) {
        SPAWN(n, child("one"));
        return AWAIT(step("value")) * 0 + spilled;
    }
    CHECK;
    return 0;
}

static ASYNC void early_return(void)
{
    printf("=%d ", AWAIT(early()));
}

static ASYNC void spawn_into(void)
{
    LOCALS;
    int results[2] = {0};
    NURSERY(n) {
        SPAWN_INTO(n, &results[0], value("one"));
        SPAWN_INTO(n, &results[AWAIT(step("index")) * 0 + 1], value("two"));
        CHECK;
    }
    printf("=%d ", results[0] + results[1]);
    CHECK;
}

static ASYNC void start(void)
{
    LOCALS;
    NURSERY(n) {
        START(n, service());
        AWAIT(step("started"));
        CHECK;
    }
    CHECK;
}

static ASYNC void race(void)
{
    LOCALS;
    RACE(n) {
        SPAWN(n, sleeper());
        SPAWN(n, child("runner"));
        CHECK;
    }
    CHECK;
}

static ASYNC void hold(void)
{
    LOCALS;
    NURSERY(n) {
        START(n, holder(scope));
        HOLD(&lock) {
            AWAIT(step("held"));
            CHECK;
        }
        CHECK;
    }
    AWAIT(step("after"));
    printf("%s ", brio_lock_is_locked(&lock) ? "LEFT LOCKED" : "free");
}

static ASYNC void thread(void)
{
    LOCALS;
    int x = AWAIT_THREAD(work(AWAIT(step("operand")) * 0 + spilled, pinned));
    printf("=%d ", x);
    AWAIT(step("after"));
    CHECK;
}

static ASYNC void scopes(void)
{
    LOCALS;
    MOVE_ON_AFTER(AWAIT(step("seconds")) + 1.0, s) {
        SHIELD {
            AWAIT(step("shielded"));
            CHECK;
        }
        AWAIT(step("open"));
        CHECK;
    }
    AWAIT(step(s->cancelled_caught ? "CAUGHT" : "after"));
    CHECK;
}

static ASYNC void handlers(void)
{
    LOCALS;
    TRY {
        AWAIT(step("try"));
        RAISE(9, "raised %d", AWAIT(step("argument")));
    } CATCH (e, 9) {
        AWAIT(step("catch"));
        printf("(%s) ", e->message);
        CHECK;
    } FINALLY {
        AWAIT(step("finally"));
        CHECK;
    }
    CHECK;
}

static ASYNC int defers(void)
{
    LOCALS;
    DEFER {
        AWAIT(step("first"));
        CHECK;
    }
    DEFER printf("second ");
    AWAIT(step("body"));
    DEFER AWAIT(step("third"));
    return AWAIT(step("value")) * 0 + spilled;
}

static ASYNC void deferred(void)
{
    printf("=%d ", AWAIT(defers()));
}

static void clean(int *x)
{
    printf("clean%d ", *x);
}

static ASYNC void cleanup(void)
{
    LOCALS;
    for (int i = 0; i < 2; i++) {
        __attribute__((cleanup(clean))) int x = i;
        AWAIT(step("turn"));
        if (i)
            break;
        AWAIT(step("more"));
    }
    CHECK;
}

static ASYNC void loops(void)
{
    LOCALS;
    for (int i = 0; i < 3; i++) {
        NURSERY(n) {
            DEFER printf("defer%d ", i);
            SPAWN(n, child("child"));
            if (i == 1)
                continue;
            if (i == 2)
                break;
            AWAIT(step("body"));
        }
        CHECK;
    }
    CHECK;
}

/* ---- */

static ASYNC void run(ASYNC void (*statement)(void))
{
    count = 0;
    TRY {
        CANCEL_SCOPE(s) {
            scope = s;
            AWAIT(statement());
        }
        puts(s->cancelled_caught ? "cancelled" : "done");
    } CATCH (e, 5) {
        printf("failed%s\n", e->code == BRIO_EGROUP ? " in a group" : "");
    }
}

static const struct {
    const char *name;
    ASYNC void (*statement)(void);
} statements[] = {
#define STATEMENT(name) {#name, name}
    STATEMENT(nursery), STATEMENT(early_return), STATEMENT(spawn_into), STATEMENT(start),    STATEMENT(race),    STATEMENT(hold),
    STATEMENT(thread),  STATEMENT(scopes),       STATEMENT(handlers),   STATEMENT(deferred), STATEMENT(cleanup), STATEMENT(loops),
};

static ASYNC void all(void)
{
    static const char *const names[] = {"completes", "suspends", "is cancelled", "fails"};

    brio_lock_init(&lock);
    for (size_t i = 0; i < sizeof statements / sizeof *statements; i++) {
        printf("%s: ", statements[i].name);
        outcome = COMPLETES;
        AWAIT(run(statements[i].statement));
        int steps = count;
        for (int how = SUSPENDS; how <= FAILS; how++) {
            for (wanted = 1; wanted <= steps; wanted++) {
                outcome = (enum outcome)how;
                printf("%s %d %s: ", statements[i].name, wanted, names[how]);
                AWAIT(run(statements[i].statement));
            }
        }
    }
}

int main(void)
{
    return RUN(NULL, all());
}
