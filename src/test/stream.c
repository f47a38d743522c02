/* stream.c - what brio/stream.h promises, each promise as a check. Each opens pairs of its own and closes them. */
#include <brio/test_stream.h>

#include <brio.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- small tasks ---- */

static ASYNC int receive_code(struct brio_stream *stream, size_t size)
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

static ASYNC int send_code(struct brio_stream *stream)
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
static ASYNC int send_until_failure(struct brio_stream *stream)
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

static ASYNC void close_pair(struct brio_stream *pair[2])
{
    AWAIT(brio_close(pair[0]));
    AWAIT(brio_close(pair[1]));
}

static ASYNC void receive_exactly(struct brio_stream *stream, char *buffer, size_t size)
{
    size_t have = 0;
    while (have < size) {
        size_t got = AWAIT(brio_receive(stream, buffer + have, size - have));
        ck_assert_uint_gt(got, 0);
        ck_assert_uint_le(got, size - have);
        have += got;
    }
}

static ASYNC void expect(struct brio_stream *stream, const char *expected)
{
    char buffer[64];
    AWAIT(receive_exactly(stream, buffer, strlen(expected)));
    ck_assert_mem_eq(buffer, expected, strlen(expected));
}

static ASYNC void expect_soon(struct brio_stream *stream, const char *expected, bool *came)
{
    AWAIT(expect(stream, expected));
    *came = true;
}

static ASYNC void yield_once(bool *ran)
{
    AWAIT(brio_checkpoint());
    *ran = true;
}

/* ---- checks ---- */

ASYNC void brio_test_stream_delivers(const struct brio_test_stream *kind)
{
    struct brio_stream *pair[2];
    AWAIT(kind->open(pair));
    AWAIT(brio_send(pair[0], "hello, ", 7));
    AWAIT(brio_send(pair[0], NULL, 0));
    AWAIT(brio_send(pair[0], "world", 5));
    AWAIT(expect(pair[1], "hello, world"));
    AWAIT(brio_send(pair[1], "back", 4));
    AWAIT(expect(pair[0], "back"));
    AWAIT(brio_send_vectored(pair[0], (struct iovec[]){{"in", 2}, {NULL, 0}, {" parts", 6}}, 3));
    AWAIT(brio_send_vectored(pair[0], NULL, 0));
    AWAIT(expect(pair[1], "in parts"));
    AWAIT(close_pair(pair));
}

ASYNC void brio_test_stream_waits_for_data(const struct brio_test_stream *kind)
{
    struct brio_stream *pair[2];
    bool came = false;
    AWAIT(kind->open(pair));
    NURSERY(n) {
        SPAWN(n, expect_soon(pair[1], "late", &came));
        AWAIT(brio_wait_all_blocked());
        ck_assert(!came);
        AWAIT(brio_send(pair[0], "late", 4));
    }
    ck_assert(came);
    AWAIT(close_pair(pair));
}

ASYNC void brio_test_stream_limits_what_it_gives(const struct brio_test_stream *kind)
{
    struct brio_stream *pair[2];
    char buffer[8];
    AWAIT(kind->open(pair));
    AWAIT(brio_send(pair[0], "123456", 6));
    memset(buffer, '-', sizeof buffer);
    AWAIT(receive_exactly(pair[1], buffer, 4));
    ck_assert_mem_eq(buffer, "1234----", 8);
    AWAIT(expect(pair[1], "56"));
    ck_assert_int_eq(AWAIT(receive_code(pair[1], 0)), EINVAL);
    AWAIT(close_pair(pair));
}

/* Text, so that all kinds can carry it, and of a length that divides nothing. */
enum { PERIOD = 95, MUCH = 700001, MUCH_IN_A_SWEEP = 20011 };

static size_t much(void)
{
    return brio_test_sweeping() ? MUCH_IN_A_SWEEP : MUCH;
}

static char byte(size_t at)
{
    return (char)(32 + at % PERIOD);
}

static ASYNC void send_much(struct brio_stream *stream, bool eof)
{
    size_t size = much();
    char *block = malloc(size);
    DEFER free(block);
    for (size_t i = 0; i < size; i++)
        block[i] = byte(i);
    for (size_t sent = 0; sent < size;) {
        size_t part = sent % 7919 * 9 + 1;
        part = part < size - sent ? part : size - sent;
        AWAIT(brio_send(stream, block + sent, part));
        sent += part;
    }
    if (eof)
        AWAIT(brio_send_eof(stream));
}

static ASYNC void receive_much(struct brio_stream *stream, bool eof)
{
    char block[10007];
    size_t all = much(), have = 0, size = 1, got;
    while (have < all) {
        got = AWAIT(brio_receive(stream, block, size));
        ck_assert(got > 0 && got <= size);
        size_t wrong = 0;
        for (size_t i = 0; i < got; i++)
            wrong += block[i] != byte(have + i);
        ck_assert_uint_eq(wrong, 0);
        have += got;
        size = size * 3 % sizeof block + 1;
    }
    if (eof)
        ck_assert_uint_eq(AWAIT(brio_receive(stream, block, sizeof block)), 0);
}

ASYNC void brio_test_stream_carries_much_both_ways(const struct brio_test_stream *kind)
{
    struct brio_stream *pair[2];
    AWAIT(kind->open(pair));
    NURSERY(n) {
        for (int i = 0; i < 2; i++) {
            SPAWN(n, send_much(pair[i], !kind->no_eof));
            SPAWN(n, receive_much(pair[i], !kind->no_eof));
        }
    }
    AWAIT(close_pair(pair));
}

ASYNC void brio_test_stream_ends(const struct brio_test_stream *kind)
{
    struct brio_stream *pair[2];
    char buffer[8];
    AWAIT(kind->open(pair));
    AWAIT(brio_send(pair[0], "last", 4));
    AWAIT(brio_close(pair[0]));
    AWAIT(expect(pair[1], "last"));
    for (int i = 0; i < 3; i++)
        ck_assert_uint_eq(AWAIT(brio_receive(pair[1], buffer, sizeof buffer)), 0);
    AWAIT(brio_close(pair[1]));
}

ASYNC void brio_test_stream_ends_one_way(const struct brio_test_stream *kind)
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
        ck_assert_int_eq(AWAIT(send_code(pair[0])), BRIO_ECLOSED);
        ck_assert_uint_eq(AWAIT(brio_receive(pair[1], buffer, sizeof buffer)), 0);
        AWAIT(brio_send(pair[1], "answer", 6));
        AWAIT(expect(pair[0], "answer"));
    }
    AWAIT(close_pair(pair));
}

ASYNC void brio_test_stream_refuses_a_second_user(const struct brio_test_stream *kind)
{
    struct brio_stream *pair[2];
    bool came = false;
    AWAIT(kind->open(pair));
    NURSERY(n) {
        SPAWN(n, expect_soon(pair[0], "x", &came));
        AWAIT(brio_wait_all_blocked());
        ck_assert_int_eq(AWAIT(receive_code(pair[0], 1)), EBUSY);
        ck_assert_int_eq(AWAIT(send_code(pair[1])), 0);
    }
    ck_assert(came);
    if (!kind->endless) {
        NURSERY(m) {
            SPAWN(m, send_until_failure(pair[0]));
            AWAIT(brio_wait_all_blocked());
            ck_assert_int_eq(AWAIT(send_code(pair[0])), EBUSY);
            brio_nursery_cancel(m, NULL);
        }
    }
    AWAIT(close_pair(pair));
}

ASYNC void brio_test_stream_wakes_its_users_when_closed(const struct brio_test_stream *kind)
{
    struct brio_stream *pair[2];
    for (int forcefully = 0; forcefully < 2; forcefully++) {
        int reader = 0, writer = kind->endless ? BRIO_ECLOSED : 0;
        AWAIT(kind->open(pair));
        NURSERY(n) {
            SPAWN_INTO(n, &reader, receive_code(pair[0], 8));
            if (!kind->endless)
                SPAWN_INTO(n, &writer, send_until_failure(pair[0]));
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
ASYNC void brio_test_stream_bears_a_close_between_data_and_reader(const struct brio_test_stream *kind)
{
    struct brio_stream *pair[2];
    int code = 0;
    AWAIT(kind->open(pair));
    NURSERY(n) {
        SPAWN_INTO(n, &code, receive_code(pair[0], 8));
        AWAIT(brio_wait_all_blocked());
        AWAIT(brio_send(pair[1], "x", 1));
        AWAIT(brio_close_forcefully(pair[0]));
    }
    ck_assert(code == 0 || code == BRIO_ECLOSED);
    AWAIT(brio_close(pair[1]));
}

/* The cancellation has arrived, and the close is faster than the tasks that it woke. */
ASYNC void brio_test_stream_bears_a_close_behind_a_cancellation(const struct brio_test_stream *kind)
{
    struct brio_stream *pair[2];
    AWAIT(kind->open(pair));
    NURSERY(n) {
        SPAWN(n, receive_code(pair[0], 8));
        if (!kind->endless)
            SPAWN(n, send_until_failure(pair[0]));
        AWAIT(brio_wait_all_blocked());
        brio_nursery_cancel(n, NULL);
        AWAIT(brio_close_forcefully(pair[0]));
    }
    AWAIT(brio_close(pair[1]));
}

ASYNC void brio_test_stream_breaks_when_the_peer_is_gone(const struct brio_test_stream *kind)
{
    struct brio_stream *pair[2];
    if (kind->endless)
        return;
    AWAIT(kind->open(pair));
    AWAIT(brio_close(pair[1]));
    ck_assert_int_eq(AWAIT(send_until_failure(pair[0])), BRIO_EBROKEN);
    AWAIT(brio_close(pair[0]));
    int code = 0;
    AWAIT(kind->open(pair));
    NURSERY(n) {
        SPAWN_INTO(n, &code, send_until_failure(pair[0]));
        AWAIT(brio_wait_all_blocked());
        AWAIT(brio_close(pair[1]));
    }
    ck_assert_int_eq(code, BRIO_EBROKEN);
    AWAIT(brio_close(pair[0]));
}

ASYNC void brio_test_stream_loses_nothing_to_a_cancelled_receive(const struct brio_test_stream *kind)
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
    AWAIT(expect(pair[1], "kept"));
    NURSERY(n) {
        SPAWN(n, receive_code(pair[1], 8));
        AWAIT(brio_wait_all_blocked());
        brio_nursery_cancel(n, NULL);
    }
    AWAIT(brio_send(pair[0], "also", 4));
    AWAIT(expect(pair[1], "also"));
    AWAIT(close_pair(pair));
}

ASYNC void brio_test_stream_is_a_checkpoint(const struct brio_test_stream *kind)
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
    AWAIT(close_pair(pair));
}

ASYNC void brio_test_stream_closes_when_cancelled(const struct brio_test_stream *kind)
{
    struct brio_stream *pair[2];
    int before = brio_test_descriptors();
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
    ck_assert_int_eq(brio_test_descriptors(), before);
}

ASYNC void brio_test_stream_lets_others_run(const struct brio_test_stream *kind)
{
    struct brio_stream *pair[2];
    bool ran = false;
    AWAIT(kind->open(pair));
    NURSERY(n) {
        SPAWN(n, yield_once(&ran));
        for (int i = 0; i < 1000 && !ran; i++) {
            char byte;
            AWAIT(brio_send(pair[0], "x", 1));
            AWAIT(brio_receive(pair[1], &byte, 1));
        }
    }
    ck_assert(ran);
    AWAIT(close_pair(pair));
}

ASYNC void brio_test_stream_has_no_unknown_attribute(const struct brio_test_stream *kind)
{
    struct brio_stream *pair[2];
    int value = 7;
    AWAIT(kind->open(pair));
    ck_assert_int_eq(brio_stream_attribute(pair[0], BRIO_ATTR_USER + 99, &value), -ENOENT);
    ck_assert_int_eq(value, 7);
    AWAIT(close_pair(pair));
}
