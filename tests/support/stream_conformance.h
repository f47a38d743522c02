/* stream_conformance.h - what brio/stream.h promises of every byte stream, as checks that run over any pair of connected ones.
 *
 * A kind says how a pair is made, and what its streams cannot do. Each check opens pairs of its own and closes them.
 */
#ifndef STREAM_CONFORMANCE_H
#define STREAM_CONFORMANCE_H

#include "async_test.h"

#include <brio/stream.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct stream_kind {
    const char *name;
    ASYNC void (*open)(struct brio_stream *pair[2]);
    bool no_eof;  /* brio_send_eof is EOPNOTSUPP */
    bool endless; /* takes whatever is sent: no sender ever waits */
};

/* ---- small tasks ---- */

static ASYNC int conform_receive_code(struct brio_stream *stream, size_t size)
{
    char buffer[64];
    int code = 0;
    TRY {
        AWAIT(brio_receive(stream, buffer, size));
    } CATCH (e) {
        code = e->code;
    }
    return code;
}

static ASYNC int conform_send_code(struct brio_stream *stream)
{
    int code = 0;
    TRY {
        AWAIT(brio_send(stream, "x", 1));
    } CATCH (e) {
        code = e->code;
    }
    return code;
}

/* Until it fails: with what. */
static ASYNC int conform_send_until_failure(struct brio_stream *stream)
{
    static const char block[1 << 16];
    int code = 0;
    TRY {
        for (;;)
            AWAIT(brio_send(stream, block, sizeof block));
    } CATCH (e) {
        code = e->code;
        ck_assert(code != BRIO_EBROKEN || (e->cause && e->cause->code < BRIO_EGROUP));
    }
    return code;
}

static ASYNC void conform_close(struct brio_stream *pair[2])
{
    AWAIT(brio_close(pair[0]));
    AWAIT(brio_close(pair[1]));
}

static ASYNC void conform_receive_exactly(struct brio_stream *stream, char *buffer, size_t size)
{
    size_t have = 0;
    while (have < size) {
        size_t got = AWAIT(brio_receive(stream, buffer + have, size - have));
        ck_assert_uint_gt(got, 0);
        ck_assert_uint_le(got, size - have);
        have += got;
    }
}

static ASYNC void conform_expect(struct brio_stream *stream, const char *expected)
{
    char buffer[64];
    AWAIT(conform_receive_exactly(stream, buffer, strlen(expected)));
    ck_assert_mem_eq(buffer, expected, strlen(expected));
}

static ASYNC void conform_expect_soon(struct brio_stream *stream, const char *expected)
{
    AWAIT(conform_expect(stream, expected));
    note("got");
}

/* ---- checks ---- */

static ASYNC void conform_delivers(const struct stream_kind *kind)
{
    struct brio_stream *pair[2];
    AWAIT(kind->open(pair));
    AWAIT(brio_send(pair[0], "hello, ", 7));
    AWAIT(brio_send(pair[0], NULL, 0));
    AWAIT(brio_send(pair[0], "world", 5));
    AWAIT(conform_expect(pair[1], "hello, world"));
    AWAIT(brio_send(pair[1], "back", 4));
    AWAIT(conform_expect(pair[0], "back"));
    AWAIT(brio_send_vectored(pair[0], (struct iovec[]){{"in", 2}, {NULL, 0}, {" parts", 6}}, 3));
    AWAIT(brio_send_vectored(pair[0], NULL, 0));
    AWAIT(conform_expect(pair[1], "in parts"));
    AWAIT(conform_close(pair));
}

static ASYNC void conform_waits_for_data(const struct stream_kind *kind)
{
    struct brio_stream *pair[2];
    AWAIT(kind->open(pair));
    take_notes();
    NURSERY(n) {
        SPAWN(n, conform_expect_soon(pair[1], "late"));
        AWAIT(brio_wait_all_blocked());
        ck_assert_notes("");
        AWAIT(brio_send(pair[0], "late", 4));
    }
    ck_assert_notes("got");
    AWAIT(conform_close(pair));
}

static ASYNC void conform_limits_what_it_gives(const struct stream_kind *kind)
{
    struct brio_stream *pair[2];
    char buffer[8];
    AWAIT(kind->open(pair));
    AWAIT(brio_send(pair[0], "123456", 6));
    memset(buffer, '-', sizeof buffer);
    AWAIT(conform_receive_exactly(pair[1], buffer, 4));
    ck_assert_mem_eq(buffer, "1234----", 8);
    AWAIT(conform_expect(pair[1], "56"));
    ck_assert_int_eq(AWAIT(conform_receive_code(pair[1], 0)), EINVAL);
    AWAIT(conform_close(pair));
}

/* Text, so that all kinds can carry it, and of a length that divides nothing. */
enum { CONFORM_PERIOD = 95, CONFORM_MUCH = 700001 };

static char conform_byte(size_t at)
{
    return (char)(32 + at % CONFORM_PERIOD);
}

static ASYNC void conform_send_much(struct brio_stream *stream, bool eof)
{
    char *block = malloc(CONFORM_MUCH);
    DEFER free(block);
    for (size_t i = 0; i < CONFORM_MUCH; i++)
        block[i] = conform_byte(i);
    for (size_t sent = 0; sent < CONFORM_MUCH;) {
        size_t part = sent % 7919 * 9 + 1;
        part = part < CONFORM_MUCH - sent ? part : CONFORM_MUCH - sent;
        AWAIT(brio_send(stream, block + sent, part));
        sent += part;
    }
    if (eof)
        AWAIT(brio_send_eof(stream));
}

static ASYNC void conform_receive_much(struct brio_stream *stream, bool eof)
{
    char block[10007];
    size_t have = 0, size = 1, got;
    while (have < CONFORM_MUCH) {
        got = AWAIT(brio_receive(stream, block, size));
        ck_assert(got > 0 && got <= size);
        size_t wrong = 0;
        for (size_t i = 0; i < got; i++)
            wrong += block[i] != conform_byte(have + i);
        ck_assert_uint_eq(wrong, 0);
        have += got;
        size = size * 3 % sizeof block + 1;
    }
    if (eof)
        ck_assert_uint_eq(AWAIT(brio_receive(stream, block, sizeof block)), 0);
}

static ASYNC void conform_carries_much_both_ways(const struct stream_kind *kind)
{
    struct brio_stream *pair[2];
    AWAIT(kind->open(pair));
    NURSERY(n) {
        for (int i = 0; i < 2; i++) {
            SPAWN(n, conform_send_much(pair[i], !kind->no_eof));
            SPAWN(n, conform_receive_much(pair[i], !kind->no_eof));
        }
    }
    AWAIT(conform_close(pair));
}

static ASYNC void conform_ends(const struct stream_kind *kind)
{
    struct brio_stream *pair[2];
    char buffer[8];
    AWAIT(kind->open(pair));
    AWAIT(brio_send(pair[0], "last", 4));
    AWAIT(brio_close(pair[0]));
    AWAIT(conform_expect(pair[1], "last"));
    for (int i = 0; i < 3; i++)
        ck_assert_uint_eq(AWAIT(brio_receive(pair[1], buffer, sizeof buffer)), 0);
    AWAIT(brio_close(pair[1]));
}

static ASYNC void conform_ends_one_way(const struct stream_kind *kind)
{
    struct brio_stream *pair[2];
    char buffer[8];
    AWAIT(kind->open(pair));
    if (kind->no_eof) {
        TRY {
            AWAIT(brio_send_eof(pair[0]));
            ck_abort_msg("%s ends sending", kind->name);
        } CATCH (e, EOPNOTSUPP) {
        }
    } else {
        AWAIT(brio_send_eof(pair[0]));
        AWAIT(brio_send_eof(pair[0]));
        ck_assert_int_eq(AWAIT(conform_send_code(pair[0])), BRIO_ECLOSED);
        ck_assert_uint_eq(AWAIT(brio_receive(pair[1], buffer, sizeof buffer)), 0);
        AWAIT(brio_send(pair[1], "answer", 6));
        AWAIT(conform_expect(pair[0], "answer"));
    }
    AWAIT(conform_close(pair));
}

static ASYNC void conform_refuses_a_second_user(const struct stream_kind *kind)
{
    struct brio_stream *pair[2];
    AWAIT(kind->open(pair));
    take_notes();
    NURSERY(n) {
        SPAWN(n, conform_expect_soon(pair[0], "x"));
        AWAIT(brio_wait_all_blocked());
        ck_assert_int_eq(AWAIT(conform_receive_code(pair[0], 1)), EBUSY);
        ck_assert_int_eq(AWAIT(conform_send_code(pair[1])), 0);
    }
    ck_assert_notes("got");
    if (!kind->endless) {
        NURSERY(m) {
            SPAWN(m, conform_send_until_failure(pair[0]));
            AWAIT(brio_wait_all_blocked());
            ck_assert_int_eq(AWAIT(conform_send_code(pair[0])), EBUSY);
            brio_nursery_cancel(m, NULL);
        }
    }
    AWAIT(conform_close(pair));
}

static ASYNC void conform_wakes_its_users_when_closed(const struct stream_kind *kind)
{
    struct brio_stream *pair[2];
    for (int forcefully = 0; forcefully < 2; forcefully++) {
        int reader = 0, writer = kind->endless ? BRIO_ECLOSED : 0;
        AWAIT(kind->open(pair));
        NURSERY(n) {
            SPAWN_INTO(n, &reader, conform_receive_code(pair[0], 8));
            if (!kind->endless)
                SPAWN_INTO(n, &writer, conform_send_until_failure(pair[0]));
            AWAIT(brio_wait_all_blocked());
            if (forcefully)
                AWAIT(brio_close_forcefully(pair[0]));
            else
                AWAIT(brio_close(pair[0]));
        }
        ck_assert_int_eq(reader, BRIO_ECLOSED);
        ck_assert_int_eq(writer, BRIO_ECLOSED);
        AWAIT(brio_close(pair[1]));
    }
}

/* The data have come, and the close is faster than the task that they woke. */
static ASYNC void conform_bears_a_close_between_data_and_reader(const struct stream_kind *kind)
{
    struct brio_stream *pair[2];
    int code = 0;
    AWAIT(kind->open(pair));
    NURSERY(n) {
        SPAWN_INTO(n, &code, conform_receive_code(pair[0], 8));
        AWAIT(brio_wait_all_blocked());
        AWAIT(brio_send(pair[1], "x", 1));
        AWAIT(brio_close_forcefully(pair[0]));
    }
    ck_assert(code == 0 || code == BRIO_ECLOSED);
    AWAIT(brio_close(pair[1]));
}

/* The cancellation has arrived, and the close is faster than the tasks that it woke. */
static ASYNC void conform_bears_a_close_behind_a_cancellation(const struct stream_kind *kind)
{
    struct brio_stream *pair[2];
    AWAIT(kind->open(pair));
    NURSERY(n) {
        SPAWN(n, conform_receive_code(pair[0], 8));
        if (!kind->endless)
            SPAWN(n, conform_send_until_failure(pair[0]));
        AWAIT(brio_wait_all_blocked());
        brio_nursery_cancel(n, NULL);
        AWAIT(brio_close_forcefully(pair[0]));
    }
    AWAIT(brio_close(pair[1]));
}

static ASYNC void conform_breaks_when_the_peer_is_gone(const struct stream_kind *kind)
{
    struct brio_stream *pair[2];
    if (kind->endless)
        return;
    AWAIT(kind->open(pair));
    AWAIT(brio_close(pair[1]));
    ck_assert_int_eq(AWAIT(conform_send_until_failure(pair[0])), BRIO_EBROKEN);
    AWAIT(brio_close(pair[0]));
    int code = 0;
    AWAIT(kind->open(pair));
    NURSERY(n) {
        SPAWN_INTO(n, &code, conform_send_until_failure(pair[0]));
        AWAIT(brio_wait_all_blocked());
        AWAIT(brio_close(pair[1]));
    }
    ck_assert_int_eq(code, BRIO_EBROKEN);
    AWAIT(brio_close(pair[0]));
}

static ASYNC void conform_loses_nothing_to_a_cancelled_receive(const struct stream_kind *kind)
{
    struct brio_stream *pair[2];
    char buffer[8];
    AWAIT(kind->open(pair));
    AWAIT(brio_send(pair[0], "kept", 4));
    CANCEL_SCOPE(s) {
        brio_scope_cancel(s, NULL);
        AWAIT(brio_receive(pair[1], buffer, sizeof buffer));
        ck_abort_msg("%s: receive is no checkpoint", kind->name);
    }
    AWAIT(conform_expect(pair[1], "kept"));
    NURSERY(n) {
        SPAWN(n, conform_receive_code(pair[1], 8));
        AWAIT(brio_wait_all_blocked());
        brio_nursery_cancel(n, NULL);
    }
    AWAIT(brio_send(pair[0], "also", 4));
    AWAIT(conform_expect(pair[1], "also"));
    AWAIT(conform_close(pair));
}

static ASYNC void conform_is_a_checkpoint(const struct stream_kind *kind)
{
    struct brio_stream *pair[2];
    int passed = 0;
    AWAIT(kind->open(pair));
    AWAIT(brio_send(pair[1], "x", 1));
    for (int which = 0; which < 4; which++) {
        char byte;
        CANCEL_SCOPE(s) {
            brio_scope_cancel(s, NULL);
            switch (which) {
            case 0:
                AWAIT(brio_receive(pair[0], &byte, 1));
                break;
            case 1:
                AWAIT(brio_send(pair[0], "x", 1));
                break;
            case 2:
                AWAIT(brio_send_vectored(pair[0], NULL, 0));
                break;
            default:
                if (kind->no_eof)
                    AWAIT(brio_checkpoint());
                else
                    AWAIT(brio_send_eof(pair[0]));
            }
            passed++;
        }
    }
    ck_assert_int_eq(passed, 0);
    AWAIT(conform_close(pair));
}

static ASYNC void conform_closes_when_cancelled(const struct stream_kind *kind)
{
    struct brio_stream *pair[2];
    int before = descriptors_open();
    AWAIT(kind->open(pair));
    CANCEL_SCOPE(s) {
        brio_scope_cancel(s, NULL);
        AWAIT(brio_close(pair[0]));
        ck_abort_msg("%s: close is no checkpoint", kind->name);
    }
    CANCEL_SCOPE(t) {
        brio_scope_cancel(t, NULL);
        AWAIT(brio_close_forcefully(pair[1]));
    }
    ck_assert(!t->cancelled_caught);
    ck_assert_int_eq(descriptors_open(), before);
}

static ASYNC void conform_lets_others_run(const struct stream_kind *kind)
{
    struct brio_stream *pair[2];
    bool ran = false;
    AWAIT(kind->open(pair));
    take_notes();
    NURSERY(n) {
        SPAWN(n, nap(0, "other"));
        for (int i = 0; i < 1000 && !ran; i++) {
            char byte;
            AWAIT(brio_send(pair[0], "x", 1));
            AWAIT(brio_receive(pair[1], &byte, 1));
            ran = strlen(take_notes()) > 0;
        }
    }
    ck_assert(ran);
    AWAIT(conform_close(pair));
}

static ASYNC void conform_has_no_unknown_attribute(const struct stream_kind *kind)
{
    struct brio_stream *pair[2];
    int value = 7;
    AWAIT(kind->open(pair));
    ck_assert_int_eq(brio_stream_attribute(pair[0], BRIO_ATTR_USER + 99, &value), -ENOENT);
    ck_assert_int_eq(value, 7);
    AWAIT(conform_close(pair));
}

/* Each check as a test over every kind of `kinds`. */
#define STREAM_CONFORMANCE_TEST(check, kinds) \
    ASYNC_TEST(every_stream_##check) \
    { \
        for (size_t i = 0; i < sizeof(kinds) / sizeof *(kinds); i++) \
            AWAIT(conform_##check(&(kinds)[i])); \
    }

#define STREAM_CONFORMANCE_TESTS(kinds) \
    STREAM_CONFORMANCE_TEST(delivers, kinds) \
    STREAM_CONFORMANCE_TEST(waits_for_data, kinds) \
    STREAM_CONFORMANCE_TEST(limits_what_it_gives, kinds) \
    STREAM_CONFORMANCE_TEST(carries_much_both_ways, kinds) \
    STREAM_CONFORMANCE_TEST(ends, kinds) \
    STREAM_CONFORMANCE_TEST(ends_one_way, kinds) \
    STREAM_CONFORMANCE_TEST(refuses_a_second_user, kinds) \
    STREAM_CONFORMANCE_TEST(wakes_its_users_when_closed, kinds) \
    STREAM_CONFORMANCE_TEST(bears_a_close_between_data_and_reader, kinds) \
    STREAM_CONFORMANCE_TEST(bears_a_close_behind_a_cancellation, kinds) \
    STREAM_CONFORMANCE_TEST(breaks_when_the_peer_is_gone, kinds) \
    STREAM_CONFORMANCE_TEST(loses_nothing_to_a_cancelled_receive, kinds) \
    STREAM_CONFORMANCE_TEST(is_a_checkpoint, kinds) \
    STREAM_CONFORMANCE_TEST(closes_when_cancelled, kinds) \
    STREAM_CONFORMANCE_TEST(lets_others_run, kinds) \
    STREAM_CONFORMANCE_TEST(has_no_unknown_attribute, kinds)

#endif
