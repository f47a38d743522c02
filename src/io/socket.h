/* io/socket.h - what the files about sockets share. */
#ifndef BRIO_IO_SOCKET_H
#define BRIO_IO_SOCKET_H

#include <brio/socket.h>

struct brio__loop;
struct brio__descriptor;

/* Takes a connected, non-blocking stream socket. NULL: no memory; the descriptor is the caller's then. */
struct brio_stream *brio__socket_stream_new(struct brio__loop *loop, int fd);
/* The entry of a stream that is a socket, borrowed, and whether its sending half is closed; NULL: it is something else. */
struct brio__descriptor *brio__socket_stream_descriptor(struct brio_stream *stream, bool *eof_sent);

/* Best effort: what is not TCP has no such option. */
void brio__socket_set_nodelay(int fd);
/* 0 or a negative code. */
int brio__socket_set_nonblocking(int fd);
/* Of a socket that connects at once or not at all: a datagram socket, a UNIX one. */
int brio__socket_connect(int fd, const struct sockaddr *address, socklen_t size);
/* The value of an option, not negative, or a negative code. */
int brio__socket_option(int fd, int level, int option);
/* 0; -EPROTOTYPE: it is another kind of socket (SOCK_STREAM, …); another negative code. */
int brio__socket_check_type(int fd, int type);

/* The attributes that a socket has; as brio_stream_attribute. */
int brio__socket_attribute(int fd, int attribute, void *value);

#endif
