/* Stapled, text, memory and file streams, beyond what conformance.c asks of every stream. */
#define _GNU_SOURCE
#include "../support/async_test.h"

#include <brio/file_stream.h>
#include <brio/memory_stream.h>
#include <brio/stapled.h>
#include <brio/text.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static ASYNC int code_of_send(struct brio_stream *stream, const char *text)
{
    int code = 0;
    TRY {
        AWAIT(brio_send(stream, text, strlen(text)));
    } CATCH (e) {
        code = e->code;
    }
    return code;
}

static ASYNC void note_received(struct brio_stream *stream, size_t size)
{
    char buffer[64];
    TRY {
        size_t got = AWAIT(brio_receive(stream, buffer, size));
        note("%.*s.", (int)got, buffer);
    } CATCH (e) {
        note("%s", brio_error_name(e->code));
    }
}

static ASYNC void close_pair(struct brio_stream *pair[2])
{
    AWAIT(brio_close(pair[0]));
    AWAIT(brio_close(pair[1]));
}

/* ---- stapled ---- */

ASYNC_TEST(end_of_a_stapled_stream_closes_its_sender)
{
    struct brio_stream *there[2], *back[2];
    char byte;
    ck_assert_int_eq(brio_memory_stream_pair(there, 10), 0);
    ck_assert_int_eq(brio_memory_stream_pair(back, 10), 0);
    struct brio_stream *stapled = must(brio_stapled_new(there[0], back[0]));
    AWAIT(brio_send_eof(stapled));
    AWAIT(brio_send_eof(stapled));
    ck_assert_int_eq(AWAIT(code_of_send(stapled, "x")), BRIO_ECLOSED);
    ck_assert_uint_eq(AWAIT(brio_receive(there[1], &byte, 1)), 0);
    ck_assert_int_eq(AWAIT(code_of_send(there[1], "x")), BRIO_EBROKEN);
    AWAIT(brio_send(back[1], "y", 1));
    AWAIT(note_received(stapled, 8));
    ck_assert_notes("y.");
    AWAIT(brio_close(stapled));
    ck_assert_int_eq(AWAIT(code_of_send(back[1], "x")), BRIO_EBROKEN);
    AWAIT(brio_close(there[1]));
    AWAIT(brio_close(back[1]));
}

struct odd {
    struct brio_stream stream;
    int own, shared;
};

static int odd_attribute(struct brio_stream *stream, int attribute, void *value)
{
    const struct odd *odd = (const struct odd *)(const void *)stream;
    if (attribute != odd->own && attribute != BRIO_ATTR_USER)
        return -ENOENT;
    *(int *)value = odd->shared;
    return 0;
}

static ASYNC void odd_close(struct brio_stream *stream)
{
    note("%d", ((const struct odd *)(const void *)stream)->shared);
    AWAIT(brio_checkpoint());
    note("closed");
}

static BRIO_ASYNC_LEAF void odd_close_forcefully(struct brio_stream *stream)
{
    note("%d closed", ((const struct odd *)(const void *)stream)->shared);
}

static const struct brio_stream_operations odd_operations = {
    .close = odd_close,
    .close_forcefully = odd_close_forcefully,
    .attribute = odd_attribute,
};

ASYNC_TEST(stapled_attributes_are_the_receivers_before_the_senders)
{
    struct odd sender = {.own = BRIO_ATTR_USER + 1, .shared = 1}, receiver = {.own = BRIO_ATTR_USER + 2, .shared = 2};
    brio_stream_init(&sender.stream, &odd_operations);
    brio_stream_init(&receiver.stream, &odd_operations);
    struct brio_stream *stapled = must(brio_stapled_new(&sender.stream, &receiver.stream));
    int value = 0;
    ck_assert_int_eq(brio_stream_attribute(stapled, BRIO_ATTR_USER, &value), 0);
    ck_assert_int_eq(value, 2);
    ck_assert_int_eq(brio_stream_attribute(stapled, BRIO_ATTR_USER + 1, &value), 0);
    ck_assert_int_eq(value, 1);
    ck_assert_int_eq(brio_stream_attribute(stapled, BRIO_ATTR_USER + 3, &value), -ENOENT);
    AWAIT(brio_close(stapled));
    ck_assert_notes("1 closed 2 closed");
}

ASYNC_TEST(cancelled_close_of_a_stapled_stream_closes_both)
{
    struct odd sender = {.shared = 1}, receiver = {.shared = 2};
    brio_stream_init(&sender.stream, &odd_operations);
    brio_stream_init(&receiver.stream, &odd_operations);
    struct brio_stream *stapled = must(brio_stapled_new(&sender.stream, &receiver.stream));
    CANCEL_SCOPE(s) {
        brio_scope_cancel(s, NULL);
        AWAIT(brio_close(stapled));
    }
    ck_assert(s->cancelled_caught);
    ck_assert_notes("1 2");
}

static ASYNC void failing_close(struct brio_stream *stream)
{
    (void)stream;
    RAISE(EIO, "cannot close");
}

ASYNC_TEST(failing_close_of_one_half_leaves_the_other_closed)
{
    static const struct brio_stream_operations failing_operations = {.close = failing_close, .close_forcefully = odd_close_forcefully};
    struct odd sender = {.shared = 1}, receiver = {.shared = 2};
    brio_stream_init(&sender.stream, &failing_operations);
    brio_stream_init(&receiver.stream, &odd_operations);
    TRY {
        AWAIT(brio_close(brio_stapled_new(&sender.stream, &receiver.stream)));
        ck_abort();
    } CATCH (e, EIO) {
        ck_assert_notes("2 closed");
    }
}

static ASYNC void close_forcefully(struct brio_stream *stream)
{
    AWAIT(brio_close_forcefully(stream));
}

/* Its caller would go on, with a stream that is not closed. */
ABORTING_TEST(forceful_close_that_waits_is_fatal)
{
    static const struct brio_stream_operations patient_operations = {.close_forcefully = odd_close};
    struct odd patient = {.shared = 1};
    brio_stream_init(&patient.stream, &patient_operations);
    (void)RUN(NULL, close_forcefully(&patient.stream));
}

/* ---- text ---- */

static void open_text(struct brio_stream *pair[2], bool replace)
{
    struct brio_text_options options = {.replace = replace};
    ck_assert_int_eq(brio_memory_stream_pair(pair, 10000), 0);
    pair[1] = must(brio_text_new(pair[1], &options));
}

ASYNC_TEST(character_cut_in_two_is_received_whole)
{
    struct brio_stream *pair[2];
    open_text(pair, false);
    AWAIT(brio_send(pair[0], "a\xc3", 2));
    AWAIT(note_received(pair[1], 8));
    NURSERY(n) {
        SPAWN(n, note_received(pair[1], 8));
        AWAIT(brio_wait_all_blocked());
        ck_assert_notes("a.");
        AWAIT(brio_send(pair[0], "\xa5\xe2\x82", 3));
    }
    AWAIT(brio_send(pair[0], "\xac\xf0\x9f\x98\x80", 5));
    AWAIT(note_received(pair[1], 8));
    ck_assert_notes("\xc3\xa5. \xe2\x82\xac\xf0\x9f\x98\x80.");
    AWAIT(close_pair(pair));
}

ASYNC_TEST(buffer_takes_whole_characters_only)
{
    struct brio_stream *pair[2];
    open_text(pair, false);
    AWAIT(brio_send(pair[0], "ab\xe2\x82\xac" "c", 6));
    AWAIT(note_received(pair[1], 4));
    AWAIT(note_received(pair[1], 2));
    AWAIT(note_received(pair[1], 3));
    AWAIT(note_received(pair[1], 3));
    ck_assert_notes("ab. EINVAL \xe2\x82\xac. c.");
    AWAIT(close_pair(pair));
}

/* Each is no UTF-8; `good` comes before it. */
static const char *const invalid[] = {
    "\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc3(", "\xe0\x80\x80", "\xe0\x9f\xbf", "\xe2\x28\xa1", "\xed\xa0\x80", "\xed\xbf\xbf",
    "\xf0\x80\x80\x80", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "\xfe", "\xe2\x82(", "\xf0\x9f\x98(",
};

static const char *const valid[] = {
    "", "~", "\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80", "\xef\xbf\xbf",
    "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf",
};

ASYNC_TEST(invalid_bytes_raise_eilseq_after_what_is_good)
{
    for (size_t i = 0; i < sizeof invalid / sizeof *invalid; i++) {
        struct brio_stream *pair[2];
        open_text(pair, false);
        AWAIT(brio_send(pair[0], "good", 4));
        AWAIT(brio_send(pair[0], invalid[i], strlen(invalid[i])));
        for (int again = 0; again < 3; again++)
            AWAIT(note_received(pair[1], 16));
        ck_assert_notes("good. EILSEQ EILSEQ");
        ck_assert_int_eq(AWAIT(code_of_send(pair[1], invalid[i])), EILSEQ);
        AWAIT(close_pair(pair));
    }
}

ASYNC_TEST(all_of_utf8_passes)
{
    struct brio_stream *pair[2];
    open_text(pair, false);
    for (size_t i = 0; i < sizeof valid / sizeof *valid; i++) {
        char buffer[8] = "";
        size_t size = strlen(valid[i]);
        AWAIT(brio_send(pair[1], valid[i], size));
        AWAIT(brio_send(pair[0], valid[i], size));
        if (size == 0)
            continue;
        ck_assert_uint_eq(AWAIT(brio_receive(pair[1], buffer, 8)), size);
        ck_assert_str_eq(buffer, valid[i]);
        ck_assert_uint_eq(AWAIT(brio_receive(pair[0], buffer, 8)), size);
    }
    AWAIT(close_pair(pair));
}

ASYNC_TEST(end_within_a_character_raises_eincomplete)
{
    struct brio_stream *pair[2];
    open_text(pair, false);
    AWAIT(brio_send(pair[0], "a\xe2\x82", 3));
    AWAIT(brio_send_eof(pair[0]));
    for (int i = 0; i < 3; i++)
        AWAIT(note_received(pair[1], 8));
    ck_assert_notes("a. BRIO_EINCOMPLETE BRIO_EINCOMPLETE");
    AWAIT(close_pair(pair));
}

#define REPLACED "\xef\xbf\xbd"

ASYNC_TEST(invalid_bytes_can_be_replaced)
{
    struct brio_stream *pair[2];
    open_text(pair, true);
    AWAIT(brio_send(pair[0], "a\xff\xe2\x82" "b\xf0\x9f\x98", 8));
    AWAIT(brio_send_eof(pair[0]));
    AWAIT(note_received(pair[1], 32));
    AWAIT(note_received(pair[1], 2));
    AWAIT(note_received(pair[1], 32));
    AWAIT(note_received(pair[1], 32));
    ck_assert_notes("a" REPLACED REPLACED "b. EINVAL " REPLACED ". .");
    ck_assert_int_eq(AWAIT(code_of_send(pair[1], "x\xc3\xa5\xe2\x82y\xff")), 0);
    AWAIT(note_received(pair[0], 32));
    ck_assert_notes("x\xc3\xa5" REPLACED "y" REPLACED ".");
    AWAIT(close_pair(pair));
}

ASYNC_TEST(send_of_half_a_character_sends_nothing)
{
    struct brio_stream *pair[2];
    open_text(pair, false);
    ck_assert_int_eq(AWAIT(code_of_send(pair[1], "text\xe2\x82")), EILSEQ);
    ck_assert_int_eq(AWAIT(code_of_send(pair[1], "more")), 0);
    AWAIT(note_received(pair[0], 32));
    ck_assert_notes("more.");
    AWAIT(close_pair(pair));
}

/* ---- memory ---- */

PLAIN_TEST(memory_stream_needs_room)
{
    struct brio_stream *pair[2];
    ck_assert_int_eq(brio_memory_stream_pair(pair, 0), -EINVAL);
    ck_assert_int_eq(brio_memory_stream_pair(pair, SIZE_MAX - 10), -ENOMEM);
}

ASYNC_TEST(sender_waits_beyond_the_capacity)
{
    struct brio_stream *pair[2];
    ck_assert_int_eq(brio_memory_stream_pair(pair, 4), 0);
    ck_assert_int_eq(AWAIT(code_of_send(pair[0], "1234")), 0);
    MOVE_ON_AFTER(1, s) {
        AWAIT(brio_send(pair[0], "5", 1));
    }
    ck_assert(s->cancelled_caught);
    AWAIT(note_received(pair[1], 8));
    ck_assert_notes("1234.");
    AWAIT(close_pair(pair));
}

/* The name of the errno that is the cause. */
static ASYNC void note_failure_of_receive(struct brio_stream *stream)
{
    char byte;
    TRY {
        AWAIT(brio_receive(stream, &byte, 1));
    } CATCH (e, BRIO_EBROKEN) {
        note("%s", brio_error_name(e->cause->code));
    }
}

static ASYNC void note_failure_of_send(struct brio_stream *stream, const char *text)
{
    TRY {
        AWAIT(brio_send(stream, text, strlen(text)));
    } CATCH (e, BRIO_EBROKEN) {
        note("%s", brio_error_name(e->cause->code));
    }
}

ASYNC_TEST(memory_stream_can_be_made_to_give_little_at_a_time)
{
    struct brio_stream *pair[2];
    ck_assert_int_eq(brio_memory_stream_pair(pair, 20), 0);
    ck_assert_int_eq(brio_memory_stream_split(pair[1], 2), 0);
    AWAIT(brio_send(pair[0], "abcdefg", 7));
    AWAIT(note_received(pair[1], 8));
    AWAIT(note_received(pair[1], 1));
    ck_assert_int_eq(brio_memory_stream_split(pair[1], 0), 0);
    AWAIT(note_received(pair[1], 8));
    ck_assert_notes("ab. c. defg.");
    AWAIT(close_pair(pair));
}

ASYNC_TEST(memory_stream_can_be_made_to_break)
{
    struct brio_stream *pair[2];
    ck_assert_int_eq(brio_memory_stream_pair(pair, 20), 0);
    ck_assert_int_eq(brio_memory_stream_break_receive(pair[1], 3, ECONNRESET), 0);
    AWAIT(brio_send(pair[0], "abcdefg", 7));
    AWAIT(note_received(pair[1], 8));
    for (int i = 0; i < 2; i++)
        AWAIT(note_failure_of_receive(pair[1]));
    ck_assert_int_eq(brio_memory_stream_break_receive(pair[1], 0, 0), 0);
    AWAIT(note_received(pair[1], 8));
    ck_assert_notes("abc. ECONNRESET ECONNRESET defg.");
    ck_assert_int_eq(brio_memory_stream_break_send(pair[0], 2, ETIMEDOUT), 0);
    AWAIT(brio_send(pair[0], "1", 1));
    AWAIT(note_failure_of_send(pair[0], "23"));
    AWAIT(note_failure_of_send(pair[0], "4"));
    AWAIT(note_received(pair[1], 8));
    ck_assert_notes("ETIMEDOUT ETIMEDOUT 12.");
    AWAIT(close_pair(pair));
}

ASYNC_TEST(breaking_a_memory_stream_wakes_who_waits)
{
    struct brio_stream *pair[2];
    ck_assert_int_eq(brio_memory_stream_pair(pair, 2), 0);
    NURSERY(n) {
        SPAWN(n, note_failure_of_receive(pair[0]));
        SPAWN(n, note_failure_of_send(pair[0], "abc"));
        AWAIT(brio_wait_all_blocked());
        ck_assert_int_eq(brio_memory_stream_break_receive(pair[0], 0, ECONNRESET), 0);
        ck_assert_int_eq(brio_memory_stream_break_send(pair[0], 0, EPIPE), 0);
    }
    ck_assert_notes("ECONNRESET EPIPE");
    AWAIT(close_pair(pair));
}

ASYNC_TEST(only_memory_streams_can_be_made_to_break)
{
    struct brio_stream *pair[2];
    ck_assert_int_eq(brio_memory_stream_pair(pair, 2), 0);
    pair[0] = must(brio_text_new(pair[0], NULL));
    ck_assert_int_eq(brio_memory_stream_split(pair[0], 1), -EOPNOTSUPP);
    ck_assert_int_eq(brio_memory_stream_break_receive(pair[0], 1, EIO), -EOPNOTSUPP);
    ck_assert_int_eq(brio_memory_stream_break_send(pair[0], 1, EIO), -EOPNOTSUPP);
    AWAIT(close_pair(pair));
}

/* ---- files ---- */

static char path[] = "/tmp/brio-test-XXXXXX";

static void make_file(const char *text)
{
    memcpy(path + sizeof path - 7, "XXXXXX", 6);
    int fd = mkostemp(path, O_CLOEXEC);
    ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

static void check_and_remove_file(const char *text)
{
    char buffer[64] = "";
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ck_assert_int_eq(read(fd, buffer, sizeof buffer - 1), (ssize_t)strlen(text));
    ck_assert_str_eq(buffer, text);
    close(fd);
    unlink(path);
}

ASYNC_TEST(file_is_read_in_pieces_to_its_end)
{
    make_file("Hello");
    struct brio_stream *file = AWAIT(brio_file_stream_open(path, O_RDONLY, 0));
    for (int i = 0; i < 4; i++)
        AWAIT(note_received(file, 3));
    ck_assert_notes("Hel. lo. . .");
    AWAIT(brio_close(file));
    check_and_remove_file("Hello");
}

ASYNC_TEST(file_is_written_and_appended_to)
{
    make_file("old content");
    struct brio_stream *file = AWAIT(brio_file_stream_open(path, O_WRONLY | O_TRUNC, 0));
    AWAIT(brio_send(file, "Hel", 3));
    AWAIT(brio_send(file, "lo", 2));
    AWAIT(brio_close(file));
    file = AWAIT(brio_file_stream_open(path, O_WRONLY | O_APPEND, 0));
    AWAIT(brio_send_vectored(file, (struct iovec[]){{", ", 2}, {"world", 5}}, 2));
    AWAIT(brio_close(file));
    check_and_remove_file("Hello, world");
}

ASYNC_TEST(seek_moves_and_tells)
{
    make_file("abcdef");
    struct brio_stream *file = AWAIT(brio_file_stream_open(path, O_RDWR, 0));
    ck_assert_int_eq(AWAIT(brio_file_stream_seek(file, 2, SEEK_SET)), 2);
    AWAIT(note_received(file, 2));
    ck_assert_int_eq(AWAIT(brio_file_stream_seek(file, 0, SEEK_CUR)), 4);
    ck_assert_int_eq(AWAIT(brio_file_stream_seek(file, -1, SEEK_END)), 5);
    AWAIT(brio_send(file, "!", 1));
    ck_assert_notes("cd.");
    TRY {
        AWAIT(brio_file_stream_seek(file, -99, SEEK_SET));
        ck_abort();
    } CATCH (e, EINVAL) {
    }
    AWAIT(brio_close(file));
    check_and_remove_file("abcde!");
    struct brio_stream *pair[2];
    ck_assert_int_eq(brio_memory_stream_pair(pair, 4), 0);
    TRY {
        AWAIT(brio_file_stream_seek(pair[0], 0, SEEK_SET));
        ck_abort();
    } CATCH (e, EOPNOTSUPP) {
    }
    AWAIT(close_pair(pair));
}

ASYNC_TEST(file_tells_its_path_and_descriptor)
{
    const char *name = NULL;
    int fd = -1;
    make_file("");
    struct brio_stream *file = AWAIT(brio_file_stream_open(path, O_RDONLY, 0));
    ck_assert_int_eq(brio_stream_attribute(file, BRIO_ATTR_PATH, &name), 0);
    ck_assert_str_eq(name, path);
    ck_assert_int_eq(brio_stream_attribute(file, BRIO_ATTR_FD, &fd), 0);
    ck_assert(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    struct brio_stream *again = must(brio_file_stream_from_fd(dup(fd), NULL));
    ck_assert_int_eq(brio_stream_attribute(again, BRIO_ATTR_PATH, &name), -ENOENT);
    AWAIT(brio_close(again));
    AWAIT(brio_close(file));
    ck_assert_int_eq(fcntl(fd, F_GETFD), -1);
    check_and_remove_file("");
}

ASYNC_TEST(missing_file_raises_its_errno)
{
    TRY {
        AWAIT(brio_file_stream_open("/nowhere/at all", O_RDONLY, 0));
        ck_abort();
    } CATCH (e, ENOENT) {
        ck_assert_ptr_nonnull(strstr(e->message, "/nowhere/at all"));
    }
    int code = 0;
    ck_assert_ptr_null(brio_file_stream_from_fd(-1, &code));
    ck_assert_int_eq(code, -EBADF);
}

ASYNC_TEST(error_of_the_system_is_ebroken_with_its_cause)
{
    struct brio_stream *directory = AWAIT(brio_file_stream_open("/", O_RDONLY, 0));
    char byte;
    TRY {
        AWAIT(brio_receive(directory, &byte, 1));
        ck_abort();
    } CATCH (e, BRIO_EBROKEN) {
        ck_assert_int_eq(e->cause->code, EISDIR);
    }
    AWAIT(brio_close(directory));
}

/* A pipe, read as a file, holds the thread until something is written. */
ASYNC_TEST(file_closed_under_a_reader_stays_open_until_the_thread_is_back)
{
    int fds[2];
    ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
    struct brio_stream *file = must(brio_file_stream_from_fd(fds[0], NULL));
    NURSERY(n) {
        DEFER ck_assert_int_eq(write(fds[1], "x", 1), 1);
        SPAWN(n, note_received(file, 8));
        AWAIT(brio_wait_all_blocked());
        ck_assert_notes("");
        AWAIT(note_received(file, 8));
        ck_assert_notes("EBUSY");
        AWAIT(brio_close(file));
        ck_assert_int_ge(fcntl(fds[0], F_GETFD), 0);
    }
    ck_assert_notes("BRIO_ECLOSED");
    ck_assert_int_eq(fcntl(fds[0], F_GETFD), -1);
    close(fds[1]);
}

ASYNC_TEST(read_that_has_begun_is_completed_in_spite_of_cancellation)
{
    int fds[2];
    ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
    struct brio_stream *file = must(brio_file_stream_from_fd(fds[0], NULL));
    NURSERY(n) {
        SPAWN(n, note_received(file, 8));
        AWAIT(brio_wait_all_blocked());
        brio_nursery_cancel(n, NULL);
        ck_assert_int_eq(write(fds[1], "x", 1), 1);
    }
    ck_assert_notes("x.");
    AWAIT(brio_close(file));
    close(fds[1]);
}

/* ---- allocation failures ---- */

static ASYNC void use_wrappers(void)
{
    struct brio_stream *pair[2];
    char buffer[8];
    if (brio_memory_stream_pair(pair, 10) != 0)
        RAISE(ENOMEM, "pair");
    struct brio_stream *stapled = brio_stapled_new(pair[0], pair[1]);
    if (stapled == NULL) {
        AWAIT(brio_close_forcefully(pair[0]));
        AWAIT(brio_close_forcefully(pair[1]));
        RAISE(ENOMEM, "stapled");
    }
    struct brio_stream *text = brio_text_new(stapled, NULL);
    DEFER AWAIT(brio_close(text ? text : stapled));
    if (text == NULL)
        RAISE(ENOMEM, "text");
    AWAIT(brio_send(text, "abc", 3));
    AWAIT(brio_send_eof(text));
    ck_assert_uint_eq(AWAIT(brio_receive(text, buffer, 8)), 3);
}

static ASYNC void use_a_file(void)
{
    char buffer[8];
    struct brio_stream *file = AWAIT(brio_file_stream_open("/proc/self/comm", O_RDONLY, 0));
    DEFER AWAIT(brio_close_forcefully(file));
    ck_assert_uint_gt(AWAIT(brio_receive(file, buffer, sizeof buffer)), 0);
}

static void fail_each(bool with_file)
{
    int code = ENOMEM;
    for (long k = 0; k < 100 && code != 0; k++) {
        const struct brio_error *error = NULL;
        struct brio_options options = async_test_options;
        options.error = &error;
        fail_allocation(k);
        code = with_file ? RUN(&options, use_a_file()) : RUN(&options, use_wrappers());
        fail_allocation(-1);
        ck_assert(code == 0 || code == ENOMEM);
        brio_error_unref(error);
    }
    ck_assert_int_eq(code, 0);
}

PLAIN_TEST(each_allocation_of_the_wrappers_may_fail)
{
    fail_each(false);
}

PLAIN_TEST(each_allocation_of_a_file_may_fail)
{
    fail_each(true);
}
