/* The same echo server with the callbacks of libev, and the client of both. */
#include "bench.h"

#include <errno.h>
#include <ev.h>
#include <fcntl.h>
#include <math.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- server ---- */

struct client {
    ev_io io;
    char buffer[4096];
    size_t size, sent;
};

static int clients_left, clients_accepted;
static ev_io accepting;

static void end_client(struct ev_loop *loop, struct client *client)
{
    ev_io_stop(loop, &client->io);
    close(client->io.fd);
    free(client);
    clients_left--;
}

static void watch_for(struct ev_loop *loop, struct client *client, int events)
{
    if (client->io.events == events)
        return;
    ev_io_stop(loop, &client->io);
    ev_io_set(&client->io, client->io.fd, events);
    ev_io_start(loop, &client->io);
}

static void client_ready(struct ev_loop *loop, ev_io *io, int events)
{
    struct client *client = (struct client *)io;

    if (events & EV_READ) {
        ssize_t size = read(io->fd, client->buffer, sizeof client->buffer);
        if (size < 0 && errno == EAGAIN)
            return;
        if (size <= 0) {
            end_client(loop, client);
            return;
        }
        client->size = (size_t)size;
        client->sent = 0;
    }
    ssize_t sent = write(io->fd, client->buffer + client->sent, client->size - client->sent);
    if (sent < 0 && errno != EAGAIN) {
        end_client(loop, client);
        return;
    }
    client->sent += sent > 0 ? (size_t)sent : 0;
    watch_for(loop, client, client->sent < client->size ? EV_WRITE : EV_READ);
}

static void client_arrives(struct ev_loop *loop, ev_io *io, int events)
{
    int fd = accept4(io->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC), on = 1;
    struct client *client = fd >= 0 ? malloc(sizeof *client) : NULL;

    (void)events;
    if (!client)
        return;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ev_io_init(&client->io, client_ready, fd, EV_READ);
    ev_io_start(loop, &client->io);
    if (++clients_accepted == bench_connections)
        ev_io_stop(loop, io);
}

static int start_listening(int *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) < 0 || listen(fd, 128) < 0 ||
        getsockname(fd, (struct sockaddr *)&address, &size) < 0)
        abort();
    *port = ntohs(address.sin_port);
    return fd;
}

struct sample events_echo(long n)
{
    struct ev_loop *loop = ev_loop_new(EVFLAG_AUTO);
    int port, listening = start_listening(&port);
    int child = echo_client_start(port, bench_connections, n);
    double start = bench_processor();

    clients_left = bench_connections;
    clients_accepted = 0;
    ev_io_init(&accepting, client_arrives, listening, EV_READ);
    ev_io_start(loop, &accepting);
    ev_run(loop, 0); /* until the last client has gone */

    double seconds = bench_processor() - start;
    close(listening);
    ev_loop_destroy(loop);
    double slowest;
    if (echo_client_wait(child, &slowest) < 0 || clients_left != 0)
        seconds = NAN;
    return (struct sample){seconds, NAN, slowest};
}

/* ---- client ---- */

static int connect_to(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons((uint16_t)port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) < 0)
        return -1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

/* How long requests took, in powers of 1.1 microseconds; in memory that both processes see. */
enum { TIMES = 256 };
static long *times;

static void note_time(double seconds)
{
    double power = log(seconds * 1e6) / log(1.1);
    times[power < 0 ? 0 : power >= TIMES ? TIMES - 1 : (int)power]++;
}

/* Which 99 of 100 did not exceed. */
static double slowest_time(void)
{
    long all = 0, so_far = 0;

    for (int i = 0; i < TIMES; i++)
        all += times[i];
    for (int i = 0; i < TIMES; i++)
        if ((so_far += times[i]) * 100 >= all * 99)
            return pow(1.1, i + 1) * 1e-6;
    return NAN;
}

/* Each connection sends a message, waits until it has come back, and sends the next. */
static int ask(int port, int connections, long requests)
{
    static double begun[ECHO_MOST];
    static struct pollfd fds[ECHO_MOST];
    static size_t received[ECHO_MOST];
    char message[ECHO_SIZE], answer[ECHO_SIZE];
    long sent = 0, answered = 0;

    memset(message, 'x', sizeof message);
    for (int i = 0; i < connections; i++)
        fds[i] = (struct pollfd){.fd = connect_to(port), .events = POLLIN};
    for (int i = 0; i < connections; i++, sent++, begun[i - 1] = bench_now())
        if (fds[i].fd < 0 || write(fds[i].fd, message, sizeof message) != sizeof message)
            return 1;
    while (answered < requests) {
        if (poll(fds, (nfds_t)connections, 5000) <= 0)
            return 1;
        for (int i = 0; i < connections; i++) {
            if (!fds[i].revents)
                continue;
            ssize_t size = read(fds[i].fd, answer, sizeof answer - received[i]);
            if (size <= 0)
                return 1;
            received[i] = (received[i] + (size_t)size) % sizeof answer;
            if (received[i] != 0)
                continue;
            answered++;
            double now = bench_now();
            note_time(now - begun[i]);
            begun[i] = now;
            if (sent < requests && sent++ >= 0 && write(fds[i].fd, message, sizeof message) != sizeof message)
                return 1;
        }
    }
    return 0; /* leaving closes the connections */
}

int echo_client_start(int port, int connections, long requests)
{
    times = mmap(NULL, sizeof *times * TIMES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (times == MAP_FAILED)
        abort();
    pid_t child = fork();

    if (child == 0)
        _exit(ask(port, connections, requests));
    if (child < 0)
        abort();
    return child;
}

int echo_client_wait(int child, double *slowest)
{
    int status;
    bool served = waitpid(child, &status, 0) >= 0 && status == 0;

    *slowest = slowest_time();
    munmap(times, sizeof *times * TIMES);
    return served ? 0 : -1;
}
