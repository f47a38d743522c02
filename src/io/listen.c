/* io/listen.c - opening the sockets of a TCP listener. Written in Brio. */
#include <brio/error.h>
#include <brio/socket.h>
#include <brio/task.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "core/task.h"
#include "io/listener.h"
#include "io/socket.h"

enum {
    PORT_ROUNDS = 16, /* how often a free port is asked for that no other address of the host has in use */
    DEFAULT_BACKLOG = 0xffff /* the system cuts it down to what it allows */
};

struct opened {
    size_t capacity;
    size_t count;
    int *fds;
};

static void close_opened(struct opened *opened)
{
    while (opened->count > 0)
        close(opened->fds[--opened->count]);
}

static void free_opened(struct opened *opened)
{
    if (opened->fds)
        brio__free(opened->fds, opened->capacity * sizeof *opened->fds);
    *opened = (struct opened){.count = 0};
}

/* Room for a socket of each address. */
static int make_opened(struct opened *opened, const struct addrinfo *all)
{
    free_opened(opened);
    for (; all; all = all->ai_next)
        opened->capacity++;
    opened->fds = brio__alloc(opened->capacity * sizeof *opened->fds);
    return opened->fds ? 0 : -ENOMEM;
}

static void set_port(struct sockaddr *address, in_port_t port)
{
    if (address->sa_family == AF_INET)
        ((struct sockaddr_in *)(void *)address)->sin_port = port;
    else if (address->sa_family == AF_INET6)
        ((struct sockaddr_in6 *)(void *)address)->sin6_port = port;
}

static in_port_t get_port(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET)
        return ((const struct sockaddr_in *)(const void *)address)->sin_port;
    return address->sa_family == AF_INET6 ? ((const struct sockaddr_in6 *)(const void *)address)->sin6_port : 0;
}

static int set_option(int fd, int level, int option, int value)
{
    return setsockopt(fd, level, option, &value, sizeof value) == 0 ? 0 : -errno;
}

static int prepare_socket(int fd, int family, bool both_families, const struct brio_tcp_options *options)
{
    int code = set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    if (code == 0 && options->reuse_port)
        code = set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1);
    if (code == 0 && family == AF_INET6)
        code = set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, !both_families);
    return code;
}

/* A listening socket or a negative code. */
static int open_socket(const struct addrinfo *info, const struct sockaddr *address, bool both_families,
                       const struct brio_tcp_options *options)
{
    int fd = socket(info->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, info->ai_protocol);
    if (fd < 0)
        return -errno;
    int code = prepare_socket(fd, info->ai_family, both_families, options);
    if (code == 0 && bind(fd, address, info->ai_addrlen) != 0)
        code = -errno;
    if (code == 0 && listen(fd, options->backlog > 0 ? options->backlog : DEFAULT_BACKLOG) != 0)
        code = -errno;
    if (code != 0) {
        close(fd);
        return code;
    }
    return fd;
}

static bool is_duplicate(const struct addrinfo *all, const struct addrinfo *info)
{
    for (; all != info; all = all->ai_next) {
        if (all->ai_addrlen == info->ai_addrlen && memcmp(all->ai_addr, info->ai_addr, info->ai_addrlen) == 0)
            return true;
    }
    return false;
}

/* `*port` is 0, or that which the address is to have; it becomes that of the first socket. 0 or a negative code. */
static int open_address(const struct addrinfo *info, in_port_t *port, bool both_families, const struct brio_tcp_options *options,
                        struct opened *opened)
{
    struct sockaddr_storage address;
    struct sockaddr *generic = (struct sockaddr *)(void *)&address;
    memcpy(&address, info->ai_addr, info->ai_addrlen);
    if (*port != 0)
        set_port(generic, *port);
    int fd = open_socket(info, generic, both_families, options);
    if (fd < 0)
        return fd;
    opened->fds[opened->count++] = fd;
    socklen_t size = sizeof address;
    if (*port == 0 && getsockname(fd, generic, &size) != 0)
        return -errno;
    *port = get_port(generic);
    return 0;
}

/* One socket for each address, all on the port of the first. Addresses that this machine cannot have are passed over. */
static int open_sockets(const struct addrinfo *all, bool both_families, const struct brio_tcp_options *options, struct opened *opened)
{
    in_port_t port = 0;
    int passed_over = -EADDRNOTAVAIL;
    for (const struct addrinfo *info = all; info; info = info->ai_next) {
        int code = is_duplicate(all, info) ? 0 : open_address(info, &port, both_families, options, opened);
        if (code == -EAFNOSUPPORT || code == -EADDRNOTAVAIL) {
            passed_over = code;
        } else if (code != 0) {
            close_opened(opened);
            return code;
        }
    }
    return opened->count > 0 ? 0 : passed_over;
}

/* Where the system chooses the port, another address may have it in use: asks again. */
static int open_on_one_port(const struct addrinfo *all, bool both_families, const struct brio_tcp_options *options, struct opened *opened)
{
    int code, round = 0;
    do {
        code = open_sockets(all, both_families, options, opened);
    } while (code == -EADDRINUSE && get_port(all->ai_addr) == 0 && ++round < PORT_ROUNDS);
    return code;
}

static ASYNC void open_host(const char *host, const char *service, int family, const struct brio_tcp_options *options,
                            struct opened *opened)
{
    struct addrinfo hints = {.ai_family = family, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    struct addrinfo *addresses = AWAIT(brio_getaddrinfo(host, service, &hints));
    int code = make_opened(opened, addresses);
    if (code == 0)
        code = open_on_one_port(addresses, host == NULL && options->family == AF_UNSPEC, options, opened);
    freeaddrinfo(addresses);
    if (code != 0) {
        errno = -code;
        RAISE_ERRNO("listen on %s port %s", host ? host : "every address", service);
    }
}

BRIO_ASYNC struct brio_listener *brio_listen_tcp(const char *host, const char *service, const struct brio_tcp_options *options)
{
    static const struct brio_tcp_options defaults = {.family = AF_UNSPEC};
    struct opened opened = {.count = 0};
    if (options == NULL)
        options = &defaults;
    DEFER {
        close_opened(&opened);
        free_opened(&opened);
    }
    bool dual = host == NULL && options->family == AF_UNSPEC;
    TRY {
        AWAIT(open_host(host, service, dual ? AF_INET6 : options->family, options, &opened));
    } CATCH (e, EAFNOSUPPORT, EADDRNOTAVAIL) {
        if (!dual)
            RERAISE();
        AWAIT(open_host(host, service, AF_INET, options, &opened));
    }
    struct brio__loop *loop = brio__task_loop(brio_task_current());
    struct brio_listener *listener = brio__socket_listener_new(loop, opened.fds, opened.count, !options->delay);
    if (listener == NULL)
        RAISE(ENOMEM, "listen on %s port %s", host ? host : "every address", service);
    opened.count = 0;
    return listener;
}
