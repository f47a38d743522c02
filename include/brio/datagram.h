/* brio/datagram.h - UDP and UNIX datagram sockets, bound and connected.
 *
 * One reader and one writer at a time; a second one raises EBUSY. There is no end: a datagram of no bytes is one like any other. The calls
 * raise BRIO_ECLOSED when the socket is closed meanwhile, and BRIO_EBROKEN, with the errno error as its cause, for what the network or the
 * peer did: a connected socket hears with its next call that nobody is there.
 */
#ifndef BRIO_DATAGRAM_H
#define BRIO_DATAGRAM_H

#include <brio/language.h>
#include <brio/socket.h>

#ifdef __cplusplus
extern "C" {
#endif

struct brio_datagram;

struct brio_udp_options {
    int family;                /* AF_UNSPEC (0), AF_INET, AF_INET6 */
    bool reuse_port;           /* SO_REUSEPORT */
    const char *local_host;    /* connect: bind to this address; NULL: any */
    const char *local_service; /* connect: and this port; NULL: any */
    int brio__none;
};

/* Bound to that address and port. Host NULL: every address of the family, IPv4 unless the options say otherwise; service NULL or "0": a
 * free port. `options` may be NULL. Raises what brio_getaddrinfo does, and the errno of the bind. The caller owns the socket. */
BRIO_ASYNC struct brio_datagram *brio_open_udp(const char *host, const char *service, const struct brio_udp_options *options);

/* Sends to and receives from that peer alone: the first of its addresses that this machine has a route to. */
BRIO_ASYNC struct brio_datagram *brio_connect_udp(const char *host, const char *service, const struct brio_udp_options *options);

/* `path` as in brio_address_unix, or NULL: no name, nobody can answer. Takes the place of a socket file that nobody has open any more;
 * `mode` as in brio_listen_unix. The file stays when the socket is closed. */
BRIO_ASYNC struct brio_datagram *brio_open_unix_datagram(const char *path, mode_t mode);

/* To the peer at `path`, bound to `local_path` or NULL. */
BRIO_ASYNC struct brio_datagram *brio_connect_unix_datagram(const char *path, const char *local_path, mode_t mode);

/* Owns a datagram socket of the families AF_INET, AF_INET6 or AF_UNIX and makes it non-blocking. NULL (with a negative code in `code`,
 * if given) when that fails: the descriptor is the caller's then, and unchanged. -ENOTSOCK, -EPROTOTYPE, -EAFNOSUPPORT,
 * -BRIO_ENOTRUNNING, -EBADF, -ENOMEM. */
struct brio_datagram *brio_datagram_from_fd(int fd, int *code);

/* The next datagram: its size, 0 included; above `size`, when it was longer than that and the rest of it is lost. `from` (or NULL) gets
 * the sender, who may be unnamed. Cancelled, it has received nothing. */
BRIO_ASYNC size_t brio_datagram_receive(struct brio_datagram *datagram, void *buffer, size_t size, struct brio_address *from);

/* Sends one datagram, also one of no bytes. `to` NULL: to the peer of a connected socket (EDESTADDRREQ if it has none). Raises EMSGSIZE
 * when it is too long. Cancelled, it has sent nothing. */
BRIO_ASYNC void brio_datagram_send(struct brio_datagram *datagram, const void *data, size_t size, const struct brio_address *to);

/* Closes and frees it, also when it is cancelled; a task that waits in it gets BRIO_ECLOSED. NULL: no effect. */
BRIO_ASYNC_LEAF void brio_datagram_close(struct brio_datagram *datagram);

/* BRIO_ATTR_FD, BRIO_ATTR_LOCAL_ADDRESS, BRIO_ATTR_REMOTE_ADDRESS; as brio_stream_attribute. */
int brio_datagram_attribute(struct brio_datagram *datagram, int attribute, void *value);

#ifdef __cplusplus
}
#endif

#endif
