/* Every byte stream of the library keeps what brio/stream.h promises. */
#include "../support/async_test.h"

#include <brio/buffered.h>
#include <brio/memory_stream.h>
#include <brio/socket.h>
#include <brio/stapled.h>
#include <brio/test_stream.h>
#include <brio/text.h>
#include <stdio.h>
#include <sys/socket.h>

static ASYNC void open_socket_pair(struct brio_stream *pair[2])
{
    int fds[2];
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    for (int i = 0; i < 2; i++)
        pair[i] = must(brio_stream_from_fd(fds[i], NULL));
    AWAIT(brio_checkpoint());
}

static ASYNC void open_tcp(struct brio_stream *pair[2])
{
    struct brio_listener *listener = AWAIT(brio_listen_tcp("127.0.0.1", "0", NULL));
    char service[8];
    snprintf(service, sizeof service, "%d", brio_listener_port(listener));
    pair[0] = AWAIT(brio_connect_tcp("127.0.0.1", service, NULL));
    pair[1] = AWAIT(brio_accept(listener));
    AWAIT(brio_listener_close(listener));
}

static ASYNC void open_memory(struct brio_stream *pair[2])
{
    ck_assert_int_eq(brio_memory_stream_pair(pair, 1000), 0);
    AWAIT(brio_checkpoint());
}

static ASYNC void open_narrow_memory(struct brio_stream *pair[2])
{
    ck_assert_int_eq(brio_memory_stream_pair(pair, 17), 0);
    AWAIT(brio_checkpoint());
}

static ASYNC void open_buffered(struct brio_stream *pair[2])
{
    AWAIT(open_memory(pair));
    for (int i = 0; i < 2; i++)
        pair[i] = must(brio_buffered_new(pair[i]));
}

static ASYNC void open_buffered_tcp(struct brio_stream *pair[2])
{
    AWAIT(open_tcp(pair));
    pair[0] = must(brio_buffered_new(pair[0]));
}

static ASYNC void open_text(struct brio_stream *pair[2])
{
    AWAIT(open_memory(pair));
    for (int i = 0; i < 2; i++)
        pair[i] = must(brio_text_new(pair[i], NULL));
}

static ASYNC void open_text_over_buffered(struct brio_stream *pair[2])
{
    AWAIT(open_buffered(pair));
    for (int i = 0; i < 2; i++)
        pair[i] = must(brio_text_new(pair[i], NULL));
}

/* Each sends over one pair and receives from another. */
static ASYNC void open_stapled(struct brio_stream *pair[2])
{
    struct brio_stream *there[2], *back[2];
    AWAIT(open_memory(there));
    AWAIT(open_socket_pair(back));
    pair[0] = must(brio_stapled_new(there[0], back[0]));
    pair[1] = must(brio_stapled_new(back[1], there[1]));
}

static const struct brio_test_stream kinds[] = {
    {.name = "socket pair", .open = open_socket_pair},
    {.name = "TCP", .open = open_tcp},
    {.name = "memory", .open = open_memory},
    {.name = "narrow memory", .open = open_narrow_memory},
    {.name = "buffered", .open = open_buffered},
    {.name = "buffered TCP", .open = open_buffered_tcp},
    {.name = "text", .open = open_text},
    {.name = "text over buffered", .open = open_text_over_buffered},
    {.name = "stapled", .open = open_stapled},
};

BRIO_STREAM_TESTS(kinds)
