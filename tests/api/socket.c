/* TCP: listening, accepting, connecting, serving. */
#define _GNU_SOURCE
#include "../support/async_test.h"

#include <arpa/inet.h>
#include <brio/socket.h>
#include <brio/time.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static const char *service_of(struct brio_listener *listener)
{
    static char service[8];
    snprintf(service, sizeof service, "%d", brio_listener_port(listener));
    return service;
}

static int fd_of(struct brio_stream *stream)
{
    int fd = -1;
    ck_assert_int_eq(brio_stream_attribute(stream, BRIO_ATTR_FD, &fd), 0);
    return fd;
}

/* On 127.0.0.1, connected to each other. */
static ASYNC void open_pair(struct brio_stream *pair[2])
{
    struct brio_listener *listener = AWAIT(brio_listen_tcp("127.0.0.1", "0", NULL));
    pair[0] = AWAIT(brio_connect_tcp("127.0.0.1", service_of(listener), NULL));
    pair[1] = AWAIT(brio_accept(listener));
    AWAIT(brio_listener_close(listener));
}

static ASYNC void echo(struct brio_stream *stream, void *arg)
{
    char buffer[256];
    size_t size;
    (void)arg;
    while ((size = AWAIT(brio_receive(stream, buffer, sizeof buffer))) > 0)
        AWAIT(brio_send(stream, buffer, size));
}

static ASYNC void ask(struct brio_stream *stream, const char *question)
{
    char buffer[256];
    size_t size = 0;
    AWAIT(brio_send(stream, question, strlen(question)));
    while (size < strlen(question)) {
        size_t received = AWAIT(brio_receive(stream, buffer + size, sizeof buffer - size));
        ck_assert_uint_gt(received, 0);
        size += received;
    }
    ck_assert_mem_eq(buffer, question, size);
}

static ASYNC void connect_and_ask(const char *host, const char *service, const char *question)
{
    struct brio_stream *stream = AWAIT(brio_connect_tcp(host, service, NULL));
    DEFER AWAIT(brio_close(stream));
    AWAIT(ask(stream, question));
}

static bool has_ipv6(void)
{
    struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool has = fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0;
    if (fd >= 0)
        close(fd);
    return has;
}

ASYNC_TEST(connected_streams_reach_each_other)
{
    struct brio_stream *pair[2];
    char buffer[8];
    AWAIT(open_pair(pair));
    AWAIT(brio_send(pair[0], "to", 2));
    AWAIT(brio_send(pair[1], "fro", 3));
    ck_assert_uint_eq(AWAIT(brio_receive(pair[1], buffer, 8)), 2);
    ck_assert_uint_eq(AWAIT(brio_receive(pair[0], buffer, 8)), 3);
    AWAIT(brio_close(pair[0]));
    AWAIT(brio_close(pair[1]));
}

ASYNC_TEST(attributes_tell_the_addresses)
{
    struct brio_stream *pair[2];
    struct brio_address local, remote;
    char text[BRIO_ADDRESS_TEXT], other[BRIO_ADDRESS_TEXT];
    AWAIT(open_pair(pair));
    ck_assert_int_eq(brio_stream_attribute(pair[0], BRIO_ATTR_LOCAL_ADDRESS, &local), 0);
    ck_assert_int_eq(brio_stream_attribute(pair[1], BRIO_ATTR_REMOTE_ADDRESS, &remote), 0);
    ck_assert_str_eq(brio_address_text(&local, text, sizeof text), brio_address_text(&remote, other, sizeof other));
    ck_assert_int_eq(strncmp(text, "127.0.0.1:", 10), 0);
    ck_assert_int_eq(brio_address_port(&local), atoi(text + 10));
    struct brio_listener *listener = AWAIT(brio_listen_tcp("127.0.0.1", "0", NULL));
    ck_assert_int_eq(brio_listener_attribute(listener, BRIO_ATTR_REMOTE_ADDRESS, &remote), -ENOTCONN);
    ck_assert_int_eq(brio_listener_attribute(listener, BRIO_ATTR_USER, &remote), -ENOENT);
    AWAIT(brio_listener_close(listener));
    AWAIT(brio_close(pair[0]));
    AWAIT(brio_close(pair[1]));
}

ASYNC_TEST(sockets_are_close_on_exec_and_nodelay)
{
    struct brio_stream *pair[2];
    AWAIT(open_pair(pair));
    for (int i = 0; i < 2; i++) {
        int on = 0, fd = fd_of(pair[i]);
        socklen_t size = sizeof on;
        ck_assert_int_eq(getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, &size), 0);
        ck_assert_int_ne(on, 0);
        ck_assert(fcntl(fd, F_GETFD) & FD_CLOEXEC);
        ck_assert(fcntl(fd, F_GETFL) & O_NONBLOCK);
        AWAIT(brio_close(pair[i]));
    }
}

PLAIN_TEST(address_text_and_port)
{
    char text[BRIO_ADDRESS_TEXT];
    struct brio_address address = {.size = sizeof(struct sockaddr_in6)};
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)&address.storage;
    *six = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons(8080)};
    ck_assert_int_eq(inet_pton(AF_INET6, "2001:db8::1", &six->sin6_addr), 1);
    ck_assert_str_eq(brio_address_text(&address, text, sizeof text), "[2001:db8::1]:8080");
    ck_assert_int_eq(brio_address_port(&address), 8080);
    address.storage.ss_family = AF_UNIX;
    ck_assert_int_eq(brio_address_port(&address), -EAFNOSUPPORT);
}

ASYNC_TEST(reset_by_the_peer_raises_ebroken)
{
    struct brio_stream *pair[2];
    char byte;
    AWAIT(open_pair(pair));
    struct linger linger = {1, 0};
    ck_assert_int_eq(setsockopt(fd_of(pair[1]), SOL_SOCKET, SO_LINGER, &linger, sizeof linger), 0);
    AWAIT(brio_close(pair[1]));
    TRY {
        AWAIT(brio_receive(pair[0], &byte, 1));
        ck_abort();
    } CATCH (e, BRIO_EBROKEN) {
        ck_assert_ptr_nonnull(e->cause);
        ck_assert_int_eq(e->cause->code, ECONNRESET);
    }
    AWAIT(brio_close(pair[0]));
}

/* ---- listeners ---- */

static ASYNC void accept_and_note(struct brio_listener *listener)
{
    TRY {
        struct brio_stream *stream = AWAIT(brio_accept(listener));
        note("accepted");
        AWAIT(brio_close(stream));
    } CATCH (e) {
        note("%s", brio_error_name(e->code));
    }
}

ASYNC_TEST(accept_waits_for_a_connection)
{
    struct brio_listener *listener = AWAIT(brio_listen_tcp("127.0.0.1", "0", NULL));
    NURSERY(n) {
        SPAWN(n, accept_and_note(listener));
        AWAIT(brio_wait_all_blocked());
        ck_assert_notes("");
        AWAIT(brio_close(AWAIT(brio_connect_tcp("127.0.0.1", service_of(listener), NULL))));
    }
    ck_assert_notes("accepted");
    AWAIT(brio_listener_close(listener));
}

ASYNC_TEST(closing_a_listener_wakes_accept_with_eclosed)
{
    struct brio_listener *listener = AWAIT(brio_listen_tcp(NULL, "0", NULL));
    NURSERY(n) {
        SPAWN(n, accept_and_note(listener));
        AWAIT(brio_wait_all_blocked());
        AWAIT(brio_listener_close(listener));
    }
    ck_assert_notes("BRIO_ECLOSED");
}

ASYNC_TEST(second_accept_raises_ebusy)
{
    struct brio_listener *listener = AWAIT(brio_listen_tcp("localhost", "0", NULL));
    NURSERY(n) {
        SPAWN(n, accept_and_note(listener));
        AWAIT(brio_wait_all_blocked());
        AWAIT(accept_and_note(listener));
        brio_nursery_cancel(n, NULL);
    }
    ck_assert_notes("EBUSY");
    NURSERY(again) {
        SPAWN(again, accept_and_note(listener));
        AWAIT(brio_close(AWAIT(brio_connect_tcp("localhost", service_of(listener), NULL))));
    }
    ck_assert_notes("accepted");
    AWAIT(brio_listener_close(listener));
}

/* A server without memory drops a connection and pauses; the clock is to run on then. */
static void expect_dropped_connections(void)
{
    brio_test_also_fine = BRIO_EBROKEN;
    if (brio_test_sweeping())
        brio_clock_set_autojump(0.02);
}

ASYNC_TEST(one_listener_takes_both_families_on_one_port)
{
    expect_dropped_connections();
    struct brio_listener *everywhere = AWAIT(brio_listen_tcp(NULL, "0", NULL));
    struct brio_listener *local = AWAIT(brio_listen_tcp("localhost", "0", NULL));
    NURSERY(n) {
        SPAWN(n, brio_serve(everywhere, echo, NULL), .daemon = true);
        SPAWN(n, brio_serve(local, echo, NULL), .daemon = true);
        AWAIT(connect_and_ask("127.0.0.1", service_of(everywhere), "four"));
        AWAIT(connect_and_ask("127.0.0.1", service_of(local), "local"));
        if (has_ipv6())
            AWAIT(connect_and_ask("::1", service_of(everywhere), "six"));
    }
    AWAIT(brio_listener_close(everywhere));
    AWAIT(brio_listener_close(local));
}

ASYNC_TEST(port_in_use_raises_eaddrinuse)
{
    struct brio_listener *listener = AWAIT(brio_listen_tcp("127.0.0.1", "0", NULL));
    TRY {
        AWAIT(brio_listen_tcp("127.0.0.1", service_of(listener), NULL));
        ck_abort();
    } CATCH (e, EADDRINUSE) {
        note("in use");
    }
    ck_assert_notes("in use");
    AWAIT(brio_listener_close(listener));
}

ASYNC_TEST(reuse_port_lets_two_listen)
{
    struct brio_tcp_options options = {.reuse_port = true};
    struct brio_listener *first = AWAIT(brio_listen_tcp("127.0.0.1", "0", &options));
    struct brio_listener *second = AWAIT(brio_listen_tcp("127.0.0.1", service_of(first), &options));
    AWAIT(brio_listener_close(first));
    AWAIT(brio_listener_close(second));
}

ASYNC_TEST(port_can_be_bound_again_after_close)
{
    struct brio_listener *listener = AWAIT(brio_listen_tcp("127.0.0.1", "0", NULL));
    char service[8];
    snprintf(service, sizeof service, "%s", service_of(listener));
    struct brio_stream *client = AWAIT(brio_connect_tcp("127.0.0.1", service, NULL));
    AWAIT(brio_close(AWAIT(brio_accept(listener))));
    AWAIT(brio_listener_close(listener));
    AWAIT(brio_close(client));
    listener = AWAIT(brio_listen_tcp("127.0.0.1", service, NULL));
    AWAIT(brio_listener_close(listener));
}

/* A listener of one family leaves the port of the other free. */
ASYNC_TEST(families_are_kept_apart_when_one_is_asked_for)
{
    if (!has_ipv6())
        return;
    struct brio_tcp_options six = {.family = AF_INET6}, four = {.family = AF_INET};
    bool apart = false;
    for (int tries = 0; tries < 10 && !apart; tries++) {
        struct brio_listener *over_six = AWAIT(brio_listen_tcp(NULL, "0", &six));
        DEFER AWAIT(brio_listener_close(over_six));
        TRY {
            AWAIT(brio_listener_close(AWAIT(brio_listen_tcp(NULL, service_of(over_six), &four))));
            apart = true;
        } CATCH (e, EADDRINUSE) {
            note("taken"); /* another program may have it */
        }
    }
    ck_assert(apart);
    (void)take_notes();
}

/* ---- serve ---- */

ASYNC_TEST(serve_runs_a_handler_for_each_connection)
{
    expect_dropped_connections();
    struct brio_listener *listener = AWAIT(brio_listen_tcp("127.0.0.1", "0", NULL));
    NURSERY(n) {
        SPAWN(n, brio_serve(listener, echo, NULL), .daemon = true);
        for (int i = 0; i < 20; i++)
            SPAWN(n, connect_and_ask("127.0.0.1", service_of(listener), "the same to all"));
    }
    AWAIT(brio_listener_close(listener));
}

static ASYNC void close_and_end(struct brio_stream *stream, void *arg)
{
    (void)arg;
    AWAIT(brio_close(stream));
}

static ASYNC void end_at_once(struct brio_stream *stream, void *arg)
{
    (void)stream;
    (void)arg;
}

static ASYNC void expect_end(const char *service)
{
    char byte;
    struct brio_stream *stream = AWAIT(brio_connect_tcp("127.0.0.1", service, NULL));
    ck_assert_uint_eq(AWAIT(brio_receive(stream, &byte, 1)), 0);
    AWAIT(brio_close(stream));
}

ASYNC_TEST(serve_closes_the_stream_unless_the_handler_has)
{
    struct brio_listener *listener = AWAIT(brio_listen_tcp("127.0.0.1", "0", NULL));
    NURSERY(n) {
        SPAWN(n, brio_serve(listener, close_and_end, NULL));
        AWAIT(expect_end(service_of(listener)));
        brio_nursery_cancel(n, NULL);
    }
    NURSERY(m) {
        SPAWN(m, brio_serve(listener, end_at_once, NULL));
        AWAIT(expect_end(service_of(listener)));
        brio_nursery_cancel(m, NULL);
    }
    AWAIT(brio_listener_close(listener));
}

static ASYNC void fail_at_once(struct brio_stream *stream, void *arg)
{
    (void)stream;
    (void)arg;
    RAISE(EDOM, "handler");
}

ASYNC_TEST(error_of_a_handler_ends_the_server)
{
    expect_dropped_connections();
    struct brio_listener *listener = AWAIT(brio_listen_tcp("127.0.0.1", "0", NULL));
    struct brio_stream *client = AWAIT(brio_connect_tcp("127.0.0.1", service_of(listener), NULL));
    MOVE_ON_AFTER(60, unserved) {
        TRY {
            AWAIT(brio_serve(listener, fail_at_once, NULL));
            ck_abort();
        } CATCH (e, EDOM) {
            ck_assert_int_eq(e->code, BRIO_EGROUP);
        }
    }
    ck_assert(!unserved->cancelled_caught);
    AWAIT(brio_close(client));
    AWAIT(brio_listener_close(listener));
}

ASYNC_TEST(cancelled_server_cancels_its_handlers)
{
    expect_dropped_connections();
    struct brio_listener *listener = AWAIT(brio_listen_tcp("127.0.0.1", "0", NULL));
    NURSERY(n) {
        SPAWN(n, brio_serve(listener, echo, NULL));
        struct brio_stream *client = AWAIT(brio_connect_tcp("127.0.0.1", service_of(listener), NULL));
        AWAIT(ask(client, "alive?"));
        brio_nursery_cancel(n, NULL);
        SHIELD { AWAIT(brio_close(client)); }
    }
    AWAIT(brio_listener_close(listener));
}

static ASYNC void serve_and_note(struct brio_listener *listener)
{
    TRY {
        AWAIT(brio_serve(listener, echo, NULL));
    } CATCH (e, BRIO_ECLOSED) {
        note("closed");
    }
}

ASYNC_TEST(closing_the_listener_ends_the_server_with_eclosed)
{
    expect_dropped_connections();
    struct brio_listener *listener = AWAIT(brio_listen_tcp("127.0.0.1", "0", NULL));
    NURSERY(n) {
        SPAWN(n, serve_and_note(listener));
        struct brio_stream *client = AWAIT(brio_connect_tcp("127.0.0.1", service_of(listener), NULL));
        AWAIT(ask(client, "served?"));
        AWAIT(brio_listener_close(listener));
        AWAIT(brio_close(client));
    }
    ck_assert_notes("closed");
}

static ASYNC void run_out_of_descriptors(void)
{
    struct brio_listener *listener = AWAIT(brio_listen_tcp("127.0.0.1", "0", NULL));
    struct rlimit limit, low;
    NURSERY(n) {
        SPAWN(n, brio_serve(listener, echo, NULL));
        struct brio_stream *client = AWAIT(brio_connect_tcp("127.0.0.1", service_of(listener), NULL));
        ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
        low = limit;
        low.rlim_cur = (rlim_t)fd_of(client) + 1;
        ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &low), 0);
        AWAIT(brio_sleep(0.05));
        ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
        double before = brio_now();
        AWAIT(ask(client, "at last"));
        ck_assert_double_lt(brio_now() - before, 5);
        AWAIT(brio_close(client));
        brio_nursery_cancel(n, NULL);
    }
    AWAIT(brio_listener_close(listener));
}

PLAIN_TEST(serve_survives_a_lack_of_descriptors)
{
    if (brio_test_sweeping())
        return; /* on the real clock nothing ends the wait for an answer to a connection that was dropped */
    ck_assert_int_eq(RUN(NULL, run_out_of_descriptors()), 0);
}

/* ---- connect ---- */

/* A port of 127.0.0.1 where nobody listens. */
static ASYNC int find_closed_port(void)
{
    struct brio_listener *listener = AWAIT(brio_listen_tcp("localhost", "0", NULL));
    int port = brio_listener_port(listener);
    AWAIT(brio_listener_close(listener));
    return port;
}

ASYNC_TEST(refused_connection_raises_econnrefused)
{
    char service[8];
    snprintf(service, sizeof service, "%d", AWAIT(find_closed_port()));
    TRY {
        AWAIT(brio_connect_tcp("127.0.0.1", service, NULL));
        ck_abort();
    } CATCH (e, ECONNREFUSED) {
        ck_assert_int_eq(e->code, ECONNREFUSED);
        ck_assert_ptr_nonnull(strstr(e->message, "127.0.0.1"));
    }
    TRY {
        AWAIT(brio_connect_tcp("localhost", service, NULL));
        ck_abort();
    } CATCH (e, ECONNREFUSED) {
        note("refused");
        ck_assert(e->cause == NULL || (e->cause->code == BRIO_EGROUP && e->cause->child_count > 1));
    }
    ck_assert_notes("refused");
}

ASYNC_TEST(address_that_fails_is_followed_by_the_next_at_once)
{
    struct brio_tcp_options options = {.stagger = 1000};
    struct brio_listener *listener = AWAIT(brio_listen_tcp("127.0.0.1", "0", NULL));
    struct brio_stream *stream = AWAIT(brio_connect_tcp("localhost", service_of(listener), &options));
    AWAIT(brio_close(stream));
    AWAIT(brio_listener_close(listener));
}

static bool is_free_in_ipv4(in_port_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = port};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool is_free = setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int)) == 0 &&
                   bind(fd, (struct sockaddr *)&address, sizeof address) == 0;
    close(fd);
    return is_free;
}

/* A socket at a port of ::1 that nobody has at 127.0.0.1. */
static int bind_ipv6(struct sockaddr_in6 *address)
{
    for (;;) {
        *address = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
        socklen_t size = sizeof *address;
        int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
        ck_assert_int_eq(bind(fd, (struct sockaddr *)address, size), 0);
        ck_assert_int_eq(getsockname(fd, (struct sockaddr *)address, &size), 0);
        if (is_free_in_ipv4(address->sin6_port))
            return fd;
        close(fd);
    }
}

/* Connections to [::1] hang: its queue is full. */
static int open_silent_port(int clients[4])
{
    struct sockaddr_in6 address;
    socklen_t size = sizeof address;
    int fd = bind_ipv6(&address);
    ck_assert_int_eq(listen(fd, 0), 0);
    for (int i = 0; i < 4; i++) {
        clients[i] = socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        (void)!connect(clients[i], (struct sockaddr *)&address, size);
    }
    return fd;
}

static ASYNC void connect_beside_a_silent_address(void)
{
    int clients[4];
    int fd = open_silent_port(clients);
    struct sockaddr_in6 address;
    socklen_t size = sizeof address;
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    char service[8];
    snprintf(service, sizeof service, "%d", ntohs(address.sin6_port));
    struct brio_tcp_options options = {.stagger = 0.05};
    struct brio_listener *listener = AWAIT(brio_listen_tcp("127.0.0.1", service, NULL));
    double before = brio_now();
    struct brio_stream *stream = AWAIT(brio_connect_tcp("localhost", service, &options));
    ck_assert_double_lt(brio_now() - before, 0.9);
    AWAIT(brio_close(stream));
    AWAIT(brio_listener_close(listener));
    close(fd);
    for (int i = 0; i < 4; i++)
        close(clients[i]);
}

PLAIN_TEST(silent_address_is_overtaken_by_the_next)
{
    if (has_ipv6())
        ck_assert_int_eq(RUN(NULL, connect_beside_a_silent_address()), 0);
}

ASYNC_TEST(cancelled_connect_leaves_no_socket)
{
    if (!has_ipv6())
        return;
    int clients[4];
    int fd = open_silent_port(clients);
    struct sockaddr_in6 address;
    socklen_t size = sizeof address;
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    char service[8];
    snprintf(service, sizeof service, "%d", ntohs(address.sin6_port));
    int before = descriptors_open();
    NURSERY(n) {
        SPAWN(n, connect_and_ask("::1", service, "anybody there?"));
        AWAIT(brio_wait_all_blocked());
        brio_nursery_cancel(n, NULL);
    }
    ck_assert_int_eq(descriptors_open(), before);
    close(fd);
    for (int i = 0; i < 4; i++)
        close(clients[i]);
}

ASYNC_TEST(local_host_binds_the_client)
{
    struct brio_listener *listener = AWAIT(brio_listen_tcp("127.0.0.1", "0", NULL));
    struct brio_tcp_options options = {.local_host = "127.0.0.2"};
    struct brio_address address;
    char text[BRIO_ADDRESS_TEXT];
    struct brio_stream *stream = AWAIT(brio_connect_tcp("127.0.0.1", service_of(listener), &options));
    ck_assert_int_eq(brio_stream_attribute(stream, BRIO_ATTR_LOCAL_ADDRESS, &address), 0);
    ck_assert_int_eq(strncmp(brio_address_text(&address, text, sizeof text), "127.0.0.2:", 10), 0);
    AWAIT(brio_close(stream));
    AWAIT(brio_listener_close(listener));
}

ASYNC_TEST(local_service_binds_the_client_to_a_port)
{
    struct brio_listener *listener = AWAIT(brio_listen_tcp("127.0.0.1", "0", NULL));
    struct brio_listener *other = AWAIT(brio_listen_tcp("127.0.0.1", "0", NULL));
    char port[8];
    snprintf(port, sizeof port, "%d", brio_listener_port(other));
    AWAIT(brio_listener_close(other));
    struct brio_tcp_options options = {.local_service = port};
    struct brio_address address;
    struct brio_stream *stream = AWAIT(brio_connect_tcp("127.0.0.1", service_of(listener), &options));
    ck_assert_int_eq(brio_stream_attribute(stream, BRIO_ATTR_LOCAL_ADDRESS, &address), 0);
    ck_assert_int_eq(brio_address_port(&address), atoi(port));
    AWAIT(brio_close(stream));
    AWAIT(brio_listener_close(listener));
}

ASYNC_TEST(stream_whose_descriptor_others_close_is_as_closed)
{
    struct brio_stream *pair[2];
    char byte;
    AWAIT(open_pair(pair));
    AWAIT(brio_send(pair[1], "ab", 2));
    ck_assert_uint_eq(AWAIT(brio_receive(pair[0], &byte, 1)), 1);
    brio_notify_closing(fd_of(pair[0]));
    TRY {
        AWAIT(brio_receive(pair[0], &byte, 1));
    } CATCH (e, BRIO_ECLOSED) {
        note("receive");
    }
    TRY {
        AWAIT(brio_send(pair[0], "x", 1));
    } CATCH (e, BRIO_ECLOSED) {
        note("send");
    }
    AWAIT(brio_close_forcefully(pair[0]));
    AWAIT(brio_close_forcefully(pair[1]));
    ck_assert_notes("receive send");
}

/* ---- from_fd ---- */

ASYNC_TEST(stream_from_fd_refuses_what_is_no_stream_socket)
{
    int code = 0, fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    ck_assert_ptr_null(brio_stream_from_fd(fd, &code));
    ck_assert_int_eq(code, -ENOTSOCK);
    close(fd);
    fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    ck_assert_ptr_null(brio_stream_from_fd(fd, &code));
    ck_assert_int_eq(code, -EPROTOTYPE);
    close(fd);
    ck_assert_ptr_null(brio_stream_from_fd(-1, NULL));
    AWAIT(brio_checkpoint());
}

PLAIN_TEST(stream_from_fd_needs_a_loop)
{
    int code = 0;
    ck_assert_ptr_null(brio_stream_from_fd(0, &code));
    ck_assert_int_eq(code, -BRIO_ENOTRUNNING);
}

/* ---- memory ---- */

static ASYNC void connect_while_memory_fails(void)
{
    struct brio_listener *listener = AWAIT(brio_listen_tcp("127.0.0.1", "0", NULL));
    DEFER AWAIT(brio_listener_close(listener));
    struct brio_stream *client = AWAIT(brio_connect_tcp("127.0.0.1", service_of(listener), NULL));
    DEFER AWAIT(brio_close_forcefully(client));
    struct brio_stream *server = AWAIT(brio_accept(listener));
    DEFER AWAIT(brio_close_forcefully(server));
    AWAIT(brio_send(client, "x", 1));
}

PLAIN_TEST(each_allocation_of_a_connection_may_fail)
{
    int code = ENOMEM;
    for (long k = 0; k < 300 && code != 0; k++) {
        const struct brio_error *error = NULL;
        struct brio_options options = async_test_options;
        options.error = &error;
        fail_allocation(k);
        code = RUN(&options, connect_while_memory_fails());
        fail_allocation(-1);
        ck_assert(code == 0 || code == ENOMEM || brio_error_contains(error, ENOMEM));
        brio_error_unref(error);
    }
    ck_assert_int_eq(code, 0);
}
