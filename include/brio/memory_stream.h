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

#ifdef __cplusplus
}
#endif

#endif
