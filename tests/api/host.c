/* GUEST in loops whose owners do as they like: nested ev_run, ev_break, early destruction, several loops, forks, signals. */
#include "../support/async_test.h"

#include <errno.h>
#include <ev.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int outcome, done;

static void on_done(void *arg, int code)
{
    (void)arg;
    outcome = code;
    done++;
    note("done");
}

static struct ev_loop *begin(void)
{
    struct ev_loop *loop = ev_loop_new(EVFLAG_AUTO);

    ck_assert_ptr_nonnull(loop);
    outcome = -1, done = 0;
    return loop;
}

static void end(struct ev_loop *loop, int code)
{
    ck_assert_int_eq(done, 1);
    ck_assert_int_eq(outcome, code);
    ev_loop_destroy(loop);
}

/* Runs `test` in a child process with stderr in a pipe; returns its wait status, and what it wrote. */
static int in_child(void (*test)(void), char *text, size_t size)
{
    int ends[2], status;

    ck_assert_int_eq(pipe(ends), 0);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], 2);
        close(ends[0]);
        test();
        raise(SIGKILL); /* an exit would have a checker count what a test leaves behind on purpose */
    }
    close(ends[1]);
    size_t length = 0;
    ssize_t count;
    while (length < size - 1 && (count = read(ends[0], text + length, size - 1 - length)) > 0)
        length += (size_t)count;
    text[length] = 0;
    close(ends[0]);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL ? 0 : status;
}

/* ---- what the host does between ticks ---- */

static struct brio_event event;
static struct brio_scope *scope;

static ASYNC void wait_in_scope(double deadline)
{
    CANCEL_SCOPE(s, .deadline = deadline) {
        scope = s;
        AWAIT(brio_event_wait(&event));
        note("event");
    }
    note("%d", s->cancelled_caught);
}

static void set_past_deadline(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)loop, (void)timer, (void)events;
    ck_assert_int_eq(brio_scope_set_deadline(scope, brio_now() - 1), 0);
}

static void set_near_deadline(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)loop, (void)timer, (void)events;
    ck_assert_int_eq(brio_scope_set_deadline(scope, brio_now() + 0.005), 0);
}

static void take_deadline_away_then_set(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)events;
    if (brio_scope_set_deadline(scope, INFINITY) != 0)
        note("failed");
    ev_timer_set(timer, 0.03, 0);
    ev_set_cb(timer, set_near_deadline);
    ev_timer_start(loop, timer);
}

static void host_moves_deadline(double deadline, void (*callback)(struct ev_loop *, ev_timer *, int))
{
    struct ev_loop *loop = begin();
    ev_timer timer;

    brio_event_init(&event);
    ev_timer_init(&timer, callback, 0.002, 0);
    ev_timer_start(loop, &timer);
    ck_assert_int_eq(GUEST(loop, NULL, on_done, NULL, wait_in_scope(deadline)), 0);
    ev_run(loop, 0);
    end(loop, 0);
    ck_assert_notes("1 done");
}

PLAIN_TEST(deadline_that_the_host_moves_acts_promptly)
{
    if (brio_test_sweeping())
        return; /* the host would use the scope of a guest that has failed */
    host_moves_deadline(brio_now() + 1000, set_past_deadline);
    host_moves_deadline(brio_now() + 1000, set_near_deadline);
    host_moves_deadline(brio_now() + 0.02, take_deadline_away_then_set);
}

static void advance_clock(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)loop, (void)timer, (void)events;
    if (!done)
        ck_assert_int_eq(brio_clock_advance(500), 0);
}

static void let_clock_jump(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)loop, (void)timer, (void)events;
    if (!done)
        ck_assert_int_eq(brio_clock_set_autojump(0), 0);
}

static void add_deadline(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)loop, (void)timer, (void)events;
    if (!done)
        ck_assert_int_eq(brio_scope_set_deadline(scope, 1e6), 0);
}

static void host_acts_on_virtual_clock(double autojump, double deadline, void (*callback)(struct ev_loop *, ev_timer *, int))
{
    struct ev_loop *loop = begin();
    struct brio_options options = {.clock = BRIO_CLOCK_VIRTUAL, .autojump = autojump};
    ev_timer timer;

    brio_event_init(&event);
    ev_timer_init(&timer, callback, 0.002, 0);
    ev_timer_start(loop, &timer);
    ck_assert_int_eq(GUEST(loop, &options, on_done, NULL, wait_in_scope(deadline)), 0);
    ev_run(loop, 0);
    end(loop, 0);
    ck_assert_notes("1 done");
}

PLAIN_TEST(what_the_host_does_to_the_virtual_clock_acts_at_once)
{
    host_acts_on_virtual_clock(INFINITY, 300, advance_clock);
    host_acts_on_virtual_clock(INFINITY, 300, let_clock_jump);
    host_acts_on_virtual_clock(0, INFINITY, add_deadline);
}

static ASYNC void wait_until_all_blocked(double cushion)
{
    double start = brio_now();

    AWAIT(brio_wait_all_blocked(cushion));
    ck_assert_double_ge(brio_now() - start, cushion);
    note("blocked");
}

static int ticks;

static void tick(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)loop, (void)timer, (void)events;
    ticks++;
}

PLAIN_TEST(ticks_of_the_host_do_not_end_the_cushion)
{
    struct ev_loop *loop = begin();
    ev_timer timer;

    ticks = 0;
    ev_timer_init(&timer, tick, 0.001, 0.001);
    ev_timer_start(loop, &timer);
    ev_unref(loop);
    ck_assert_int_eq(GUEST(loop, NULL, on_done, NULL, wait_until_all_blocked(0.03)), 0);
    ev_run(loop, 0);
    ev_ref(loop);
    ev_timer_stop(loop, &timer);
    ck_assert_int_gt(ticks, 0);
    end(loop, 0);
    ck_assert_notes("blocked done");
}

static ASYNC void set_event_in_guest(void)
{
    note("time %d", brio_now() > 0);
    AWAIT(brio_event_wait(&event));
    note("awake");
}

/* GM1: all is ready when GUEST returns, though nothing has run. */
PLAIN_TEST(host_may_use_the_guest_before_its_first_tick)
{
    struct ev_loop *loop = begin();

    brio_event_init(&event);
    ck_assert_int_eq(GUEST(loop, NULL, on_done, NULL, set_event_in_guest()), 0);
    ck_assert_double_gt(brio_now(), 0);
    ck_assert_ptr_nonnull(brio_task_first());
    ck_assert_str_eq(brio_task_name(brio_task_first()), "set_event_in_guest");
    brio_event_set(&event);
    ck_assert_notes("");
    ev_run(loop, 0);
    end(loop, 0);
    ck_assert_notes("time 1 awake done");
}

/* ---- deadlines and data ---- */

static ASYNC void read_before_deadline(int fd)
{
    FAIL_AFTER(0.3) {
        AWAIT(brio_wait_readable(fd));
        note("readable");
    }
}

static int pipe_ends[2];

/* Data and deadline come in one turn of the loop, in which libev calls timers first. */
static void write_and_dawdle(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)loop, (void)timer, (void)events;
    ck_assert_int_eq(write(pipe_ends[1], "x", 1), 1);
    usleep(350000);
}

PLAIN_TEST(data_that_came_in_time_beats_the_deadline)
{
    struct ev_loop *loop = begin();
    ev_timer timer;

    ck_assert_int_eq(pipe(pipe_ends), 0);
    ev_timer_init(&timer, write_and_dawdle, 0.002, 0);
    ev_timer_start(loop, &timer);
    ck_assert_int_eq(GUEST(loop, NULL, on_done, NULL, read_before_deadline(pipe_ends[0])), 0);
    ev_run(loop, 0);
    end(loop, 0);
    close(pipe_ends[0]);
    close(pipe_ends[1]);
    ck_assert_notes("readable done");
}

/* ---- ev_run inside ev_run, ev_break ---- */

static struct ev_loop *own_loop;

static ASYNC void run_the_loop_again(void)
{
    AWAIT(brio_checkpoint());
    note("before");
    ev_run(own_loop, 0);
    note("after");
    AWAIT(brio_sleep(0.001));
    note("slept");
}

static void nested_run_in_a_task(void)
{
    own_loop = begin();
    if (GUEST(own_loop, NULL, on_done, NULL, run_the_loop_again()) != 0)
        _exit(1);
    ev_run(own_loop, 0);
    if (strcmp(take_notes(), "before after slept done") != 0)
        _exit(2);
    ev_loop_destroy(own_loop);
}

PLAIN_TEST(ev_run_in_a_task_returns_at_once_and_is_reported)
{
    brio_test_keep_order();
    if (brio_test_sweeping())
        return; /* the processes of a sweep are not to have others */
    char text[4096];

    ck_assert_int_eq(in_child(nested_run_in_a_task, text, sizeof text), 0);
    ck_assert_ptr_nonnull(strstr(text, "ev_run was called in a task"));
}

static void run_nested(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)timer, (void)events;
    note("in");
    ev_run(loop, EVRUN_ONCE);
    ev_run(loop, 0);
    note("out");
}

/* A dialogue that runs the loop itself: the tasks go on in it. */
PLAIN_TEST(ev_run_in_a_callback_of_the_host_serves_the_tasks)
{
    struct ev_loop *loop = begin();
    ev_timer timer;

    ev_timer_init(&timer, run_nested, 0.001, 0);
    ev_timer_start(loop, &timer);
    ck_assert_int_eq(GUEST(loop, NULL, on_done, NULL, nap(0.01, "slept")), 0);
    ev_run(loop, 0);
    end(loop, 0);
    ck_assert_notes("in slept done out");
}

PLAIN_TEST(run_in_a_loop_that_is_nested_ends)
{
    struct ev_loop *loop = begin();
    struct brio_options options = {.loop = loop};
    ev_timer timer;

    ev_timer_init(&timer, run_nested, 0.001, 0);
    ev_timer_start(loop, &timer);
    ck_assert_int_eq(RUN(&options, nap(0.01, "slept")), 0);
    ck_assert_notes("in slept out");
    ev_loop_destroy(loop);
}

static void break_loop(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)timer, (void)events;
    note("break");
    ev_break(loop, EVBREAK_ALL);
}

PLAIN_TEST(guest_goes_on_when_a_broken_loop_is_run_again)
{
    struct ev_loop *loop = begin();
    ev_timer timer;

    ev_timer_init(&timer, break_loop, 0.002, 0);
    ev_timer_start(loop, &timer);
    ck_assert_int_eq(GUEST(loop, NULL, on_done, NULL, nap(0.02, "slept")), 0);
    ev_run(loop, 0);
    ck_assert_int_eq(done, 0);
    ev_run(loop, 0);
    end(loop, 0);
    ck_assert_notes("break slept done");
}

PLAIN_TEST(run_survives_ev_break)
{
    struct ev_loop *loop = begin();
    struct brio_options options = {.loop = loop};
    ev_timer timer;

    ev_timer_init(&timer, break_loop, 0.002, 0);
    ev_timer_start(loop, &timer);
    ck_assert_int_eq(RUN(&options, nap(0.02, "slept")), 0);
    ck_assert_notes("break slept");
    ev_loop_destroy(loop);
}

PLAIN_TEST(loop_driven_by_single_turns)
{
    struct ev_loop *loop = begin();

    ck_assert_int_eq(GUEST(loop, NULL, on_done, NULL, nap(0.005, "slept")), 0);
    while (done == 0)
        ev_run(loop, EVRUN_NOWAIT);
    end(loop, 0);
    ck_assert_notes("slept done");
}

static int invoked, released, acquired;

static void invoke(struct ev_loop *loop)
{
    invoked++;
    ev_invoke_pending(loop);
}

static void release(struct ev_loop *loop) EV_NOEXCEPT
{
    (void)loop;
    released++;
}

static void acquire(struct ev_loop *loop) EV_NOEXCEPT
{
    (void)loop;
    acquired++;
}

/* As hosts with a lock around their loop do. */
PLAIN_TEST(callbacks_of_the_hosts_loop_itself_stay_and_work)
{
    struct ev_loop *loop = begin();

    invoked = released = acquired = 0;
    ev_set_invoke_pending_cb(loop, invoke);
    ev_set_loop_release_cb(loop, release, acquire);
    for (int i = 1; i <= 2; i++) {
        done = 0;
        ck_assert_int_eq(GUEST(loop, NULL, on_done, NULL, nap(0.005, "slept")), 0);
        ev_run(loop, 0);
        ck_assert_int_ge(invoked, i);
        ck_assert_int_ge(released, i);
        ck_assert_int_eq(released, acquired);
    }
    end(loop, 0);
    ck_assert_notes("slept done slept done");
}

/* ---- a loop destroyed too early ---- */

static struct brio_event late;

static ASYNC void wait_too_long(void)
{
    NURSERY(n) {
        SPAWN(n, brio_sleep(100), .name = "the sleeper");
        AWAIT(brio_event_wait(&late));
    }
    note("not reached");
}

static void destroy_too_early(void)
{
    struct brio_options options = {.name = "the guest"};
    struct ev_loop *loop = begin();

    brio_event_init(&late);
    if (GUEST(loop, &options, on_done, NULL, wait_too_long()) != 0)
        _exit(1);
    ev_run(loop, EVRUN_NOWAIT);
    ev_run(loop, EVRUN_NOWAIT);
    ev_loop_destroy(loop);
    brio_event_set(&late); /* harmless */
    if (brio_task_first() != NULL || done)
        _exit(2);
    if (RUN(&async_test_options, nap(1, "next run")) != 0 || strcmp(take_notes(), "next run") != 0)
        _exit(3);
}

PLAIN_TEST(loop_destroyed_too_early_is_reported)
{
    if (brio_test_sweeping())
        return; /* the processes of a sweep are not to have others */
    char text[4096];

    ck_assert_int_eq(in_child(destroy_too_early, text, sizeof text), 0);
    ck_assert_ptr_nonnull(strstr(text, "destroyed"));
    ck_assert_ptr_nonnull(strstr(text, "the guest"));
    ck_assert_ptr_nonnull(strstr(text, "the sleeper"));
}

/* ---- several loops ---- */

PLAIN_TEST(two_guests_in_two_loops_of_one_thread)
{
    struct ev_loop *loops[2] = {begin(), begin()};

    ck_assert_int_eq(GUEST(loops[0], NULL, on_done, NULL, nap(0.001, "first")), 0);
    ck_assert_int_eq(GUEST(loops[1], NULL, on_done, NULL, nap(0.001, "second")), 0);
    ev_run(loops[0], 0);
    ev_run(loops[1], 0);
    ck_assert_int_eq(done, 2);
    ev_loop_destroy(loops[0]);
    ev_loop_destroy(loops[1]);
    ck_assert_notes("first done second done");
}

static void count_done(void *arg, int code)
{
    *(int *)arg += code == 0 ? 1 : 1000;
}

static ASYNC void some_work(int *sum)
{
    NURSERY(n) {
        for (int i = 0; i < 50; i++)
            SPAWN(n, brio_sleep(i * 0.0001));
        for (int i = 0; i < 50; i++) {
            AWAIT(brio_checkpoint());
            ++*sum;
        }
    }
}

static void *host_thread(void *arg)
{
    int ended = 0;

    for (int i = 0; i < 5; i++) {
        struct ev_loop *loop = ev_loop_new(EVFLAG_AUTO);
        if (GUEST(loop, NULL, count_done, &ended, some_work(arg)) != 0)
            return NULL;
        ev_run(loop, 0);
        ev_loop_destroy(loop);
    }
    return ended == 5 ? arg : NULL;
}

PLAIN_TEST(guests_in_several_threads)
{
    pthread_t threads[4];
    int sums[4] = {0};

    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, host_thread, &sums[i]), 0);
    for (int i = 0; i < 4; i++) {
        void *result;
        pthread_join(threads[i], &result);
        ck_assert_ptr_eq(result, &sums[i]);
        ck_assert_int_eq(sums[i], 250);
    }
}

static void run_inside_callback(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)loop, (void)timer, (void)events;
    ck_assert_int_eq(RUN(&async_test_options, nap(100, "inner run")), 0);
}

PLAIN_TEST(callback_of_the_host_may_run_a_loop_of_its_own)
{
    struct ev_loop *loop = begin();
    ev_timer timer;

    ev_timer_init(&timer, run_inside_callback, 0.001, 0);
    ev_timer_start(loop, &timer);
    ck_assert_int_eq(GUEST(loop, NULL, on_done, NULL, nap(0.01, "guest")), 0);
    ev_run(loop, 0);
    end(loop, 0);
    ck_assert_notes("inner run guest done");
}

/* ---- the default loop, signals, forks ---- */

static pid_t child;

static void child_exited(struct ev_loop *loop, ev_child *watcher, int events)
{
    (void)events;
    ck_assert_int_eq(watcher->rpid, child);
    note("child %d", WEXITSTATUS(watcher->rstatus));
    ev_child_stop(loop, watcher);
}

static void default_loop_with_children(void)
{
    struct ev_loop *loop = ev_default_loop(0);
    ev_child watcher;

    done = 0;
    child = fork();
    if (child == 0)
        _exit(7);
    ev_child_init(&watcher, child_exited, child, 0);
    ev_child_start(loop, &watcher);
    if (GUEST(loop, NULL, on_done, NULL, nap(0.001, "guest")) != 0)
        _exit(1);
    ev_run(loop, 0);
    const char *notes = take_notes();
    if (strcmp(notes, "guest done child 7") != 0 && strcmp(notes, "child 7 guest done") != 0)
        _exit(2);
    ev_loop_destroy(loop);
}

PLAIN_TEST(guest_in_the_default_loop_leaves_child_watchers_alone)
{
    brio_test_keep_order();
    if (brio_test_sweeping())
        return; /* the processes of a sweep are not to have others */
    char text[4096];

    ck_assert_int_eq(in_child(default_loop_with_children, text, sizeof text), 0);
    ck_assert_str_eq(text, "");
}

static void on_child_signal(int number)
{
    (void)number;
}

static void *handler_of(int number)
{
    struct sigaction action;

    sigaction(number, NULL, &action);
    return (void *)(uintptr_t)action.sa_handler;
}

static ASYNC void look_at_handlers(void **handlers)
{
    AWAIT(brio_sleep(0.001));
    handlers[0] = handler_of(SIGCHLD);
    handlers[1] = handler_of(SIGINT);
}

PLAIN_TEST(signal_handlers_stay_as_they_are)
{
    void *handlers[2];

    signal(SIGCHLD, on_child_signal);
    ck_assert_int_eq(RUN(NULL, look_at_handlers(handlers)), 0);
    ck_assert_ptr_eq(handlers[0], (void *)(uintptr_t)on_child_signal);
    ck_assert_ptr_eq(handlers[1], handler_of(SIGINT));
    ck_assert_ptr_eq(handler_of(SIGCHLD), (void *)(uintptr_t)on_child_signal);
    signal(SIGCHLD, SIG_DFL);
}

static void fork_a_host(void)
{
    struct ev_loop *loop = begin();
    int status;

    if (GUEST(loop, NULL, on_done, NULL, nap(0.01, "slept")) != 0)
        _exit(1);
    ev_run(loop, EVRUN_NOWAIT);
    child = fork();
    if (child == 0)
        ev_loop_fork(loop);
    ev_run(loop, 0);
    if (strcmp(take_notes(), "slept done") != 0)
        _exit(2);
    ev_loop_destroy(loop);
    if (child == 0)
        _exit(0);
    if (waitpid(child, &status, 0) != child || status != 0)
        _exit(3);
}

PLAIN_TEST(tasks_go_on_in_both_processes_after_a_fork)
{
    brio_test_keep_order();
    if (brio_test_sweeping())
        return; /* the processes of a sweep are not to have others */
    char text[4096];

    ck_assert_int_eq(in_child(fork_a_host, text, sizeof text), 0);
    ck_assert_str_eq(text, "");
}

static ASYNC void fork_in_a_task(void)
{
    int status;

    AWAIT(brio_checkpoint());
    child = fork();
    if (child == 0)
        _exit(3);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(WEXITSTATUS(status), 3);
    AWAIT(brio_sleep(0.001));
    note("alive");
}

PLAIN_TEST(child_that_exits_leaves_the_parent_alone)
{
    ck_assert_int_eq(RUN(NULL, fork_in_a_task()), 0);
    ck_assert_notes("alive");
}

/* ---- the guest's own input and output, and the host's ---- */

static ASYNC void read_in_guest(int fd)
{
    char byte;

    AWAIT(brio_wait_readable(fd));
    ck_assert_int_eq(read(fd, &byte, 1), 1);
    note("guest read %c", byte);
}

static void write_in_host(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)loop, (void)timer, (void)events;
    ck_assert_int_eq(write(pipe_ends[1], "x", 1), 1);
}

PLAIN_TEST(guest_waits_for_descriptors)
{
    struct ev_loop *loop = begin();
    ev_timer timer;

    ck_assert_int_eq(pipe(pipe_ends), 0);
    ev_timer_init(&timer, write_in_host, 0.002, 0);
    ev_timer_start(loop, &timer);
    ck_assert_int_eq(GUEST(loop, NULL, on_done, NULL, read_in_guest(pipe_ends[0])), 0);
    ev_run(loop, 0);
    end(loop, 0);
    close(pipe_ends[0]);
    close(pipe_ends[1]);
    ck_assert_notes("guest read x done");
}

static ev_async ball;
static struct brio_event returned;

static void play_in_host(struct ev_loop *loop, ev_async *watcher, int events)
{
    (void)loop, (void)watcher, (void)events;
    note("host");
    brio_event_set(&returned);
}

static ASYNC void play_in_guest(struct ev_loop *loop)
{
    DEFER ev_async_stop(loop, &ball);
    for (int i = 0; i < 3; i++) {
        note("guest");
        brio_event_init(&returned);
        ev_async_send(loop, &ball);
        AWAIT(brio_event_wait(&returned));
    }
}

PLAIN_TEST(host_and_guest_play_ball)
{
    struct ev_loop *loop = begin();

    ev_async_init(&ball, play_in_host);
    ev_async_start(loop, &ball);
    ck_assert_int_eq(GUEST(loop, NULL, on_done, NULL, play_in_guest(loop)), 0);
    ev_run(loop, 0);
    end(loop, 0);
    ck_assert_notes("guest host guest host guest host done");
}

static ASYNC void rest(struct ev_loop *loop)
{
    AWAIT(brio_sleep(0.002));
    ck_assert_uint_eq(ev_pending_count(loop), 0);
}

/* GM2, 4.3: nothing of the library is left in the loop, and nothing of the host's was touched. */
PLAIN_TEST(loop_is_as_before_when_the_guest_has_gone)
{
    struct ev_loop *loop = begin();
    int data;

    ev_set_userdata(loop, &data);
    for (int i = 0; i < 3; i++) {
        done = 0;
        ck_assert_int_eq(GUEST(loop, NULL, on_done, NULL, rest(loop)), 0);
        ev_run(loop, 0);
        ck_assert_int_eq(done, 1);
        ck_assert_uint_eq(ev_pending_count(loop), 0);
        ck_assert_int_eq(ev_run(loop, EVRUN_NOWAIT), 0); /* no watcher counts */
    }
    ck_assert_ptr_eq(ev_userdata(loop), &data);
    end(loop, 0);
}
