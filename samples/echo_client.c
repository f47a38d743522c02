/* echo_client.c - opens several connections to an echo server at once and checks that each line comes back on each of them.
 *
 * usage: echo_client port [connections [lines]]
 */
#include <brio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static ASYNC void receive_exactly(struct brio_stream *s, char *buffer, size_t size)
{
    for (size_t got = 0; got < size;) {
        size_t n = AWAIT(brio_receive(s, buffer + got, size - got));
        if (n == 0)
            RAISE(BRIO_EBROKEN, "the server ended the stream after %zu of %zu bytes", got, size);
        got += n;
    }
}

/* Returns how many lines came back. */
static ASYNC int talk(const char *port, int connection, int lines)
{
    struct brio_stream *server = AWAIT(brio_connect_tcp("127.0.0.1", port, NULL));
    DEFER AWAIT(brio_close(server));
    char line[64], answer[64];
    int echoed = 0;

    for (int i = 0; i < lines; i++) {
        size_t size = (size_t)snprintf(line, sizeof line, "connection %d, line %d\n", connection, i);
        AWAIT(brio_send(server, line, size));
        AWAIT(receive_exactly(server, answer, size));
        echoed += memcmp(line, answer, size) == 0;
    }
    AWAIT(brio_send_eof(server));
    if (AWAIT(brio_receive(server, answer, sizeof answer)) != 0)
        RAISE(BRIO_EBROKEN, "the server sent more than it was sent");
    return echoed;
}

static ASYNC void client(const char *port, int connections, int lines)
{
    int *echoed = calloc((size_t)connections, sizeof *echoed);
    DEFER free(echoed);
    int total = 0;

    if (!echoed)
        RAISE_ERRNO("%d connections", connections);
    FAIL_AFTER(30) {
        NURSERY(n) {
            for (int i = 0; i < connections; i++)
                SPAWN_INTO(n, &echoed[i], talk(port, i, lines));
        }
    }
    for (int i = 0; i < connections; i++)
        total += echoed[i];
    printf("%d of %d lines came back on %d connections\n", total, connections * lines, connections);
}

int main(int argc, char **argv)
{
    int connections = argc > 2 ? atoi(argv[2]) : 10, lines = argc > 3 ? atoi(argv[3]) : 100;

    if (argc < 2 || connections < 1 || lines < 1) {
        fprintf(stderr, "usage: %s port [connections [lines]]\n", argv[0]);
        return 2;
    }
    return RUN(NULL, client(argv[1], connections, lines)) != 0;
}
