/* tour.c - a walk through the language: one short function for each of its words.
 *
 * It runs on the virtual clock, which jumps from one deadline to the next: the tour takes no time, and prints the same on every run.
 */
#include <brio.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- ASYNC and AWAIT: a function that waits, called where any expression may stand ---- */

static ASYNC int half(int x)
{
    AWAIT(brio_sleep(0.01));
    return x / 2;
}

static ASYNC int factorial(int n)
{
    return n < 2 ? 1 : n * AWAIT(factorial(n - 1));
}

static ASYNC void await_anywhere(void)
{
    int table[] = {1, 2, 3};
    ASYNC int (*halve)(int) = half;

    table[AWAIT(half(2))] += AWAIT(half(20)) + AWAIT(halve(40));
    printf("a table: %d %d %d\n", table[0], table[1], table[2]);
    for (int x = 40; (x = AWAIT(half(x))) > 4;)
        printf("halved: %d\n", x);
    if (AWAIT(half(1)) && AWAIT(half(2)))
        puts("not reached: && does not evaluate its right side");
    switch (AWAIT(half(8))) {
    case 4:
        printf("5! is %d\n", AWAIT(factorial(5)));
    }
}

/* ---- NURSERY and SPAWN: children that end before the block does ---- */

static ASYNC void worker(int i)
{
    AWAIT(brio_sleep(0.1 * i));
    printf("worker %d\n", i);
}

static ASYNC void three_workers(void)
{
    NURSERY(n) {
        for (int i = 0; i < 3; i++)
            SPAWN(n, worker(i));
    }
    puts("all done");
}

/* A return, break or goto out of the block waits for the children as well. */
static ASYNC const char *leave_early(void)
{
    NURSERY(n) {
        SPAWN(n, worker(1));
        return "returned after worker 1";
    }
    return "not reached";
}

static ASYNC void results(void)
{
    int left = 0, right = 0;

    NURSERY(n) {
        SPAWN_INTO(n, &left, half(10));
        SPAWN_INTO(n, &right, half(100));
    }
    printf("results: %d and %d\n", left, right);
}

/* ---- START: wait until the child is ready ---- */

static ASYNC void service(int *address)
{
    AWAIT(brio_sleep(0.1)); /* setting up */
    *address = 7;
    brio_started();
    AWAIT(brio_sleep(1)); /* serving */
    puts("service ends");
}

static ASYNC void wait_for_service(void)
{
    NURSERY(n) {
        int address;
        START(n, service(&address), .name = "service");
        printf("service is ready at %d\n", address);
    }
}

/* ---- RACE: the first to end cancels the others ---- */

static ASYNC void runner(const char *name, double seconds)
{
    AWAIT(brio_sleep(seconds));
    printf("%s arrives\n", name);
}

static ASYNC void race(void)
{
    RACE(n) {
        SPAWN(n, runner("the tortoise", 1));
        SPAWN(n, runner("the hare", 2));
    }
}

/* ---- handles and daemons ---- */

static ASYNC void one_of_two(void)
{
    struct brio_handle slow = {0};

    NURSERY(n) {
        SPAWN(n, runner("slow", 10), .handle = &slow);
        SPAWN(n, runner("quick", 1));
        AWAIT(brio_sleep(2));
        brio_handle_cancel(&slow, "took too long");
        AWAIT(brio_handle_wait(&slow));
        printf("slow was cancelled: %d\n", slow.status == BRIO_HANDLE_CANCELLED);
    }
}

static ASYNC void heartbeat(void)
{
    for (;;) {
        puts("tick");
        AWAIT(brio_sleep(1));
    }
}

static ASYNC void with_heartbeat(void)
{
    NURSERY(n) {
        SPAWN(n, heartbeat(), .daemon = true); /* does not keep the nursery open */
        AWAIT(brio_sleep(2.5));
    }
    puts("no more ticks");
}

/* ---- cancel scopes ---- */

static ASYNC void timeouts(void)
{
    MOVE_ON_AFTER(0.5, slow) {
        AWAIT(brio_sleep(10));
    }
    printf("gave up: %d\n", slow->cancelled_caught);

    TRY {
        FAIL_AFTER(0.5) {
            AWAIT(brio_sleep(10));
        }
    } CATCH (e, ETIMEDOUT) {
        puts("timed out");
    }

    MOVE_ON_AFTER(1, patient) {
        AWAIT(brio_sleep(0.9));
        brio_scope_set_deadline(patient, brio_now() + 1); /* it makes progress: give it more time */
        AWAIT(brio_sleep(0.9));
        printf("%.1f s left\n", brio_effective_deadline() - brio_now());
    }
    printf("no timeout: %d, no deadline: %d\n", !patient->cancel_called, isinf(brio_effective_deadline()) != 0);
}

static ASYNC void cancel_after(struct brio_scope *scope, double seconds)
{
    AWAIT(brio_sleep(seconds));
    brio_scope_cancel(scope, "enough");
}

static ASYNC void cancel_by_hand(void)
{
    NURSERY(n) {
        CANCEL_SCOPE(s) {
            SPAWN(n, cancel_after(s, 1));
            DEFER puts("leaving the scope");
            SHIELD {
                AWAIT(brio_sleep(2)); /* is not interrupted */
                puts("shielded sleep is over");
            }
            AWAIT(brio_sleep(2));
            puts("not reached");
        }
        printf("cancelled: %d\n", s->cancelled_caught);
    }
}

/* ---- errors ---- */

static ASYNC void fail(int code)
{
    AWAIT(brio_sleep(0.1));
    RAISE(code, "code %s", code == ENOENT ? "ENOENT" : code == EACCES ? "EACCES" : "other");
}

static ASYNC void errors(void)
{
    TRY {
        AWAIT(fail(ENOENT));
    } CATCH (e, EACCES) {
        puts("not reached: the filter names another code");
    } CATCH (e, ENOENT) {
        printf("caught: %s\n", e->message);
    } FINALLY {
        puts("finally");
    }

    TRY {
        TRY {
            AWAIT(fail(ENOENT));
        } CATCH (e) {
            RAISE(EIO, "while handling");
        }
    } CATCH (e) {
        printf("%s, caused by %s\n", e->message, e->cause->message);
    }
}

/* Two children fail: the nursery raises a group, and each CATCH takes its part of it. */
static ASYNC void error_groups(void)
{
    TRY {
        NURSERY(n) {
            SPAWN(n, fail(ENOENT));
            SPAWN(n, fail(EACCES));
            AWAIT(brio_sleep_forever()); /* the failure of a child cancels the rest */
        }
    } CATCH (e, ENOENT) {
        printf("first part: %s\n", brio_error_only(e)->message);
    } CATCH (e, EACCES) {
        printf("second part: %s\n", brio_error_only(e)->message);
    }
}

/* ---- DEFER and HOLD ---- */

static ASYNC void deferred(void)
{
    DEFER puts("deferred first, runs last");
    for (int i = 0; i < 2; i++) {
        DEFER printf("end of turn %d\n", i);
        if (i == 1)
            break;
    }
    DEFER {
        AWAIT(brio_sleep(0.1));
        puts("a deferred block may wait");
    }
}

static ASYNC void careful(struct brio_lock *lock, const char *name)
{
    HOLD(lock) {
        printf("%s has the lock\n", name);
        AWAIT(brio_sleep(1));
        printf("%s lets go\n", name);
    }
}

static ASYNC void one_at_a_time(void)
{
    struct brio_lock lock = BRIO_LOCK_INIT;

    NURSERY(n) {
        SPAWN(n, careful(&lock, "Ann"));
        SPAWN(n, careful(&lock, "Bob"));
    }
}

/* ---- soft stop: finish what was begun, begin nothing new ---- */

static ASYNC void serve_requests(void)
{
    for (int request = 1;; request++) {
        INTERRUPTIBLE {
            AWAIT(brio_sleep(1)); /* the wait for the next request */
        }
        if (brio_stopping())
            break;
        AWAIT(brio_sleep(2));
        printf("request %d answered\n", request);
    }
    puts("stopped between two requests");
}

static ASYNC void soft_stop(void)
{
    CANCEL_SCOPE(s) {
        NURSERY(n) {
            SPAWN(n, serve_requests());
            AWAIT(brio_sleep(5)); /* in the middle of the second request */
            puts("please stop");
            brio_scope_shutdown(s, 10);
        }
    }
    printf("nothing had to be cut off: %d\n", !s->cancel_called);
}

/* ---- I/O: an echo server and its client ---- */

static ASYNC void echo(struct brio_stream *s, void *unused)
{
    char buf[64];
    size_t size;

    (void)unused;
    while ((size = AWAIT(brio_receive(s, buf, sizeof buf))) > 0)
        AWAIT(brio_send(s, buf, size));
}

static ASYNC int fetch(const char *host, const char *port, char *buf, size_t size)
{
    struct brio_stream *s = AWAIT(brio_connect_tcp(host, port, NULL));
    DEFER AWAIT(brio_close(s)); /* runs on every way out of the block */
    AWAIT(brio_send(s, "hello\n", 6));
    return (int)AWAIT(brio_receive(s, buf, size));
}

static ASYNC void talk(void)
{
    struct brio_listener *listener = AWAIT(brio_listen_tcp("127.0.0.1", "0", NULL));
    DEFER AWAIT(brio_listener_close(listener));
    char port[8], buf[64];

    snprintf(port, sizeof port, "%d", brio_listener_port(listener));
    NURSERY(n) {
        SPAWN(n, brio_serve(listener, echo, NULL), .daemon = true);
        FAIL_AFTER(5) {
            int size = AWAIT(fetch("127.0.0.1", port, buf, sizeof buf));
            printf("%d bytes: %.*s", size, size, buf);
        }
    }
}

static ASYNC int tour(void)
{
    AWAIT(await_anywhere());
    AWAIT(three_workers());
    puts(AWAIT(leave_early()));
    AWAIT(results());
    AWAIT(wait_for_service());
    AWAIT(race());
    AWAIT(one_of_two());
    AWAIT(with_heartbeat());
    AWAIT(timeouts());
    AWAIT(cancel_by_hand());
    AWAIT(errors());
    AWAIT(error_groups());
    AWAIT(deferred());
    AWAIT(one_at_a_time());
    AWAIT(soft_stop());
    AWAIT(talk());
    return 0;
}

int main(void)
{
    struct brio_options options = {.clock = BRIO_CLOCK_VIRTUAL};

    return RUN(&options, tour()) != 0;
}
