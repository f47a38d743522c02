/* io/stream.h - the default of brio_send_vectored, for streams that have none of their own. */
#ifndef BRIO_IO_STREAM_H
#define BRIO_IO_STREAM_H

#include <brio/stream.h>

BRIO_ASYNC void brio__stream_send_parts(struct brio_stream *stream, const struct iovec *parts, size_t count);

#endif
