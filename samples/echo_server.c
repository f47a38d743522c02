/* echo_server.c - sends back what each client sends.
 *
 * usage: echo_server [port]      port 0, the default, lets the system choose; the port is printed. SIGUSR1 prints the tasks
 */
#include <brio.h>
#include <signal.h>
#include <stdio.h>

static ASYNC void echo(struct brio_stream *client, void *unused)
{
    char buffer[4096];
    size_t size;

    (void)unused;
    TRY {
        while ((size = AWAIT(brio_receive(client, buffer, sizeof buffer))) > 0)
            AWAIT(brio_send(client, buffer, size));
    } CATCH (e, BRIO_EBROKEN) {
        fprintf(stderr, "%s\n", brio_error_string(e)); /* one client that breaks off is no matter for the others */
    }
}

static ASYNC void serve(const char *port)
{
    struct brio_listener *listener = AWAIT(brio_listen_tcp("127.0.0.1", port, NULL));
    DEFER AWAIT(brio_listener_close(listener));

    printf("%d\n", brio_listener_port(listener));
    fflush(stdout);
    AWAIT(brio_serve(listener, echo, NULL)); /* a task for each client; for ever */
}

int main(int argc, char **argv)
{
    struct brio_options options = {.dump_signal = SIGUSR1};

    return RUN(&options, serve(argc > 1 ? argv[1] : "0")) != 0;
}
