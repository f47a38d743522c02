/* brio/test_stream.h - for Check: what brio/stream.h promises of every byte stream, as tests over any that a program makes itself. In the
 * library brio-test.
 *
 *     static ASYNC void open_mine(struct brio_stream *pair[2]);
 *     static const struct brio_test_stream mine[] = {{.name = "mine", .open = open_mine}};
 *     BRIO_STREAM_TESTS(mine)
 *
 * defines a test of brio/test.h for each promise: every_stream_delivers, every_stream_ends and so on, each over all of the array: both
 * directions, half-close, close in every state, a second user, a peer that
 * is gone, cancellation at every point. */
#ifndef BRIO_TEST_STREAM_H
#define BRIO_TEST_STREAM_H

#include <brio/stream.h>
#include <brio/test.h>
#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct brio_test_stream {
    const char *name; /* in messages */
    /* Two streams that are connected with each other; they are the check's, which closes them. Text in UTF-8
     * is all that they must carry. */
    BRIO_ASYNC void (*open)(struct brio_stream *pair[2]);
    bool no_eof;  /* brio_send_eof is EOPNOTSUPP */
    bool endless; /* takes whatever is sent: no sender ever waits */
};

/* ---- the checks, each in one call ---- */

BRIO_ASYNC void brio_test_stream_delivers(const struct brio_test_stream *kind);
BRIO_ASYNC void brio_test_stream_waits_for_data(const struct brio_test_stream *kind);
BRIO_ASYNC void brio_test_stream_limits_what_it_gives(const struct brio_test_stream *kind);
BRIO_ASYNC void brio_test_stream_carries_much_both_ways(const struct brio_test_stream *kind);
BRIO_ASYNC void brio_test_stream_ends(const struct brio_test_stream *kind);
BRIO_ASYNC void brio_test_stream_ends_one_way(const struct brio_test_stream *kind);
BRIO_ASYNC void brio_test_stream_refuses_a_second_user(const struct brio_test_stream *kind);
BRIO_ASYNC void brio_test_stream_wakes_its_users_when_closed(const struct brio_test_stream *kind);
BRIO_ASYNC void brio_test_stream_bears_a_close_between_data_and_reader(const struct brio_test_stream *kind);
BRIO_ASYNC void brio_test_stream_bears_a_close_behind_a_cancellation(const struct brio_test_stream *kind);
BRIO_ASYNC void brio_test_stream_breaks_when_the_peer_is_gone(const struct brio_test_stream *kind);
BRIO_ASYNC void brio_test_stream_loses_nothing_to_a_cancelled_receive(const struct brio_test_stream *kind);
BRIO_ASYNC void brio_test_stream_is_a_checkpoint(const struct brio_test_stream *kind);
BRIO_ASYNC void brio_test_stream_closes_when_cancelled(const struct brio_test_stream *kind);
BRIO_ASYNC void brio_test_stream_lets_others_run(const struct brio_test_stream *kind);
BRIO_ASYNC void brio_test_stream_has_no_unknown_attribute(const struct brio_test_stream *kind);

/* ---- all of them, as tests ---- */

#define BRIO__STREAM_TEST(check, kinds) \
    BRIO_ASYNC_TEST(every_stream_##check) \
    { \
        for (size_t brio__i = 0; brio__i < sizeof(kinds) / sizeof *(kinds); brio__i++) \
            BRIO_AWAIT(brio_test_stream_##check(&(kinds)[brio__i])); \
    }

#define BRIO_STREAM_TESTS(kinds) \
    BRIO__STREAM_TEST(delivers, kinds) \
    BRIO__STREAM_TEST(waits_for_data, kinds) \
    BRIO__STREAM_TEST(limits_what_it_gives, kinds) \
    BRIO__STREAM_TEST(carries_much_both_ways, kinds) \
    BRIO__STREAM_TEST(ends, kinds) \
    BRIO__STREAM_TEST(ends_one_way, kinds) \
    BRIO__STREAM_TEST(refuses_a_second_user, kinds) \
    BRIO__STREAM_TEST(wakes_its_users_when_closed, kinds) \
    BRIO__STREAM_TEST(bears_a_close_between_data_and_reader, kinds) \
    BRIO__STREAM_TEST(bears_a_close_behind_a_cancellation, kinds) \
    BRIO__STREAM_TEST(breaks_when_the_peer_is_gone, kinds) \
    BRIO__STREAM_TEST(loses_nothing_to_a_cancelled_receive, kinds) \
    BRIO__STREAM_TEST(is_a_checkpoint, kinds) \
    BRIO__STREAM_TEST(closes_when_cancelled, kinds) \
    BRIO__STREAM_TEST(lets_others_run, kinds) \
    BRIO__STREAM_TEST(has_no_unknown_attribute, kinds)

#ifdef __cplusplus
}
#endif

#endif
