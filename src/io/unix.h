/* io/unix.h - what stream and datagram sockets of the UNIX family share. */
#ifndef BRIO_IO_UNIX_H
#define BRIO_IO_UNIX_H

#include <brio/socket.h>

/* All: a descriptor or 0, or a negative code. */

/* A non-blocking socket of that type. */
int brio__unix_socket(int type);
/* Takes the place of a socket file that nobody listens to any more; not of anything else. `mode` 0: as the umask has it. */
int brio__unix_bind(int fd, const struct brio_address *address, int type, mode_t mode);

#endif
