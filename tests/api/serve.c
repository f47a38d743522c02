/* Serving: limits, soft stop, errors of handlers; what accept(2) may answer, and a lack of descriptors. */
#define _GNU_SOURCE
#include "../support/async_test.h"
#include "../support/failing_calls.h"

#include <brio/socket.h>
#include <brio/sync.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static struct brio_listener *listener;
static char service[8];

static ASYNC void listen_anywhere(void)
{
    listener = AWAIT(brio_listen_tcp("127.0.0.1", "0", NULL));
    snprintf(service, sizeof service, "%d", brio_listener_port(listener));
}

static ASYNC struct brio_stream *connect_here(void)
{
    return AWAIT(brio_connect_tcp("127.0.0.1", service, NULL));
}

/* One byte there and back. */
static ASYNC void ask(struct brio_stream *stream)
{
    char byte = 0;
    AWAIT(brio_send(stream, "?", 1));
    ck_assert_uint_eq(AWAIT(brio_receive(stream, &byte, 1)), 1);
    ck_assert_int_eq(byte, '?');
}

static ASYNC void visit(void)
{
    struct brio_stream *stream = AWAIT(connect_here());
    DEFER AWAIT(brio_close(stream));
    AWAIT(ask(stream));
}

static ASYNC void echo(struct brio_stream *stream, void *arg)
{
    char byte;
    (void)arg;
    while (AWAIT(brio_receive(stream, &byte, 1)) > 0)
        AWAIT(brio_send(stream, &byte, 1));
}

/* ---- a limit ---- */

static int inside, most_inside, served;

static ASYNC void count_and_echo(struct brio_stream *stream, void *arg)
{
    DEFER inside--;
    if (++inside > most_inside)
        most_inside = inside;
    AWAIT(brio_wait_all_blocked());
    AWAIT(echo(stream, arg));
    served++;
}

ASYNC_TEST(limit_bounds_the_handlers_and_all_are_served)
{
    struct brio_serve_options options = {.limit = 3};
    inside = most_inside = served = 0;
    AWAIT(listen_anywhere());
    NURSERY(n) {
        SPAWN(n, brio_serve_with(listener, count_and_echo, NULL, &options), .daemon = true);
        NURSERY(clients) {
            for (int i = 0; i < 10; i++)
                SPAWN(clients, visit());
        }
        AWAIT(brio_wait_all_blocked());
    }
    ck_assert_int_eq(most_inside, 3);
    ck_assert_int_eq(served, 10);
    AWAIT(brio_listener_close(listener));
}

/* Nothing is taken from the system's queue for which there is no handler. */
ASYNC_TEST(connection_beyond_the_limit_is_not_accepted)
{
    struct brio_serve_options options = {.limit = 1};
    AWAIT(listen_anywhere());
    NURSERY(n) {
        SPAWN(n, brio_serve_with(listener, echo, NULL, &options), .daemon = true);
        struct brio_stream *first = AWAIT(connect_here());
        AWAIT(ask(first));
        count_calls();
        struct brio_stream *second = AWAIT(connect_here());
        AWAIT(brio_wait_all_blocked());
        ck_assert_int_eq(calls_made[CALL_ACCEPT4], 0);
        AWAIT(brio_close(first));
        AWAIT(ask(second));
        AWAIT(brio_close(second));
    }
    AWAIT(brio_listener_close(listener));
}

/* ---- errors of handlers ---- */

static bool note_error(const struct brio_error *error, void *arg)
{
    note("%s", brio_error_name(error->code));
    return error->code != *(const int *)arg;
}

/* Fails with the number that comes. */
static ASYNC void fail_as_told(struct brio_stream *stream, void *arg)
{
    unsigned char code;
    (void)arg;
    if (AWAIT(brio_receive(stream, &code, 1)) > 0)
        RAISE(code, "as told");
}

static ASYNC void make_fail(int code)
{
    char byte = (char)code;
    struct brio_stream *stream = AWAIT(connect_here());
    DEFER AWAIT(brio_close(stream));
    AWAIT(brio_send(stream, &byte, 1));
    ck_assert_uint_eq(AWAIT(brio_receive(stream, &byte, 1)), 0);
}

ASYNC_TEST(error_that_the_hook_takes_ends_its_connection_alone)
{
    int fatal = 0;
    struct brio_serve_options options = {.on_error = note_error};
    AWAIT(listen_anywhere());
    NURSERY(n) {
        SPAWN(n, brio_serve_with(listener, fail_as_told, &fatal, &options), .daemon = true);
        AWAIT(make_fail(EDOM));
        AWAIT(make_fail(ERANGE));
        AWAIT(make_fail(EMFILE));
    }
    ck_assert_notes("EDOM ERANGE EMFILE");
    AWAIT(brio_listener_close(listener));
}

ASYNC_TEST(error_that_the_hook_leaves_ends_the_server)
{
    int fatal = ERANGE;
    struct brio_serve_options options = {.on_error = note_error};
    AWAIT(listen_anywhere());
    TRY {
        NURSERY(n) {
            SPAWN(n, brio_serve_with(listener, fail_as_told, &fatal, &options));
            AWAIT(make_fail(EDOM));
            AWAIT(make_fail(ERANGE));
            AWAIT(brio_sleep_forever());
        }
    } CATCH (e, ERANGE) {
        note("%s", brio_error_only(e)->message);
    }
    ck_assert_notes("EDOM ERANGE as told");
    AWAIT(brio_listener_close(listener));
}

ASYNC_TEST(cancelled_handler_is_no_error)
{
    int fatal = 0;
    struct brio_serve_options options = {.on_error = note_error, .limit = 5};
    AWAIT(listen_anywhere());
    struct brio_stream *stream = NULL;
    NURSERY(n) {
        SPAWN(n, brio_serve_with(listener, echo, &fatal, &options));
        stream = AWAIT(connect_here());
        AWAIT(ask(stream));
        brio_nursery_cancel(n, NULL);
    }
    ck_assert_notes("");
    AWAIT(brio_close(stream));
    AWAIT(brio_listener_close(listener));
}

/* ---- soft stop ---- */

/* Takes a second for each request. */
static ASYNC void answer_slowly(struct brio_stream *stream, void *arg)
{
    DEFER note("end");
    (void)arg;
    for (;;) {
        char byte;
        size_t size = 0;
        INTERRUPTIBLE {
            size = AWAIT(brio_receive(stream, &byte, 1));
        }
        if (size == 0)
            return;
        AWAIT(brio_sleep(1));
        AWAIT(brio_send(stream, &byte, 1));
        note("answered");
    }
}

static ASYNC void ask_and_close(struct brio_stream *stream)
{
    DEFER AWAIT(brio_close(stream));
    AWAIT(ask(stream));
}

static ASYNC void shut_down_later(struct brio_scope *scope, double seconds, double grace)
{
    AWAIT(brio_sleep(seconds));
    brio_scope_shutdown(scope, grace);
}

ASYNC_TEST(soft_stop_finishes_what_has_begun_and_accepts_no_more)
{
    AWAIT(listen_anywhere());
    NURSERY(n) {
        struct brio_stream *idle = AWAIT(connect_here()), *busy = AWAIT(connect_here());
        double begin = brio_now();
        ck_assert_int_eq(brio_clock_set_autojump(0.02), 0);
        SPAWN(n, ask_and_close(busy));
        CANCEL_SCOPE(s) {
            SPAWN(n, shut_down_later(s, 0.5, INFINITY));
            AWAIT(brio_serve(listener, answer_slowly, NULL));
            note("stopped");
        }
        ck_assert(!s->cancelled_caught);
        ck_assert_time(brio_now() - begin, 1);
        AWAIT(brio_close(idle));
    }
    ck_assert_notes("end answered end stopped");
    AWAIT(brio_listener_close(listener));
}

ASYNC_TEST(soft_stop_ends_handlers_when_the_grace_is_over)
{
    AWAIT(listen_anywhere());
    struct brio_stream *busy = AWAIT(connect_here());
    AWAIT(brio_send(busy, "?", 1));
    double begin = brio_now();
    ck_assert_int_eq(brio_clock_set_autojump(0.02), 0);
    NURSERY(n) {
        CANCEL_SCOPE(s) {
            SPAWN(n, shut_down_later(s, 0.5, 0.25));
            AWAIT(brio_serve(listener, answer_slowly, NULL));
        }
        ck_assert(s->cancelled_caught);
    }
    ck_assert_time(brio_now() - begin, 0.75);
    ck_assert_notes("end");
    AWAIT(brio_close(busy));
    AWAIT(brio_listener_close(listener));
}

ASYNC_TEST(soft_stop_ends_the_wait_for_room)
{
    struct brio_serve_options options = {.limit = 1};
    AWAIT(listen_anywhere());
    NURSERY(n) {
        struct brio_stream *idle = AWAIT(connect_here());
        CANCEL_SCOPE(s) {
            SPAWN(n, shut_down_later(s, 0.5, INFINITY));
            ck_assert_int_eq(brio_clock_set_autojump(0.02), 0);
            AWAIT(brio_serve_with(listener, answer_slowly, NULL, &options));
        }
        ck_assert(!s->cancelled_caught);
        AWAIT(brio_close(idle));
    }
    ck_assert_notes("end");
    AWAIT(brio_listener_close(listener));
}

ASYNC_TEST(soft_stop_ends_the_pause_without_descriptors)
{
    AWAIT(listen_anywhere());
    NURSERY(n) {
        struct brio_stream *idle = AWAIT(connect_here());
        double begin = brio_now();
        fail_call(CALL_ACCEPT4, 0, EMFILE);
        failing.forever = true;
        CANCEL_SCOPE(s) {
            SPAWN(n, shut_down_later(s, 0.05, INFINITY));
            AWAIT(brio_serve(listener, echo, NULL));
        }
        ck_assert_time(brio_now() - begin, 0.05);
        count_calls();
        AWAIT(brio_close(idle));
    }
    AWAIT(brio_listener_close(listener));
}

/* ---- what accept(2) answers ---- */

ASYNC_TEST(connection_that_broke_before_it_was_accepted_is_passed_over)
{
    static const int codes[] = {ECONNABORTED, EPROTO,       EINTR,      ENETDOWN,    ENOPROTOOPT, EHOSTDOWN,
                                ENONET,       EHOSTUNREACH, EOPNOTSUPP, ENETUNREACH, EPERM};
    AWAIT(listen_anywhere());
    NURSERY(n) {
        SPAWN(n, brio_serve(listener, echo, NULL), .daemon = true);
        for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
            double before = brio_now();
            fail_call(CALL_ACCEPT4, 0, codes[i]);
            AWAIT(visit());
            ck_assert_int_eq(failing.failed, 1);
            ck_assert_time(brio_now(), before);
        }
    }
    count_calls();
    AWAIT(brio_listener_close(listener));
}

/* The server neither spins nor hangs on it. */
ASYNC_TEST(error_of_accept_that_stays_ends_the_server)
{
    AWAIT(listen_anywhere());
    struct brio_stream *stream = AWAIT(connect_here());
    fail_call(CALL_ACCEPT4, 0, EPERM);
    failing.forever = true;
    TRY {
        AWAIT(brio_serve(listener, echo, NULL));
        ck_abort();
    } CATCH (e, EPERM) {
        note("%s", brio_error_only(e)->message);
    }
    ck_assert_notes("accept: Operation not permitted");
    ck_assert_int_le(failing.failed, 64);
    count_calls();
    AWAIT(brio_close(stream));
    AWAIT(brio_listener_close(listener));
}

ASYNC_TEST(server_without_descriptors_tries_ten_times_a_second)
{
    static const int codes[] = {EMFILE, ENFILE, ENOBUFS, ENOMEM};
    AWAIT(listen_anywhere());
    NURSERY(n) {
        SPAWN(n, brio_serve(listener, echo, NULL), .daemon = true);
        AWAIT(visit());
        for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
            ck_assert_int_eq(brio_clock_set_autojump(0.002), 0);
            fail_call(CALL_ACCEPT4, 0, codes[i]);
            failing.forever = true;
            struct brio_stream *stream = AWAIT(connect_here());
            AWAIT(brio_sleep(1.05));
            ck_assert_int_ge(calls_made[CALL_ACCEPT4], 10);
            ck_assert_int_le(calls_made[CALL_ACCEPT4], 12);
            ck_assert_int_le(calls_made[CALL_EPOLL_WAIT], 60);
            count_calls();
            AWAIT(ask(stream));
            AWAIT(brio_close(stream));
        }
    }
    AWAIT(brio_listener_close(listener));
}

/* What waits in the system's queue is taken out in one go. */
ASYNC_TEST(connections_are_accepted_in_batches)
{
    enum { COUNT = 50 };
    struct brio_stream *clients[COUNT], *accepted[COUNT];
    AWAIT(listen_anywhere());
    for (int i = 0; i < COUNT; i++)
        clients[i] = AWAIT(connect_here());
    count_calls();
    for (int i = 0; i < COUNT; i++)
        accepted[i] = AWAIT(brio_accept(listener));
    ck_assert_int_le(calls_made[CALL_ACCEPT4], COUNT + 1);
    ck_assert_int_le(calls_made[CALL_EPOLL_WAIT], 3);
    ck_assert_int_le(calls_made[CALL_EPOLL_CTL], 1);
    for (int i = 0; i < COUNT; i++) {
        AWAIT(brio_close(clients[i]));
        AWAIT(brio_close(accepted[i]));
    }
    AWAIT(brio_listener_close(listener));
}

/* ---- memory ---- */

static bool take_any_error(const struct brio_error *error, void *arg)
{
    (void)error, (void)arg;
    return true;
}

static ASYNC void visit_whatever_comes_of_it(void)
{
    char byte;
    TRY {
        struct brio_stream *stream = AWAIT(connect_here());
        DEFER AWAIT(brio_close(stream));
        AWAIT(brio_send(stream, "?", 1));
        AWAIT(brio_receive(stream, &byte, 1));
    } CATCH (e) {
        return;
    }
}

static ASYNC void serve_two_visitors(void)
{
    static const struct brio_serve_options options = {.limit = 1, .on_error = take_any_error};
    AWAIT(listen_anywhere());
    DEFER AWAIT(brio_listener_close(listener));
    NURSERY(n) {
        SPAWN(n, brio_serve_with(listener, echo, NULL, &options), .daemon = true);
        for (int i = 0; i < 2; i++)
            AWAIT(visit_whatever_comes_of_it());
    }
}

PLAIN_TEST(each_allocation_of_a_server_may_fail)
{
    const struct brio_error *error = NULL;
    struct brio_options options = {.clock = BRIO_CLOCK_VIRTUAL, .autojump = 0.005, .error = &error};
    bool failed = true;
    for (int k = 0; failed; k++) {
        size_t allocations = allocations_living();
        int descriptors = descriptors_open();
        fail_allocation(k);
        int code = RUN(&options, serve_two_visitors());
        failed = allocation_has_failed();
        fail_allocation(-1);
        ck_assert(code == 0 || (failed && (code == ENOMEM || brio_error_contains(error, ENOMEM))));
        brio_error_unref(error);
        error = NULL;
        ck_assert_msg(descriptors_open() == descriptors, "allocation %d: descriptors are left", k);
        ck_assert_msg(allocations_living() == allocations, "allocation %d: memory is left", k);
    }
}

/* ---- 64 descriptors, 1,000 connections ---- */

enum { FEW = 64, MANY = 1000 };

static void limit_descriptors(rlim_t count)
{
    struct rlimit limit;
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = count < limit.rlim_max ? count : limit.rlim_max;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

/* What a server in a process of its own has to tell when it has ended. */
struct report {
    int code;             /* of RUN */
    int descriptors_left; /* of the connections */
    long accepts, refused, waits;
    double seconds; /* on its clock */
};

struct process {
    pid_t id;
    int control[2]; /* to: closed, the server ends */
    int answer[2];  /* from: the port, then the report */
};

static ASYNC void end_with_control(struct brio_nursery *n, int fd)
{
    AWAIT(brio_wait_readable(fd));
    brio_nursery_cancel(n, "no more");
}

static ASYNC void serve_process(struct process *process, struct report *report)
{
    AWAIT(listen_anywhere());
    int descriptors = descriptors_open();
    double begin = brio_now();
    count_calls();
    NURSERY(n) {
        SPAWN(n, brio_serve(listener, echo, NULL));
        SPAWN(n, end_with_control(n, process->control[0]));
        AWAIT(brio_checkpoint());
        ck_assert_int_eq(write(process->answer[1], service, sizeof service), sizeof service);
    }
    report->seconds = brio_now() - begin;
    report->accepts = calls_made[CALL_ACCEPT4];
    report->waits = calls_made[CALL_EPOLL_WAIT];
    report->descriptors_left = descriptors_open() - descriptors;
    AWAIT(brio_listener_close(listener));
}

/* Its clock runs as long as nothing happens, in order that no time is lost in pauses. */
static void be_server(struct process *process, rlim_t limit)
{
    struct report report = {0};
    struct brio_options options = {.clock = BRIO_CLOCK_VIRTUAL, .autojump = 0.005};
    close(process->control[1]);
    close(process->answer[0]);
    limit_descriptors(limit);
    report.code = RUN(&options, serve_process(process, &report));
    (void)!write(process->answer[1], &report, sizeof report);
    _exit(0);
}

static void start_server(struct process *process, rlim_t limit)
{
    ck_assert_int_eq(pipe(process->control), 0);
    ck_assert_int_eq(pipe(process->answer), 0);
    process->id = fork();
    if (process->id == 0)
        be_server(process, limit);
    close(process->control[0]);
    close(process->answer[1]);
    ck_assert_int_eq(read(process->answer[0], service, sizeof service), sizeof service);
}

static struct report end_server(struct process *process)
{
    struct report report;
    int status;
    close(process->control[1]);
    ck_assert_int_eq(read(process->answer[0], &report, sizeof report), sizeof report);
    close(process->answer[0]);
    ck_assert_int_eq(waitpid(process->id, &status, 0), process->id);
    ck_assert_int_eq(status, 0);
    return report;
}

static ASYNC void visit_all_at_once(void)
{
    NURSERY(n) {
        for (int i = 0; i < MANY; i++)
            SPAWN(n, visit());
    }
    AWAIT(visit());
}

/* It takes connections beyond the limit from the system and closes them. */
static bool is_under_valgrind(void)
{
    const char *preloaded = getenv("LD_PRELOAD");
    return preloaded && strstr(preloaded, "vgpreload");
}

PLAIN_TEST(server_with_few_descriptors_serves_all_and_recovers)
{
    struct process process;
    if (is_under_valgrind())
        return;
    limit_descriptors(2 * MANY);
    start_server(&process, FEW);
    ck_assert_int_eq(RUN(NULL, visit_all_at_once()), 0);
    struct report report = end_server(&process);
    ck_assert_int_eq(report.code, 0);
    ck_assert_int_eq(report.descriptors_left, 0);
    /* So often it tried in vain, at most: once before each pause. */
    ck_assert_int_le(report.accepts, MANY + 1 + MANY / 4 + (long)(report.seconds / 0.1) + 1);
}

static struct {
    int answered, refused;
} outcomes;

static ASYNC void visit_or_be_refused(void)
{
    TRY {
        AWAIT(visit());
        outcomes.answered++;
    } CATCH (e, EMFILE) {
        ck_assert_ptr_nonnull(e->file);
        ck_assert_ptr_nonnull(strstr(e->message, "connect to 127.0.0.1"));
        outcomes.refused++;
    }
}

static ASYNC void visit_without_descriptors(void)
{
    NURSERY(n) {
        for (int i = 0; i < MANY; i++)
            SPAWN(n, visit_or_be_refused());
    }
    ck_assert_int_ge(outcomes.answered, FEW / 2);
    ck_assert_int_gt(outcomes.refused, 0);
    ck_assert_int_eq(outcomes.answered + outcomes.refused, MANY);
    AWAIT(visit());
}

PLAIN_TEST(clients_without_descriptors_hear_it_and_the_others_go_on)
{
    struct process process;
    struct rlimit before;
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
    outcomes.answered = outcomes.refused = 0;
    start_server(&process, 2 * MANY);
    limit_descriptors(FEW);
    int code = RUN(NULL, visit_without_descriptors());
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
    ck_assert_int_eq(code, 0);
    struct report report = end_server(&process);
    ck_assert_int_eq(report.code, 0);
    ck_assert_int_eq(report.descriptors_left, 0);
}
