/* Each system call that the library makes fails in turn, with each errno that its manual page names: what comes of it is an error that
 * says what and where, or nothing at all; never a leak or a hang.
 *
 * At the first call of a kind every errno is tried, at later ones one of them; with BRIO_TEST_CALLS=all every one at every call, with
 * BRIO_TEST_CALLS=few one at each.
 */
#define _GNU_SOURCE
#include "../support/async_test.h"
#include "../support/failing_calls.h"

#include <brio/datagram.h>
#include <brio/file_stream.h>
#include <brio/portal.h>
#include <brio/socket.h>
#include <brio/thread.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

/* ---- what may go wrong, from the manual pages of section 2, and pthread and getaddrinfo of section 3 ---- */

#define SOCKET_CALL EBADF, ENOTSOCK, EFAULT, EINVAL
#define PATH_CALL EACCES, EFAULT, ELOOP, ENAMETOOLONG, ENOENT, ENOMEM, ENOTDIR
#define RECEIVE SOCKET_CALL, EAGAIN, EINTR, ECONNREFUSED, ENOMEM, ENOTCONN, ECONNRESET, ETIMEDOUT, EIO, ENOBUFS
#define SEND                                                                                                                               \
    SOCKET_CALL, EACCES, EAGAIN, EALREADY, ECONNRESET, EDESTADDRREQ, EINTR, EISCONN, EMSGSIZE, ENOBUFS, ENOMEM, ENOTCONN, EOPNOTSUPP,      \
        EPIPE, ENETDOWN, ENETUNREACH, EHOSTUNREACH, ETIMEDOUT
#define RESOLVE EAI_AGAIN, EAI_BADFLAGS, EAI_FAIL, EAI_FAMILY, EAI_MEMORY, EAI_NONAME, EAI_SYSTEM

enum { CODES = 28 };

static const int codes_of[CALLS][CODES] = {
    [CALL_SOCKET] = {EACCES, EAFNOSUPPORT, EINVAL, EMFILE, ENFILE, ENOBUFS, ENOMEM, EPROTONOSUPPORT},
    [CALL_BIND] = {SOCKET_CALL, PATH_CALL, EADDRINUSE, EADDRNOTAVAIL, EROFS},
    [CALL_LISTEN] = {EADDRINUSE, EBADF, ENOTSOCK, EOPNOTSUPP},
    [CALL_ACCEPT4] = {SOCKET_CALL, EAGAIN, ECONNABORTED, EINTR, EMFILE, ENFILE, ENOBUFS, ENOMEM, EOPNOTSUPP, EPERM, EPROTO, ENETDOWN,
                      ENOPROTOOPT, EHOSTDOWN, ENONET, EHOSTUNREACH, ENETUNREACH, ENOSR, ESOCKTNOSUPPORT, EPROTONOSUPPORT, ETIMEDOUT},
    [CALL_CONNECT] = {SOCKET_CALL, EACCES, EPERM, EADDRINUSE, EADDRNOTAVAIL, EAFNOSUPPORT, EAGAIN, EALREADY, ECONNREFUSED, EINPROGRESS,
                      EINTR, EISCONN, ENETUNREACH, EPROTOTYPE, ETIMEDOUT},
    [CALL_GETSOCKOPT] = {SOCKET_CALL, ENOPROTOOPT},
    [CALL_SETSOCKOPT] = {SOCKET_CALL, ENOPROTOOPT, EDOM, ENOBUFS, ENOMEM},
    [CALL_GETSOCKNAME] = {SOCKET_CALL, ENOBUFS},
    [CALL_GETPEERNAME] = {SOCKET_CALL, ENOBUFS, ENOTCONN},
    [CALL_RECV] = {RECEIVE},
    [CALL_RECVMSG] = {RECEIVE},
    [CALL_SEND] = {SEND},
    [CALL_SENDMSG] = {SEND, ETOOMANYREFS},
    [CALL_SHUTDOWN] = {SOCKET_CALL, ENOTCONN},
    [CALL_CLOSE] = {EBADF, EINTR, EIO, ENOSPC, EDQUOT},
    [CALL_FCNTL] = {EACCES, EAGAIN, EBADF, EINTR, EINVAL, EMFILE, EPERM},
    [CALL_LSTAT] = {PATH_CALL, EOVERFLOW},
    [CALL_CHMOD] = {PATH_CALL, EIO, EPERM, EROFS},
    [CALL_UNLINK] = {PATH_CALL, EBUSY, EIO, EISDIR, EPERM, EROFS},
    [CALL_OPEN] = {PATH_CALL, EBUSY, EDQUOT, EEXIST, EFBIG, EINTR, EINVAL, EISDIR, EMFILE, ENFILE, ENODEV, ENOSPC, ENXIO, EOPNOTSUPP,
                   EOVERFLOW, EPERM, EROFS, ETXTBSY, EWOULDBLOCK},
    [CALL_READ] = {EAGAIN, EBADF, EFAULT, EINTR, EINVAL, EIO, EISDIR},
    [CALL_WRITE] = {EAGAIN, EBADF, EDESTADDRREQ, EDQUOT, EFAULT, EFBIG, EINTR, EINVAL, EIO, ENOSPC, EPERM, EPIPE},
    [CALL_LSEEK] = {EBADF, EINVAL, ENXIO, EOVERFLOW, ESPIPE},
    [CALL_PTHREAD_CREATE] = {EAGAIN, EINVAL, EPERM},
    [CALL_MUTEX_INIT] = {EAGAIN, ENOMEM, EPERM},
    [CALL_COND_INIT] = {EAGAIN, ENOMEM},
    [CALL_CONDATTR_INIT] = {ENOMEM},
    [CALL_GETADDRINFO] = {RESOLVE, EAI_ADDRFAMILY, EAI_NODATA, EAI_SERVICE, EAI_SOCKTYPE},
    [CALL_GETNAMEINFO] = {RESOLVE, EAI_OVERFLOW},
    [CALL_EVENTFD] = {EINVAL, EMFILE, ENFILE, ENODEV, ENOMEM},
    [CALL_EPOLL_CREATE] = {EINVAL, EMFILE, ENFILE, ENOMEM},
    [CALL_EPOLL_CTL] = {ENOMEM, ENOSPC},
    [CALL_EPOLL_WAIT] = {EINTR},
};

/* What has to come of it, if anything. */
static int code_of(enum failing_call call, int code)
{
    if (call != CALL_GETADDRINFO && call != CALL_GETNAMEINFO)
        return call == CALL_EPOLL_CTL ? EBADF : code; /* libev does not tell */
    return code == EAI_SYSTEM ? EMFILE : code == EAI_MEMORY ? ENOMEM : BRIO_ERESOLVE;
}

/* ---- scenarios ---- */

static ASYNC void raise_if_failed(int code)
{
    if (code < 0)
        RAISE(-code, "a call failed: %s", brio_error_text(code));
    AWAIT(brio_checkpoint());
}

static ASYNC void echo(struct brio_stream *stream, void *arg)
{
    char buffer[100];
    size_t size;
    (void)arg;
    while ((size = AWAIT(brio_receive(stream, buffer, sizeof buffer))) > 0)
        AWAIT(brio_send(stream, buffer, size));
    AWAIT(brio_send_eof(stream));
}

/* To its end. */
static ASYNC void expect(struct brio_stream *stream, const char *text)
{
    char buffer[100];
    size_t total = 0, size;
    while ((size = AWAIT(brio_receive(stream, buffer + total, sizeof buffer - total))) > 0)
        total += size;
    ck_assert_uint_eq(total, strlen(text));
    ck_assert_mem_eq(buffer, text, total);
}

static ASYNC void converse(struct brio_stream *stream)
{
    AWAIT(brio_send(stream, "one ", 4));
    AWAIT(brio_send_vectored(stream, (struct iovec[]){{"two ", 4}, {"three ", 6}}, 2));
    AWAIT(brio_send(stream, "four", 4));
    AWAIT(brio_send_eof(stream));
    AWAIT(expect(stream, "one two three four"));
}

static ASYNC void ask_addresses(struct brio_stream *stream)
{
    struct brio_address address;
    AWAIT(raise_if_failed(brio_stream_attribute(stream, BRIO_ATTR_LOCAL_ADDRESS, &address)));
    AWAIT(raise_if_failed(brio_stream_attribute(stream, BRIO_ATTR_REMOTE_ADDRESS, &address)));
}

static ASYNC void talk_over_tcp(void)
{
    struct brio_tcp_options options = {.reuse_port = true, .local_host = "127.0.0.1"};
    struct brio_listener *listener = AWAIT(brio_listen_tcp("127.0.0.1", "0", &options));
    DEFER AWAIT(brio_listener_close(listener));
    char service[8];
    int port = brio_listener_port(listener);
    AWAIT(raise_if_failed(port));
    snprintf(service, sizeof service, "%d", port);
    NURSERY(n) {
        SPAWN(n, brio_serve(listener, echo, NULL), .daemon = true);
        for (int i = 0; i < 2; i++) {
            struct brio_stream *stream = AWAIT(brio_connect_tcp("127.0.0.1", service, &options));
            DEFER AWAIT(brio_close(stream));
            AWAIT(ask_addresses(stream));
            AWAIT(converse(stream));
        }
    }
}

static char directory[64], path[100];

static ASYNC void leave_stale_socket(void)
{
    AWAIT(brio_listener_close(AWAIT(brio_listen_unix(path, 0))));
}

static ASYNC void send_descriptor(struct brio_stream *stream)
{
    int fd = 0;
    AWAIT(brio_send_fds(stream, "d", 1, &fd, 1));
}

static ASYNC void receive_descriptor(struct brio_stream *stream)
{
    char byte;
    int fd;
    size_t count = 0;
    AWAIT(brio_receive_fds(stream, &byte, 1, &fd, 1, &count));
    ck_assert_uint_eq(count, 1);
    close(fd);
}

static ASYNC void pass_descriptors(struct brio_stream *stream, void *arg)
{
    (void)arg;
    AWAIT(receive_descriptor(stream));
    AWAIT(send_descriptor(stream));
    AWAIT(echo(stream, arg));
}

static ASYNC void talk_over_unix(void)
{
    DEFER unlink(path);
    AWAIT(leave_stale_socket());
    struct brio_listener *listener = AWAIT(brio_listen_unix(path, 0600));
    DEFER AWAIT(brio_listener_close(listener));
    NURSERY(n) {
        SPAWN(n, brio_serve(listener, pass_descriptors, NULL), .daemon = true);
        struct brio_stream *stream = AWAIT(brio_connect_unix(path));
        DEFER AWAIT(brio_close(stream));
        AWAIT(send_descriptor(stream));
        AWAIT(receive_descriptor(stream));
        AWAIT(converse(stream));
    }
}

static ASYNC void exchange_datagrams(struct brio_datagram *bound, struct brio_datagram *connected)
{
    char buffer[10];
    struct brio_address from;
    AWAIT(brio_datagram_send(connected, "ping", 4, NULL));
    ck_assert_uint_eq(AWAIT(brio_datagram_receive(bound, buffer, sizeof buffer, &from)), 4);
    AWAIT(brio_datagram_send(bound, "", 0, &from));
    ck_assert_uint_eq(AWAIT(brio_datagram_receive(connected, buffer, sizeof buffer, NULL)), 0);
}

static ASYNC void talk_over_udp(void)
{
    struct brio_udp_options options = {.reuse_port = true, .local_host = "127.0.0.1"};
    struct brio_datagram *bound = AWAIT(brio_open_udp("127.0.0.1", "0", &options));
    DEFER AWAIT(brio_datagram_close(bound));
    struct brio_address address;
    char service[8];
    AWAIT(raise_if_failed(brio_datagram_attribute(bound, BRIO_ATTR_LOCAL_ADDRESS, &address)));
    snprintf(service, sizeof service, "%d", brio_address_port(&address));
    options.reuse_port = false; /* else the system may give it the port of the other, one time in 30,000, and it would talk to itself */
    struct brio_datagram *connected = AWAIT(brio_connect_udp("127.0.0.1", service, &options));
    DEFER AWAIT(brio_datagram_close(connected));
    AWAIT(exchange_datagrams(bound, connected));
}

static ASYNC void talk_over_unix_datagrams(void)
{
    char other[110];
    snprintf(other, sizeof other, "%s-2", path);
    DEFER {
        unlink(path);
        unlink(other);
    }
    AWAIT(brio_datagram_close(AWAIT(brio_open_unix_datagram(path, 0))));
    struct brio_datagram *bound = AWAIT(brio_open_unix_datagram(path, 0600));
    DEFER AWAIT(brio_datagram_close(bound));
    struct brio_datagram *connected = AWAIT(brio_connect_unix_datagram(path, other, 0));
    DEFER AWAIT(brio_datagram_close(connected));
    AWAIT(exchange_datagrams(bound, connected));
}

/* The descriptor is the caller's if that fails. */
static ASYNC struct brio_stream *adopt_stream(int fd)
{
    int code = 0;
    struct brio_stream *stream = brio_stream_from_fd(fd, &code);
    if (stream == NULL)
        close(fd);
    AWAIT(raise_if_failed(code));
    return stream;
}

static ASYNC void adopt_listener(void)
{
    int code = 0, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(listen(fd, 1), 0);
    struct brio_listener *listener = brio_listener_from_fd(fd, &code);
    if (listener == NULL)
        close(fd);
    AWAIT(raise_if_failed(code));
    AWAIT(brio_listener_close(listener));
}

static ASYNC void adopt_datagram(void)
{
    int code = 0, fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct brio_datagram *datagram = brio_datagram_from_fd(fd, &code);
    if (datagram == NULL)
        close(fd);
    AWAIT(raise_if_failed(code));
    AWAIT(brio_datagram_close(datagram));
}

static ASYNC void adopt_descriptors(void)
{
    int fds[2] = {-1, -1};
    DEFER {
        for (int i = 0; i < 2; i++)
            if (fds[i] >= 0)
                close(fds[i]);
    }
    AWAIT(adopt_listener());
    AWAIT(adopt_datagram());
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    for (int i = 0; i < 2; i++) {
        int fd = fds[i];
        fds[i] = -1;
        struct brio_stream *stream = AWAIT(adopt_stream(fd));
        AWAIT(brio_close(stream));
    }
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    AWAIT(brio_wait_writable(fds[0]));
}

static ASYNC void write_and_read_a_file(void)
{
    DEFER unlink(path);
    struct brio_stream *file = AWAIT(brio_file_stream_open(path, O_RDWR | O_CREAT, 0600));
    DEFER AWAIT(brio_close(file));
    AWAIT(brio_send(file, "content", 7));
    AWAIT(brio_file_stream_seek(file, 0, SEEK_SET));
    AWAIT(expect(file, "content"));
    int code = 0, fd = dup(0);
    struct brio_stream *other = brio_file_stream_from_fd(fd, &code);
    if (other == NULL)
        close(fd);
    AWAIT(raise_if_failed(code));
    AWAIT(brio_close(other));
}

static ASYNC void look_up_names(void)
{
    struct brio_address address = AWAIT(brio_resolve_address("localhost", "80", AF_INET));
    char host[100], service[100];
    AWAIT(brio_getnameinfo(&address, host, sizeof host, service, sizeof service, 0));
    AWAIT(brio_getnameinfo(&address, host, sizeof host, service, sizeof service, NI_NUMERICHOST | NI_NUMERICSERV));
}

static ASYNC int answer(int question)
{
    AWAIT(brio_checkpoint());
    return question + 1;
}

static int ask_loop(struct brio_portal *portal, int question)
{
    int value = question + 1, code = RUN_ON(portal, &value, answer(question));
    ck_assert(code == 0 || code == ECANCELED); /* another thread could not be made */
    return value;
}

static ASYNC void ask_from_thread(struct brio_portal *portal, int question)
{
    ck_assert_int_eq(AWAIT_THREAD(ask_loop(portal, question)), question + 1);
}

static ASYNC void call_from_threads(void)
{
    NURSERY(n) {
        struct brio_portal *portal = brio_portal_open(n);
        if (portal == NULL)
            RAISE(failing.code, "no portal");
        for (int i = 0; i < 3; i++)
            SPAWN(n, ask_from_thread(portal, i));
    }
}

/* ---- how they end ---- */

static bool is_among_causes(const struct brio_error *error, int code)
{
    for (; error; error = error->cause)
        if (brio_error_contains(error, code))
            return true;
    return false;
}

/* Every error says what and where; whether one has the code, or is caused by it. The one ENOMEM that needs no memory has no place. */
static bool check_tree(const struct brio_error *error, int code)
{
    bool found = is_among_causes(error, code);
    if (error->code != ENOMEM) {
        ck_assert_msg(error->file, "%s", brio_error_string(error));
        ck_assert_ptr_nonnull(error->function);
        ck_assert_uint_gt(error->line, 0);
    }
    ck_assert_uint_gt(strlen(error->message), 0);
    for (size_t i = 0; i < error->child_count; i++)
        found |= check_tree(error->children[i], code);
    return found;
}

static const char *describe(enum failing_call call, int code)
{
    static char text[100];
    if (call == CALL_GETADDRINFO || call == CALL_GETNAMEINFO)
        snprintf(text, sizeof text, "%s: %s", call_names[call], gai_strerror(code));
    else
        snprintf(text, sizeof text, "%s: %s", call_names[call], brio_error_name(code));
    return text;
}

static void judge(int outcome, const struct brio_error *error, enum failing_call call, int code, long k)
{
    const char *what = describe(call, code);
    if (outcome == 0)
        return;
    ck_assert_msg(call_has_failed(), "%s, call %ld, has not failed: %s", what, k, brio_error_string(error));
    ck_assert_msg(error, "%s, call %ld: %s", what, k, brio_error_name(outcome));
    bool told = check_tree(error, code_of(call, code));
    if ((call == CALL_CONNECT || call == CALL_LSTAT || call == CALL_UNLINK) && error->code == EADDRINUSE)
        told = true; /* whether anybody uses the socket file was not to be learned */
    ck_assert_msg(told, "%s, call %ld:\n%s", what, k, brio_error_string(error));
    ck_assert_msg(code != EINTR || call == CALL_OPEN || call == CALL_FCNTL, "%s, call %ld:\n%s", what, k, brio_error_string(error));
}

typedef ASYNC void scenario_function(void);

/* A scenario that hangs makes the virtual clock jump. */
static ASYNC void play(scenario_function *scenario)
{
    FAIL_AFTER(100) {
        AWAIT(scenario());
    }
}

/* Whether the call was made that often. */
static bool run_with(scenario_function *scenario, enum failing_call call, long k, int code)
{
    const struct brio_error *error = NULL;
    struct brio_options options = {.clock = BRIO_CLOCK_VIRTUAL, .autojump = 0.05, .error = &error};
    size_t allocations = allocations_living();
    int descriptors = descriptors_open();
    fail_call(call, k, code);
    int outcome = RUN(&options, play(scenario));
    failing.call = CALL_NONE;
    judge(outcome, error, call, code, k);
    brio_error_unref(error);
    ck_assert_msg(allocations_living() == allocations, "%s, call %ld: memory is left", describe(call, code), k);
    ck_assert_msg(descriptors_open() == descriptors, "%s, call %ld: descriptors are left", describe(call, code), k);
    return call_has_failed();
}

static int count_codes(enum failing_call call)
{
    int count = 0;
    while (count < CODES && codes_of[call][count])
        count++;
    return count;
}

/* How many have failed. */
static int fail_each_call(scenario_function *scenario)
{
    const char *wanted = getenv("BRIO_TEST_CALLS");
    bool all = wanted && strcmp(wanted, "all") == 0, few = wanted && strcmp(wanted, "few") == 0, made;
    int failures = 0;
    for (enum failing_call call = CALL_NONE + 1; call < CALLS; call++) {
        int count = count_codes(call);
        made = true;
        for (long k = 0; made; k++) {
            bool each = all || (k == 0 && !few);
            for (int i = 0; i < (each ? count : 1) && made; i++)
                made = run_with(scenario, call, k, codes_of[call][each ? i : k % count]);
            failures += made;
        }
    }
    return failures;
}

static void test_scenario(scenario_function *scenario)
{
    snprintf(directory, sizeof directory, "/tmp/brio-calls-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/name", directory);
    ck_assert_int_gt(fail_each_call(scenario), 9);
    ck_assert_int_eq(rmdir(directory), 0);
}

PLAIN_TEST(tcp_client_and_server)
{
    test_scenario(talk_over_tcp);
}

PLAIN_TEST(unix_client_and_server)
{
    test_scenario(talk_over_unix);
}

PLAIN_TEST(udp_sockets)
{
    test_scenario(talk_over_udp);
}

PLAIN_TEST(unix_datagram_sockets)
{
    test_scenario(talk_over_unix_datagrams);
}

PLAIN_TEST(descriptors_made_elsewhere)
{
    test_scenario(adopt_descriptors);
}

PLAIN_TEST(files)
{
    test_scenario(write_and_read_a_file);
}

PLAIN_TEST(names)
{
    test_scenario(look_up_names);
}

PLAIN_TEST(threads_and_portals)
{
    test_scenario(call_from_threads);
}

/* ---- no descriptor at all ---- */

static ASYNC void call_without_descriptors(void)
{
    TRY {
        AWAIT_THREAD(getpid());
        ck_abort();
    } CATCH (e, EMFILE) {
        note("thread");
    }
    NURSERY(n) {
        note("%s", brio_portal_open(n) ? "portal" : "no portal");
    }
}

/* A loop finds another back end where it may. */
PLAIN_TEST(loop_without_descriptors_runs_and_says_what_it_lacks)
{
    const struct brio_error *error = NULL;
    struct brio_options epoll = {.ev_flags = 4, .error = &error}, dumping = {.dump_signal = SIGUSR2, .error = &error};
    struct rlimit before, none;
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = before;
    none.rlim_cur = 0;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
    int plain = RUN(NULL, call_without_descriptors());
    int with_epoll = RUN(&epoll, call_without_descriptors());
    brio_error_unref(error);
    int with_signal = RUN(&dumping, call_without_descriptors());
    brio_error_unref(error);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
    ck_assert_int_eq(plain, 0);
    ck_assert_int_eq(with_epoll, EMFILE);
    ck_assert_int_eq(with_signal, EMFILE);
    ck_assert_notes("thread no portal");
}

/* ---- one port for several addresses ---- */

/* Where the host has more than one, as localhost mostly has. */
/* Which calls fail depends on the back end: each test has its own. */
static void __attribute__((constructor)) choose_back_ends_here(void)
{
    unsetenv("LIBEV_FLAGS");
}

ASYNC_TEST(port_that_another_address_has_in_use_is_given_up_for_another)
{
    fail_call(CALL_BIND, 1, EADDRINUSE);
    struct brio_listener *listener = AWAIT(brio_listen_tcp("localhost", "0", NULL));
    if (call_has_failed())
        ck_assert_int_eq(calls_made[CALL_BIND], 4);
    ck_assert_int_gt(brio_listener_port(listener), 0);
    AWAIT(brio_listener_close(listener));
}

ASYNC_TEST(listening_gives_up_when_no_port_will_do)
{
    fail_call(CALL_BIND, 0, EADDRINUSE);
    failing.forever = true;
    TRY {
        AWAIT(brio_listen_tcp("localhost", "0", NULL));
        ck_abort();
    } CATCH (e, EADDRINUSE) {
        note("%s", e->message);
    }
    ck_assert_int_eq(calls_made[CALL_BIND], 16);
    ck_assert_notes("listen on localhost port 0: Address already in use");
    count_calls();
}

ASYNC_TEST(machine_without_ipv6_is_listened_to_over_ipv4)
{
    struct brio_address address;
    fail_call(CALL_SOCKET, 0, EAFNOSUPPORT);
    struct brio_listener *listener = AWAIT(brio_listen_tcp(NULL, "0", NULL));
    ck_assert(call_has_failed());
    ck_assert_int_eq(brio_listener_address(listener, &address), 0);
    ck_assert_int_eq(address.storage.ss_family, AF_INET);
    AWAIT(brio_listener_close(listener));
}
