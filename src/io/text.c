/* io/text.c - see brio/text.h. Written in Brio. */
#include <brio/text.h>

#include <brio/error.h>
#include <brio/time.h>
#include <errno.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fatal.h"
#include "io/stream.h"
#include "io/wrapper.h"

enum { ROOM = 4096 }; /* bytes that are asked for at a time */

struct text {
    struct brio__wrapper wrapper;
    bool replace;
    bool ended; /* the inner stream was found to have */
    size_t start, end;
    unsigned char bytes[ROOM]; /* received and not given out yet */
};

static const char replacement[] = "\xef\xbf\xbd";
enum { REPLACEMENT = 3 };

static struct text *text_of(struct brio_stream *stream)
{
    return brio__container(brio__wrapper_of(stream), struct text, wrapper);
}

static void release(struct brio__wrapper *wrapper)
{
    brio__free(brio__container(wrapper, struct text, wrapper), sizeof(struct text));
}

/* ---- UTF-8 ---- */

/* What the second byte may be, by the first: this keeps out overlong forms, surrogates and what is beyond U+10FFFF. */
static bool is_second(unsigned char first, unsigned char second)
{
    switch (first) {
    case 0xe0:
        return second >= 0xa0 && second <= 0xbf;
    case 0xed:
        return second >= 0x80 && second <= 0x9f;
    case 0xf0:
        return second >= 0x90 && second <= 0xbf;
    case 0xf4:
        return second >= 0x80 && second <= 0x8f;
    default:
        return second >= 0x80 && second <= 0xbf;
    }
}

static size_t length_by_first(unsigned char first)
{
    if (first < 0x80)
        return 1;
    if (first < 0xc2 || first > 0xf4)
        return 0;
    return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

enum verdict { CHARACTER, INCOMPLETE, INVALID };

/* What the bytes (at least one) begin with, and how many belong to it: of an invalid sequence, those that could have begun a character. */
static enum verdict judge(const unsigned char *bytes, size_t size, size_t *length)
{
    size_t wanted = length_by_first(bytes[0]);
    *length = 1;
    if (wanted == 0)
        return INVALID;
    while (*length < wanted) {
        if (*length == size)
            return INCOMPLETE;
        unsigned char next = bytes[*length];
        if (*length == 1 ? !is_second(bytes[0], next) : (next & 0xc0) != 0x80)
            return INVALID;
        ++*length;
    }
    return CHARACTER;
}

/* How many of the bytes are whole characters, from the first on. */
static size_t count_valid(const unsigned char *bytes, size_t size)
{
    size_t count = 0, length;
    while (count < size && judge(bytes + count, size - count, &length) == CHARACTER)
        count += length;
    return count;
}

/* ---- receiving ---- */

enum step { STEP_DONE, STEP_MORE, STEP_NO_ROOM, STEP_INVALID, STEP_CUT };

/* Moves what it can to `out`. Why it went no further, which matters if nothing came of it. */
static enum step convert(struct text *text, unsigned char *out, size_t size, size_t *made)
{
    while (text->start < text->end) {
        const unsigned char *from = text->bytes + text->start;
        size_t length, put;
        enum verdict verdict = judge(from, text->end - text->start, &length);
        if (verdict == INCOMPLETE && !text->ended)
            return STEP_MORE;
        if (verdict != CHARACTER && !text->replace)
            return verdict == INVALID ? STEP_INVALID : STEP_CUT;
        put = verdict == CHARACTER ? length : REPLACEMENT;
        if (put > size - *made)
            return STEP_NO_ROOM;
        memcpy(out + *made, verdict == CHARACTER ? (const void *)from : replacement, put);
        *made += put;
        text->start += length;
    }
    return text->ended ? STEP_DONE : STEP_MORE;
}

static ASYNC void refill(struct text *text)
{
    memmove(text->bytes, text->bytes + text->start, text->end - text->start);
    text->end -= text->start;
    text->start = 0;
    size_t got = AWAIT(brio_receive(text->wrapper.inner, text->bytes + text->end, sizeof text->bytes - text->end));
    if (text->wrapper.closed) /* by a task that ran before this one could go on */
        RAISE(BRIO_ECLOSED, "receive: %s", brio_error_text(BRIO_ECLOSED));
    text->end += got;
    text->ended = got == 0;
}

static BRIO_ASYNC size_t text_receive(struct brio_stream *stream, void *buffer, size_t size)
{
    struct text *text = text_of(stream);
    size_t made = 0;
    AWAIT(brio__wrapper_begin(&text->wrapper));
    DEFER brio__wrapper_leave(&text->wrapper);
    if (text->wrapper.closed)
        RAISE(BRIO_ECLOSED, "receive: %s", brio_error_text(BRIO_ECLOSED));
    for (;;) {
        enum step step = convert(text, buffer, size, &made);
        if (made > 0 || step == STEP_DONE)
            return made;
        if (step == STEP_NO_ROOM)
            RAISE(EINVAL, "receive: no room for a character in %zu bytes", size);
        if (step == STEP_INVALID)
            RAISE(EILSEQ, "receive: not UTF-8");
        if (step == STEP_CUT)
            RAISE(BRIO_EINCOMPLETE, "receive: the stream ended within a character");
        AWAIT(refill(text));
    }
}

/* ---- sending ---- */

/* The bytes with U+FFFD for what is not UTF-8, and how many they come to; `out` NULL: only counts. */
static size_t replace_invalid(const unsigned char *bytes, size_t size, unsigned char *out)
{
    size_t made = 0;
    while (size > 0) {
        size_t length;
        bool valid = judge(bytes, size, &length) == CHARACTER;
        size_t put = valid ? length : REPLACEMENT;
        if (out)
            memcpy(out + made, valid ? (const void *)bytes : replacement, put);
        made += put;
        bytes += length;
        size -= length;
    }
    return made;
}

static BRIO_ASYNC void send_replacing(struct brio_stream *inner, const void *data, size_t size)
{
    size_t made = replace_invalid(data, size, NULL);
    unsigned char *out = brio__alloc(made);
    if (out == NULL)
        RAISE(ENOMEM, "send: no room for %zu bytes", made);
    DEFER brio__free(out, made);
    replace_invalid(data, size, out);
    AWAIT(brio_send(inner, out, made));
}

static BRIO_ASYNC void text_send(struct brio_stream *stream, const void *data, size_t size)
{
    struct text *text = text_of(stream);
    bool valid = count_valid(data, size) == size;
    if (valid) {
        AWAIT(brio_send(text->wrapper.inner, data, size));
    } else if (text->replace) {
        AWAIT(send_replacing(text->wrapper.inner, data, size));
    } else {
        AWAIT(brio_checkpoint_if_cancelled());
        RAISE(EILSEQ, "send: not UTF-8");
    }
}

static const struct brio_stream_operations operations = {
    .receive = text_receive,
    .send = text_send,
    .send_eof = brio__wrapper_send_eof,
    .close = brio__wrapper_close,
    .close_forcefully = brio__wrapper_close_forcefully,
    .attribute = brio__wrapper_attribute,
};

struct brio_stream *brio_text_new(struct brio_stream *inner, const struct brio_text_options *options)
{
    struct text *text = brio__alloc(sizeof *text);
    if (text == NULL)
        return NULL;
    text->wrapper = (struct brio__wrapper){.inner = inner, .release = release};
    text->replace = options && options->replace;
    text->ended = false;
    text->start = text->end = 0;
    brio_stream_init(&text->wrapper.stream, &operations);
    return &text->wrapper.stream;
}
