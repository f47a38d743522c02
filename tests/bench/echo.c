/* An echo server as tasks: one for each connection. What counts is the processor time of this process. */
#include "bench.h"

#include <brio.h>
#include <brio/socket.h>
#include <math.h>

static ASYNC void echo(struct brio_stream *client)
{
    char buffer[4096];
    size_t size;
    DEFER AWAIT(brio_close_forcefully(client));

    while ((size = AWAIT(brio_receive(client, buffer, sizeof buffer))) > 0)
        AWAIT(brio_send(client, buffer, size));
}

static ASYNC void serve(long n, struct sample *sample)
{
    struct brio_listener *listener = AWAIT(brio_listen_tcp("127.0.0.1", "0", NULL));
    DEFER AWAIT(brio_listener_close(listener));
    int child = echo_client_start(brio_listener_port(listener), bench_connections, n);
    double start = bench_processor();

    NURSERY(clients) {
        for (int i = 0; i < bench_connections; i++)
            SPAWN(clients, echo(AWAIT(brio_accept(listener))));
    }
    sample->seconds = bench_processor() - start;
    if (echo_client_wait(child, &sample->slowest) < 0)
        sample->seconds = NAN;
}

struct sample tasks_echo(long n)
{
    struct sample sample = {NAN, NAN, NAN};

    return RUN(NULL, serve(n, &sample)) == 0 ? sample : (struct sample){NAN, NAN, NAN};
}
