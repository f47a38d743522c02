/* port_scanner.c - finds out which ports of a host answer, a few at a time.
 *
 * usage: port_scanner host first last [at-once]
 *        port_scanner      opens four ports of its own, closes two of them again, and scans these four
 *
 * A task for each port would be no burden, but a thousand connections at once would be: a limiter lets only so many try.
 */
#include <brio.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum answer { SILENT, REFUSED, OPEN };

static const char *const answers[] = {"no answer", "closed", "open"};
static const double patience = 2; /* seconds for each port */

struct scan {
    const char *host;
    const int *ports;
    enum answer *results;
    struct brio_limiter limiter;
    int trying, most_trying;
};

static ASYNC enum answer try_port(const char *host, int port)
{
    enum answer answer = SILENT;
    char service[12];

    snprintf(service, sizeof service, "%d", port);
    TRY {
        MOVE_ON_AFTER(patience) {
            AWAIT(brio_close(AWAIT(brio_connect_tcp(host, service, NULL))));
            answer = OPEN;
        }
    } CATCH (e, ECONNREFUSED) {
        answer = REFUSED;
    }
    return answer;
}

static ASYNC void scan_port(struct scan *scan, int i)
{
    HOLD(&scan->limiter) {
        if (++scan->trying > scan->most_trying)
            scan->most_trying = scan->trying;
        scan->results[i] = AWAIT(try_port(scan->host, scan->ports[i]));
        scan->trying--;
    }
}

static ASYNC void scan_ports(struct scan *scan, int count)
{
    NURSERY(n) {
        for (int i = 0; i < count; i++)
            SPAWN(n, scan_port(scan, i));
    }
}

/* ---- a range of ports ---- */

static ASYNC void scan_range(const char *host, int first, int last, size_t at_once)
{
    int count = last - first + 1, open = 0;
    struct scan scan = {.host = host, .limiter = BRIO_LIMITER_INIT(at_once)};
    int *ports = calloc((size_t)count, sizeof *ports);
    DEFER free(ports);
    enum answer *results = calloc((size_t)count, sizeof *results);
    DEFER free(results);

    if (!ports || !results)
        RAISE(ENOMEM, "%d ports", count);
    for (int i = 0; i < count; i++)
        ports[i] = first + i;
    scan.ports = ports;
    scan.results = results;
    AWAIT(scan_ports(&scan, count));
    for (int i = 0; i < count; i++) {
        if (results[i] == OPEN)
            printf("%d open\n", ports[i]);
        open += results[i] == OPEN;
    }
    printf("%d of %d ports are open\n", open, count);
}

/* ---- ports of its own ---- */

enum { OWN_PORTS = 4 };

static ASYNC void scan_own_ports(void)
{
    struct brio_listener *listeners[OWN_PORTS] = {NULL};
    int ports[OWN_PORTS];
    enum answer results[OWN_PORTS];

    DEFER {
        for (int i = 0; i < OWN_PORTS; i++)
            AWAIT(brio_listener_close(listeners[i]));
    }
    for (int i = 0; i < OWN_PORTS; i++) {
        listeners[i] = AWAIT(brio_listen_tcp("127.0.0.1", "0", NULL));
        ports[i] = brio_listener_port(listeners[i]);
    }
    for (int i = 0; i < OWN_PORTS; i += 2) {
        AWAIT(brio_listener_close(listeners[i]));
        listeners[i] = NULL;
    }

    struct scan scan = {.host = "127.0.0.1", .ports = ports, .results = results, .limiter = BRIO_LIMITER_INIT(3)};
    AWAIT(scan_ports(&scan, OWN_PORTS));
    for (int i = 0; i < OWN_PORTS; i++)
        printf("port %d is %s\n", i + 1, answers[results[i]]);
    printf("%d at once\n", scan.most_trying);
}

int main(int argc, char **argv)
{
    if (argc == 1)
        return RUN(NULL, scan_own_ports()) != 0;
    int first = argc > 3 ? atoi(argv[2]) : 0, last = argc > 3 ? atoi(argv[3]) : 0, at_once = argc > 4 ? atoi(argv[4]) : 100;
    if (first < 1 || last < first || last > 65535 || at_once < 1) {
        fprintf(stderr, "usage: %s host first last [at-once]\n", argv[0]);
        return 2;
    }
    return RUN(NULL, scan_range(argv[1], first, last, (size_t)at_once)) != 0;
}
