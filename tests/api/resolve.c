/* brio_getaddrinfo, and the worker threads behind it. */
#define _GNU_SOURCE
#include "../support/async_test.h"

#include <brio/socket.h>
#include <brio/thread.h>
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static ASYNC int code_of_lookup(const char *host, const char *service, int flags)
{
    struct addrinfo hints = {.ai_flags = flags, .ai_socktype = SOCK_STREAM};
    int code = 0;
    TRY {
        freeaddrinfo(AWAIT(brio_getaddrinfo(host, service, &hints)));
    } CATCH (e) {
        code = e->code;
        ck_assert_uint_gt(strlen(e->message), 0);
    }
    return code;
}

static int threads_alive(void)
{
    char line[128];
    int count = -1;
    FILE *status = fopen("/proc/self/status", "re");
    while (status && fgets(line, sizeof line, status))
        sscanf(line, "Threads: %d", &count);
    if (status)
        fclose(status);
    return count;
}

ASYNC_TEST(numeric_addresses_use_no_thread)
{
    int before = threads_alive();
    ck_assert_int_eq(AWAIT(code_of_lookup("127.0.0.1", "80", 0)), 0);
    ck_assert_int_eq(AWAIT(code_of_lookup("::1", "80", 0)), 0);
    ck_assert_int_eq(AWAIT(code_of_lookup(NULL, "80", AI_PASSIVE)), 0);
    ck_assert_int_eq(threads_alive(), before);
}

ASYNC_TEST(localhost_resolves)
{
    struct addrinfo *all = AWAIT(brio_getaddrinfo("localhost", "80", NULL));
    ck_assert_ptr_nonnull(all);
    ck_assert(all->ai_family == AF_INET || all->ai_family == AF_INET6);
    freeaddrinfo(all);
}

ASYNC_TEST(what_cannot_be_resolved_raises_eresolve)
{
    ck_assert_int_eq(AWAIT(code_of_lookup("no host at all", "80", 0)), BRIO_ERESOLVE);
    ck_assert_int_eq(AWAIT(code_of_lookup("nowhere", "80", AI_NUMERICHOST)), BRIO_ERESOLVE);
    ck_assert_int_eq(AWAIT(code_of_lookup("127.0.0.1", "no service", 0)), BRIO_ERESOLVE);
}

/* Letters of full width are the same letters to IDNA. */
ASYNC_TEST(name_beyond_ascii_is_translated)
{
    static const char localhost[] = "\uff4c\uff4f\uff43\uff41\uff4c\uff48\uff4f\uff53\uff54";
    void *translator = dlopen("libidn2.so.0", RTLD_LAZY);
    ck_assert_int_eq(AWAIT(code_of_lookup(localhost, "80", 0)), translator ? 0 : BRIO_ERESOLVE);
    ck_assert_int_eq(AWAIT(code_of_lookup("\xff\xfe", "80", 0)), BRIO_ERESOLVE);
    if (translator)
        dlclose(translator);
}

static ASYNC void cancel_lookups(void)
{
    for (int i = 0; i < 20; i++) {
        NURSERY(n) {
            SPAWN(n, code_of_lookup("localhost", "80", 0));
            AWAIT(brio_checkpoint());
            AWAIT(brio_checkpoint());
            if (i % 2)
                AWAIT(brio_checkpoint());
            brio_nursery_cancel(n, NULL);
        }
    }
}

/* The threads go on without the loop and end later. */
PLAIN_TEST(cancelled_lookup_ends_at_once_and_leaks_nothing)
{
    size_t before = allocations_living();
    ck_assert_int_eq(RUN(&async_test_options, cancel_lookups()), 0);
    while (allocations_living() > before)
        usleep(1000);
}

/* ---- addresses to names ---- */

static ASYNC struct brio_address loopback(const char *service)
{
    return AWAIT(brio_resolve_address("127.0.0.1", service, AF_UNSPEC));
}

ASYNC_TEST(address_is_resolved_to_numbers_without_a_thread)
{
    struct brio_address address = AWAIT(loopback("80"));
    char host[64], service[8];
    int before = threads_alive();
    AWAIT(brio_getnameinfo(&address, host, sizeof host, service, sizeof service, NI_NUMERICHOST | NI_NUMERICSERV));
    ck_assert_str_eq(host, "127.0.0.1");
    ck_assert_str_eq(service, "80");
    ck_assert_int_eq(threads_alive(), before);
}

ASYNC_TEST(names_are_those_of_getnameinfo)
{
    struct brio_address address = AWAIT(loopback("22"));
    char host[NI_MAXHOST], service[NI_MAXSERV], expected_host[NI_MAXHOST], expected_service[NI_MAXSERV];
    ck_assert_int_eq(getnameinfo((struct sockaddr *)&address.storage, address.size, expected_host, sizeof expected_host, expected_service,
                                 sizeof expected_service, 0), 0);
    AWAIT(brio_getnameinfo(&address, host, sizeof host, service, sizeof service, 0));
    ck_assert_str_eq(host, expected_host);
    ck_assert_str_eq(service, expected_service);
    AWAIT(brio_getnameinfo(&address, NULL, 0, service, sizeof service, 0));
    ck_assert_str_eq(service, expected_service);
}

ASYNC_TEST(name_without_room_raises_eresolve)
{
    struct brio_address address = AWAIT(loopback("80"));
    char host[4] = "abc";
    TRY {
        AWAIT(brio_getnameinfo(&address, host, sizeof host, NULL, 0, NI_NUMERICHOST));
        ck_abort();
    } CATCH (e, BRIO_ERESOLVE) {
        ck_assert_str_eq(host, "abc");
    }
}

ASYNC_TEST(cancelled_naming_returns_at_once)
{
    struct brio_address address = AWAIT(loopback("80"));
    char host[64];
    CANCEL_SCOPE(s) {
        brio_scope_cancel(s, NULL);
        AWAIT(brio_getnameinfo(&address, host, sizeof host, NULL, 0, 0));
        ck_abort();
    }
    ck_assert(s->cancelled_caught);
}

/* ---- brio_to_thread ---- */

struct gate {
    pthread_mutex_t mutex;
    pthread_cond_t opened;
    bool open;
    atomic_int running, most, passed, discarded;
};

static struct gate gate = {.mutex = PTHREAD_MUTEX_INITIALIZER, .opened = PTHREAD_COND_INITIALIZER};

static void close_gate(void)
{
    gate.open = false;
    gate.running = gate.most = gate.passed = gate.discarded = 0;
}

static void open_gate(void)
{
    pthread_mutex_lock(&gate.mutex);
    gate.open = true;
    pthread_cond_broadcast(&gate.opened);
    pthread_mutex_unlock(&gate.mutex);
}

/* Blocks until so many threads stand at the gate. */
static void let_run(int count)
{
    while (gate.running < count && sleep_for_test())
        continue;
}

static void *pass_gate(void *arg)
{
    int running = atomic_fetch_add(&gate.running, 1) + 1;
    if (running > gate.most)
        gate.most = running;
    pthread_mutex_lock(&gate.mutex);
    while (!gate.open && wait_for_test(&gate.opened, &gate.mutex))
        continue;
    pthread_mutex_unlock(&gate.mutex);
    gate.running--;
    gate.passed++;
    return arg;
}

static void discard(void *result, void *arg)
{
    (void)result;
    (void)arg;
    gate.discarded++;
}

static void *get_thread(void *arg)
{
    pthread_t *thread = arg;
    *thread = pthread_self();
    return arg;
}

static void *get_signals(void *arg)
{
    sigset_t *set = arg;
    pthread_sigmask(SIG_BLOCK, NULL, set);
    return arg;
}

ASYNC_TEST(to_thread_runs_elsewhere_and_returns_the_value)
{
    pthread_t thread = pthread_self();
    ck_assert_ptr_eq(AWAIT(brio_to_thread(get_thread, &thread, NULL)), &thread);
    ck_assert(!pthread_equal(thread, pthread_self()));
}

ASYNC_TEST(calls_in_a_row_use_one_thread)
{
    pthread_t first, next;
    AWAIT(brio_to_thread(get_thread, &first, NULL));
    for (int i = 0; i < 20; i++) {
        AWAIT(brio_to_thread(get_thread, &next, NULL));
        ck_assert(pthread_equal(first, next));
    }
}

ASYNC_TEST(workers_take_no_signals)
{
    sigset_t set;
    sigemptyset(&set);
    AWAIT(brio_to_thread(get_signals, &set, NULL));
    ck_assert_int_eq(sigismember(&set, SIGINT), 1);
}

ASYNC_TEST(forty_threads_at_most_run_at_once)
{
    close_gate();
    NURSERY(n) {
        for (int i = 0; i < 100; i++)
            SPAWN(n, brio_to_thread(pass_gate, NULL, NULL));
        AWAIT(brio_wait_all_blocked());
        let_run(40);
        open_gate();
    }
    ck_assert_int_eq(gate.passed, 100);
    ck_assert_int_eq(gate.most, 40);
}

static ASYNC void call_shielded(void)
{
    DEFER note("left");
    note("%d", AWAIT(brio_to_thread(pass_gate, &gate, NULL)) == &gate);
    AWAIT(brio_checkpoint());
    note("not cancelled");
}

ASYNC_TEST(cancellation_waits_for_the_thread)
{
    close_gate();
    NURSERY(n) {
        SPAWN(n, call_shielded());
        AWAIT(brio_wait_all_blocked());
        let_run(1);
        brio_nursery_cancel(n, NULL);
        SHIELD { AWAIT(brio_checkpoint()); }
        ck_assert_notes("");
        open_gate();
    }
    ck_assert_notes("1 left");
}

ASYNC_TEST(cancelled_before_it_begins_it_does_not_run)
{
    struct brio_thread_options options = {.discard = discard};
    close_gate();
    open_gate();
    CANCEL_SCOPE(s) {
        brio_scope_cancel(s, NULL);
        AWAIT(brio_to_thread(pass_gate, NULL, &options));
    }
    ck_assert(s->cancelled_caught);
    ck_assert_int_eq(gate.passed, 0);
    ck_assert_int_eq(gate.discarded, 1);
}

ASYNC_TEST(call_that_waits_for_a_worker_can_be_cancelled)
{
    struct brio_thread_options options = {.discard = discard};
    close_gate();
    NURSERY(n) {
        for (int i = 0; i < 40; i++)
            SPAWN(n, brio_to_thread(pass_gate, NULL, NULL));
        NURSERY(m) {
            for (int i = 0; i < 10; i++)
                SPAWN(m, brio_to_thread(pass_gate, NULL, &options));
            AWAIT(brio_wait_all_blocked());
            brio_nursery_cancel(m, NULL);
        }
        ck_assert_int_eq(gate.discarded, 10);
        open_gate();
    }
    ck_assert_int_eq(gate.passed, 40);
}

static ASYNC void abandon_a_call(void)
{
    static const struct brio_thread_options options = {.abandon_on_cancel = true, .discard = discard};
    NURSERY(n) {
        SPAWN(n, brio_to_thread(pass_gate, NULL, &options));
        AWAIT(brio_wait_all_blocked());
        let_run(1);
        brio_nursery_cancel(n, NULL);
    }
    ck_assert_int_eq(gate.passed, 0);
}

static ASYNC void abandon_a_call_and_wait_for_it(void)
{
    AWAIT(abandon_a_call());
    open_gate();
    while (gate.discarded == 0 && !brio_test_disturbed())
        AWAIT(brio_checkpoint());
}

ASYNC_TEST(abandoned_result_is_discarded)
{
    close_gate();
    AWAIT(abandon_a_call_and_wait_for_it());
    ck_assert_int_eq(gate.passed, 1);
    ck_assert_int_eq(gate.discarded, 1);
}

PLAIN_TEST(loop_may_end_before_an_abandoned_thread)
{
    size_t before = allocations_living();
    close_gate();
    ck_assert_int_eq(RUN(&async_test_options, abandon_a_call()), 0);
    ck_assert_int_eq(gate.passed, 0);
    open_gate();
    while ((gate.discarded == 0 || allocations_living() > before) && sleep_for_test())
        continue;
}

static ASYNC void call_while_memory_fails(void)
{
    pthread_t thread;
    AWAIT(brio_to_thread(get_thread, &thread, NULL));
}

PLAIN_TEST(each_allocation_of_a_call_may_fail)
{
    int code = ENOMEM;
    for (long k = 0; k < 50 && code != 0; k++) {
        const struct brio_error *error = NULL;
        struct brio_options options = async_test_options;
        options.error = &error;
        fail_allocation(k);
        code = RUN(&options, call_while_memory_fails());
        ck_assert(code == 0 || code == ENOMEM);
        fail_allocation(-1);
        brio_error_unref(error);
    }
    ck_assert_int_eq(code, 0);
}
