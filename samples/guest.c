/* guest.c - a libev program that has been there for years, with watchers of its own, gains tasks without giving up its loop.
 *
 * It has a timer and reads commands from a pipe. Each command becomes a task: the callbacks go on as before, and SPAWN works in them.
 */
#include <brio.h>
#include <ev.h>
#include <stdio.h>
#include <unistd.h>

struct program {
    struct ev_loop *loop;
    ev_timer timer;
    ev_io input;
    int pipe[2];
    int ticks;
    struct brio_nursery *tasks; /* where the callbacks put theirs; NULL until there is one */
};

static ASYNC void command(char letter)
{
    for (int step = 1; step <= 2; step++) {
        AWAIT(brio_sleep(0.02));
        printf("command %c, step %d\n", letter, step);
    }
}

/* The root task of the guest: keeps a nursery open for the callbacks, until somebody cancels it. */
static ASYNC void guest(struct program *program)
{
    NURSERY(n) {
        program->tasks = n;
        DEFER program->tasks = NULL;
        puts("the guest has moved in");
        AWAIT(brio_sleep_forever());
    }
}

/* ---- the program as it was, but for two lines ---- */

static void tick(struct ev_loop *loop, ev_timer *timer, int events)
{
    struct program *program = timer->data;

    (void)loop, (void)events;
    program->ticks++;
    if (program->ticks <= 2 && write(program->pipe[1], program->ticks == 1 ? "a" : "b", 1) != 1)
        perror("write");
    if (program->ticks == 3)
        brio_nursery_cancel(program->tasks, "the program ends");
}

static void read_command(struct ev_loop *loop, ev_io *input, int events)
{
    struct program *program = input->data;
    char letter;

    (void)loop, (void)events;
    if (read(program->pipe[0], &letter, 1) != 1)
        return;
    printf("received %c\n", letter);
    if (!program->tasks || SPAWN(program->tasks, command(letter)) < 0)
        puts("too late");
}

static void guest_ended(void *arg, int code)
{
    struct program *program = arg;

    printf("the guest has left: %d\n", code);
    ev_timer_stop(program->loop, &program->timer);
    ev_io_stop(program->loop, &program->input);
}

int main(void)
{
    struct program program = {.loop = ev_loop_new(EVFLAG_AUTO)};

    if (!program.loop || pipe(program.pipe) < 0)
        return 1;
    ev_timer_init(&program.timer, tick, 0.1, 0.1);
    program.timer.data = &program;
    ev_timer_start(program.loop, &program.timer);
    ev_io_init(&program.input, read_command, program.pipe[0], EV_READ);
    program.input.data = &program;
    ev_io_start(program.loop, &program.input);

    if (GUEST(program.loop, NULL, guest_ended, &program, guest(&program)) < 0)
        return 1;
    puts("the loop starts");
    ev_run(program.loop, 0); /* returns when no watcher is active: the tasks have ended by then, too */
    puts("the loop is empty");

    close(program.pipe[0]);
    close(program.pipe[1]);
    ev_loop_destroy(program.loop);
    return 0;
}
