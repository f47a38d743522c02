/* io/message.h - recvmsg and sendmsg as awaitables: for datagrams, and for what travels beside the bytes of a stream. */
#ifndef BRIO_IO_MESSAGE_H
#define BRIO_IO_MESSAGE_H

#include <brio/language.h>
#include <sys/socket.h>

struct brio__descriptor;

/* One message. The msghdr and all that it names stay until the await ends; one call in each direction at a time: EBUSY. Checkpoints, which
 * cancelled have done nothing. Errors as in brio/stream.h; `what` is for their text. */
BRIO_ASYNC_LEAF size_t brio__message_receive(struct brio__descriptor *descriptor, struct msghdr *message, int flags, const char *what);
BRIO_ASYNC_LEAF size_t brio__message_send(struct brio__descriptor *descriptor, struct msghdr *message, const char *what);

#endif
