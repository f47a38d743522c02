/* brio/datagram.h: UDP and UNIX datagrams. */
#define _GNU_SOURCE
#include "../support/async_test.h"

#include <brio/datagram.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static struct brio_address local_address(struct brio_datagram *datagram)
{
    struct brio_address address;
    ck_assert_int_eq(brio_datagram_attribute(datagram, BRIO_ATTR_LOCAL_ADDRESS, &address), 0);
    return address;
}

static const char *service_of(struct brio_datagram *datagram)
{
    static char service[8];
    struct brio_address address = local_address(datagram);
    snprintf(service, sizeof service, "%d", brio_address_port(&address));
    return service;
}

static ASYNC struct brio_datagram *open_local(void)
{
    return AWAIT(brio_open_udp("127.0.0.1", "0", NULL));
}

static ASYNC int code_of_receive(struct brio_datagram *datagram)
{
    char buffer[8];
    int code = 0;
    TRY {
        AWAIT(brio_datagram_receive(datagram, buffer, sizeof buffer, NULL));
    } CATCH (e) {
        code = e->code;
    }
    return code;
}

static ASYNC int code_of_send(struct brio_datagram *datagram, size_t size)
{
    static char data[100000];
    int code = 0;
    TRY {
        AWAIT(brio_datagram_send(datagram, data, size, NULL));
    } CATCH (e) {
        code = e->code;
    }
    return code;
}

static ASYNC void note_received(struct brio_datagram *datagram)
{
    char buffer[100];
    size_t size = AWAIT(brio_datagram_receive(datagram, buffer, sizeof buffer, NULL));
    note("%.*s.", (int)size, buffer);
}

static ASYNC void note_code_of_receive(struct brio_datagram *datagram)
{
    note("%s", brio_error_name(AWAIT(code_of_receive(datagram))));
}

/* ---- what every kind does ---- */

static char directory[] = "/tmp/brio-test-XXXXXX";

static char *path_of(const char *name)
{
    static char paths[4][64];
    static unsigned next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", directory, name);
    return path;
}

static void make_directory(void)
{
    memcpy(directory + sizeof directory - 7, "XXXXXX", 6);
    ck_assert_ptr_nonnull(mkdtemp(directory));
}

static void remove_directory(const char *first, const char *second)
{
    if (first)
        unlink(path_of(first));
    if (second)
        unlink(path_of(second));
    ck_assert_int_eq(rmdir(directory), 0);
}

enum kind { UDP, UNIX_PATH, UNIX_ABSTRACT, KINDS };

/* Two that can reach each other: the second connected to the first. */
static ASYNC void open_two(struct brio_datagram *two[2], enum kind kind)
{
    char name[64], other[64];
    switch (kind) {
    case UDP:
        two[0] = AWAIT(open_local());
        two[1] = AWAIT(brio_connect_udp("127.0.0.1", service_of(two[0]), NULL));
        break;
    case UNIX_PATH:
        make_directory();
        two[0] = AWAIT(brio_open_unix_datagram(path_of("a"), 0));
        two[1] = AWAIT(brio_connect_unix_datagram(path_of("a"), path_of("b"), 0));
        break;
    default:
        snprintf(name, sizeof name, "@brio-test-%ld", (long)getpid());
        snprintf(other, sizeof other, "@brio-test-other-%ld", (long)getpid());
        two[0] = AWAIT(brio_open_unix_datagram(name, 0));
        two[1] = AWAIT(brio_connect_unix_datagram(name, other, 0));
    }
}

static ASYNC void close_two(struct brio_datagram *two[2], enum kind kind)
{
    AWAIT(brio_datagram_close(two[0]));
    AWAIT(brio_datagram_close(two[1]));
    if (kind == UNIX_PATH)
        remove_directory("a", "b");
}

static ASYNC void answer_one(struct brio_datagram *datagram)
{
    char buffer[100];
    struct brio_address from;
    size_t size = AWAIT(brio_datagram_receive(datagram, buffer, sizeof buffer, &from));
    AWAIT(brio_datagram_send(datagram, buffer, size, &from));
}

ASYNC_TEST(datagram_is_received_whole_and_answered_to_its_sender)
{
    for (enum kind kind = UDP; kind < KINDS; kind++) {
        struct brio_datagram *two[2];
        AWAIT(open_two(two, kind));
        NURSERY(n) {
            SPAWN(n, answer_one(two[0]));
            AWAIT(brio_wait_all_blocked());
            AWAIT(brio_datagram_send(two[1], "ping", 4, NULL));
            AWAIT(note_received(two[1]));
        }
        ck_assert_notes("ping.");
        AWAIT(close_two(two, kind));
    }
}

ASYNC_TEST(datagrams_keep_their_borders_and_may_be_empty)
{
    for (enum kind kind = UDP; kind < KINDS; kind++) {
        struct brio_datagram *two[2];
        AWAIT(open_two(two, kind));
        AWAIT(brio_datagram_send(two[1], "one", 3, NULL));
        AWAIT(brio_datagram_send(two[1], NULL, 0, NULL));
        AWAIT(brio_datagram_send(two[1], "three", 5, NULL));
        for (int i = 0; i < 3; i++)
            AWAIT(note_received(two[0]));
        ck_assert_notes("one. . three.");
        AWAIT(close_two(two, kind));
    }
}

ASYNC_TEST(size_tells_of_a_datagram_that_was_cut)
{
    for (enum kind kind = UDP; kind < KINDS; kind++) {
        struct brio_datagram *two[2];
        char buffer[4] = "xxxx";
        AWAIT(open_two(two, kind));
        AWAIT(brio_datagram_send(two[1], "12345", 5, NULL));
        AWAIT(brio_datagram_send(two[1], "678", 3, NULL));
        ck_assert_uint_gt(AWAIT(brio_datagram_receive(two[0], buffer, 3, NULL)), 3);
        ck_assert_mem_eq(buffer, "123x", 4);
        ck_assert_uint_eq(AWAIT(brio_datagram_receive(two[0], buffer, 3, NULL)), 3);
        ck_assert_mem_eq(buffer, "678x", 4);
        AWAIT(close_two(two, kind));
    }
}

ASYNC_TEST(second_reader_raises_ebusy)
{
    for (enum kind kind = UDP; kind < KINDS; kind++) {
        struct brio_datagram *two[2];
        AWAIT(open_two(two, kind));
        NURSERY(n) {
            SPAWN(n, note_received(two[0]));
            AWAIT(brio_wait_all_blocked());
            ck_assert_int_eq(AWAIT(code_of_receive(two[0])), EBUSY);
            AWAIT(brio_datagram_send(two[1], "x", 1, NULL));
        }
        ck_assert_notes("x.");
        AWAIT(close_two(two, kind));
    }
}

ASYNC_TEST(close_wakes_the_reader_with_eclosed)
{
    for (enum kind kind = UDP; kind < KINDS; kind++) {
        struct brio_datagram *two[2];
        AWAIT(open_two(two, kind));
        NURSERY(n) {
            SPAWN(n, note_code_of_receive(two[0]));
            AWAIT(brio_wait_all_blocked());
            AWAIT(brio_datagram_close(two[0]));
        }
        ck_assert_notes("BRIO_ECLOSED");
        two[0] = NULL;
        AWAIT(close_two(two, kind));
    }
}

ASYNC_TEST(cancelled_receive_has_received_nothing)
{
    for (enum kind kind = UDP; kind < KINDS; kind++) {
        struct brio_datagram *two[2];
        AWAIT(open_two(two, kind));
        NURSERY(n) {
            SPAWN(n, note_received(two[0]));
            AWAIT(brio_wait_all_blocked());
            brio_nursery_cancel(n, NULL);
        }
        AWAIT(brio_datagram_send(two[1], "kept", 4, NULL));
        CANCEL_SCOPE(s) {
            brio_scope_cancel(s, NULL);
            AWAIT(note_received(two[0]));
            ck_abort();
        }
        AWAIT(note_received(two[0]));
        ck_assert_notes("kept.");
        AWAIT(close_two(two, kind));
    }
}

ASYNC_TEST(send_in_a_cancelled_scope_sends_nothing)
{
    struct brio_datagram *two[2];
    AWAIT(open_two(two, UDP));
    CANCEL_SCOPE(s) {
        brio_scope_cancel(s, NULL);
        AWAIT(brio_datagram_send(two[1], "lost", 4, NULL));
        ck_abort();
    }
    AWAIT(brio_datagram_send(two[1], "first", 5, NULL));
    AWAIT(note_received(two[0]));
    ck_assert_notes("first.");
    AWAIT(close_two(two, UDP));
}

/* A UNIX socket takes only so many before they are read. */
static ASYNC void send_many(struct brio_datagram *datagram)
{
    for (int i = 0; i < 2000; i++)
        AWAIT(brio_datagram_send(datagram, &i, sizeof i, NULL));
}

ASYNC_TEST(send_waits_for_room)
{
    struct brio_datagram *two[2];
    AWAIT(open_two(two, UNIX_ABSTRACT));
    NURSERY(n) {
        SPAWN(n, send_many(two[1]));
        AWAIT(brio_wait_all_blocked());
        for (int i = 0; i < 2000; i++) {
            int number = -1;
            AWAIT(brio_datagram_receive(two[0], &number, sizeof number, NULL));
            ck_assert_int_eq(number, i);
        }
    }
    AWAIT(close_two(two, UNIX_ABSTRACT));
}

/* ---- UDP ---- */

ASYNC_TEST(unbound_service_gets_a_port)
{
    struct brio_datagram *any = AWAIT(brio_open_udp(NULL, NULL, NULL));
    struct brio_address address = local_address(any);
    ck_assert_int_gt(brio_address_port(&address), 0);
    ck_assert_int_eq(address.storage.ss_family, AF_INET);
    AWAIT(brio_datagram_close(any));
}

ASYNC_TEST(attributes_tell_the_addresses)
{
    struct brio_datagram *two[2];
    struct brio_address remote;
    char text[BRIO_ADDRESS_TEXT], expected[BRIO_ADDRESS_TEXT];
    AWAIT(open_two(two, UDP));
    struct brio_address local = local_address(two[0]);
    ck_assert_int_eq(brio_datagram_attribute(two[1], BRIO_ATTR_REMOTE_ADDRESS, &remote), 0);
    ck_assert_str_eq(brio_address_text(&remote, text, sizeof text), brio_address_text(&local, expected, sizeof expected));
    ck_assert_int_eq(brio_datagram_attribute(two[0], BRIO_ATTR_REMOTE_ADDRESS, &remote), -ENOTCONN);
    ck_assert_int_eq(brio_datagram_attribute(two[0], BRIO_ATTR_USER, &remote), -ENOENT);
    int fd = -1;
    ck_assert_int_eq(brio_datagram_attribute(two[0], BRIO_ATTR_FD, &fd), 0);
    ck_assert(fcntl(fd, F_GETFL) & O_NONBLOCK);
    ck_assert(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    AWAIT(close_two(two, UDP));
}

ASYNC_TEST(port_is_free_right_after_close)
{
    struct brio_datagram *datagram = AWAIT(open_local());
    char service[8];
    snprintf(service, sizeof service, "%s", service_of(datagram));
    TRY {
        AWAIT(brio_open_udp("127.0.0.1", service, NULL));
        ck_abort();
    } CATCH (e, EADDRINUSE) {
        note("in use");
    }
    ck_assert_notes("in use");
    AWAIT(brio_datagram_close(datagram));
    AWAIT(brio_datagram_close(AWAIT(brio_open_udp("127.0.0.1", service, NULL))));
}

ASYNC_TEST(reuse_port_lets_two_bind)
{
    struct brio_udp_options options = {.reuse_port = true};
    struct brio_datagram *first = AWAIT(brio_open_udp("127.0.0.1", "0", &options));
    struct brio_datagram *second = AWAIT(brio_open_udp("127.0.0.1", service_of(first), &options));
    AWAIT(brio_datagram_close(first));
    AWAIT(brio_datagram_close(second));
}

ASYNC_TEST(connected_socket_can_be_bound)
{
    struct brio_datagram *server = AWAIT(open_local());
    struct brio_udp_options options = {.local_host = "127.0.0.3"};
    struct brio_datagram *client = AWAIT(brio_connect_udp("127.0.0.1", service_of(server), &options));
    struct brio_address address = local_address(client);
    char text[BRIO_ADDRESS_TEXT];
    ck_assert_int_eq(strncmp(brio_address_text(&address, text, sizeof text), "127.0.0.3:", 10), 0);
    AWAIT(brio_datagram_close(client));
    AWAIT(brio_datagram_close(server));
}

ASYNC_TEST(connected_socket_hears_that_nobody_is_there)
{
    struct brio_datagram *two[2];
    AWAIT(open_two(two, UDP));
    AWAIT(brio_datagram_close(two[0]));
    ck_assert_int_eq(AWAIT(code_of_send(two[1], 1)), 0);
    TRY {
        AWAIT(brio_datagram_send(two[1], "x", 1, NULL));
        ck_abort();
    } CATCH (e, BRIO_EBROKEN) {
        ck_assert_ptr_nonnull(e->cause);
        ck_assert_int_eq(e->cause->code, ECONNREFUSED);
    }
    AWAIT(brio_datagram_close(two[1]));
}

ASYNC_TEST(too_long_and_without_address_are_told)
{
    struct brio_datagram *two[2];
    AWAIT(open_two(two, UDP));
    ck_assert_int_eq(AWAIT(code_of_send(two[1], 70000)), EMSGSIZE);
    ck_assert_int_eq(AWAIT(code_of_send(two[0], 1)), EDESTADDRREQ);
    AWAIT(close_two(two, UDP));
}

ASYNC_TEST(address_can_be_resolved_and_sent_to)
{
    struct brio_datagram *server = AWAIT(open_local()), *client = AWAIT(open_local());
    struct brio_address address = AWAIT(brio_resolve_address("localhost", service_of(server), AF_INET));
    AWAIT(brio_datagram_send(client, "hi", 2, &address));
    AWAIT(note_received(server));
    ck_assert_notes("hi.");
    AWAIT(brio_datagram_close(client));
    AWAIT(brio_datagram_close(server));
}

/* ---- UNIX ---- */

ASYNC_TEST(unnamed_sender_has_an_empty_address)
{
    make_directory();
    struct brio_datagram *server = AWAIT(brio_open_unix_datagram(path_of("s"), 0600));
    struct brio_datagram *client = AWAIT(brio_connect_unix_datagram(path_of("s"), NULL, 0));
    struct brio_address from;
    struct stat status;
    char byte, text[BRIO_ADDRESS_TEXT];
    ck_assert_int_eq(stat(path_of("s"), &status), 0);
    ck_assert_int_eq(status.st_mode & 0777, 0600);
    AWAIT(brio_datagram_send(client, "x", 1, NULL));
    ck_assert_uint_eq(AWAIT(brio_datagram_receive(server, &byte, 1, &from)), 1);
    ck_assert_str_eq(brio_address_text(&from, text, sizeof text), "unnamed");
    AWAIT(brio_datagram_close(client));
    AWAIT(brio_datagram_close(server));
    remove_directory("s", NULL);
}

ASYNC_TEST(stale_socket_file_is_replaced_and_one_in_use_is_not)
{
    make_directory();
    struct brio_datagram *first = AWAIT(brio_open_unix_datagram(path_of("s"), 0));
    TRY {
        AWAIT(brio_open_unix_datagram(path_of("s"), 0));
        ck_abort();
    } CATCH (e, EADDRINUSE) {
        note("in use");
    }
    AWAIT(brio_datagram_close(first));
    AWAIT(brio_datagram_close(AWAIT(brio_open_unix_datagram(path_of("s"), 0))));
    ck_assert_notes("in use");
    remove_directory("s", NULL);
}

ASYNC_TEST(missing_peer_raises_its_errno)
{
    TRY {
        AWAIT(brio_connect_unix_datagram("/nowhere/at all", NULL, 0));
        ck_abort();
    } CATCH (e, ENOENT) {
        ck_assert_ptr_nonnull(strstr(e->message, "/nowhere/at all"));
    }
}

/* ---- from_fd ---- */

ASYNC_TEST(from_fd_takes_datagram_sockets_only)
{
    int fds[2], code = 0;
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, fds), 0);
    struct brio_datagram *a = must(brio_datagram_from_fd(fds[0], NULL)), *b = must(brio_datagram_from_fd(fds[1], &code));
    ck_assert(a && b);
    AWAIT(brio_datagram_send(a, "pair", 4, NULL));
    AWAIT(note_received(b));
    ck_assert_notes("pair.");
    AWAIT(brio_datagram_close(a));
    AWAIT(brio_datagram_close(b));
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    ck_assert_ptr_null(brio_datagram_from_fd(fds[0], &code));
    ck_assert_int_eq(code, -EPROTOTYPE);
    close(fds[0]);
    close(fds[1]);
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    ck_assert_ptr_null(brio_datagram_from_fd(null, &code));
    ck_assert_int_eq(code, -ENOTSOCK);
    close(null);
}

PLAIN_TEST(from_fd_needs_a_loop)
{
    int code = 0;
    ck_assert_ptr_null(brio_datagram_from_fd(0, &code));
    ck_assert_int_eq(code, -BRIO_ENOTRUNNING);
}

/* ---- memory ---- */

static ASYNC void send_one(void)
{
    struct brio_datagram *server = AWAIT(open_local());
    DEFER AWAIT(brio_datagram_close(server));
    struct brio_datagram *client = AWAIT(brio_connect_udp("127.0.0.1", service_of(server), NULL));
    DEFER AWAIT(brio_datagram_close(client));
    NURSERY(n) {
        SPAWN(n, answer_one(server));
        AWAIT(brio_datagram_send(client, "x", 1, NULL));
        AWAIT(note_received(client));
    }
}

PLAIN_TEST(each_allocation_may_fail)
{
    int code = ENOMEM;
    for (long k = 0; k < 300 && code != 0; k++) {
        const struct brio_error *error = NULL;
        struct brio_options options = async_test_options;
        options.error = &error;
        fail_allocation(k);
        code = RUN(&options, send_one());
        fail_allocation(-1);
        ck_assert(code == 0 || brio_error_contains(error, ENOMEM));
        brio_error_unref(error);
        take_notes();
    }
    ck_assert_int_eq(code, 0);
}
