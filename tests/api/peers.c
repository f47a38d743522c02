/* Peers that do not do as they should: plain sockets of this process that reset, stall, trickle, do not read, connect and vanish. */
#define _GNU_SOURCE
#include "../support/async_test.h"

#include <arpa/inet.h>
#include <brio/buffered.h>
#include <brio/socket.h>
#include <brio/time.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- peers ---- */

static struct brio_listener *listener;

static ASYNC void listen_anywhere(void)
{
    listener = AWAIT(brio_listen_tcp("127.0.0.1", "0", NULL));
}

static int connect_peer(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    address.sin_port = htons((in_port_t)brio_listener_port(listener));
    ck_assert_int_eq(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int)), 0);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static void say(int fd, const char *text)
{
    ck_assert_int_eq(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

static void reset(int fd)
{
    struct linger at_once = {.l_onoff = 1};
    ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), 0);
    close(fd);
}

/* Until what was sent has arrived, and what it sets off is done: the system may take its time. */
static ASYNC void settle(void)
{
    AWAIT(brio_wait_all_blocked(0.005));
}

/* ---- a server of lines ---- */

/* False at the end. */
static ASYNC bool answer_line(struct brio_stream *lines)
{
    size_t size;
    char *line;
    FAIL_AFTER(30) {
        line = AWAIT(brio_receive_until(lines, "\n", 100, &size));
    }
    if (line) {
        note("%s", line);
        AWAIT(brio_send(lines, line, size));
    }
    return line;
}

static ASYNC void answer_lines(struct brio_stream *stream, void *arg)
{
    struct brio_stream *lines = brio_buffered_new(stream);
    (void)arg;
    DEFER AWAIT(brio_close(lines));
    while (AWAIT(answer_line(lines)))
        ;
}

static bool note_failure(const struct brio_error *error, void *arg)
{
    (void)arg;
    note("%s%s", brio_error_name(error->code), error->cause ? brio_error_name(error->cause->code) : "");
    return true;
}

static ASYNC void serve_lines(void)
{
    static const struct brio_serve_options options = {.on_error = note_failure};
    AWAIT(brio_serve_with(listener, answer_lines, NULL, &options));
}

/* Another client is served all the while. */
static ASYNC void expect_service(void)
{
    char buffer[8];
    int fd = connect_peer();
    say(fd, "well\n");
    AWAIT(brio_wait_readable(fd));
    ck_assert_int_eq(recv(fd, buffer, sizeof buffer, 0), 4);
    reset(fd);
    AWAIT(settle());
    ck_assert_notes("well BRIO_EBROKENECONNRESET");
}

ASYNC_TEST(peer_that_resets_ends_its_connection_alone)
{
    AWAIT(listen_anywhere());
    NURSERY(n) {
        SPAWN(n, serve_lines(), .daemon = true);
        int fd = connect_peer();
        say(fd, "half a li");
        AWAIT(settle());
        reset(fd);
        AWAIT(settle());
        ck_assert_notes("BRIO_EBROKENECONNRESET");
        AWAIT(expect_service());
    }
    AWAIT(brio_listener_close(listener));
}

ASYNC_TEST(peer_that_stalls_is_given_up_in_time)
{
    AWAIT(listen_anywhere());
    NURSERY(n) {
        SPAWN(n, serve_lines(), .daemon = true);
        double before = brio_now();
        int fd = connect_peer();
        char byte;
        say(fd, "half a li");
        AWAIT(settle());
        AWAIT(expect_service());
        ck_assert_int_eq(brio_clock_set_autojump(0.02), 0);
        AWAIT(brio_wait_readable(fd));
        ck_assert_time(brio_now() - before, 30);
        ck_assert_int_eq(recv(fd, &byte, 1, MSG_DONTWAIT), 0); /* it was closed */
        ck_assert_notes("ETIMEDOUT");
        close(fd);
    }
    AWAIT(brio_listener_close(listener));
}

ASYNC_TEST(peer_that_trickles_is_understood)
{
    static const char text[] = "two\nlines\n";
    AWAIT(listen_anywhere());
    NURSERY(n) {
        SPAWN(n, serve_lines(), .daemon = true);
        int fd = connect_peer();
        for (size_t i = 0; i < sizeof text - 1; i++) {
            say(fd, (char[]){text[i], 0});
            AWAIT(settle());
        }
        ck_assert_notes("two lines");
        reset(fd);
        AWAIT(settle());
        (void)take_notes();
    }
    AWAIT(brio_listener_close(listener));
}

ASYNC_TEST(peers_that_vanish_before_they_are_accepted_harm_nobody)
{
    AWAIT(listen_anywhere());
    for (int i = 0; i < 10; i++) {
        reset(connect_peer());
        close(connect_peer());
    }
    NURSERY(n) {
        SPAWN(n, serve_lines(), .daemon = true);
        AWAIT(settle());
        (void)take_notes();
        AWAIT(expect_service());
    }
    AWAIT(brio_listener_close(listener));
}

static ASYNC void send_for_ever(struct brio_stream *stream)
{
    static char block[1 << 16];
    for (;;)
        AWAIT(brio_send(stream, block, sizeof block));
}

/* Neither the sender nor its close waits for the peer. */
ASYNC_TEST(peer_that_does_not_read_can_be_left)
{
    AWAIT(listen_anywhere());
    int fd = connect_peer();
    struct brio_stream *stream = AWAIT(brio_accept(listener));
    NURSERY(n) {
        SPAWN(n, send_for_ever(stream));
        AWAIT(settle());
        brio_nursery_cancel(n, "enough");
    }
    AWAIT(brio_close(stream));
    close(fd);
    AWAIT(brio_listener_close(listener));
}

ASYNC_TEST(peer_that_resets_wakes_a_sender)
{
    AWAIT(listen_anywhere());
    int fd = connect_peer();
    struct brio_stream *stream = AWAIT(brio_accept(listener));
    TRY {
        NURSERY(n) {
            SPAWN(n, send_for_ever(stream));
            AWAIT(settle());
            reset(fd);
        }
    } CATCH (e, BRIO_EBROKEN) {
        const struct brio_error *only = brio_error_only(e);
        note("%s", brio_error_name(only->cause->code));
    }
    ck_assert_notes("ECONNRESET");
    AWAIT(brio_close(stream));
    AWAIT(brio_listener_close(listener));
}

/* Half-closed: the peer hears the answer after its end. */
ASYNC_TEST(peer_that_has_ended_still_hears_the_answer)
{
    char buffer[8] = "";
    AWAIT(listen_anywhere());
    int fd = connect_peer();
    struct brio_stream *stream = AWAIT(brio_accept(listener));
    say(fd, "question");
    ck_assert_int_eq(shutdown(fd, SHUT_WR), 0);
    ck_assert_uint_eq(AWAIT(brio_receive(stream, buffer, sizeof buffer)), 8);
    ck_assert_uint_eq(AWAIT(brio_receive(stream, buffer, sizeof buffer)), 0);
    AWAIT(brio_send(stream, "answer", 6));
    AWAIT(brio_close(stream));
    AWAIT(brio_wait_readable(fd));
    ck_assert_int_eq(recv(fd, buffer, sizeof buffer, 0), 6);
    ck_assert_int_eq(recv(fd, buffer, sizeof buffer, 0), 0);
    close(fd);
    AWAIT(brio_listener_close(listener));
}
