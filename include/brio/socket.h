/* brio/socket.h - addresses, TCP and UNIX sockets, names, and waiting for descriptors of others. */
#ifndef BRIO_SOCKET_H
#define BRIO_SOCKET_H

#include <brio/language.h>
#include <brio/stream.h>

#include <netdb.h>
#include <sys/socket.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- addresses ---- */

struct brio_address {
    struct sockaddr_storage storage;
    socklen_t size;
};

enum { BRIO_ADDRESS_TEXT = 136 }; /* bytes that brio_address_text needs at most */

/* "192.0.2.1:80", "[2001:db8::1]:80", "/run/name", "@name", "unnamed"; returns `text`, which is always terminated. */
const char *brio_address_text(const struct brio_address *address, char *text, size_t size);
/* The port of an IPv4 or IPv6 address, else -EAFNOSUPPORT. */
int brio_address_port(const struct brio_address *address);

/* Of a UNIX socket: a path, or "@name" for a name in the abstract namespace of Linux. 0; -ENAMETOOLONG, -EINVAL if it is empty. */
int brio_address_unix(struct brio_address *address, const char *path);

/* ---- TCP ---- */

struct brio_tcp_options {
    const char *local_host;    /* connect: bind to this address first; NULL: any */
    const char *local_service; /* connect: bind to this port first; NULL: any */
    double stagger;            /* connect: seconds before the next address is tried beside one that has not answered; 0: 0.25 */
    int family;                /* AF_UNSPEC (0), AF_INET, AF_INET6 */
    int backlog;               /* listen: 0: as many as the system allows */
    bool reuse_port;           /* listen: SO_REUSEPORT */
    bool delay;                /* leave TCP_NODELAY off */
    int brio__none;
};

/* Connects to the first address of `host` that answers: in the resolver's order, but with the first of another family second; a next one
 * beside it after `stagger` seconds, or as soon as one fails. `options` may be NULL. Raises what brio_getaddrinfo does; the errno of the
 * last failure, with the group of all as the cause where several addresses failed. The caller owns the stream. */
BRIO_ASYNC struct brio_stream *brio_connect_tcp(const char *host, const char *service, const struct brio_tcp_options *options);

/* Listens on every address of `host`, all on one port; host NULL: on every address of the machine, IPv6 and IPv4. Service "0": a free port.
 * Raises what brio_getaddrinfo does, and the errno of the bind that failed. The caller owns the listener. */
BRIO_ASYNC struct brio_listener *brio_listen_tcp(const char *host, const char *service, const struct brio_tcp_options *options);

/* The port of the (first) socket, or a negative code. */
int brio_listener_port(struct brio_listener *listener);
/* The address of the (first) socket: 0 or a negative code. */
int brio_listener_address(struct brio_listener *listener, struct brio_address *address);

/* One listener in place of several, which it takes over. NULL (with a negative code in `code`, if given) when it cannot: they are the
 * caller's then. -EOPNOTSUPP: one is not of this library's sockets; -EBUSY: a task waits in one; -EINVAL: there is none; -ENOMEM. The
 * attributes are those of the first. */
struct brio_listener *brio_listener_join(struct brio_listener *const *listeners, size_t count, int *code);

/* ---- UNIX sockets ---- */

/* `path` as in brio_address_unix. Raises ENOENT, ECONNREFUSED, EACCES, …; ENAMETOOLONG. Waits while the queue of the listener is full.
 * The caller owns the stream. */
BRIO_ASYNC struct brio_stream *brio_connect_unix(const char *path);

/* A socket file to which nobody listens any more is replaced; EADDRINUSE for one that is in use, and for every other file. `mode` is
 * that of the file, 0: as the umask has it. The file stays when the listener is closed. The caller owns the listener. */
BRIO_ASYNC struct brio_listener *brio_listen_unix(const char *path, mode_t mode);

/* Sends `size` bytes, at least one, and copies of `count` descriptors with the first of them; they stay the caller's. EINVAL for no
 * byte, no descriptor or more than 253; EOPNOTSUPP if the stream is no UNIX socket; else as brio_send. */
BRIO_ASYNC void brio_send_fds(struct brio_stream *stream, const void *data, size_t size, const int *fds, size_t count);

/* As brio_receive, and stores descriptors that came with these bytes: their number in `count`, at most `room`. The caller owns them; they
 * are close-on-exec. EMSGSIZE if more came: all of them are closed then, and the bytes are lost. EINVAL, EOPNOTSUPP as above. */
BRIO_ASYNC size_t brio_receive_fds(struct brio_stream *stream, void *buffer, size_t size, int *fds, size_t room, size_t *count);

/* ---- descriptors made elsewhere ---- */

/* A stream of a connected stream socket; a listener of a listening one. They make the descriptor non-blocking and own it. NULL when that
 * fails, with a negative code in `code`, if given; the descriptor is the caller's then, and unchanged. -ENOTSOCK; -EPROTOTYPE: not a
 * stream socket; -ENOTCONN: not connected; -EINVAL: not listening; -BRIO_ENOTRUNNING: no loop runs in this thread; -EBADF, -ENOMEM. */
struct brio_stream *brio_stream_from_fd(int fd, int *code);
struct brio_listener *brio_listener_from_fd(int fd, int *code);

/* ---- names ---- */

/* As getaddrinfo(3), in a worker thread unless host and service are numeric; the caller frees the result with freeaddrinfo. A host is
 * UTF-8, whatever the locale; names beyond ASCII are looked up as IDNA has it, where libc can (glibc: with libidn2). Raises BRIO_ERESOLVE
 * with the text of gai_strerror, or the errno behind EAI_SYSTEM, or ENOMEM. Cancelled, it returns at once; the thread's result is dropped.
 */
BRIO_ASYNC struct addrinfo *brio_getaddrinfo(const char *host, const char *service, const struct addrinfo *hints);

/* The first address that brio_getaddrinfo finds, of that family (AF_UNSPEC: any); raises what it does. */
BRIO_ASYNC struct brio_address brio_resolve_address(const char *host, const char *service, int family);

/* As getnameinfo(3), in a worker thread unless the flags ask for numbers. With NI_IDN the host is UTF-8. `host` and `service` may be NULL,
 * with a size of 0. Raises as brio_getaddrinfo does. */
BRIO_ASYNC void brio_getnameinfo(const struct brio_address *address, char *host, size_t host_size, char *service, size_t service_size,
                                 int flags);

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
