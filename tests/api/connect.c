/* How brio_connect_tcp goes through the addresses of a host: their order, and when the next one is tried.
 *
 * The test answers getaddrinfo itself. Silent addresses are listeners of this process whose queue is full: the system lets connections
 * to them hang. The virtual clock runs on while they do.
 */
#define _GNU_SOURCE
#include "../support/async_test.h"

#include <brio/debug.h>
#include <brio/socket.h>
#include <brio/time.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- addresses ---- */

enum manner { OPEN, SILENT, REFUSING };

enum { MOST = 20, FILLERS = 4 };

struct target {
    union {
        struct sockaddr any;
        struct sockaddr_in four;
        struct sockaddr_in6 six;
    } address;
    socklen_t size;
    int family;
    int listening; /* or -1 */
    int fillers[FILLERS];
};

static struct target targets[MOST];
static int target_count;

static bool has_ipv6(void)
{
    struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool has = fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0;
    if (fd >= 0)
        close(fd);
    return has;
}

static void set_address(struct target *target, int family)
{
    memset(target, 0, sizeof *target);
    target->family = family;
    if (family == AF_INET) {
        target->address.four = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        target->size = sizeof target->address.four;
    } else {
        target->address.six = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
        target->size = sizeof target->address.six;
    }
}

static void add_target(int family, enum manner manner)
{
    struct target *target = &targets[target_count++];
    set_address(target, family);
    target->listening = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(target->listening, &target->address.any, target->size), 0);
    ck_assert_int_eq(getsockname(target->listening, &target->address.any, &target->size), 0);
    if (manner != REFUSING)
        ck_assert_int_eq(listen(target->listening, manner == OPEN ? 10 : 0), 0);
    for (int i = 0; i < FILLERS; i++) {
        target->fillers[i] = -1;
        if (manner != SILENT)
            continue;
        target->fillers[i] = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        (void)!connect(target->fillers[i], &target->address.any, target->size);
    }
}

/* 127.0.0.1, 127.0.0.2, …: to listen at. */
static void add_free_address(void)
{
    struct target *target = &targets[target_count];
    set_address(target, AF_INET);
    target->address.four.sin_addr.s_addr = htonl(INADDR_LOOPBACK + (unsigned)target_count++);
    target->listening = -1;
    for (int i = 0; i < FILLERS; i++)
        target->fillers[i] = -1;
}

static void remove_targets(void)
{
    while (target_count > 0) {
        struct target *target = &targets[--target_count];
        if (target->listening >= 0)
            close(target->listening);
        for (int i = 0; i < FILLERS; i++)
            if (target->fillers[i] >= 0)
                close(target->fillers[i]);
    }
}

/* In place of libc's: all targets, in order, for whatever host. Each in one block, as freeaddrinfo frees it. */
int getaddrinfo(const char *host, const char *service, const struct addrinfo *hints, struct addrinfo **result)
{
    struct addrinfo *first = NULL, **last = &first;
    (void)host, (void)service, (void)hints;
    for (int i = 0; i < target_count; i++) {
        struct addrinfo *info = calloc(1, sizeof *info + sizeof(struct sockaddr_storage));
        *info = (struct addrinfo){.ai_family = targets[i].family, .ai_socktype = SOCK_STREAM, .ai_addrlen = targets[i].size};
        info->ai_addr = (struct sockaddr *)(void *)(info + 1);
        memcpy(info->ai_addr, &targets[i].address, targets[i].size);
        *last = info;
        last = &info->ai_next;
    }
    *result = first;
    return first ? 0 : EAI_NONAME;
}

void freeaddrinfo(struct addrinfo *info)
{
    while (info) {
        struct addrinfo *next = info->ai_next;
        free(info);
        info = next;
    }
}

/* A run that was given up has left them open. */
static void forget_targets(void)
{
    target_count = 0;
}

static void __attribute__((constructor)) forget_targets_each_time(void)
{
    async_test_forget = forget_targets;
}

/* ---- tests ---- */

static void let_the_clock_run(void)
{
    ck_assert_int_eq(brio_clock_set_autojump(0.02), 0);
}

static bool is_target(struct brio_stream *stream, int which)
{
    struct brio_address remote;
    ck_assert_int_eq(brio_stream_attribute(stream, BRIO_ATTR_REMOTE_ADDRESS, &remote), 0);
    return remote.size == targets[which].size && memcmp(&remote.storage, &targets[which].address, remote.size) == 0;
}

/* Connects; expects that target, after so many seconds, and that nothing else is left open. */
static ASYNC void expect_connection(int which, double seconds, const struct brio_tcp_options *options)
{
    let_the_clock_run();
    int descriptors = descriptors_open();
    double before = brio_now();
    struct brio_stream *stream = AWAIT(brio_connect_tcp("anything", "1", options));
    ck_assert_time(brio_now() - before, seconds);
    ck_assert(is_target(stream, which));
    AWAIT(brio_close(stream));
    ck_assert_int_eq(descriptors_open(), descriptors);
    remove_targets();
}

ASYNC_TEST(first_address_that_answers_is_taken_at_once)
{
    add_target(AF_INET, OPEN);
    add_target(AF_INET, OPEN);
    AWAIT(expect_connection(0, 0, NULL));
}

ASYNC_TEST(silent_addresses_are_overtaken_after_a_quarter_of_a_second_each)
{
    add_target(AF_INET, SILENT);
    add_target(AF_INET, SILENT);
    add_target(AF_INET, OPEN);
    AWAIT(expect_connection(2, 0.5, NULL));
}

ASYNC_TEST(stagger_is_an_option)
{
    struct brio_tcp_options options = {.stagger = 3};
    add_target(AF_INET, SILENT);
    add_target(AF_INET, OPEN);
    AWAIT(expect_connection(1, 3, &options));
}

ASYNC_TEST(address_that_refuses_is_followed_at_once)
{
    add_target(AF_INET, REFUSING);
    add_target(AF_INET, REFUSING);
    add_target(AF_INET, SILENT);
    add_target(AF_INET, OPEN);
    AWAIT(expect_connection(3, 0.25, NULL));
}

ASYNC_TEST(second_address_is_of_the_other_family)
{
    if (!has_ipv6())
        return;
    add_target(AF_INET, SILENT);
    add_target(AF_INET, SILENT);
    add_target(AF_INET, SILENT);
    add_target(AF_INET6, OPEN);
    AWAIT(expect_connection(3, 0.25, NULL));
}

ASYNC_TEST(first_address_stays_the_resolvers)
{
    if (!has_ipv6())
        return;
    add_target(AF_INET, OPEN);
    add_target(AF_INET6, OPEN);
    AWAIT(expect_connection(0, 0, NULL));
    add_target(AF_INET6, OPEN);
    add_target(AF_INET, OPEN);
    AWAIT(expect_connection(0, 0, NULL));
}

ASYNC_TEST(dead_addresses_of_both_families_are_passed_by)
{
    if (!has_ipv6())
        return;
    add_target(AF_INET6, REFUSING);
    add_target(AF_INET6, SILENT);
    add_target(AF_INET, REFUSING);
    add_target(AF_INET, SILENT);
    add_target(AF_INET, OPEN);
    AWAIT(expect_connection(4, 0.5, NULL));
}

ASYNC_TEST(all_that_failed_are_the_cause)
{
    add_target(AF_INET, REFUSING);
    add_target(AF_INET, REFUSING);
    add_target(AF_INET, REFUSING);
    TRY {
        AWAIT(brio_connect_tcp("anything", "1", NULL));
        ck_abort();
    } CATCH (e, ECONNREFUSED) {
        ck_assert_int_eq(e->code, ECONNREFUSED);
        ck_assert_ptr_nonnull(strstr(e->message, "anything"));
        ck_assert_ptr_nonnull(e->cause);
        ck_assert_uint_eq(e->cause->child_count, 3);
    }
    remove_targets();
}

ASYNC_TEST(only_address_that_fails_is_the_error_itself)
{
    add_target(AF_INET, REFUSING);
    TRY {
        AWAIT(brio_connect_tcp("anything", "1", NULL));
        ck_abort();
    } CATCH (e, ECONNREFUSED) {
        ck_assert_ptr_nonnull(strstr(e->message, "127.0.0.1:"));
        ck_assert_ptr_null(e->cause);
    }
    remove_targets();
}

ASYNC_TEST(deadline_ends_all_attempts)
{
    int descriptors;
    add_target(AF_INET, SILENT);
    add_target(AF_INET, SILENT);
    add_target(AF_INET, REFUSING);
    let_the_clock_run();
    descriptors = descriptors_open();
    double before = brio_now();
    MOVE_ON_AFTER(10, s) {
        AWAIT(brio_connect_tcp("anything", "1", NULL));
        ck_abort();
    }
    ck_assert(s->cancelled_caught);
    ck_assert_time(brio_now() - before, 10);
    ck_assert_int_eq(descriptors_open(), descriptors);
    remove_targets();
}

static void reach(const struct target *target, int port)
{
    struct sockaddr_in address = target->address.four;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    address.sin_port = htons((in_port_t)port);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    close(fd);
}

ASYNC_TEST(listener_has_a_socket_for_each_address_all_on_one_port)
{
    for (int i = 0; i < MOST; i++)
        add_free_address();
    struct brio_listener *listener = AWAIT(brio_listen_tcp("anything", "0", NULL));
    for (int i = 0; i < MOST; i++) {
        reach(&targets[i], brio_listener_port(listener));
        AWAIT(brio_close(AWAIT(brio_accept(listener))));
    }
    AWAIT(brio_listener_close(listener));
    remove_targets();
}
