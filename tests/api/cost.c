/* What input and output cost: system calls, and memory. */
#define _GNU_SOURCE
#include "../support/async_test.h"
#include "../support/failing_calls.h"

#include <brio/socket.h>
#include <brio/time.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- a request ---- */

enum { REQUESTS = 300, A_FEW = 10 };

static struct {
    long waits, changes, receives, empty_receives, sends;
} costs;

static void read_costs(void)
{
    costs.waits = calls_made[CALL_EPOLL_WAIT];
    costs.changes = calls_made[CALL_EPOLL_CTL];
    costs.receives = calls_made[CALL_RECV];
    costs.empty_receives = calls_in_vain[CALL_RECV];
    costs.sends = calls_made[CALL_SEND];
}

/* The connection stands; requests come one by one. */
static ASYNC void echo(int fd)
{
    char buffer[1000];
    struct brio_stream *stream = brio_stream_from_fd(fd, NULL);
    DEFER AWAIT(brio_close(stream));
    size_t size;
    count_calls();
    while ((size = AWAIT(brio_receive(stream, buffer, sizeof buffer))) > 0)
        AWAIT(brio_send(stream, buffer, size));
    read_costs();
}

static void be_client(int fd)
{
    char buffer[100] = "request";
    for (int i = 0; i < REQUESTS; i++) {
        if (write(fd, buffer, sizeof buffer) != sizeof buffer || read(fd, buffer, sizeof buffer) != sizeof buffer)
            _exit(1);
    }
    _exit(0);
}

PLAIN_TEST(request_costs_one_wait_one_receive_and_one_send)
{
    int fds[2], status;
    struct brio_options options = {.ev_flags = 4};
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    pid_t client = fork();
    if (client == 0) {
        close(fds[0]);
        be_client(fds[1]);
    }
    close(fds[1]);
    ck_assert_int_eq(RUN(&options, echo(fds[0])), 0);
    ck_assert_int_eq(waitpid(client, &status, 0), client);
    ck_assert_int_eq(status, 0);
    ck_assert_int_eq(costs.sends, REQUESTS);
    ck_assert_int_le(costs.receives, REQUESTS + A_FEW);
    ck_assert_int_le(costs.empty_receives, 1);
    ck_assert_int_le(costs.waits, REQUESTS + A_FEW);
    ck_assert_int_le(costs.changes, A_FEW);
}

/* ---- sending, receiving ---- */

static void open_pair(struct brio_stream *pair[2])
{
    int fds[2];
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    for (int i = 0; i < 2; i++)
        pair[i] = brio_stream_from_fd(fds[i], NULL);
}

ASYNC_TEST(parts_go_out_together)
{
    enum { PARTS = 16 };
    struct brio_stream *pair[2];
    struct iovec parts[2 * PARTS];
    char buffer[100];
    open_pair(pair);
    for (int i = 0; i < 2 * PARTS; i++)
        parts[i] = (struct iovec){"xy", 2};
    count_calls();
    AWAIT(brio_send_vectored(pair[0], parts, PARTS));
    ck_assert_int_eq(calls_made[CALL_SENDMSG], 1);
    AWAIT(brio_send_vectored(pair[0], parts, 2 * PARTS));
    ck_assert_int_eq(calls_made[CALL_SENDMSG], 3);
    ck_assert_int_eq(calls_made[CALL_SEND], 0);
    ck_assert_uint_eq(AWAIT(brio_receive(pair[1], buffer, sizeof buffer)), 6 * PARTS);
    AWAIT(brio_close(pair[0]));
    AWAIT(brio_close(pair[1]));
}

/* Data that come while no task receives stay with the system: they keep the peer from sending more. */
ASYNC_TEST(nothing_is_read_that_nobody_has_asked_for)
{
    struct brio_stream *pair[2];
    char buffer[100] = "data";
    int fd;
    open_pair(pair);
    NURSERY(n) {
        SPAWN(n, brio_receive(pair[0], buffer, sizeof buffer));
        AWAIT(brio_wait_all_blocked());
        AWAIT(brio_send(pair[1], buffer, 1)); /* the watcher is armed from now on */
    }
    count_calls();
    ck_assert_int_eq(brio_stream_attribute(pair[1], BRIO_ATTR_FD, &fd), 0);
    while (send(fd, buffer, sizeof buffer, MSG_DONTWAIT) > 0)
        AWAIT(brio_wait_all_blocked());
    ck_assert_int_eq(calls_made[CALL_RECV], 0);
    AWAIT(brio_close(pair[0]));
    AWAIT(brio_close(pair[1]));
}

/* ---- memory ---- */

enum { MEGABYTE = 1 << 20, BLOCK = 1 << 16, MOST_GROWTH = 8 };

static ASYNC void send_megabytes(struct brio_stream *stream, long count)
{
    static char block[BLOCK];
    for (long i = 0; i < count * (MEGABYTE / BLOCK); i++)
        AWAIT(brio_send(stream, block, sizeof block));
    AWAIT(brio_send_eof(stream));
}

static ASYNC void receive_slowly(struct brio_stream *stream, long count)
{
    static char block[BLOCK / 4];
    long long total = 0;
    size_t size;
    while ((size = AWAIT(brio_receive(stream, block, sizeof block))) > 0) {
        total += (long long)size;
        AWAIT(brio_sleep(0.001));
    }
    ck_assert_int_eq(total, (long long)count * MEGABYTE);
}

static ASYNC void transfer(long megabytes)
{
    struct brio_listener *listener = AWAIT(brio_listen_tcp("127.0.0.1", "0", NULL));
    char service[8];
    snprintf(service, sizeof service, "%d", brio_listener_port(listener));
    struct brio_stream *sender = AWAIT(brio_connect_tcp("127.0.0.1", service, NULL)), *receiver = AWAIT(brio_accept(listener));
    ck_assert_int_eq(brio_clock_set_rate(1e4), 0); /* a millisecond is nothing, but others run */
    NURSERY(n) {
        SPAWN(n, send_megabytes(sender, megabytes));
        SPAWN(n, receive_slowly(receiver, megabytes));
    }
    AWAIT(brio_close(sender));
    AWAIT(brio_close(receiver));
    AWAIT(brio_listener_close(listener));
}

static long peak_megabytes(void)
{
    struct rusage usage;
    ck_assert_int_eq(getrusage(RUSAGE_SELF, &usage), 0);
    return usage.ru_maxrss / 1024;
}

/* BRIO_TEST_MEGABYTES says how much is sent. */
PLAIN_TEST(slow_reader_costs_the_sender_no_memory)
{
    const char *wanted = getenv("BRIO_TEST_MEGABYTES");
    struct brio_options options = {.clock = BRIO_CLOCK_VIRTUAL};
    ck_assert_int_eq(RUN(&options, transfer(1)), 0);
    long before = peak_megabytes();
    ck_assert_int_eq(RUN(&options, transfer(wanted ? atol(wanted) : 100)), 0);
    ck_assert_int_le(peak_megabytes(), before + MOST_GROWTH);
}
