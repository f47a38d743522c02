/* Waiting for descriptors that others read and write. */
#define _GNU_SOURCE
#include "../support/async_test.h"

#include <brio/socket.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static void open_pair(int fds[2])
{
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
}

static void close_pair(int fds[2])
{
    close(fds[0]);
    close(fds[1]);
}

static ASYNC void note_readable(int fd, const char *name)
{
    DEFER note("-");
    AWAIT(brio_wait_readable(fd));
    note("%s", name);
}

static ASYNC void note_writable(int fd, const char *name)
{
    DEFER note("-");
    AWAIT(brio_wait_writable(fd));
    note("%s", name);
}

static ASYNC int code_of_wait(int fd)
{
    int code = 0;
    TRY {
        AWAIT(brio_wait_readable(fd));
    } CATCH (e) {
        code = e->code;
    }
    return code;
}

static void fill(int fd)
{
    char block[4096] = {0};
    while (write(fd, block, sizeof block) > 0) {
    }
}

static void drain(int fd)
{
    char block[4096];
    while (read(fd, block, sizeof block) > 0) {
    }
}

ASYNC_TEST(wait_readable_returns_when_data_comes)
{
    int fds[2];
    open_pair(fds);
    NURSERY(n) {
        SPAWN(n, note_readable(fds[0], "readable"));
        AWAIT(brio_wait_all_blocked());
        ck_assert_notes("");
        ck_assert_int_eq(write(fds[1], "x", 1), 1);
    }
    ck_assert_notes("readable -");
    close_pair(fds);
}

ASYNC_TEST(wait_writable_returns_when_there_is_room)
{
    int fds[2];
    open_pair(fds);
    AWAIT(brio_wait_writable(fds[0]));
    fill(fds[0]);
    NURSERY(n) {
        SPAWN(n, note_writable(fds[0], "writable"));
        AWAIT(brio_wait_all_blocked());
        ck_assert_notes("");
        drain(fds[1]);
    }
    ck_assert_notes("writable -");
    close_pair(fds);
}

ASYNC_TEST(both_directions_of_one_descriptor_are_waited_for_apart)
{
    int fds[2];
    open_pair(fds);
    fill(fds[0]);
    NURSERY(n) {
        SPAWN(n, note_readable(fds[0], "readable"));
        SPAWN(n, note_writable(fds[0], "writable"));
        AWAIT(brio_wait_all_blocked());
        drain(fds[1]);
        AWAIT(brio_wait_all_blocked());
        ck_assert_notes("writable -");
        ck_assert_int_eq(write(fds[1], "x", 1), 1);
    }
    ck_assert_notes("readable -");
    close_pair(fds);
}

ASYNC_TEST(second_waiter_of_a_direction_raises_ebusy)
{
    int fds[2];
    open_pair(fds);
    NURSERY(n) {
        SPAWN(n, note_readable(fds[0], "first"));
        AWAIT(brio_wait_all_blocked());
        ck_assert_int_eq(AWAIT(code_of_wait(fds[0])), EBUSY);
        ck_assert_int_eq(write(fds[1], "x", 1), 1);
    }
    ck_assert_notes("first -");
    close_pair(fds);
}

ASYNC_TEST(waiting_again_works_after_each_wait)
{
    int fds[2];
    open_pair(fds);
    for (int i = 0; i < 10; i++) {
        char byte;
        NURSERY(n) {
            SPAWN(n, note_readable(fds[0], "once"));
            AWAIT(brio_wait_all_blocked());
            ck_assert_int_eq(write(fds[1], "x", 1), 1);
        }
        ck_assert_notes("once -");
        ck_assert_int_eq(read(fds[0], &byte, 1), 1);
    }
    close_pair(fds);
}

ASYNC_TEST(hang_up_wakes_both_directions)
{
    int fds[2];
    open_pair(fds);
    fill(fds[0]);
    NURSERY(n) {
        SPAWN(n, note_readable(fds[0], "a"));
        SPAWN(n, note_writable(fds[0], "a"));
        AWAIT(brio_wait_all_blocked());
        close(fds[1]);
    }
    ck_assert_notes("a - a -");
    close(fds[0]);
}

ASYNC_TEST(bad_descriptor_raises_ebadf)
{
    int fds[2];
    open_pair(fds);
    close_pair(fds);
    ck_assert_int_eq(AWAIT(code_of_wait(fds[0])), EBADF);
    ck_assert_int_eq(AWAIT(code_of_wait(-1)), EBADF);
}

ASYNC_TEST(regular_file_is_always_ready)
{
    int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    AWAIT(brio_wait_readable(fd));
    AWAIT(brio_wait_writable(fd));
    close(fd);
    char name[] = "/tmp/brio-io-XXXXXX";
    fd = mkstemp(name);
    unlink(name);
    AWAIT(brio_wait_readable(fd));
    AWAIT(brio_wait_writable(fd));
    close(fd);
}

ASYNC_TEST(cancelled_wait_leaves_the_descriptor_free)
{
    int fds[2];
    open_pair(fds);
    NURSERY(n) {
        SPAWN(n, note_readable(fds[0], "never"));
        SPAWN(n, note_writable(fds[0], "writable"));
        AWAIT(brio_wait_all_blocked());
        brio_nursery_cancel(n, NULL);
    }
    ck_assert_notes("writable - -");
    ck_assert_int_eq(write(fds[1], "x", 1), 1);
    AWAIT(brio_wait_readable(fds[0]));
    close_pair(fds);
}

ASYNC_TEST(cancelled_before_it_waits)
{
    int fds[2];
    open_pair(fds);
    CANCEL_SCOPE(s) {
        brio_scope_cancel(s, NULL);
        AWAIT(brio_wait_writable(fds[0]));
        ck_abort_msg("not cancelled");
    }
    ck_assert(s->cancelled_caught);
    close_pair(fds);
}

static ASYNC void note_code(int fd)
{
    note("%s", brio_error_name(AWAIT(code_of_wait(fd))));
}

ASYNC_TEST(notify_closing_wakes_the_waiters)
{
    int fds[2];
    open_pair(fds);
    NURSERY(n) {
        SPAWN(n, note_code(fds[0]));
        AWAIT(brio_wait_all_blocked());
        brio_notify_closing(fds[0]);
        close(fds[0]);
    }
    ck_assert_notes("BRIO_ECLOSED");
    brio_notify_closing(fds[0]);
    close(fds[1]);
}

ASYNC_TEST(number_that_was_closed_and_opened_again_can_be_waited_for)
{
    int fds[2], again[2];
    open_pair(fds);
    NURSERY(n) {
        SPAWN(n, note_code(fds[0]));
        AWAIT(brio_wait_all_blocked());
        brio_notify_closing(fds[0]);
        close_pair(fds);
        open_pair(again);
        ck_assert_int_eq(again[0], fds[0]);
        SPAWN(n, note_readable(again[0], "again"));
        AWAIT(brio_wait_all_blocked());
        ck_assert_int_eq(write(again[1], "x", 1), 1);
    }
    ck_assert_notes("BRIO_ECLOSED again -");
    close_pair(again);
}

ASYNC_TEST(number_closed_without_notice_can_be_used_again)
{
    int fds[2], again[2];
    open_pair(fds);
    CANCEL_SCOPE(s) {
        NURSERY(n) {
            SPAWN(n, note_readable(fds[0], "lost"));
            AWAIT(brio_wait_all_blocked());
            close_pair(fds);
            brio_nursery_cancel(n, NULL);
        }
    }
    take_notes();
    open_pair(again);
    NURSERY(n) {
        SPAWN(n, note_readable(again[0], "again"));
        AWAIT(brio_wait_all_blocked());
        ck_assert_int_eq(write(again[1], "x", 1), 1);
    }
    ck_assert_notes("again -");
    close_pair(again);
}

enum { MANY = 500 };

ASYNC_TEST(many_descriptors_are_waited_for_and_cancelled)
{
    static int pairs[MANY][2];
    struct rlimit limit;
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    int count = limit.rlim_cur < 2 * MANY + 50 ? (int)limit.rlim_cur / 2 - 50 : MANY;
    for (int i = 0; i < count; i++)
        open_pair(pairs[i]);
    NURSERY(n) {
        for (int i = 0; i < count; i++)
            SPAWN(n, brio_wait_readable(pairs[i][0]));
        AWAIT(brio_wait_all_blocked());
        brio_nursery_cancel(n, NULL);
    }
    for (int i = 0; i < count; i++)
        close_pair(pairs[i]);
}

ASYNC_TEST(spawned_wait_ends_its_task)
{
    int fds[2];
    open_pair(fds);
    NURSERY(n) {
        SPAWN(n, brio_wait_writable(fds[0]));
        SPAWN(n, brio_wait_readable(fds[0]));
        AWAIT(brio_wait_all_blocked());
        ck_assert_int_eq(write(fds[1], "x", 1), 1);
    }
    close_pair(fds);
}

static ASYNC void wait_while_memory_fails(int fd)
{
    AWAIT(brio_wait_readable(fd));
}

PLAIN_TEST(each_allocation_of_a_wait_may_fail)
{
    int fds[2], code = ENOMEM;
    open_pair(fds);
    ck_assert_int_eq(write(fds[1], "x", 1), 1);
    for (long k = 0; k < 50 && code != 0; k++) {
        const struct brio_error *error = NULL;
        struct brio_options options = async_test_options;
        options.error = &error;
        fail_allocation(k);
        code = RUN(&options, wait_while_memory_fails(fds[0]));
        ck_assert(code == 0 || code == ENOMEM);
        fail_allocation(-1);
        brio_error_unref(error);
    }
    ck_assert_int_eq(code, 0);
    close_pair(fds);
}
