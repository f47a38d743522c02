/* RAISE, TRY, CATCH, FINALLY, RERAISE, causes, and what an error says. */
#include "../support/async_test.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static ASYNC int fail_now(int code)
{
    RAISE(code, "code %d", code);
    return 0;
}

static ASYNC int fail_suspended(int code)
{
    AWAIT(brio_sleep(1));
    return AWAIT(fail_now(code));
}

ASYNC_TEST(catch_takes_the_error_of_an_await)
{
    for (int i = 0; i < 2; i++) {
        TRY {
            note("%d", i ? AWAIT(fail_suspended(EIO)) : AWAIT(fail_now(EIO)));
            note("not reached");
        } CATCH (e) {
            ck_assert_int_eq(e->code, EIO);
            ck_assert_ptr_null(e->cause);
            note("%s in %s", e->function, strrchr(e->file, '/') ? strrchr(e->file, '/') + 1 : e->file);
        }
    }
    ck_assert_notes("fail_now in errors.c fail_now in errors.c");
}

ASYNC_TEST(try_without_error_skips_catch)
{
    TRY {
        note("body");
        AWAIT(brio_checkpoint());
    } CATCH (e) {
        note("not reached");
    } FINALLY {
        note("finally");
    }
    ck_assert_notes("body finally");
}

ASYNC_TEST(raise_in_the_same_function)
{
    TRY {
        for (int i = 0;; i++) {
            if (i == 2)
                RAISE(EINVAL, "i is %d", i);
            note("%d", i);
        }
    } CATCH (e) {
        note("%s", e->message);
    }
    ck_assert_notes("0 1 i is 2");
}

ASYNC_TEST(filters_choose_the_first_that_matches)
{
    static const int codes[] = {ECONNRESET, EPIPE, EIO, BRIO_ECLOSED};

    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        TRY {
            AWAIT(fail_now(codes[i]));
        } CATCH (e, ECONNRESET, EPIPE) {
            note("broken");
        } CATCH (e, BRIO_ECLOSED) {
            note("closed");
        } CATCH (e) {
            note("other");
        } FINALLY {
            note(".");
        }
    }
    ck_assert_notes("broken . broken . other . closed .");
}

ASYNC_TEST(error_without_a_matching_catch_goes_on)
{
    TRY {
        TRY {
            AWAIT(fail_suspended(EIO));
        } CATCH (e, EPIPE) {
            note("not reached");
        } FINALLY {
            note("finally");
        }
        note("not reached");
    } CATCH (e) {
        note("outer %d", e->code == EIO);
    }
    ck_assert_notes("finally outer 1");
}

ASYNC_TEST(raise_in_catch_has_the_caught_error_as_cause)
{
    TRY {
        TRY {
            AWAIT(fail_now(ENOENT));
        } CATCH (e) {
            AWAIT(brio_checkpoint());
            AWAIT(fail_suspended(EIO));
        }
    } CATCH (e) {
        ck_assert_int_eq(e->code, EIO);
        ck_assert_ptr_nonnull(e->cause);
        ck_assert_int_eq(e->cause->code, ENOENT);
        ck_assert_ptr_null(e->cause->cause);
        note("caught");
    }
    ck_assert_notes("caught");
}

static ASYNC void handle_another_one(int code)
{
    TRY {
        AWAIT(fail_now(code));
    } CATCH (e) {
        AWAIT(brio_checkpoint());
    }
}

ASYNC_TEST(cause_is_what_is_being_handled_and_not_what_has_been)
{
    TRY {
        TRY {
            AWAIT(fail_now(ENOENT));
        } CATCH (e) {
            AWAIT(handle_another_one(EPIPE));
            AWAIT(fail_now(EIO));
        }
    } CATCH (e) {
        ck_assert_ptr_nonnull(e->cause);
        ck_assert_int_eq(e->cause->code, ENOENT);
        note("catch");
    }
    TRY {
        DEFER {
            AWAIT(handle_another_one(EPIPE));
            RAISE(EIO, "in defer");
        }
        AWAIT(fail_now(ENOENT));
    } CATCH (e) {
        ck_assert_ptr_nonnull(e->cause);
        ck_assert_int_eq(e->cause->code, ENOENT);
        note("defer");
    }
    TRY {
        AWAIT(handle_another_one(EPIPE));
        AWAIT(fail_now(EIO));
    } CATCH (e) {
        ck_assert_ptr_null(e->cause);
        note("none");
    }
    ck_assert_notes("catch defer none");
}

static ASYNC void fail_through_a_defer(void)
{
    DEFER AWAIT(brio_checkpoint());
    AWAIT(fail_now(ENOENT));
}

static ASYNC void fail_with_a_full_frame(void)
{
    char room[500];

    memset(room, 0x55, sizeof room);
    AWAIT(brio_checkpoint());
    RAISE(room[100], "full");
}

/* What was in hand was in frames that others use now. */
ASYNC_TEST(deferred_statements_that_have_run_cause_nothing)
{
    TRY {
        AWAIT(fail_through_a_defer());
    } CATCH (e, ENOENT) {
        note("first");
    }
    TRY {
        AWAIT(fail_with_a_full_frame());
    } CATCH (e, 0x55) {
        ck_assert_ptr_null(e->cause);
        note("second");
    }
    ck_assert_notes("first second");
}

ASYNC_TEST(reraise_passes_the_same_error_on)
{
    TRY {
        TRY {
            AWAIT(fail_now(EIO));
        } CATCH (e) {
            note("%s", e->message);
            AWAIT(brio_checkpoint());
            RERAISE();
        } FINALLY {
            note("finally");
        }
    } CATCH (e) {
        ck_assert_int_eq(e->code, EIO);
        ck_assert_ptr_null(e->cause);
        note("outer");
    }
    char expected[64];
    snprintf(expected, sizeof expected, "code %d finally outer", EIO);
    ck_assert_notes(expected);
}

ASYNC_TEST(after_catch_the_task_goes_on)
{
    for (int i = 0; i < 100; i++) {
        TRY {
            (void)(i & 1 ? AWAIT(fail_now(EIO)) : AWAIT(fail_suspended(EIO)));
        } CATCH (e) {
        }
    }
    AWAIT(brio_sleep(1));
    ck_assert_time(brio_now(), 51);
}

ASYNC_TEST(finally_runs_on_every_way_out)
{
    for (int i = 0; i < 3; i++) {
        TRY {
            if (i == 1)
                continue;
            if (i == 2)
                break;
            note("fell");
        } FINALLY {
            AWAIT(brio_sleep(1));
            note("finally %d", i);
        }
    }
    ck_assert_notes("fell finally 0 finally 1 finally 2");
    ck_assert_time(brio_now(), 3);
}

static ASYNC int return_through_finally(int x)
{
    TRY {
        return x;
    } FINALLY {
        x = 100;
        AWAIT(brio_checkpoint());
    }
    return -1;
}

ASYNC_TEST(return_value_is_evaluated_before_finally)
{
    ck_assert_int_eq(AWAIT(return_through_finally(5)), 5);
}

ASYNC_TEST(finally_after_catch_runs_also_when_catch_leaves)
{
    for (int i = 0; i < 2; i++) {
        TRY {
            AWAIT(fail_now(EIO));
        } CATCH (e) {
            note("catch");
            if (i == 0)
                continue;
        } FINALLY {
            note("finally");
        }
        note("after");
    }
    ck_assert_notes("catch finally catch finally after");
}

ASYNC_TEST(error_in_finally_takes_the_place_of_the_one_on_its_way)
{
    TRY {
        TRY {
            AWAIT(fail_now(ENOENT));
        } FINALLY {
            AWAIT(fail_suspended(EIO));
        }
    } CATCH (e) {
        ck_assert_int_eq(e->code, EIO);
        ck_assert_int_eq(e->cause->code, ENOENT);
        note("caught");
    }
    ck_assert_notes("caught");
}

ASYNC_TEST(error_caught_inside_finally_leaves_the_outer_one)
{
    TRY {
        TRY {
            AWAIT(fail_now(ENOENT));
        } FINALLY {
            TRY {
                AWAIT(fail_suspended(EIO));
            } CATCH (e) {
                note("inner %d", e->cause && e->cause->code == ENOENT);
            }
        }
    } CATCH (e) {
        note("outer %d", e->code == ENOENT);
    }
    ck_assert_notes("inner 1 outer 1");
}

static ASYNC int catch_and_return(void)
{
    TRY {
        AWAIT(fail_suspended(EIO));
    } CATCH (e) {
        return e->code;
    }
    return 0;
}

ASYNC_TEST(return_out_of_catch)
{
    ck_assert_int_eq(AWAIT(catch_and_return()), EIO);
}

ASYNC_TEST(nested_catch_in_catch)
{
    TRY {
        AWAIT(fail_now(1));
    } CATCH (e) {
        TRY {
            AWAIT(fail_now(2));
        } CATCH (f) {
            note("%d %d %d", e->code, f->code, f->cause == e);
            AWAIT(brio_checkpoint());
            note("%s", e->message);
        }
        note("%d", e->code);
    }
    ck_assert_notes("1 2 1 code 1 1");
}

ASYNC_TEST(raise_errno_takes_errno_and_its_text)
{
    TRY {
        errno = ENOENT;
        RAISE_ERRNO("open %s", "file");
    } CATCH (e) {
        char expected[128];
        snprintf(expected, sizeof expected, "open file: %s", strerror(ENOENT));
        ck_assert_int_eq(e->code, ENOENT);
        ck_assert_str_eq(e->message, expected);
        note("caught");
    }
    ck_assert_notes("caught");
}

ASYNC_TEST(error_string_shows_message_place_and_cause)
{
    TRY {
        TRY {
            AWAIT(fail_now(ENOENT));
        } CATCH (e) {
            RAISE(BRIO_EBROKEN, "the outer text");
        }
    } CATCH (e) {
        const char *text = brio_error_string(e);
        ck_assert_ptr_nonnull(strstr(text, "the outer text"));
        ck_assert_ptr_nonnull(strstr(text, "BRIO_EBROKEN"));
        ck_assert_ptr_nonnull(strstr(text, "code 2"));
        ck_assert_ptr_nonnull(strstr(text, "errors.c"));
        ck_assert_ptr_nonnull(strstr(text, "fail_now"));
        note("caught");
    }
    ck_assert_notes("caught");
}

ASYNC_TEST(error_kept_beyond_its_catch)
{
    const struct brio_error *kept = NULL;

    TRY {
        AWAIT(fail_now(EIO));
    } CATCH (e) {
        kept = brio_error_ref(e);
    }
    AWAIT(brio_sleep(1));
    ck_assert_int_eq(kept->code, EIO);
    brio_error_unref(kept);
    brio_error_unref(NULL);
    ck_assert_ptr_null(brio_error_ref(NULL));
}

ASYNC_TEST(names_of_codes)
{
    ck_assert_str_eq(brio_error_name(ETIMEDOUT), "ETIMEDOUT");
    ck_assert_str_eq(brio_error_name(-EPIPE), "EPIPE");
    ck_assert_str_eq(brio_error_name(BRIO_EGROUP), "BRIO_EGROUP");
    ck_assert_str_eq(brio_error_name(-BRIO_ECLOSED), "BRIO_ECLOSED");
    ck_assert_str_eq(brio_error_text(ENOENT), strerror(ENOENT));
    AWAIT(brio_checkpoint());
}

ASYNC_TEST(long_messages_are_kept_whole)
{
    char text[2000];

    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = 0;
    TRY {
        RAISE(EIO, "%s", text);
    } CATCH (e) {
        ck_assert_str_eq(e->message, text);
        note("caught");
    }
    TRY {
        errno = ENOENT;
        RAISE_ERRNO("open %s", text);
    } CATCH (e) {
        ck_assert_uint_eq(strlen(e->message), strlen("open : ") + strlen(text) + strlen(strerror(ENOENT)));
        note("caught");
    }
    ck_assert_notes("caught caught");
}

/* An error raised while a cancellation is on its way goes on as an error. */
ASYNC_TEST(error_raised_during_cancellation_goes_on_as_an_error)
{
    TRY {
        MOVE_ON_AFTER(1, s) {
            DEFER RAISE(EIO, "cleanup failed");
            AWAIT(brio_sleep_forever());
        }
        note("not reached");
    } CATCH (e) {
        note("%d", e->code == EIO);
    }
    AWAIT(brio_sleep(1));
    ck_assert_notes("1");
    ck_assert_time(brio_now(), 2);
}

/* The cancellation is still due inside the scope. */
ASYNC_TEST(catch_of_an_error_during_cancellation_does_not_stop_the_cancellation)
{
    MOVE_ON_AFTER(1, s) {
        TRY {
            DEFER RAISE(EIO, "cleanup failed");
            AWAIT(brio_sleep_forever());
        } CATCH (e) {
            note("caught");
        }
        AWAIT(brio_checkpoint());
        note("not reached");
    }
    ck_assert(s->cancelled_caught);
    ck_assert_notes("caught");
}

ASYNC_TEST(cancellation_in_a_catch_goes_on)
{
    CANCEL_SCOPE(s) {
        TRY {
            AWAIT(fail_now(EIO));
        } CATCH (e) {
            brio_scope_cancel(s, NULL);
            AWAIT(brio_checkpoint());
        }
        note("not reached");
    }
    ck_assert(s->cancelled_caught);
    ck_assert_notes("");
}

/* ---- the way to where it was raised ---- */

static ASYNC void innermost(bool waits)
{
    if (waits)
        AWAIT(brio_sleep(1));
    RAISE(EIO, "here");
}

static ASYNC void middle(bool waits)
{
    AWAIT(innermost(waits));
}

static ASYNC void outermost(bool waits)
{
    for (int i = 0; i < 2; i++)
        AWAIT(middle(waits));
}

static const char *find_after(const char *text, const char *words)
{
    const char *found = text ? strstr(text, words) : NULL;
    return found ? found + strlen(words) : NULL;
}

ASYNC_TEST(error_tells_who_awaited_it)
{
    for (int waits = 0; waits < 2; waits++) {
        TRY {
            AWAIT(outermost(waits));
        } CATCH (e) {
            ck_assert_str_eq(e->function, "innermost");
            ck_assert_uint_gt(e->line, 0);
            const char *text = find_after(brio_error_string(e), "raised in innermost at ");
            text = find_after(text, "awaited in middle at ");
            text = find_after(text, "awaited in outermost at ");
            text = find_after(text, "awaited in error_tells_who_awaited_it_body at ");
            ck_assert_ptr_nonnull(text);
            ck_assert_ptr_nonnull(find_after(text, "errors.c:"));
            ck_assert_ptr_null(strstr(brio_error_string(e), "awaited in innermost"));
            note("%d", waits);
        }
    }
    ck_assert_notes("0 1");
}

/* Plain C has no place that says anything. */
ASYNC_TEST(error_of_the_library_is_placed_where_it_was_awaited)
{
    for (int i = 0; i < 2; i++) {
        unsigned line = 0;
        TRY {
            line = __LINE__ + 2;
            if (i == 0)
                AWAIT(brio_sleep(NAN));
            FAIL_AFTER(0) {
                AWAIT(brio_checkpoint());
            }
        } CATCH (e, EINVAL, ETIMEDOUT) {
            ck_assert_ptr_nonnull(e->function);
            ck_assert_str_eq(e->function, "error_of_the_library_is_placed_where_it_was_awaited_body");
            ck_assert_ptr_nonnull(strstr(e->file, "errors.c"));
            if (e->code == EINVAL)
                ck_assert_uint_eq(e->line, line);
            ck_assert_ptr_null(strstr(brio_error_string(e), "awaited in"));
            note("%s", brio_error_name(e->code));
        }
    }
    ck_assert_notes("EINVAL ETIMEDOUT");
}

ASYNC_TEST(errors_in_conditions_and_arguments)
{
    int i = 0;

    TRY {
        while (AWAIT(fail_suspended(EIO)) == 0)
            i++;
    } CATCH (e) {
        note("while");
    }
    TRY {
        note("%d %d", i++, AWAIT(fail_now(EIO)));
    } CATCH (e) {
        note("argument");
    }
    TRY {
        switch (AWAIT(fail_suspended(EIO))) {
        case 0:
            note("not reached");
        }
    } CATCH (e) {
        note("switch");
    }
    TRY {
        if (i == -1 || AWAIT(fail_now(EIO)))
            note("not reached");
    } CATCH (e) {
        note("||");
    }
    ck_assert_notes("while argument switch ||");
}

static ASYNC int early_return_of_error(int way)
{
    int local = 5;

    if (way)
        local += AWAIT(fail_suspended(EIO));
    return local;
}

ASYNC_TEST(failing_function_gives_no_value)
{
    int value = 9;

    TRY {
        value = AWAIT(early_return_of_error(1));
    } CATCH (e) {
    }
    ck_assert_int_eq(value, 9);
    value = AWAIT(early_return_of_error(0));
    ck_assert_int_eq(value, 5);
}
