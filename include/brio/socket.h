/* brio/socket.h - TCP, name resolution, and waiting for descriptors of others. */
#ifndef BRIO_SOCKET_H
#define BRIO_SOCKET_H

#include <brio/language.h>
#include <brio/stream.h>

#include <netdb.h>
#include <sys/socket.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- addresses ---- */

struct brio_address {
    struct sockaddr_storage storage;
    socklen_t size;
};

enum { BRIO_ADDRESS_TEXT = 136 }; /* bytes that brio_address_text needs at most */

/* "192.0.2.1:80", "[2001:db8::1]:80", "/run/name"; returns `text`, which is always terminated. */
const char *brio_address_text(const struct brio_address *address, char *text, size_t size);
/* The port of an IPv4 or IPv6 address, else -EAFNOSUPPORT. */
int brio_address_port(const struct brio_address *address);

/* ---- TCP ---- */

struct brio_tcp_options {
    const char *local_host; /* connect: bind to this address first; NULL: any */
    double stagger;         /* connect: seconds before the next address is tried beside one that has not answered; 0: 0.25 */
    int family;             /* AF_UNSPEC (0), AF_INET, AF_INET6 */
    int backlog;            /* listen: 0: as many as the system allows */
    bool reuse_port;        /* listen: SO_REUSEPORT */
    bool delay;             /* leave TCP_NODELAY off */
    int brio__none;
};

/* Connects to the first address of `host` that answers: in the resolver's order, but with the first of another family second; a next one beside
 * it after `stagger` seconds, or as soon as one fails. `options` may be NULL. Raises what brio_getaddrinfo does; the errno of the last
 * failure, with the group of all as the cause where several addresses failed. The caller owns the stream. */
BRIO_ASYNC struct brio_stream *brio_connect_tcp(const char *host, const char *service, const struct brio_tcp_options *options);

/* Listens on every address of `host`, all on one port; host NULL: on every address of the machine, IPv6 and IPv4. Service "0": a free port.
 * Raises what brio_getaddrinfo does, and the errno of the bind that failed. The caller owns the listener. */
BRIO_ASYNC struct brio_listener *brio_listen_tcp(const char *host, const char *service, const struct brio_tcp_options *options);

/* The port of the (first) socket, or a negative code. */
int brio_listener_port(struct brio_listener *listener);
/* The address of the (first) socket: 0 or a negative code. */
int brio_listener_address(struct brio_listener *listener, struct brio_address *address);

/* A stream of a connected socket, made non-blocking, whose descriptor it takes. NULL (with -errno in `code`, if given) when that fails: the
 * descriptor is the caller's then. Needs a running loop. */
struct brio_stream *brio_stream_from_fd(int fd, int *code);

/* ---- names ---- */

/* As getaddrinfo(3), in a worker thread unless host and service are numeric; the caller frees the result with freeaddrinfo. Raises
 * BRIO_ERESOLVE with the text of gai_strerror, or the errno behind EAI_SYSTEM, or ENOMEM. Cancelled, it returns at once; the thread's
 * result is dropped. */
BRIO_ASYNC struct addrinfo *brio_getaddrinfo(const char *host, const char *service, const struct addrinfo *hints);

/* ---- descriptors of others ---- */

/* Waits until the descriptor can be read (written) without blocking, or has failed or hung up. A wake-up may be spurious. One task for
 * each direction of a descriptor: a second raises EBUSY. EBADF if it is none; BRIO_ECLOSED after brio_notify_closing. A regular file is
 * always ready. A descriptor must not be closed while a task waits for it, except after brio_notify_closing. */
BRIO_ASYNC_LEAF void brio_wait_readable(int fd);
BRIO_ASYNC_LEAF void brio_wait_writable(int fd);

/* Wakes the tasks that wait for the descriptor with BRIO_ECLOSED; call it right before close(2). No checkpoint. */
void brio_notify_closing(int fd);

#ifdef __cplusplus
}
#endif

#endif
