/* brio/buffered.h - a byte stream that can be read by amounts and by delimiters.
 *
 * What came from the inner stream and has not been asked for yet waits in a buffer, and nothing of it is ever lost: not by cancellation,
 * and not by an error. All sending goes straight through.
 */
#ifndef BRIO_BUFFERED_H
#define BRIO_BUFFERED_H

#include <brio/language.h>
#include <brio/stream.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Owns `inner` and is closed in its place. NULL: no memory; `inner` is the caller's then. */
struct brio_stream *brio_buffered_new(struct brio_stream *inner);

/* The functions below take what brio_buffered_new has made, and raise EOPNOTSUPP for every other stream. Like brio_receive they are
 * checkpoints, raise EBUSY for a second reader and what the inner stream raises; ENOMEM if the buffer cannot grow. */

/* Exactly `size` bytes. BRIO_EINCOMPLETE when the stream ends before: what there is stays in the buffer. */
BRIO_ASYNC void brio_receive_exactly(struct brio_stream *stream, void *buffer, size_t size);

/* What comes before the next delimiter, which is taken out as well. The bytes are terminated with a 0, `*size` (or NULL) gets their
 * number; they are borrowed from the stream until the next call that reads or closes it. NULL at the end of the stream. A delimiter of
 * "" is a byte of 0. BRIO_EDELIMITER when more than `max` bytes come without it; BRIO_EINCOMPLETE when the stream ends with some: they
 * stay in the buffer. */
BRIO_ASYNC char *brio_receive_until(struct brio_stream *stream, const char *delimiter, size_t max, size_t *size);

/* What is in the buffer, and how much: borrowed until the next call on the stream. NULL if it is no buffered stream. No checkpoint. */
const char *brio_buffered_peek(struct brio_stream *stream, size_t *size);

/* Puts bytes behind those in the buffer, as if they had been received. 0, -ENOMEM, -EBUSY while a task reads, -EOPNOTSUPP. */
int brio_buffered_feed(struct brio_stream *stream, const void *data, size_t size);

#ifdef __cplusplus
}
#endif

#endif
