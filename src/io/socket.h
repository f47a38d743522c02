/* io/socket.h - streams over connected sockets. */
#ifndef BRIO_IO_SOCKET_H
#define BRIO_IO_SOCKET_H

#include <brio/socket.h>

struct brio__loop;

/* Takes a connected, non-blocking stream socket. NULL: no memory; the descriptor is the caller's then. */
struct brio_stream *brio__socket_stream_new(struct brio__loop *loop, int fd);

/* Best effort: what is not TCP has no such option. */
void brio__socket_set_nodelay(int fd);

/* The attributes that a socket has; as brio_stream_attribute. */
int brio__socket_attribute(int fd, int attribute, void *value);

#endif
