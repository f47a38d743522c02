/* The shapes that blocks may have in C: without braces, under if, with names again, in expressions. */
#include "../support/async_test.h"

#include <errno.h>

ASYNC_TEST(blocks_without_braces)
{
    NURSERY(n) SPAWN(n, nap(1, "spawned"));
    NURSERY(n) for (int i = 0; i < 2; i++) SPAWN(n, nap(i + 1, "loop"));
    SHIELD AWAIT(brio_sleep(1));
    MOVE_ON_AFTER(1) AWAIT(brio_sleep(5));
    CANCEL_SCOPE(s) brio_scope_cancel(s, NULL);
    TRY AWAIT(fail_later(1, EIO));
    CATCH (e) note("%d", e->code == EIO);
    FINALLY note("finally");
    INTERRUPTIBLE NURSERY(n) SPAWN(n, nap(0, "inner"));
    {
        DEFER if (brio_now() > 0) note("if");
        else note("else");
        DEFER for (int i = 0; i < 2; i++) note("%d", i);
        DEFER while (AWAIT(answer_later(1, 0))) note("not reached");
    }
    ck_assert(s->cancel_called);
    ck_assert_notes("spawned loop loop 1 finally inner 0 1 if");
}

ASYNC_TEST(blocks_under_if_and_else)
{
    for (int i = 0; i < 3; i++) {
        if (i == 0)
            NURSERY(n) {
                SPAWN(n, nap(1, "nursery"));
            }
        else if (i == 1)
            MOVE_ON_AFTER(1) {
                AWAIT(wait_for_ever("timeout"));
            }
        else
            TRY {
                AWAIT(fail_later(0, EIO));
            } CATCH (e) {
                note("caught");
            }
        note("%d", i);
    }
    ck_assert_notes("nursery 0 timeout 1 caught 2");
}

ASYNC_TEST(inner_blocks_may_use_the_same_name)
{
    NURSERY(n) {
        SPAWN(n, nap(3, "outer"));
        NURSERY(n) {
            SPAWN(n, nap(1, "inner"));
        }
        note("between");
        {
            int n = 5;
            AWAIT(brio_checkpoint());
            note("%d", n);
        }
        SPAWN(n, nap(1, "outer again"));
    }
    ck_assert_notes("inner between 5 outer again outer");
}

ASYNC_TEST(names_of_scopes_live_to_the_end_of_the_enclosing_block)
{
    for (int i = 0; i < 2; i++) {
        MOVE_ON_AFTER(i + 1, s) {
            AWAIT(brio_sleep(1.5));
        }
        MOVE_ON_AFTER(1, other) {
            AWAIT(brio_checkpoint());
        }
        note("%d %d", s->cancelled_caught, other->cancelled_caught);
    }
    ck_assert_notes("1 0 0 0");
}

ASYNC_TEST(blocks_in_statement_expressions)
{
    int value = ({
        int inner = 0;
        NURSERY(n) {
            SPAWN_INTO(n, &inner, answer_later(1, 20));
        }
        DEFER note("deferred");
        TRY {
            AWAIT(fail_later(1, EIO));
        } CATCH (e) {
            inner++;
        }
        inner * 2;
    });

    ck_assert_int_eq(value, 42);
    ck_assert_notes("deferred");
}

static ASYNC int every_exit(int way)
{
    CANCEL_SCOPE() {
        TRY {
            switch (way) {
            case 0:
                for (;;) {
                    SHIELD {
                        break;
                    }
                }
                note("broke");
                break;
            case 1:
                do {
                    INTERRUPTIBLE {
                        continue;
                    }
                } while (AWAIT(answer_later(0, 0)));
                note("continued");
                break;
            case 2:
                while (1) {
                    NURSERY(n) {
                        SPAWN(n, nap(1, "joined"));
                        TRY {
                            RAISE(EIO, "inner");
                        } CATCH (e) {
                            break;
                        } FINALLY {
                            note("finally");
                        }
                    }
                }
                break;
            default:
                return AWAIT(answer_later(1, 5));
            }
        } CATCH (e) {
            note("not reached");
        } FINALLY {
            AWAIT(brio_checkpoint());
            note("outer");
        }
    }
    return 1;
}

#define BOTH(a, b) ({ int a_ = 0, b_ = 0; NURSERY(n_) { SPAWN_INTO(n_, &a_, a); SPAWN_INTO(n_, &b_, b); } a_ + b_; })
#define UNLESS_IT_FAILS(x, other) ({ __typeof__(other) x_; TRY { x_ = (x); } CATCH (e_) { x_ = (other) + e_->code; } x_; })

ASYNC_TEST(macros_that_are_blocks_are_operands)
{
    int three = AWAIT(answer_later(1, 3)), sum = 0;
    double half = 0.5;
    sum += BOTH(answer_later(1, 1), answer_later(2, three)) + (three ? BOTH(answer_later(1, 10), answer_later(0, 20)) : -1) * 2;
    ck_assert_int_eq(sum, 64);
    half += three == 3 && UNLESS_IT_FAILS((AWAIT(fail_later(1, EIO)), 1.0), half) > 5 ? UNLESS_IT_FAILS(half, 1.0) : 0;
    ck_assert_double_eq(half, 1);
    for (int i = BOTH(answer_later(0, 0), answer_later(0, 0)); i < 3 && !AWAIT(answer_later(0, 0));
         i += ({ DEFER sum++; AWAIT(answer_later(1, 1)); }))
        sum += (i ? ({ if (AWAIT(answer_later(0, i)) == 2) break; SHIELD three++; i; }) : 0) + 100;
    ck_assert_int_eq(sum, 267);
    ck_assert_int_eq(three, 4);
    const char *text = ({
        const char *name = "outer";
        three ? ({ DEFER note("left"); const char *name = "inner"; AWAIT(nap(1, name)); name; }) : name;
    });
    ck_assert_str_eq(text, "inner");
    ck_assert_notes("inner left");
}

ASYNC_TEST(jumps_through_all_kinds_of_blocks_in_switch_and_loops)
{
    ck_assert_int_eq(AWAIT(every_exit(0)), 1);
    ck_assert_notes("broke outer");
    ck_assert_int_eq(AWAIT(every_exit(1)), 1);
    ck_assert_notes("continued outer");
    ck_assert_int_eq(AWAIT(every_exit(2)), 1);
    ck_assert_notes("finally joined outer");
    ck_assert_int_eq(AWAIT(every_exit(3)), 5);
    ck_assert_notes("outer");
}

ASYNC_TEST(spawn_as_the_only_statement_of_control_flow)
{
    NURSERY(n) {
        if (brio_now() >= 0)
            SPAWN(n, nap(1, "if"));
        else
            SPAWN(n, nap(1, "else"));
        for (int i = 0; i < 2; i++)
            SPAWN(n, nap(2, "for"));
        int i = 0;
        while (i++ < 1)
            SPAWN(n, brio_sleep(0));
    }
    ck_assert_notes("if for for");
}

static ASYNC void recursion_with_blocks(int depth)
{
    NURSERY(n) {
        DEFER note("%d", depth);
        if (depth > 0) {
            SPAWN(n, recursion_with_blocks(depth - 1));
            AWAIT(brio_sleep(1));
        }
    }
}

ASYNC_TEST(recursion_through_nurseries)
{
    AWAIT(recursion_with_blocks(4));
    ck_assert_notes("0 4 3 2 1");
}

static ASYNC void cancel_from_a_child(struct brio_nursery *n)
{
    AWAIT(brio_sleep(1));
    brio_nursery_cancel(n, NULL);
    SPAWN(n, nap(0, "not reached"));
    AWAIT(brio_checkpoint());
    note("not reached");
}

ASYNC_TEST(child_cancels_its_own_nursery)
{
    NURSERY(n) {
        SPAWN(n, cancel_from_a_child(n));
        AWAIT(wait_for_ever("body"));
    }
    ck_assert_notes("body");
}

/* The same block left in every turn by another way, with locals that outlive it. */
ASYNC_TEST(locals_around_blocks_keep_their_values)
{
    int sum = 0;

    for (int i = 0; i < 10; i++) {
        int before = i * 10, array[3] = {i, i + 1, i + 2}, *inside = &array[1];
        double half = i / 2.0;
        MOVE_ON_AFTER(i % 3 ? 5 : 0.5, s) {
            int in_block = AWAIT(answer_later(1, before));
            DEFER sum += in_block;
            if (i % 4 == 1)
                continue;
            *inside += in_block;
        }
        sum += before + array[1] + (int)(2 * half) + s->cancelled_caught;
    }
    int expected = 0;
    for (int i = 0; i < 10; i++) {
        bool caught = i % 3 == 0;
        if (!caught)
            expected += i * 10;
        if (!caught && i % 4 == 1)
            continue;
        expected += i * 10 + i + 1 + (caught ? 0 : i * 10) + i + caught;
    }
    ck_assert_int_eq(sum, expected);
}
