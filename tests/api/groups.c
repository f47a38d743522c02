/* Error groups: what a nursery raises, and how CATCH takes them apart. */
#include "../support/async_test.h"

#include <errno.h>
#include <string.h>

/* Woken in one pass, so that neither is cancelled before it fails. */
static ASYNC void fail_both(int first, int second)
{
    NURSERY(n) {
        SPAWN(n, fail_later(1, first));
        SPAWN(n, fail_later(1, second));
    }
}

ASYNC_TEST(filter_takes_its_part_of_a_group)
{
    TRY {
        TRY {
            AWAIT(fail_both(ENOENT, EIO));
        } CATCH (e, ENOENT) {
            ck_assert_int_eq(e->code, BRIO_EGROUP);
            ck_assert_uint_eq(e->child_count, 1);
            ck_assert_int_eq(e->children[0]->code, ENOENT);
            note("inner");
        }
    } CATCH (e) {
        ck_assert_int_eq(e->code, BRIO_EGROUP);
        ck_assert_uint_eq(e->child_count, 1);
        ck_assert_int_eq(e->children[0]->code, EIO);
        note("outer");
    }
    ck_assert_notes("inner outer");
}

ASYNC_TEST(each_catch_takes_its_part)
{
    TRY {
        AWAIT(fail_both(ENOENT, EIO));
    } CATCH (e, EIO) {
        note("EIO %zu", e->child_count);
    } CATCH (e, ENOENT) {
        note("ENOENT %zu", e->child_count);
    } CATCH (e) {
        note("not reached");
    }
    ck_assert_notes("EIO 1 ENOENT 1");
}

ASYNC_TEST(catch_without_filter_takes_the_rest)
{
    TRY {
        AWAIT(fail_both(ENOENT, EIO));
    } CATCH (e, EIO) {
        note("EIO");
    } CATCH (e) {
        note("rest %d", brio_error_contains(e, ENOENT));
    }
    ck_assert_notes("EIO rest 1");
}

ASYNC_TEST(filter_that_matches_all_takes_the_group_whole)
{
    TRY {
        AWAIT(fail_both(ENOENT, EIO));
    } CATCH (e, EIO, ENOENT) {
        note("%zu", e->child_count);
    }
    ck_assert_notes("2");
}

ASYNC_TEST(part_of_a_group_has_the_cause_of_the_whole)
{
    TRY {
        TRY {
            RAISE(EPERM, "cause");
        } CATCH (e) {
            AWAIT(fail_both(ENOENT, EIO));
        }
    } CATCH (e, ENOENT) {
        ck_assert_uint_eq(e->child_count, 1);
        note("%d", e->cause && e->cause->code == EPERM);
    } CATCH (e, EIO) {
        note("%d", e->cause && e->cause->code == EPERM);
    }
    ck_assert_notes("1 1");
}

ASYNC_TEST(filter_on_the_group_code)
{
    TRY {
        AWAIT(fail_both(ENOENT, EIO));
    } CATCH (e, BRIO_EGROUP) {
        note("%zu", e->child_count);
    }
    ck_assert_notes("2");
}

static ASYNC void fail_nested(void)
{
    NURSERY(n) {
        SPAWN(n, fail_both(ENOENT, EIO));
        SPAWN(n, fail_both(EIO, EACCES));
        SPAWN(n, fail_later(1, EPIPE));
    }
}

ASYNC_TEST(splitting_keeps_the_nesting)
{
    TRY {
        TRY {
            AWAIT(fail_nested());
        } CATCH (e, EIO) {
            ck_assert_uint_eq(e->child_count, 2);
            ck_assert_int_eq(e->children[0]->code, BRIO_EGROUP);
            ck_assert_int_eq(e->children[0]->children[0]->code, EIO);
            ck_assert_int_eq(e->children[1]->children[0]->code, EIO);
            note("EIO");
        }
    } CATCH (e) {
        ck_assert_uint_eq(e->child_count, 3);
        ck_assert(!brio_error_contains(e, EIO));
        ck_assert(brio_error_contains(e, ENOENT) && brio_error_contains(e, EACCES) && brio_error_contains(e, EPIPE));
        note("rest");
    }
    ck_assert_notes("EIO rest");
}

ASYNC_TEST(errors_of_catch_and_rest_go_on_together)
{
    TRY {
        TRY {
            AWAIT(fail_both(ENOENT, EIO));
        } CATCH (e, ENOENT) {
            RAISE(EINVAL, "new");
        }
    } CATCH (e) {
        ck_assert_int_eq(e->code, BRIO_EGROUP);
        ck_assert(brio_error_contains(e, EINVAL));
        ck_assert(brio_error_contains(e, EIO));
        ck_assert(!brio_error_contains(e, ENOENT));
        note("both");
    }
    ck_assert_notes("both");
}

ASYNC_TEST(reraise_puts_the_part_back)
{
    TRY {
        TRY {
            AWAIT(fail_both(ENOENT, EIO));
        } CATCH (e, ENOENT) {
            RERAISE();
        }
    } CATCH (e) {
        ck_assert(brio_error_contains(e, ENOENT) && brio_error_contains(e, EIO));
        note("whole");
    }
    ck_assert_notes("whole");
}

static void check_order_of_nested(const struct brio_error *e, int first, int second)
{
    ck_assert_uint_eq(e->child_count, 2 + (first != 0));
    const struct brio_error *inner = e->children[1];
    ck_assert_int_eq(e->children[0]->code, EPIPE);
    ck_assert_int_eq(inner->code, BRIO_EGROUP);
    ck_assert_int_eq(inner->children[0]->code, first ? first : second);
    ck_assert_int_eq(inner->children[inner->child_count - 1]->code, second);
}

/* Fail one after the other: EPIPE, then { ENOENT, EIO, ENOENT }, then EACCES. */
static ASYNC void fail_in_a_shield(double seconds, int code)
{
    SHIELD {
        AWAIT(fail_later(seconds, code));
    }
}

static ASYNC void fail_inside(void)
{
    NURSERY(n) {
        SPAWN(n, fail_in_a_shield(2, ENOENT));
        SPAWN(n, fail_in_a_shield(3, EIO));
        SPAWN(n, fail_in_a_shield(4, ENOENT));
    }
}

static ASYNC void fail_in_order(void)
{
    NURSERY(n) {
        SPAWN(n, fail_in_a_shield(1, EPIPE));
        SPAWN(n, fail_inside());
        SPAWN(n, fail_in_a_shield(5, EACCES));
    }
}

ASYNC_TEST(what_is_reraised_is_back_in_its_place)
{
    TRY {
        TRY {
            AWAIT(fail_in_order());
        } CATCH (e, EIO, EACCES) {
            RERAISE();
        } CATCH (e, ENOENT) {
            DEFER note("deferred");
            RERAISE();
        }
    } CATCH (e) {
        check_order_of_nested(e, ENOENT, ENOENT);
        ck_assert_uint_eq(e->children[1]->child_count, 3);
        ck_assert_int_eq(e->children[1]->children[1]->code, EIO);
        ck_assert_int_eq(e->children[2]->code, EACCES);
    }
    TRY {
        TRY {
            AWAIT(fail_in_order());
        } CATCH (e, EACCES) {
        } CATCH (e, EIO) {
            RERAISE();
        } CATCH (e, ENOENT) {
        }
    } CATCH (e) {
        check_order_of_nested(e, 0, EIO);
        ck_assert_uint_eq(e->children[1]->child_count, 1);
    }
    ck_assert_notes("deferred");
}

/* The new one goes first, beside the part that is as it was. */
ASYNC_TEST(what_is_reraised_stands_beside_what_is_raised)
{
    TRY {
        TRY {
            AWAIT(fail_in_order());
        } CATCH (e, EIO) {
            RERAISE();
        } CATCH (e, ENOENT) {
            RAISE(EDOM, "new");
        }
    } CATCH (e) {
        ck_assert_uint_eq(e->child_count, 2);
        ck_assert_int_eq(e->children[0]->code, EDOM);
        ck_assert_uint_eq(e->children[1]->child_count, 3);
        ck_assert_int_eq(e->children[1]->children[1]->code, BRIO_EGROUP);
        ck_assert_int_eq(e->children[1]->children[1]->children[0]->code, EIO);
        ck_assert_int_eq(e->children[1]->children[2]->code, EACCES);
    }
}

ASYNC_TEST(only_is_the_one_leaf)
{
    TRY {
        NURSERY(outer) {
            (void)outer;
            NURSERY(n) {
                SPAWN(n, fail_later(1, EIO));
            }
        }
    } CATCH (e) {
        ck_assert_ptr_nonnull(brio_error_only(e));
        ck_assert_int_eq(brio_error_only(e)->code, EIO);
    }
    TRY {
        AWAIT(fail_both(ENOENT, EIO));
    } CATCH (e) {
        ck_assert_ptr_null(brio_error_only(e));
    }
    TRY {
        AWAIT(fail_later(0, EIO));
    } CATCH (e) {
        ck_assert_ptr_eq(brio_error_only(e), e);
    }
}

ASYNC_TEST(contains_looks_at_the_leaves)
{
    TRY {
        AWAIT(fail_nested());
    } CATCH (e) {
        ck_assert(brio_error_contains(e, EACCES));
        ck_assert(brio_error_contains(e, EPIPE));
        ck_assert(!brio_error_contains(e, EINVAL));
        note("caught");
    }
    ck_assert_notes("caught");
}

ASYNC_TEST(string_of_a_group_shows_every_leaf)
{
    TRY {
        AWAIT(fail_nested());
    } CATCH (e) {
        const char *text = brio_error_string(e);
        ck_assert_ptr_nonnull(strstr(text, "ENOENT"));
        ck_assert_ptr_nonnull(strstr(text, "EIO"));
        ck_assert_ptr_nonnull(strstr(text, "EACCES"));
        ck_assert_ptr_nonnull(strstr(text, "EPIPE"));
        ck_assert_int_ne(text[strlen(text) - 1], '\n');
        note("caught");
    }
    ck_assert_notes("caught");
}

ASYNC_TEST(group_of_many)
{
    size_t count = 0;

    TRY {
        NURSERY(n) {
            for (int i = 0; i < 1000; i++)
                SPAWN(n, fail_later(1, i % 2 ? EIO : EPIPE));
        }
    } CATCH (e, EIO) {
        count = e->child_count;
    } CATCH (e, EPIPE) {
        count += 10000 * e->child_count;
    }
    ck_assert_uint_eq(count, 500 + 10000 * 500);
}

/* Error and timeout in one: the scope keeps the error, the cancellation ends there. */
static ASYNC void fail_when_cancelled(int code)
{
    DEFER RAISE(code, "while unwinding");
    AWAIT(brio_sleep_forever());
}

ASYNC_TEST(fail_after_with_an_error_raises_the_error)
{
    TRY {
        FAIL_AFTER(1) {
            NURSERY(n) {
                SPAWN(n, fail_when_cancelled(EIO));
                SPAWN(n, wait_for_ever("cancelled"));
            }
        }
    } CATCH (e) {
        const struct brio_error *only = brio_error_only(e);
        note("%d", only && only->code == EIO);
    }
    ck_assert_notes("cancelled 1");
}

/* A CATCH inside takes the error; the cancellation goes on to its scope. */
ASYNC_TEST(catch_takes_the_error_of_a_mixture_and_the_cancellation_goes_on)
{
    MOVE_ON_AFTER(1, s) {
        TRY {
            NURSERY(n) {
                SPAWN(n, fail_when_cancelled(EIO));
                SPAWN(n, wait_for_ever("cancelled"));
            }
        } CATCH (e, EIO) {
            note("caught");
        }
        AWAIT(brio_checkpoint());
        note("not reached");
    }
    ck_assert(s->cancelled_caught);
    ck_assert_notes("cancelled caught");
}
