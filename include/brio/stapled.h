/* brio/stapled.h - two streams as one: it sends to the first and receives from the second. For items: struct brio_stapled_channel of
 * brio/channel.h. */
#ifndef BRIO_STAPLED_H
#define BRIO_STAPLED_H

#include <brio/language.h>
#include <brio/stream.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Owns both. brio_send_eof closes the sender; brio_close closes the sender, then the receiver. Attributes are the receiver's, or else
 * the sender's. NULL: no memory; both are the caller's then. */
struct brio_stream *brio_stapled_new(struct brio_stream *sender, struct brio_stream *receiver);

#ifdef __cplusplus
}
#endif

#endif
