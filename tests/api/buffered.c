/* brio/buffered.h: reading by amounts and by delimiters. What it shares with every stream is in conformance.c. */
#include "../support/async_test.h"

#include <brio/buffered.h>
#include <brio/memory_stream.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The second end is buffered. */
static void open_pair(struct brio_stream *pair[2])
{
    ck_assert_int_eq(brio_memory_stream_pair(pair, 100000), 0);
    pair[1] = must(brio_buffered_new(pair[1]));
    ck_assert_ptr_nonnull(pair[1]);
}

static ASYNC void close_pair(struct brio_stream *pair[2])
{
    AWAIT(brio_close(pair[0]));
    AWAIT(brio_close(pair[1]));
}

static ASYNC void send_text(struct brio_stream *stream, const char *text)
{
    AWAIT(brio_send(stream, text, strlen(text)));
}

static ASYNC void note_exactly(struct brio_stream *stream, size_t size)
{
    char buffer[64];
    TRY {
        AWAIT(brio_receive_exactly(stream, buffer, size));
        note("%.*s.", (int)size, buffer);
    } CATCH (e) {
        note("%s", brio_error_name(e->code));
    }
}

static ASYNC void note_until(struct brio_stream *stream, const char *delimiter, size_t max)
{
    TRY {
        size_t size = 99;
        const char *line = AWAIT(brio_receive_until(stream, delimiter, max, &size));
        if (line)
            ck_assert_uint_eq(strlen(line), size);
        note("%s.", line ? line : "NULL");
    } CATCH (e) {
        note("%s", brio_error_name(e->code));
    }
}

static void note_pending(struct brio_stream *stream)
{
    size_t size;
    const char *bytes = brio_buffered_peek(stream, &size);
    note("<%.*s>", (int)size, bytes);
}

/* ---- exactly ---- */

ASYNC_TEST(exactly_joins_what_comes_in_pieces)
{
    struct brio_stream *pair[2];
    open_pair(pair);
    NURSERY(n) {
        SPAWN(n, note_exactly(pair[1], 8));
        AWAIT(brio_wait_all_blocked());
        AWAIT(send_text(pair[0], "abcd"));
        AWAIT(brio_wait_all_blocked());
        ck_assert_notes("");
        AWAIT(send_text(pair[0], "efghij"));
    }
    note_pending(pair[1]);
    ck_assert_notes("abcdefgh. <ij>");
    AWAIT(note_exactly(pair[1], 0));
    AWAIT(note_exactly(pair[1], 2));
    ck_assert_notes(". ij.");
    AWAIT(close_pair(pair));
}

ASYNC_TEST(end_before_all_has_come_raises_and_keeps_what_there_is)
{
    struct brio_stream *pair[2];
    open_pair(pair);
    AWAIT(send_text(pair[0], "abcd"));
    AWAIT(brio_send_eof(pair[0]));
    AWAIT(note_exactly(pair[1], 8));
    note_pending(pair[1]);
    AWAIT(note_exactly(pair[1], 4));
    AWAIT(note_exactly(pair[1], 1));
    ck_assert_notes("BRIO_EINCOMPLETE <abcd> abcd. BRIO_EINCOMPLETE");
    AWAIT(close_pair(pair));
}

ASYNC_TEST(cancelled_exactly_keeps_what_had_come)
{
    struct brio_stream *pair[2];
    open_pair(pair);
    NURSERY(n) {
        SPAWN(n, note_exactly(pair[1], 8));
        AWAIT(send_text(pair[0], "abcd"));
        AWAIT(brio_wait_all_blocked());
        brio_nursery_cancel(n, NULL);
    }
    AWAIT(send_text(pair[0], "efgh"));
    AWAIT(note_exactly(pair[1], 8));
    ck_assert_notes("abcdefgh.");
    AWAIT(close_pair(pair));
}

static ASYNC void send_pattern(struct brio_stream *stream, size_t size)
{
    for (size_t at = 0; at < size; at++) {
        char byte = (char)(at % 251);
        AWAIT(brio_send(stream, &byte, 1));
    }
}

ASYNC_TEST(amounts_larger_than_the_buffer_arrive)
{
    enum { SIZE = 50000 };
    struct brio_stream *pair[2];
    char *block = malloc(SIZE);
    open_pair(pair);
    NURSERY(n) {
        SPAWN(n, send_pattern(pair[0], SIZE + 10));
        AWAIT(brio_receive_exactly(pair[1], block, SIZE));
    }
    size_t wrong = 0;
    for (size_t at = 0; at < SIZE; at++)
        wrong += block[at] != (char)(at % 251);
    ck_assert_uint_eq(wrong, 0);
    AWAIT(brio_receive_exactly(pair[1], block, 10));
    ck_assert_int_eq(block[0], (char)(SIZE % 251));
    free(block);
    AWAIT(close_pair(pair));
}

/* ---- until ---- */

ASYNC_TEST(until_takes_lines_one_by_one)
{
    struct brio_stream *pair[2];
    open_pair(pair);
    AWAIT(send_text(pair[0], "one\ntwo\n\nfo"));
    for (int i = 0; i < 3; i++)
        AWAIT(note_until(pair[1], "\n", 100));
    ck_assert_notes("one. two. .");
    AWAIT(send_text(pair[0], "ur\n"));
    AWAIT(brio_send_eof(pair[0]));
    AWAIT(note_until(pair[1], "\n", 100));
    AWAIT(note_until(pair[1], "\n", 100));
    ck_assert_notes("four. NULL.");
    AWAIT(close_pair(pair));
}

ASYNC_TEST(delimiter_may_come_in_pieces)
{
    struct brio_stream *pair[2];
    open_pair(pair);
    NURSERY(n) {
        SPAWN(n, note_until(pair[1], "--end--", 100));
        for (const char *piece = "a-b--en--en--end-"; *piece; piece++) {
            AWAIT(brio_send(pair[0], piece, 1));
            AWAIT(brio_wait_all_blocked());
        }
        ck_assert_notes("");
        AWAIT(send_text(pair[0], "-rest"));
    }
    note_pending(pair[1]);
    ck_assert_notes("a-b--en--en. <rest>");
    AWAIT(close_pair(pair));
}

ASYNC_TEST(empty_delimiter_is_a_byte_of_zero)
{
    struct brio_stream *pair[2];
    open_pair(pair);
    AWAIT(brio_send(pair[0], "key\0value\0", 10));
    AWAIT(note_until(pair[1], "", 100));
    AWAIT(note_until(pair[1], "", 100));
    ck_assert_notes("key. value.");
    AWAIT(close_pair(pair));
}

ASYNC_TEST(limit_counts_the_bytes_before_the_delimiter)
{
    struct brio_stream *pair[2];
    open_pair(pair);
    AWAIT(send_text(pair[0], "12345\r\n"));
    AWAIT(note_until(pair[1], "\r\n", 4));
    note_pending(pair[1]);
    AWAIT(note_until(pair[1], "\r\n", 5));
    ck_assert_notes("BRIO_EDELIMITER <12345\r\n> 12345.");
    AWAIT(send_text(pair[0], "123456"));
    AWAIT(note_until(pair[1], "\r\n", 4));
    AWAIT(note_exactly(pair[1], 6));
    ck_assert_notes("BRIO_EDELIMITER 123456.");
    AWAIT(close_pair(pair));
}

ASYNC_TEST(end_without_delimiter_raises_and_keeps_what_there_is)
{
    struct brio_stream *pair[2];
    open_pair(pair);
    AWAIT(send_text(pair[0], "no line"));
    AWAIT(brio_send_eof(pair[0]));
    AWAIT(note_until(pair[1], "\n", 100));
    AWAIT(note_exactly(pair[1], 7));
    AWAIT(note_until(pair[1], "\n", 100));
    ck_assert_notes("BRIO_EINCOMPLETE no line. NULL.");
    AWAIT(close_pair(pair));
}

ASYNC_TEST(cancelled_until_keeps_what_had_come)
{
    struct brio_stream *pair[2];
    open_pair(pair);
    NURSERY(n) {
        SPAWN(n, note_until(pair[1], "\n", 100));
        AWAIT(send_text(pair[0], "half "));
        AWAIT(brio_wait_all_blocked());
        brio_nursery_cancel(n, NULL);
    }
    AWAIT(send_text(pair[0], "line\n"));
    AWAIT(note_until(pair[1], "\n", 100));
    ck_assert_notes("half line.");
    AWAIT(close_pair(pair));
}

ASYNC_TEST(line_longer_than_the_buffer_arrives)
{
    enum { SIZE = 60000 };
    struct brio_stream *pair[2];
    char *block = malloc(SIZE);
    size_t size = 0;
    open_pair(pair);
    memset(block, 'x', SIZE - 1);
    block[SIZE - 1] = '\n';
    AWAIT(brio_send(pair[0], block, SIZE));
    const char *line = AWAIT(brio_receive_until(pair[1], "\n", SIZE, &size));
    ck_assert_uint_eq(size, SIZE - 1);
    ck_assert_mem_eq(line, block, size);
    free(block);
    AWAIT(close_pair(pair));
}

/* ---- the buffer ---- */

ASYNC_TEST(receive_gives_what_is_buffered_first)
{
    struct brio_stream *pair[2];
    char buffer[16];
    open_pair(pair);
    AWAIT(send_text(pair[0], "line\nrest"));
    AWAIT(note_until(pair[1], "\n", 100));
    ck_assert_uint_eq(AWAIT(brio_receive(pair[1], buffer, 2)), 2);
    ck_assert_uint_eq(AWAIT(brio_receive(pair[1], buffer + 2, 14)), 2);
    ck_assert_mem_eq(buffer, "rest", 4);
    ck_assert_notes("line.");
    AWAIT(close_pair(pair));
}

ASYNC_TEST(fed_bytes_come_before_those_of_the_stream)
{
    struct brio_stream *pair[2];
    open_pair(pair);
    ck_assert_int_eq(brio_buffered_feed(pair[1], "fed ", 4), 0);
    ck_assert_int_eq(brio_buffered_feed(pair[1], NULL, 0), 0);
    AWAIT(send_text(pair[0], "sent\n"));
    AWAIT(note_until(pair[1], "\n", 100));
    NURSERY(n) {
        SPAWN(n, note_exactly(pair[1], 1));
        AWAIT(brio_wait_all_blocked());
        ck_assert_int_eq(brio_buffered_feed(pair[1], "x", 1), -EBUSY);
        AWAIT(send_text(pair[0], "y"));
    }
    ck_assert_notes("fed sent. y.");
    AWAIT(close_pair(pair));
}

ASYNC_TEST(other_streams_are_refused)
{
    struct brio_stream *pair[2];
    size_t size;
    ck_assert_int_eq(brio_memory_stream_pair(pair, 10), 0);
    AWAIT(note_exactly(pair[0], 1));
    AWAIT(note_until(pair[0], "\n", 1));
    ck_assert_notes("EOPNOTSUPP EOPNOTSUPP");
    ck_assert_ptr_null(brio_buffered_peek(pair[0], &size));
    ck_assert_int_eq(brio_buffered_feed(pair[0], "x", 1), -EOPNOTSUPP);
    AWAIT(close_pair(pair));
}

ASYNC_TEST(second_reader_raises_ebusy_also_with_bytes_buffered)
{
    struct brio_stream *pair[2];
    open_pair(pair);
    NURSERY(n) {
        SPAWN(n, note_exactly(pair[1], 8));
        AWAIT(send_text(pair[0], "abcd"));
        AWAIT(brio_wait_all_blocked());
        AWAIT(note_exactly(pair[1], 1));
        AWAIT(note_until(pair[1], "\n", 1));
        ck_assert_notes("EBUSY EBUSY");
        AWAIT(send_text(pair[0], "efgh"));
    }
    ck_assert_notes("abcdefgh.");
    AWAIT(close_pair(pair));
}

ASYNC_TEST(close_wakes_the_reader_with_eclosed)
{
    struct brio_stream *pair[2];
    open_pair(pair);
    NURSERY(n) {
        SPAWN(n, note_exactly(pair[1], 8));
        AWAIT(send_text(pair[0], "abcd"));
        AWAIT(brio_wait_all_blocked());
        AWAIT(brio_close(pair[1]));
    }
    ck_assert_notes("BRIO_ECLOSED");
    AWAIT(brio_close(pair[0]));
}

/* The last bytes wake the reader, and the close comes before it runs. */
ASYNC_TEST(close_between_data_and_reader_is_borne)
{
    struct brio_stream *pair[2];
    open_pair(pair);
    NURSERY(n) {
        SPAWN(n, note_until(pair[1], "\n", 100));
        AWAIT(brio_wait_all_blocked());
        AWAIT(send_text(pair[0], "no line yet"));
        AWAIT(brio_close_forcefully(pair[1]));
    }
    ck_assert_notes("BRIO_ECLOSED");
    AWAIT(brio_close(pair[0]));
}

ASYNC_TEST(loop_over_buffered_lines_lets_others_run)
{
    struct brio_stream *pair[2];
    bool ran = false;
    open_pair(pair);
    for (int i = 0; i < 1000; i++)
        ck_assert_int_eq(brio_buffered_feed(pair[1], "line\n", 5), 0);
    NURSERY(n) {
        SPAWN(n, nap(0, "other"));
        for (int i = 0; i < 1000; i++) {
            ck_assert_str_eq(AWAIT(brio_receive_until(pair[1], "\n", 10, NULL)), "line");
            ran = ran || (i < 500 && strcmp(take_notes(), "other") == 0);
        }
    }
    ck_assert(ran);
    AWAIT(close_pair(pair));
}

/* ---- memory ---- */

static ASYNC void read_while_memory_fails(void)
{
    struct brio_stream *pair[2];
    char buffer[8];
    if (brio_memory_stream_pair(pair, 10) != 0)
        RAISE(ENOMEM, "pair");
    DEFER AWAIT(brio_close_forcefully(pair[0]));
    struct brio_stream *buffered = brio_buffered_new(pair[1]);
    DEFER AWAIT(brio_close_forcefully(buffered ? buffered : pair[1]));
    if (buffered == NULL)
        RAISE(ENOMEM, "buffered");
    AWAIT(brio_send(pair[0], "line\nabcd", 9));
    ck_assert_str_eq(AWAIT(brio_receive_until(buffered, "\n", 10, NULL)), "line");
    AWAIT(brio_receive_exactly(buffered, buffer, 4));
}

PLAIN_TEST(each_allocation_may_fail)
{
    int code = ENOMEM;
    for (long k = 0; k < 100 && code != 0; k++) {
        const struct brio_error *error = NULL;
        struct brio_options options = async_test_options;
        options.error = &error;
        fail_allocation(k);
        code = RUN(&options, read_while_memory_fails());
        fail_allocation(-1);
        ck_assert(code == 0 || code == ENOMEM);
        brio_error_unref(error);
    }
    ck_assert_int_eq(code, 0);
}
