/* brio/text.h - a byte stream that carries UTF-8 and nothing else. */
#ifndef BRIO_TEXT_H
#define BRIO_TEXT_H

#include <brio/language.h>
#include <brio/stream.h>

#ifdef __cplusplus
extern "C" {
#endif

struct brio_text_options {
    bool replace; /* U+FFFD takes the place of what is not UTF-8, in both directions; else EILSEQ */
    int brio__none;
};

/* Owns `inner` and is closed in its place. NULL: no memory; `inner` is the caller's then. `options` may be NULL.
 *
 * brio_receive gives whole characters only, wherever the inner stream cuts them. It raises EINVAL when the next one does not fit into
 * the buffer, which 4 bytes always do; EILSEQ at what is no UTF-8; BRIO_EINCOMPLETE when the stream ends within a character. None of
 * that loses anything: the next call finds the same. brio_send raises EILSEQ, before it has sent anything, unless its data are whole
 * characters. */
struct brio_stream *brio_text_new(struct brio_stream *inner, const struct brio_text_options *options);

#ifdef __cplusplus
}
#endif

#endif
