/* io/datagram.c - datagram sockets. Written in Brio. */
#include <brio/datagram.h>

#include <brio/error.h>
#include <brio/leaf.h>
#include <brio/task.h>
#include <brio/time.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/alloc.h"
#include "core/task.h"
#include "io/message.h"
#include "io/socket.h"
#include "io/unix.h"
#include "loop/io.h"
#include "loop/loop.h"

struct brio_datagram {
    struct brio__descriptor *descriptor;
    int fd;
};

/* ---- receive and send ---- */

/* A sender without a name. */
static void set_unnamed(struct brio_address *address)
{
    address->storage.ss_family = AF_UNIX;
    address->size = offsetof(struct sockaddr_un, sun_path);
}

BRIO_ASYNC size_t brio_datagram_receive(struct brio_datagram *datagram, void *buffer, size_t size, struct brio_address *from)
{
    struct iovec part = {buffer, size};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (from) {
        message.msg_name = &from->storage;
        message.msg_namelen = sizeof from->storage;
    }
    size_t got = AWAIT(brio__message_receive(datagram->descriptor, &message, MSG_TRUNC, "receive"));
    if (from && message.msg_namelen > 0)
        from->size = message.msg_namelen;
    else if (from)
        set_unnamed(from);
    if (message.msg_flags & MSG_TRUNC && got <= size)
        return size + 1; /* a system that does not tell the length */
    return got;
}

BRIO_ASYNC void brio_datagram_send(struct brio_datagram *datagram, const void *data, size_t size, const struct brio_address *to)
{
    struct iovec part = {(void *)(uintptr_t)data, size};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (to) {
        message.msg_name = (void *)(uintptr_t)&to->storage;
        message.msg_namelen = to->size;
    }
    AWAIT(brio__message_send(datagram->descriptor, &message, "send"));
}

BRIO_ASYNC_LEAF void brio_datagram_close(struct brio_datagram *datagram)
{
    if (datagram) {
        brio__descriptor_closing(datagram->descriptor);
        brio__descriptor_put(datagram->descriptor);
        close(datagram->fd);
        brio__free(datagram, sizeof *datagram);
    }
    if (!brio_checkpoint_fails())
        brio_leaf_done(NULL, 0);
}

int brio_datagram_attribute(struct brio_datagram *datagram, int attribute, void *value)
{
    return brio__socket_attribute(datagram->fd, attribute, value);
}

/* ---- making one ---- */

/* Takes a non-blocking socket. NULL: no memory; the descriptor is the caller's then. */
static struct brio_datagram *make_datagram(struct brio__loop *loop, int fd)
{
    struct brio_datagram *datagram = brio__alloc(sizeof *datagram);
    if (datagram == NULL)
        return NULL;
    *datagram = (struct brio_datagram){brio__descriptor_get(loop, fd), fd};
    if (datagram->descriptor == NULL) {
        brio__free(datagram, sizeof *datagram);
        return NULL;
    }
    return datagram;
}

/* `*fd` is a socket, or a negative code; so it is a code when this returns NULL. */
static struct brio_datagram *wrap_socket(int *fd)
{
    if (*fd < 0)
        return NULL;
    struct brio_datagram *datagram = make_datagram(brio__task_loop(brio_task_current()), *fd);
    if (datagram == NULL) {
        close(*fd);
        *fd = -ENOMEM;
    }
    return datagram;
}

static int check_family(int fd)
{
    struct brio_address address;
    int code = brio__socket_attribute(fd, BRIO_ATTR_LOCAL_ADDRESS, &address);
    if (code != 0)
        return code;
    return address.storage.ss_family == AF_UNIX || brio_address_port(&address) >= 0 ? 0 : -EAFNOSUPPORT;
}

static int prepare_datagram(int fd)
{
    int code = brio__socket_check_type(fd, SOCK_DGRAM);
    if (code == 0)
        code = check_family(fd);
    return code == 0 ? brio__socket_set_nonblocking(fd) : code;
}

struct brio_datagram *brio_datagram_from_fd(int fd, int *code)
{
    struct brio__loop *loop = brio__loop_current();
    int outcome = loop ? prepare_datagram(fd) : -BRIO_ENOTRUNNING;
    struct brio_datagram *datagram = outcome == 0 ? make_datagram(loop, fd) : NULL;
    if (datagram == NULL && code)
        *code = outcome ? outcome : -ENOMEM;
    return datagram;
}

/* ---- UDP ---- */

static int open_socket(int family, bool reuse_port)
{
    int fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;
    if (fd < 0)
        return -errno;
    if (reuse_port && setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) != 0) {
        int code = -errno;
        close(fd);
        return code;
    }
    return fd;
}

/* Binds to the first of the addresses that has the family (or NULL: to none), then connects (or NULL). A socket or a negative code. */
static int open_at(const struct addrinfo *local, const struct addrinfo *remote, bool reuse_port)
{
    int family = remote ? remote->ai_family : local->ai_family;
    int fd = open_socket(family, reuse_port), code = 0;
    if (fd < 0)
        return fd;
    for (; local && local->ai_family != family; local = local->ai_next)
        code = -EAFNOSUPPORT;
    if (local)
        code = bind(fd, local->ai_addr, local->ai_addrlen) == 0 ? 0 : -errno;
    if (code == 0 && remote)
        code = brio__socket_connect(fd, remote->ai_addr, remote->ai_addrlen);
    if (code != 0) {
        close(fd);
        return code;
    }
    return fd;
}

static ASYNC struct addrinfo *resolve_udp(const char *host, const char *service, int family, int flags)
{
    struct addrinfo hints = {.ai_family = family, .ai_socktype = SOCK_DGRAM, .ai_flags = flags};
    return AWAIT(brio_getaddrinfo(host, service, &hints));
}

static const struct brio_udp_options udp_defaults = {.family = AF_UNSPEC};

BRIO_ASYNC struct brio_datagram *brio_open_udp(const char *host, const char *service, const struct brio_udp_options *options)
{
    if (options == NULL)
        options = &udp_defaults;
    int family = host == NULL && options->family == AF_UNSPEC ? AF_INET : options->family;
    struct addrinfo *all = AWAIT(resolve_udp(host, service ? service : "0", family, AI_PASSIVE));
    int fd = -EADDRNOTAVAIL;
    for (const struct addrinfo *local = all; local && fd < 0; local = local->ai_next)
        fd = open_at(local, NULL, options->reuse_port);
    freeaddrinfo(all);
    struct brio_datagram *datagram = wrap_socket(&fd);
    if (datagram == NULL)
        RAISE(-fd, "bind a UDP socket to %s: %s", host ? host : "any address", brio_error_text(fd));
    return datagram;
}

BRIO_ASYNC struct brio_datagram *brio_connect_udp(const char *host, const char *service, const struct brio_udp_options *options)
{
    if (options == NULL)
        options = &udp_defaults;
    struct addrinfo *remote = AWAIT(resolve_udp(host, service, options->family, 0)), *local = NULL;
    DEFER freeaddrinfo(remote);
    DEFER {
        if (local)
            freeaddrinfo(local);
    }
    if (options->local_host || options->local_service)
        local = AWAIT(resolve_udp(options->local_host, options->local_service, options->family, AI_PASSIVE));
    int fd = -EADDRNOTAVAIL;
    for (const struct addrinfo *peer = remote; peer && fd < 0; peer = peer->ai_next)
        fd = open_at(local, peer, options->reuse_port);
    struct brio_datagram *datagram = wrap_socket(&fd);
    if (datagram == NULL)
        RAISE(-fd, "connect a UDP socket to %s: %s", host ? host : "this machine", brio_error_text(fd));
    return datagram;
}

/* ---- UNIX ---- */

static int bind_to_path(int fd, const char *path, mode_t mode)
{
    struct brio_address address;
    int code = brio_address_unix(&address, path);
    return code == 0 ? brio__unix_bind(fd, &address, SOCK_DGRAM, mode) : code;
}

static int connect_to_path(int fd, const char *path)
{
    struct brio_address address;
    int code = brio_address_unix(&address, path);
    return code == 0 ? brio__socket_connect(fd, (const struct sockaddr *)&address.storage, address.size) : code;
}

/* A socket or a negative code. */
static int open_unix(const char *local_path, mode_t mode, const char *path)
{
    int fd = brio__unix_socket(SOCK_DGRAM);
    if (fd < 0)
        return fd;
    int code = local_path ? bind_to_path(fd, local_path, mode) : 0;
    if (code == 0 && path)
        code = connect_to_path(fd, path);
    if (code != 0) {
        close(fd);
        return code;
    }
    return fd;
}

BRIO_ASYNC struct brio_datagram *brio_open_unix_datagram(const char *path, mode_t mode)
{
    AWAIT(brio_checkpoint());
    int fd = open_unix(path, mode, NULL);
    struct brio_datagram *datagram = wrap_socket(&fd);
    if (datagram == NULL)
        RAISE(-fd, "bind a datagram socket to %s: %s", path ? path : "no name", brio_error_text(fd));
    return datagram;
}

BRIO_ASYNC struct brio_datagram *brio_connect_unix_datagram(const char *path, const char *local_path, mode_t mode)
{
    AWAIT(brio_checkpoint());
    int fd = open_unix(local_path, mode, path);
    struct brio_datagram *datagram = wrap_socket(&fd);
    if (datagram == NULL)
        RAISE(-fd, "connect a datagram socket to %s: %s", path, brio_error_text(fd));
    return datagram;
}
