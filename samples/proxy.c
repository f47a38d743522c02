/* proxy.c - a TCP proxy: what a client sends goes to the server, what the server sends goes to the client.
 *
 * usage: proxy port host service [idle-seconds]
 *
 * Either side may end its half of the connection and go on reading. A connection that carries nothing for idle-seconds is closed. SIGINT
 * and SIGTERM end the program: every connection is closed on the way out, and it says what is still open afterwards. SIGUSR1 prints the
 * tree of tasks, each with what it waits for.
 */
#include <brio.h>
#include <errno.h>
#include <ev.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct proxy {
    struct ev_loop *loop;
    const char *port, *host, *service;
    double idle_seconds;
    int connections; /* open now */
    int accepted;
    int timed_out;
};

static ASYNC void pump(struct brio_stream *from, struct brio_stream *to, struct brio_scope *idle, double idle_seconds)
{
    char buffer[16384];
    size_t size;

    while ((size = AWAIT(brio_receive(from, buffer, sizeof buffer))) > 0) {
        brio_scope_set_deadline(idle, brio_now() + idle_seconds);
        AWAIT(brio_send(to, buffer, size));
    }
    AWAIT(brio_send_eof(to));
}

/* One connection, from brio_serve, which closes `client` when this ends. */
static ASYNC void relay(struct brio_stream *client, void *arg)
{
    struct proxy *proxy = arg;

    proxy->accepted++;
    proxy->connections++;
    DEFER proxy->connections--;
    TRY {
        struct brio_stream *server = AWAIT(brio_connect_tcp(proxy->host, proxy->service, NULL));
        DEFER AWAIT(brio_close(server));
        MOVE_ON_AFTER(proxy->idle_seconds, idle) {
            NURSERY(n) {
                SPAWN(n, pump(client, server, idle, proxy->idle_seconds), .name = "to the server");
                SPAWN(n, pump(server, client, idle, proxy->idle_seconds), .name = "to the client");
            }
        }
        proxy->timed_out += idle->cancelled_caught;
    } CATCH (e) {
        fprintf(stderr, "a connection failed: %s\n", brio_error_string(e)); /* the others go on */
    }
}

static void interrupted(struct ev_loop *loop, ev_signal *watcher, int events)
{
    (void)loop, (void)events;
    brio_scope_cancel(watcher->data, "interrupted");
}

static void show_tasks(struct ev_loop *loop, ev_signal *watcher, int events)
{
    (void)loop, (void)watcher, (void)events;
    brio_dump_tasks(stderr);
}

static void watch_signal(struct ev_loop *loop, ev_signal *watcher, int number, void (*callback)(struct ev_loop *, ev_signal *, int),
                         void *data)
{
    ev_signal_init(watcher, callback, number);
    watcher->data = data;
    ev_signal_start(loop, watcher);
}

static ASYNC void serve(struct proxy *proxy)
{
    ev_signal quit[2], dump;

    CANCEL_SCOPE(scope) {
        watch_signal(proxy->loop, &quit[0], SIGINT, interrupted, scope);
        DEFER ev_signal_stop(proxy->loop, &quit[0]);
        watch_signal(proxy->loop, &quit[1], SIGTERM, interrupted, scope);
        DEFER ev_signal_stop(proxy->loop, &quit[1]);
        watch_signal(proxy->loop, &dump, SIGUSR1, show_tasks, NULL);
        DEFER ev_signal_stop(proxy->loop, &dump);

        struct brio_listener *listener = AWAIT(brio_listen_tcp("127.0.0.1", proxy->port, NULL));
        DEFER AWAIT(brio_listener_close(listener));
        printf("%d\n", brio_listener_port(listener));
        fflush(stdout);
        AWAIT(brio_serve(listener, relay, proxy));
    }
}

static int open_descriptors(void)
{
    int count = 0;

    for (int fd = 0; fd < 1024; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

int main(int argc, char **argv)
{
    int before = open_descriptors();

    if (argc < 4) {
        fprintf(stderr, "usage: %s port host service [idle-seconds]\n", argv[0]);
        return 2;
    }
    struct proxy proxy = {
        .loop = ev_loop_new(EVFLAG_AUTO), .port = argv[1], .host = argv[2], .service = argv[3],
        .idle_seconds = argc > 4 ? atof(argv[4]) : 60,
    };
    if (!proxy.loop) {
        fprintf(stderr, "%s: no event loop\n", argv[0]);
        return 1;
    }
    struct brio_options options = {.loop = proxy.loop};
    int code = RUN(&options, serve(&proxy));

    ev_loop_destroy(proxy.loop);
    printf("%d accepted, %d timed out; still open: %d connections, %d descriptors\n", proxy.accepted, proxy.timed_out, proxy.connections,
           open_descriptors() - before);
    return code != 0;
}
