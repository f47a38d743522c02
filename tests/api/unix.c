/* UNIX stream sockets, descriptors that travel over them, and listeners made of several or from descriptors. */
#define _GNU_SOURCE
#include "../support/async_test.h"

#include <brio/socket.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static char directory[] = "/tmp/brio-test-XXXXXX";
static char path[64];

static void make_path(const char *name)
{
    memcpy(directory + sizeof directory - 7, "XXXXXX", 6);
    ck_assert_ptr_nonnull(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/%s", directory, name);
}

static void remove_path(void)
{
    unlink(path);
    ck_assert_int_eq(rmdir(directory), 0);
}

static ASYNC void echo(struct brio_stream *stream, void *arg)
{
    char buffer[4096];
    size_t size;
    (void)arg;
    while ((size = AWAIT(brio_receive(stream, buffer, sizeof buffer))) > 0)
        AWAIT(brio_send(stream, buffer, size));
}

static ASYNC void ask(struct brio_stream *stream, const char *question)
{
    char buffer[64];
    DEFER AWAIT(brio_close(stream));
    AWAIT(brio_send(stream, question, strlen(question)));
    size_t size = AWAIT(brio_receive(stream, buffer, sizeof buffer));
    note("%.*s", (int)size, buffer);
}

static ASYNC int code_of_connect(const char *to)
{
    int code = 0;
    TRY {
        AWAIT(brio_close(AWAIT(brio_connect_unix(to))));
    } CATCH (e) {
        ck_assert_ptr_nonnull(strstr(e->message, to));
        code = e->code;
    }
    return code;
}

static ASYNC int code_of_listen(const char *at)
{
    int code = 0;
    TRY {
        AWAIT(brio_listener_close(AWAIT(brio_listen_unix(at, 0))));
    } CATCH (e) {
        ck_assert_ptr_nonnull(strstr(e->message, at));
        code = e->code;
    }
    return code;
}

/* ---- streams ---- */

static ASYNC void serve_and_ask(const char *name)
{
    brio_test_also_fine = BRIO_EBROKEN; /* a connection that the server had no memory for */
    struct brio_listener *listener = AWAIT(brio_listen_unix(name, 0));
    NURSERY(n) {
        SPAWN(n, brio_serve(listener, echo, NULL), .daemon = true);
        AWAIT(ask(AWAIT(brio_connect_unix(name)), "hello"));
    }
    AWAIT(brio_listener_close(listener));
    ck_assert_notes("hello");
}

ASYNC_TEST(path_connects)
{
    make_path("socket");
    AWAIT(serve_and_ask(path));
    ck_assert_int_eq(access(path, F_OK), 0); /* it stays */
    remove_path();
}

ASYNC_TEST(path_need_not_be_text)
{
    make_path("\xff\x01 \xfe");
    AWAIT(serve_and_ask(path));
    remove_path();
}

ASYNC_TEST(abstract_name_connects_and_leaves_no_file)
{
    char name[64];
    snprintf(name, sizeof name, "@brio-test-%ld", (long)getpid());
    AWAIT(serve_and_ask(name));
    ck_assert_int_eq(AWAIT(code_of_connect(name)), ECONNREFUSED);
}

ASYNC_TEST(attributes_tell_the_path)
{
    struct brio_address address;
    char text[BRIO_ADDRESS_TEXT];
    make_path("socket");
    struct brio_listener *listener = AWAIT(brio_listen_unix(path, 0));
    struct brio_stream *client = AWAIT(brio_connect_unix(path));
    ck_assert_int_eq(brio_listener_address(listener, &address), 0);
    ck_assert_str_eq(brio_address_text(&address, text, sizeof text), path);
    ck_assert_int_eq(brio_stream_attribute(client, BRIO_ATTR_REMOTE_ADDRESS, &address), 0);
    ck_assert_str_eq(brio_address_text(&address, text, sizeof text), path);
    ck_assert_int_eq(brio_stream_attribute(client, BRIO_ATTR_LOCAL_ADDRESS, &address), 0);
    ck_assert_str_eq(brio_address_text(&address, text, sizeof text), "unnamed");
    ck_assert_int_eq(brio_listener_port(listener), -EAFNOSUPPORT);
    AWAIT(brio_close(client));
    AWAIT(brio_listener_close(listener));
    remove_path();
}

ASYNC_TEST(connecting_to_nobody_raises)
{
    make_path("socket");
    ck_assert_int_eq(AWAIT(code_of_connect(path)), ENOENT);
    AWAIT(brio_listener_close(AWAIT(brio_listen_unix(path, 0))));
    ck_assert_int_eq(AWAIT(code_of_connect(path)), ECONNREFUSED);
    remove_path();
}

ASYNC_TEST(path_that_is_too_long_or_empty_raises)
{
    char longest[120];
    memset(longest, 'x', sizeof longest);
    longest[108] = 0;
    ck_assert_int_eq(AWAIT(code_of_connect(longest)), ENAMETOOLONG);
    ck_assert_int_eq(AWAIT(code_of_listen(longest)), ENAMETOOLONG);
    ck_assert_int_eq(AWAIT(code_of_connect("")), EINVAL);
}

PLAIN_TEST(address_of_a_path_has_its_length)
{
    struct brio_address address;
    char longest[120], text[BRIO_ADDRESS_TEXT];
    memset(longest, 'x', sizeof longest);
    longest[107] = 0;
    ck_assert_int_eq(brio_address_unix(&address, longest), 0);
    ck_assert_str_eq(brio_address_text(&address, text, sizeof text), longest);
    longest[107] = 'x';
    longest[108] = 0;
    longest[0] = '@';
    ck_assert_int_eq(brio_address_unix(&address, longest), 0);
    ck_assert_str_eq(brio_address_text(&address, text, sizeof text), longest);
}

ASYNC_TEST(mode_is_that_of_the_file)
{
    struct stat status;
    make_path("socket");
    struct brio_listener *listener = AWAIT(brio_listen_unix(path, 0620));
    ck_assert_int_eq(stat(path, &status), 0);
    ck_assert_int_eq(status.st_mode & 0777, 0620);
    AWAIT(brio_listener_close(listener));
    remove_path();
}

ASYNC_TEST(stale_socket_file_is_replaced_and_one_in_use_is_not)
{
    make_path("socket");
    struct brio_listener *first = AWAIT(brio_listen_unix(path, 0));
    ck_assert_int_eq(AWAIT(code_of_listen(path)), EADDRINUSE);
    ck_assert_int_eq(AWAIT(code_of_connect(path)), 0);
    AWAIT(brio_listener_close(first));
    ck_assert_int_eq(AWAIT(code_of_listen(path)), 0);
    remove_path();
}

ASYNC_TEST(other_files_are_never_replaced)
{
    make_path("file");
    close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    ck_assert_int_eq(AWAIT(code_of_listen(path)), EADDRINUSE);
    ck_assert_int_eq(access(path, F_OK), 0);
    remove_path();
}

static ASYNC void connect_and_note(const char *to)
{
    AWAIT(brio_close(AWAIT(brio_connect_unix(to))));
    note("connected");
}

ASYNC_TEST(connect_waits_while_the_queue_is_full)
{
    int fds[3], listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct brio_address address;
    make_path("socket");
    ck_assert_int_eq(brio_address_unix(&address, path), 0);
    ck_assert_int_eq(bind(listening, (struct sockaddr *)&address.storage, address.size), 0);
    ck_assert_int_eq(listen(listening, 0), 0);
    for (int i = 0; i < 3; i++) {
        fds[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        (void)!connect(fds[i], (struct sockaddr *)&address.storage, address.size);
    }
    NURSERY(n) {
        SPAWN(n, connect_and_note(path));
        AWAIT(brio_sleep(1));
        ck_assert_notes("");
        close(accept(listening, NULL, NULL));
    }
    ck_assert_notes("connected");
    for (int i = 0; i < 3; i++)
        close(fds[i]);
    close(listening);
    remove_path();
}

ASYNC_TEST(cancelled_call_opens_nothing)
{
    int before = descriptors_open();
    make_path("socket");
    CANCEL_SCOPE(s) {
        brio_scope_cancel(s, NULL);
        AWAIT(brio_listen_unix(path, 0));
    }
    CANCEL_SCOPE(t) {
        brio_scope_cancel(t, NULL);
        AWAIT(brio_connect_unix(path));
    }
    ck_assert(s->cancelled_caught && t->cancelled_caught);
    ck_assert_int_eq(descriptors_open(), before);
    ck_assert_int_ne(access(path, F_OK), 0);
    remove_path();
}

/* ---- descriptors ---- */

struct pair {
    struct brio_stream *a, *b;
};

static struct pair open_pair(void)
{
    int fds[2];
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    struct pair pair = {must(brio_stream_from_fd(fds[0], NULL)), must(brio_stream_from_fd(fds[1], NULL))};
    ck_assert(pair.a && pair.b);
    return pair;
}

static ASYNC void close_pair(struct pair pair)
{
    AWAIT(brio_close(pair.a));
    AWAIT(brio_close(pair.b));
}

static ASYNC void send_pipe_ends(struct brio_stream *stream, int count)
{
    int fds[2];
    ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
    ck_assert_int_eq(write(fds[1], "in the pipe", 11), 11);
    AWAIT(brio_send_fds(stream, "take", 4, fds, (size_t)count));
    close(fds[0]);
    close(fds[1]);
}

ASYNC_TEST(descriptors_arrive_with_their_bytes)
{
    struct pair pair = open_pair();
    char buffer[16];
    int fds[4];
    size_t count = 99, size = 0;
    NURSERY(n) {
        SPAWN(n, send_pipe_ends(pair.a, 2));
        size = AWAIT(brio_receive_fds(pair.b, buffer, sizeof buffer, fds, 4, &count));
    }
    ck_assert_uint_eq(size, 4);
    ck_assert_mem_eq(buffer, "take", 4);
    ck_assert_uint_eq(count, 2);
    ck_assert_int_eq(read(fds[0], buffer, sizeof buffer), 11);
    ck_assert_mem_eq(buffer, "in the pipe", 11);
    for (size_t i = 0; i < count; i++) {
        ck_assert(fcntl(fds[i], F_GETFD) & FD_CLOEXEC);
        close(fds[i]);
    }
    AWAIT(close_pair(pair));
}

ASYNC_TEST(bytes_without_descriptors_and_the_end_have_none)
{
    struct pair pair = open_pair();
    char buffer[16];
    int fds[1];
    size_t count = 99;
    AWAIT(brio_send(pair.a, "plain", 5));
    ck_assert_uint_eq(AWAIT(brio_receive_fds(pair.b, buffer, sizeof buffer, fds, 1, &count)), 5);
    ck_assert_uint_eq(count, 0);
    AWAIT(brio_send_eof(pair.a));
    ck_assert_uint_eq(AWAIT(brio_receive_fds(pair.b, buffer, sizeof buffer, fds, 1, &count)), 0);
    ck_assert_uint_eq(count, 0);
    AWAIT(close_pair(pair));
}

ASYNC_TEST(more_descriptors_than_room_raises_and_closes_them)
{
    struct pair pair = open_pair();
    char buffer[16];
    int fds[1], before = descriptors_open();
    size_t count = 0;
    AWAIT(send_pipe_ends(pair.a, 2));
    TRY {
        AWAIT(brio_receive_fds(pair.b, buffer, sizeof buffer, fds, 1, &count));
        ck_abort();
    } CATCH (e, EMSGSIZE) {
        note("too many");
    }
    ck_assert_notes("too many");
    ck_assert_int_eq(descriptors_open(), before);
    AWAIT(close_pair(pair));
}

static ASYNC void send_much_with_a_descriptor(struct brio_stream *stream)
{
    static char block[1000000];
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    AWAIT(brio_send_fds(stream, block, sizeof block, &fd, 1));
    AWAIT(brio_send_eof(stream));
    close(fd);
}

ASYNC_TEST(message_longer_than_the_queue_is_sent_whole)
{
    struct pair pair = open_pair();
    static char block[50000];
    int fds[2];
    size_t total = 0, all = 0, size = 0, count = 0;
    NURSERY(n) {
        SPAWN(n, send_much_with_a_descriptor(pair.a));
        while ((size = AWAIT(brio_receive_fds(pair.b, block, sizeof block, fds + all, 2 - all, &count))) > 0) {
            total += size;
            all += count;
        }
    }
    ck_assert_uint_eq(total, 1000000);
    ck_assert_uint_eq(all, 1);
    close(fds[0]);
    AWAIT(close_pair(pair));
}

static ASYNC int code_of_send_fds(struct brio_stream *stream, size_t size, size_t count)
{
    int fds[300] = {0}, code = 0;
    TRY {
        AWAIT(brio_send_fds(stream, "x", size, fds, count));
    } CATCH (e) {
        code = e->code;
    }
    return code;
}

static ASYNC int code_of_receive_fds(struct brio_stream *stream, size_t size, size_t room)
{
    char buffer[8];
    int fds[8], code = 0;
    size_t count;
    TRY {
        AWAIT(brio_receive_fds(stream, buffer, size, fds, room, &count));
    } CATCH (e) {
        code = e->code;
    }
    return code;
}

ASYNC_TEST(bad_arguments_are_einval)
{
    struct pair pair = open_pair();
    ck_assert_int_eq(AWAIT(code_of_send_fds(pair.a, 0, 1)), EINVAL);
    ck_assert_int_eq(AWAIT(code_of_send_fds(pair.a, 1, 0)), EINVAL);
    ck_assert_int_eq(AWAIT(code_of_send_fds(pair.a, 1, 254)), EINVAL);
    ck_assert_int_eq(AWAIT(code_of_receive_fds(pair.b, 0, 1)), EINVAL);
    ck_assert_int_eq(AWAIT(code_of_receive_fds(pair.b, 1, 0)), EINVAL);
    AWAIT(brio_send_eof(pair.a));
    ck_assert_int_eq(AWAIT(code_of_send_fds(pair.a, 1, 1)), BRIO_ECLOSED);
    AWAIT(close_pair(pair));
}

ASYNC_TEST(descriptors_travel_over_unix_sockets_only)
{
    struct brio_listener *listener = AWAIT(brio_listen_tcp("127.0.0.1", "0", NULL));
    char service[8];
    snprintf(service, sizeof service, "%d", brio_listener_port(listener));
    struct brio_stream *stream = AWAIT(brio_connect_tcp("127.0.0.1", service, NULL));
    ck_assert_int_eq(AWAIT(code_of_send_fds(stream, 1, 1)), EOPNOTSUPP);
    ck_assert_int_eq(AWAIT(code_of_receive_fds(stream, 1, 1)), EOPNOTSUPP);
    AWAIT(brio_close(stream));
    AWAIT(brio_listener_close(listener));
}

static ASYNC void note_code_of_receive_fds(struct brio_stream *stream)
{
    note("%s", brio_error_name(AWAIT(code_of_receive_fds(stream, 8, 8))));
}

ASYNC_TEST(close_wakes_who_waits_for_descriptors)
{
    brio_test_also_fine = ETIMEDOUT;
    struct pair pair = open_pair();
    NURSERY(n) {
        SPAWN(n, note_code_of_receive_fds(pair.a));
        AWAIT(brio_wait_all_blocked());
        FAIL_AFTER(1) { /* in a sweep the other may have had no memory to wait */
            ck_assert_int_eq(AWAIT(code_of_receive_fds(pair.a, 8, 8)), EBUSY);
        }
        AWAIT(brio_close(pair.a));
    }
    ck_assert_notes("BRIO_ECLOSED");
    AWAIT(brio_close(pair.b));
}

/* ---- listeners from descriptors, and of several ---- */

ASYNC_TEST(listener_from_fd_takes_what_listens)
{
    int code = 0, fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct brio_address address;
    make_path("socket");
    ck_assert_int_eq(brio_address_unix(&address, path), 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address.storage, address.size), 0);
    ck_assert_ptr_null(brio_listener_from_fd(fd, &code));
    ck_assert_int_eq(code, -EINVAL);
    ck_assert_int_eq(listen(fd, 5), 0);
    struct brio_listener *listener = must(brio_listener_from_fd(fd, &code));
    ck_assert_ptr_nonnull(listener);
    struct brio_stream *client = AWAIT(brio_connect_unix(path));
    AWAIT(brio_close(AWAIT(brio_accept(listener))));
    AWAIT(brio_close(client));
    AWAIT(brio_listener_close(listener));
    int datagram = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    ck_assert_ptr_null(brio_listener_from_fd(datagram, &code));
    ck_assert_int_eq(code, -EPROTOTYPE);
    close(datagram);
    remove_path();
}

ASYNC_TEST(stream_from_fd_wants_a_connected_socket)
{
    int code = 0, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_ptr_null(brio_stream_from_fd(fd, &code));
    ck_assert_int_eq(code, -ENOTCONN);
    ck_assert(!(fcntl(fd, F_GETFL) & O_NONBLOCK));
    close(fd);
}

ASYNC_TEST(one_server_serves_listeners_of_several_kinds)
{
    brio_test_also_fine = BRIO_EBROKEN;
    make_path("socket");
    struct brio_listener *parts[2], *all;
    parts[0] = AWAIT(brio_listen_tcp("127.0.0.1", "0", NULL));
    parts[1] = AWAIT(brio_listen_unix(path, 0));
    all = brio_listener_join(parts, 2, NULL);
    ck_assert_ptr_nonnull(all);
    char service[8];
    snprintf(service, sizeof service, "%d", brio_listener_port(all));
    NURSERY(n) {
        SPAWN(n, brio_serve(all, echo, NULL), .daemon = true);
        AWAIT(ask(AWAIT(brio_connect_unix(path)), "unix"));
        AWAIT(ask(AWAIT(brio_connect_tcp("127.0.0.1", service, NULL)), "tcp"));
    }
    ck_assert_notes("unix tcp");
    AWAIT(brio_listener_close(all));
    remove_path();
}

static ASYNC struct brio_stream *accept_nothing(struct brio_listener *listener)
{
    (void)listener;
    return NULL;
}

static ASYNC void accept_one(struct brio_listener *listener)
{
    TRY {
        AWAIT(brio_close(AWAIT(brio_accept(listener))));
    } CATCH (e) {
        note("%s", brio_error_name(e->code));
    }
}

ASYNC_TEST(listeners_that_cannot_be_joined_stay_as_they_are)
{
    static const struct brio_listener_operations own_operations = {.accept = accept_nothing};
    struct brio_listener own = {&own_operations, NULL};
    struct brio_listener *parts[2] = {AWAIT(brio_listen_tcp("127.0.0.1", "0", NULL)), &own};
    int code = 0;
    ck_assert_ptr_null(brio_listener_join(parts, 2, &code));
    ck_assert_int_eq(code, -EOPNOTSUPP);
    ck_assert_ptr_null(brio_listener_join(parts, 0, &code));
    ck_assert_int_eq(code, -EINVAL);
    NURSERY(n) {
        SPAWN(n, accept_one(parts[0]));
        AWAIT(brio_wait_all_blocked());
        ck_assert_ptr_null(brio_listener_join(parts, 1, &code));
        ck_assert_int_eq(code, -EBUSY);
        AWAIT(brio_listener_close(parts[0]));
    }
    ck_assert_notes("BRIO_ECLOSED");
}

/* ---- memory ---- */

static ASYNC void connect_while_memory_fails(void)
{
    struct brio_listener *listener = AWAIT(brio_listen_unix(path, 0));
    DEFER AWAIT(brio_listener_close(listener));
    struct brio_stream *client = AWAIT(brio_connect_unix(path));
    DEFER AWAIT(brio_close_forcefully(client));
    struct brio_stream *server = AWAIT(brio_accept(listener));
    DEFER AWAIT(brio_close_forcefully(server));
    int fd = 0, fds[1];
    size_t count = 0;
    char byte;
    AWAIT(brio_send_fds(client, "x", 1, &fd, 1));
    AWAIT(brio_receive_fds(server, &byte, 1, fds, 1, &count));
    if (count == 1)
        close(fds[0]);
}

PLAIN_TEST(each_allocation_may_fail)
{
    int code = ENOMEM;
    make_path("socket");
    for (long k = 0; k < 300 && code != 0; k++) {
        const struct brio_error *error = NULL;
        struct brio_options options = async_test_options;
        options.error = &error;
        fail_allocation(k);
        code = RUN(&options, connect_while_memory_fails());
        fail_allocation(-1);
        ck_assert(code == 0 || brio_error_contains(error, ENOMEM));
        brio_error_unref(error);
    }
    ck_assert_int_eq(code, 0);
    remove_path();
}
