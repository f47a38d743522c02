/* Byte streams: the interface, and what every stream over a socket keeps to. */
#define _GNU_SOURCE
#include "../support/async_test.h"

#include <brio/socket.h>
#include <brio/stream.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct pair {
    struct brio_stream *a, *b;
};

static struct pair open_pair(void)
{
    int fds[2];
    struct pair pair;
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    pair.a = must(brio_stream_from_fd(fds[0], NULL));
    pair.b = must(brio_stream_from_fd(fds[1], NULL));
    ck_assert(pair.a && pair.b);
    return pair;
}

static ASYNC void close_pair(struct pair pair)
{
    AWAIT(brio_close(pair.a));
    AWAIT(brio_close(pair.b));
}

static ASYNC int code_of_receive(struct brio_stream *stream, size_t size)
{
    char buffer[16];
    int code = 0;
    TRY {
        AWAIT(brio_receive(stream, buffer, size));
    } CATCH (e) {
        code = e->code;
    }
    return code;
}

static ASYNC int code_of_send(struct brio_stream *stream)
{
    int code = 0;
    TRY {
        AWAIT(brio_send(stream, "x", 1));
    } CATCH (e) {
        code = e->code;
    }
    return code;
}

static ASYNC void note_received(struct brio_stream *stream)
{
    char buffer[16];
    size_t size = AWAIT(brio_receive(stream, buffer, sizeof buffer));
    note("%.*s.", (int)size, buffer);
}

static ASYNC void note_code_of_receive(struct brio_stream *stream)
{
    note("%s", brio_error_name(AWAIT(code_of_receive(stream, 16))));
}

static ASYNC void send_much(struct brio_stream *stream, size_t size)
{
    static char block[1 << 16];
    for (size_t i = 0; i < sizeof block; i++)
        block[i] = (char)(i * 7);
    while (size > 0) {
        size_t part = size < sizeof block ? size : sizeof block;
        AWAIT(brio_send(stream, block, part));
        size -= part;
    }
}

static ASYNC void send_for_ever(struct brio_stream *stream)
{
    int code = 0;
    TRY {
        for (;;)
            AWAIT(send_much(stream, 1 << 16));
    } CATCH (e) {
        code = e->code;
    }
    note("%s", brio_error_name(code));
}

static ASYNC size_t receive_much(struct brio_stream *stream)
{
    char block[50000];
    size_t total = 0, size, wrong = 0;
    while ((size = AWAIT(brio_receive(stream, block, sizeof block))) > 0) {
        for (size_t i = 0; i < size; i++)
            wrong += block[i] != (char)((total + i) % (1 << 16) * 7);
        total += size;
    }
    ck_assert_uint_eq(wrong, 0);
    return total;
}

ASYNC_TEST(what_is_sent_is_received)
{
    struct pair pair = open_pair();
    char buffer[16];
    AWAIT(brio_send(pair.a, "hello", 5));
    ck_assert_uint_eq(AWAIT(brio_receive(pair.b, buffer, sizeof buffer)), 5);
    ck_assert_mem_eq(buffer, "hello", 5);
    AWAIT(close_pair(pair));
}

ASYNC_TEST(receive_waits_for_data)
{
    struct pair pair = open_pair();
    NURSERY(n) {
        SPAWN(n, note_received(pair.b));
        AWAIT(brio_wait_all_blocked());
        ck_assert_notes("");
        AWAIT(brio_send(pair.a, "late", 4));
    }
    ck_assert_notes("late.");
    AWAIT(close_pair(pair));
}

ASYNC_TEST(receive_takes_no_more_than_asked_and_leaves_the_rest)
{
    struct pair pair = open_pair();
    char buffer[8];
    AWAIT(brio_send(pair.a, "abcdef", 6));
    ck_assert_uint_eq(AWAIT(brio_receive(pair.b, buffer, 4)), 4);
    ck_assert_uint_eq(AWAIT(brio_receive(pair.b, buffer, 4)), 2);
    ck_assert_mem_eq(buffer, "ef", 2);
    AWAIT(close_pair(pair));
}

ASYNC_TEST(receive_of_nothing_raises_einval)
{
    struct pair pair = open_pair();
    ck_assert_int_eq(AWAIT(code_of_receive(pair.a, 0)), EINVAL);
    AWAIT(close_pair(pair));
}

ASYNC_TEST(end_of_stream_is_zero_each_time)
{
    struct pair pair = open_pair();
    char buffer[8];
    AWAIT(brio_send(pair.a, "x", 1));
    AWAIT(brio_close(pair.a));
    ck_assert_uint_eq(AWAIT(brio_receive(pair.b, buffer, 8)), 1);
    for (int i = 0; i < 3; i++)
        ck_assert_uint_eq(AWAIT(brio_receive(pair.b, buffer, 8)), 0);
    AWAIT(brio_close(pair.b));
}

ASYNC_TEST(much_data_goes_both_ways_at_once)
{
    enum { SIZE = 3000000 };
    struct pair pair = open_pair();
    size_t at_a = 0, at_b = 0;
    NURSERY(n) {
        SPAWN_INTO(n, &at_a, receive_much(pair.a));
        SPAWN_INTO(n, &at_b, receive_much(pair.b));
        NURSERY(senders) {
            SPAWN(senders, send_much(pair.a, SIZE));
            SPAWN(senders, send_much(pair.b, SIZE));
        }
        AWAIT(brio_send_eof(pair.a));
        AWAIT(brio_send_eof(pair.b));
    }
    ck_assert_uint_eq(at_a, SIZE);
    ck_assert_uint_eq(at_b, SIZE);
    AWAIT(close_pair(pair));
}

ASYNC_TEST(send_vectored_sends_every_part_in_order)
{
    struct pair pair = open_pair();
    struct iovec parts[40];
    char expected[128], buffer[128];
    size_t size = 0;
    for (size_t i = 0; i < 40; i++) {
        parts[i] = (struct iovec){"abc", i % 4};
        memcpy(expected + size, "abc", i % 4);
        size += i % 4;
    }
    AWAIT(brio_send_vectored(pair.a, parts, 40));
    ck_assert_uint_eq(AWAIT(brio_receive(pair.b, buffer, sizeof buffer)), size);
    ck_assert_mem_eq(buffer, expected, size);
    AWAIT(brio_send_vectored(pair.a, parts, 0));
    AWAIT(brio_send_vectored(pair.a, parts, 1));
    AWAIT(close_pair(pair));
}

static ASYNC void send_vectored_much(struct brio_stream *stream)
{
    static char block[1 << 16];
    struct iovec parts[20];
    for (size_t i = 0; i < sizeof block; i++)
        block[i] = (char)(i * 7);
    for (size_t i = 0; i < 20; i++)
        parts[i] = (struct iovec){block, sizeof block};
    AWAIT(brio_send_vectored(stream, parts, 20));
    AWAIT(brio_send_eof(stream));
}

ASYNC_TEST(send_vectored_waits_for_room)
{
    struct pair pair = open_pair();
    NURSERY(n) {
        SPAWN(n, send_vectored_much(pair.a));
        AWAIT(brio_wait_all_blocked());
        ck_assert_uint_eq(AWAIT(receive_much(pair.b)), 20 << 16);
    }
    AWAIT(close_pair(pair));
}

ASYNC_TEST(after_send_eof_receiving_goes_on)
{
    struct pair pair = open_pair();
    char buffer[8];
    AWAIT(brio_send_eof(pair.a));
    AWAIT(brio_send_eof(pair.a));
    ck_assert_int_eq(AWAIT(code_of_send(pair.a)), BRIO_ECLOSED);
    ck_assert_uint_eq(AWAIT(brio_receive(pair.b, buffer, 8)), 0);
    AWAIT(brio_send(pair.b, "answer", 6));
    ck_assert_uint_eq(AWAIT(brio_receive(pair.a, buffer, 8)), 6);
    AWAIT(close_pair(pair));
}

ASYNC_TEST(second_reader_raises_ebusy)
{
    struct pair pair = open_pair();
    NURSERY(n) {
        SPAWN(n, note_received(pair.a));
        AWAIT(brio_wait_all_blocked());
        ck_assert_int_eq(AWAIT(code_of_receive(pair.a, 1)), EBUSY);
        ck_assert_int_eq(AWAIT(code_of_send(pair.b)), 0);
    }
    ck_assert_notes("x.");
    AWAIT(close_pair(pair));
}

ASYNC_TEST(second_writer_raises_ebusy)
{
    struct pair pair = open_pair();
    NURSERY(n) {
        SPAWN(n, send_for_ever(pair.a));
        AWAIT(brio_wait_all_blocked());
        ck_assert_int_eq(AWAIT(code_of_send(pair.a)), EBUSY);
        TRY {
            AWAIT(brio_send_eof(pair.a));
            ck_abort();
        } CATCH (e, EBUSY) {
            note("busy");
        }
        brio_nursery_cancel(n, NULL);
    }
    ck_assert_notes("busy");
    AWAIT(close_pair(pair));
}

ASYNC_TEST(close_wakes_a_reader_with_eclosed)
{
    struct pair pair = open_pair();
    NURSERY(n) {
        SPAWN(n, note_code_of_receive(pair.a));
        AWAIT(brio_wait_all_blocked());
        AWAIT(brio_close(pair.a));
    }
    ck_assert_notes("BRIO_ECLOSED");
    AWAIT(brio_close(pair.b));
}

ASYNC_TEST(close_wakes_a_writer_with_eclosed)
{
    struct pair pair = open_pair();
    NURSERY(n) {
        SPAWN(n, send_for_ever(pair.a));
        AWAIT(brio_wait_all_blocked());
        AWAIT(brio_close_forcefully(pair.a));
    }
    ck_assert_notes("BRIO_ECLOSED");
    AWAIT(brio_close(pair.b));
}

ASYNC_TEST(sending_to_a_closed_peer_raises_ebroken_with_the_cause)
{
    struct pair pair = open_pair();
    AWAIT(brio_close(pair.b));
    TRY {
        AWAIT(brio_send(pair.a, "x", 1));
        ck_abort();
    } CATCH (e, BRIO_EBROKEN) {
        ck_assert_ptr_nonnull(e->cause);
        ck_assert_int_eq(e->cause->code, EPIPE);
    }
    AWAIT(brio_close(pair.a));
}

ASYNC_TEST(peer_that_closes_while_we_send_raises_ebroken)
{
    struct pair pair = open_pair();
    NURSERY(n) {
        SPAWN(n, send_for_ever(pair.a));
        AWAIT(brio_wait_all_blocked());
        AWAIT(brio_close(pair.b));
    }
    ck_assert_notes("BRIO_EBROKEN");
    AWAIT(brio_close(pair.a));
}

ASYNC_TEST(cancelled_close_closes)
{
    struct pair pair = open_pair();
    int fd;
    ck_assert_int_eq(brio_stream_attribute(pair.a, BRIO_ATTR_FD, &fd), 0);
    CANCEL_SCOPE(s) {
        brio_scope_cancel(s, NULL);
        AWAIT(brio_close(pair.a));
        ck_abort();
    }
    ck_assert(s->cancelled_caught);
    ck_assert_int_eq(fcntl(fd, F_GETFD), -1);
    CANCEL_SCOPE(t) {
        brio_scope_cancel(t, NULL);
        AWAIT(brio_close_forcefully(pair.b));
    }
    ck_assert(!t->cancelled_caught);
}

ASYNC_TEST(closing_null_does_nothing)
{
    AWAIT(brio_close(NULL));
    AWAIT(brio_close_forcefully(NULL));
    AWAIT(brio_listener_close(NULL));
}

ASYNC_TEST(cancelled_receive_has_received_nothing)
{
    struct pair pair = open_pair();
    char buffer[8];
    AWAIT(brio_send(pair.a, "kept", 4));
    CANCEL_SCOPE(s) {
        brio_scope_cancel(s, NULL);
        AWAIT(brio_receive(pair.b, buffer, sizeof buffer));
        ck_abort();
    }
    NURSERY(n) {
        AWAIT(brio_receive(pair.b, buffer, sizeof buffer));
        SPAWN(n, note_received(pair.b));
        AWAIT(brio_wait_all_blocked());
        brio_nursery_cancel(n, NULL);
    }
    AWAIT(brio_send(pair.a, "also", 4));
    AWAIT(note_received(pair.b));
    ck_assert_notes("also.");
    AWAIT(close_pair(pair));
}

ASYNC_TEST(every_call_is_a_checkpoint)
{
    struct pair pair = open_pair();
    int calls = 0;
    for (int which = 0; which < 4; which++) {
        char byte;
        AWAIT(brio_send(pair.a, "x", 1));
        CANCEL_SCOPE(s) {
            brio_scope_cancel(s, NULL);
            switch (which) {
            case 0:
                AWAIT(brio_receive(pair.b, &byte, 1));
                break;
            case 1:
                AWAIT(brio_send(pair.a, "x", 0));
                break;
            case 2:
                AWAIT(brio_send_vectored(pair.a, NULL, 0));
                break;
            default:
                AWAIT(brio_send_eof(pair.a));
            }
            calls++;
        }
    }
    ck_assert_int_eq(calls, 0);
    AWAIT(close_pair(pair));
}

ASYNC_TEST(stream_that_is_always_ready_does_not_starve_others)
{
    struct pair pair = open_pair();
    bool ran = false;
    NURSERY(n) {
        SPAWN(n, nap(0, "other"));
        for (int i = 0; i < 1000 && !ran; i++) {
            char byte;
            AWAIT(brio_send(pair.a, "x", 1));
            AWAIT(brio_receive(pair.b, &byte, 1));
            ran = strlen(take_notes()) > 0;
        }
    }
    ck_assert(ran);
    AWAIT(close_pair(pair));
}

ASYNC_TEST(unknown_attribute_is_enoent)
{
    struct pair pair = open_pair();
    int value = 7;
    ck_assert_int_eq(brio_stream_attribute(pair.a, BRIO_ATTR_USER, &value), -ENOENT);
    ck_assert_int_eq(value, 7);
    AWAIT(close_pair(pair));
}

/* ---- an implementation of a user's ---- */

struct upper {
    struct brio_stream base;
    struct brio_stream *inner;
};

static struct brio_stream *inner_of(struct brio_stream *stream)
{
    return ((struct upper *)(void *)stream)->inner;
}

static ASYNC size_t upper_receive(struct brio_stream *stream, void *buffer, size_t size)
{
    size_t got = AWAIT(brio_receive(inner_of(stream), buffer, size));
    char *text = buffer;
    for (size_t i = 0; i < got; i++)
        text[i] = text[i] >= 'a' && text[i] <= 'z' ? (char)(text[i] - 32) : text[i];
    return got;
}

static ASYNC void upper_send(struct brio_stream *stream, const void *data, size_t size)
{
    AWAIT(brio_send(inner_of(stream), data, size));
}

static ASYNC void upper_close(struct brio_stream *stream)
{
    AWAIT(brio_close(inner_of(stream)));
    note("closed");
}

static int upper_attribute(struct brio_stream *stream, int attribute, void *value)
{
    if (attribute != BRIO_ATTR_USER)
        return brio_stream_attribute(inner_of(stream), attribute, value);
    *(int *)value = 42;
    return 0;
}

static const struct brio_stream_operations upper_operations = {
    .receive = upper_receive,
    .send = upper_send,
    .close = upper_close,
    .close_forcefully = upper_close,
    .attribute = upper_attribute,
};

/* ---- a listener of a user's ---- */

struct script {
    struct brio_listener base;
    const int *codes; /* what each accept raises; 0: a stream; ends with EIO */
    struct brio_stream *peers[4];
    int accepted;
};

static ASYNC struct brio_stream *scripted_accept(struct brio_listener *listener)
{
    struct script *script = (struct script *)(void *)listener;
    AWAIT(brio_checkpoint());
    int code = *script->codes++;
    if (code != 0)
        RAISE(code, "accept: %s", brio_error_text(code));
    struct pair pair = open_pair();
    script->peers[script->accepted++] = pair.b;
    return pair.a;
}

static ASYNC void note_time(struct brio_stream *stream, void *arg)
{
    (void)stream;
    note("%.1f", brio_now() - *(const double *)arg);
    AWAIT(brio_checkpoint());
}

ASYNC_TEST(serve_pauses_without_room_and_ends_with_other_errors)
{
    static const int codes[] = {0, EMFILE, ENFILE, ENOBUFS, 0, ENOMEM, 0, EIO, EIO};
    static const struct brio_listener_operations script_operations = {.accept = scripted_accept};
    struct script script = {.base = {&script_operations, NULL}, .codes = codes};
    double before = brio_now();
    TRY {
        AWAIT(brio_serve(&script.base, note_time, &before));
        ck_abort();
    } CATCH (e, EIO) {
        ck_assert_int_eq(e->code, BRIO_EGROUP);
    }
    ck_assert_notes("0.0 0.3 0.4");
    for (int i = 0; i < script.accepted; i++)
        AWAIT(brio_close(script.peers[i]));
}

static ASYNC void close_script(struct brio_listener *listener)
{
    ((struct script *)(void *)listener)->codes = NULL;
    AWAIT(brio_checkpoint());
}

static ASYNC void close_later(struct brio_listener *listener, double seconds)
{
    AWAIT(brio_sleep(seconds));
    AWAIT(brio_listener_close(listener));
}

/* It is gone then: nobody may ask it for another connection. */
ASYNC_TEST(listener_closed_while_the_server_pauses_ends_it_with_eclosed)
{
    static const int codes[] = {EMFILE, EMFILE, EIO};
    static const struct brio_listener_operations script_operations = {.accept = scripted_accept, .close = close_script};
    struct script script = {.base = {&script_operations, NULL}, .codes = codes};
    NURSERY(n) {
        SPAWN(n, close_later(&script.base, 0.15));
        TRY {
            AWAIT(brio_serve(&script.base, note_time, NULL));
            ck_abort();
        } CATCH (e, BRIO_ECLOSED) {
            note("%.1f", brio_now());
        }
    }
    ck_assert_notes("0.2");
}

ASYNC_TEST(users_implement_the_interface)
{
    struct pair pair = open_pair();
    struct upper upper = {.inner = pair.a};
    struct brio_stream *stream = &upper.base;
    int value;
    brio_stream_init(stream, &upper_operations);
    AWAIT(brio_send(pair.b, "shout", 5));
    AWAIT(note_received(stream));
    ck_assert_notes("SHOUT.");
    AWAIT(brio_send_vectored(stream, (struct iovec[]){{"two ", 4}, {"", 0}, {"parts", 5}}, 3));
    AWAIT(brio_checkpoint());
    AWAIT(note_received(pair.b));
    ck_assert_notes("two parts.");
    ck_assert_int_eq(brio_stream_attribute(stream, BRIO_ATTR_USER, &value), 0);
    ck_assert_int_eq(value, 42);
    ck_assert_int_eq(brio_stream_attribute(stream, BRIO_ATTR_FD, &value), 0);
    TRY {
        AWAIT(brio_send_eof(stream));
        ck_abort();
    } CATCH (e, EOPNOTSUPP) {
        note("no eof");
    }
    AWAIT(brio_close(stream));
    ck_assert_notes("no eof closed");
    AWAIT(brio_close(pair.b));
}
