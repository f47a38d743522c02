/* io/connect.c - connecting to the first of several addresses that answers. Written in Brio.
 *
 * Every address gets a task that connects its own socket. The next one starts when the one before it has failed or has not answered for a
 * quarter of a second; the first to succeed cancels the nursery, and every socket that does not win is closed by the task that opened it.
 */
#include <brio/error.h>
#include <brio/nursery.h>
#include <brio/scope.h>
#include <brio/socket.h>
#include <brio/sync.h>
#include <brio/task.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "core/task.h"
#include "io/socket.h"

static const double default_stagger = 0.25;

struct attempt {
    const struct addrinfo *address;
    int code; /* errno, once it has failed */
    struct brio_event failed;
};

struct race {
    struct brio_nursery *nursery;
    const struct addrinfo *local; /* of the addresses to bind to, or NULL: any */
    double stagger;
    bool delay;
    int winner; /* descriptor, or -1 */
    int last_code;
    size_t count;
    struct attempt attempts[];
};

/* The second address is the first of another family than the first one: two families get a quick try. */
static void order_attempts(struct race *race)
{
    for (size_t i = 2; i < race->count; i++) {
        if (race->attempts[1].address->ai_family != race->attempts[0].address->ai_family)
            return;
        if (race->attempts[i].address->ai_family == race->attempts[0].address->ai_family)
            continue;
        struct attempt other = race->attempts[i];
        memmove(&race->attempts[2], &race->attempts[1], (i - 1) * sizeof other);
        race->attempts[1] = other;
    }
}

static size_t size_of_race(size_t count)
{
    return sizeof(struct race) + count * sizeof(struct attempt);
}

static struct race *make_race(const struct addrinfo *addresses, const struct brio_tcp_options *options)
{
    size_t count = 0;
    for (const struct addrinfo *address = addresses; address; address = address->ai_next)
        count++;
    struct race *race = brio__alloc(size_of_race(count));
    if (race == NULL)
        return NULL;
    *race = (struct race){.stagger = options->stagger > 0 ? options->stagger : default_stagger, .delay = options->delay, .winner = -1};
    for (const struct addrinfo *address = addresses; address; address = address->ai_next)
        race->attempts[race->count++] = (struct attempt){.address = address};
    order_attempts(race);
    for (size_t i = 0; i < count; i++)
        brio_event_init(&race->attempts[i].failed);
    return race;
}

static void end_race(struct race *race)
{
    if (race->winner >= 0)
        close(race->winner);
    brio__free(race, size_of_race(race->count));
}

static int bind_to_local(const struct race *race, int fd, int family)
{
    if (race->local == NULL)
        return 0;
    for (const struct addrinfo *local = race->local; local; local = local->ai_next) {
        if (local->ai_family == family)
            return bind(fd, local->ai_addr, local->ai_addrlen) == 0 ? 0 : -errno;
    }
    return -EAFNOSUPPORT;
}

/* A socket that connects or has connected, or a negative code. */
static int begin_connect(const struct race *race, const struct addrinfo *address)
{
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, address->ai_protocol);
    if (fd < 0)
        return -errno;
    if (!race->delay)
        brio__socket_set_nodelay(fd);
    int code = bind_to_local(race, fd, address->ai_family);
    if (code == 0 && connect(fd, address->ai_addr, address->ai_addrlen) != 0 && errno != EINPROGRESS && errno != EINTR)
        code = -errno;
    if (code != 0) {
        close(fd);
        return code;
    }
    return fd;
}

static int socket_error(int fd)
{
    int error = 0;
    socklen_t size = sizeof error;
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

/* A connected socket, or a negative code. */
static ASYNC int connect_socket(const struct race *race, const struct addrinfo *address)
{
    int fd = begin_connect(race, address);
    if (fd < 0)
        return fd;
    bool connected = false;
    DEFER {
        if (!connected)
            close(fd);
    }
    AWAIT(brio_wait_writable(fd));
    int error = socket_error(fd);
    if (error != 0)
        return -error;
    connected = true;
    return fd;
}

static ASYNC void try_address(struct race *race, struct attempt *attempt)
{
    int fd = AWAIT(connect_socket(race, attempt->address));
    if (fd < 0) {
        attempt->code = race->last_code = -fd;
        brio_event_set(&attempt->failed);
    } else if (race->winner >= 0) {
        close(fd);
    } else {
        race->winner = fd;
        brio_nursery_cancel(race->nursery, "another address has answered");
    }
}

static ASYNC void race_addresses(struct race *race)
{
    NURSERY(n) {
        race->nursery = n;
        for (size_t i = 0; i < race->count; i++) {
            SPAWN(n, try_address(race, &race->attempts[i]), .name = "connect");
            MOVE_ON_AFTER(race->stagger) {
                AWAIT(brio_event_wait(&race->attempts[i].failed));
            }
        }
    }
}

static ASYNC void raise_failure(const struct attempt *attempt)
{
    struct brio_address address = {.size = attempt->address->ai_addrlen};
    char text[BRIO_ADDRESS_TEXT];
    memcpy(&address.storage, attempt->address->ai_addr, address.size);
    brio_address_text(&address, text, sizeof text);
    errno = attempt->code;
    RAISE_ERRNO("connect to %s", text);
}

/* One error, whose cause is the group of all failures. */
static ASYNC void raise_failures(const struct race *race, const char *host, const char *service)
{
    if (race->count == 1)
        AWAIT(raise_failure(&race->attempts[0]));
    TRY {
        NURSERY(n) {
            for (size_t i = 0; i < race->count; i++)
                SPAWN(n, raise_failure(&race->attempts[i]));
        }
    } CATCH (e) {
        RAISE(race->last_code, "connect to %s port %s: none of %zu addresses answered", host, service, race->count);
    }
}

BRIO_ASYNC struct brio_stream *brio_connect_tcp(const char *host, const char *service, const struct brio_tcp_options *options)
{
    static const struct brio_tcp_options defaults = {.family = AF_UNSPEC};
    if (options == NULL)
        options = &defaults;
    struct addrinfo hints = {.ai_family = options->family, .ai_socktype = SOCK_STREAM};
    struct addrinfo *addresses = AWAIT(brio_getaddrinfo(host, service, &hints));
    DEFER freeaddrinfo(addresses);
    struct addrinfo *local = NULL;
    DEFER {
        if (local)
            freeaddrinfo(local);
    }
    if (options->local_host || options->local_service) {
        hints.ai_flags = AI_PASSIVE;
        local = AWAIT(brio_getaddrinfo(options->local_host, options->local_service, &hints));
    }
    struct race *race = make_race(addresses, options);
    if (race == NULL)
        RAISE(ENOMEM, "connect to %s port %s", host, service);
    DEFER end_race(race);
    race->local = local;
    AWAIT(race_addresses(race));
    if (race->winner < 0)
        AWAIT(raise_failures(race, host, service));
    struct brio_stream *stream = brio__socket_stream_new(brio__task_loop(brio_task_current()), race->winner);
    if (stream == NULL)
        RAISE(ENOMEM, "connect to %s port %s", host, service);
    race->winner = -1;
    return stream;
}
