/* brio/memory_stream.h - two connected byte streams within one loop, without the system: for tests, and between tasks. */
#ifndef BRIO_MEMORY_STREAM_H
#define BRIO_MEMORY_STREAM_H

#include <brio/language.h>
#include <brio/stream.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What is sent to one is received from the other. Up to `capacity` bytes wait in each direction; beyond that a sender does. When one end
 * is closed the other receives what is left and then the end of the stream; its sending raises BRIO_EBROKEN, caused by EPIPE. 0;
 * -ENOMEM; -EINVAL if the capacity is 0. */
int brio_memory_stream_pair(struct brio_stream *pair[2], size_t capacity);

/* What networks do, for tests: on one end of such a pair. No checkpoints. 0, or -EOPNOTSUPP for any other stream. */

/* From now on a receive gives `most` bytes at most; 0: as many as there are. */
int brio_memory_stream_split(struct brio_stream *stream, size_t most);
/* When `after` more bytes have been received, or sent, the call that wants more fails as if the system had answered with `error`, an errno;
 * so does every later one, and with 0 bytes to come a task that waits. 0: no more errors. What a send
 * that fails had before that arrives. */
int brio_memory_stream_break_receive(struct brio_stream *stream, size_t after, int error);
int brio_memory_stream_break_send(struct brio_stream *stream, size_t after, int error);

#ifdef __cplusplus
}
#endif

#endif
