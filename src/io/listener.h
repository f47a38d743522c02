/* io/listener.h - a listener over several listening sockets. */
#ifndef BRIO_IO_LISTENER_H
#define BRIO_IO_LISTENER_H

#include <brio/stream.h>

struct brio__loop;

/* Takes listening, non-blocking sockets, at least one; `nodelay`: connections are TCP and get TCP_NODELAY. NULL: no memory; the
 * descriptors are the caller's then. */
struct brio_listener *brio__socket_listener_new(struct brio__loop *loop, const int *fds, size_t count, bool nodelay);

#endif
