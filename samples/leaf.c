/* leaf.c - how a library that works with callbacks becomes something to AWAIT.
 *
 * The library is a key-value store's client in miniature: kv_get() sends a question and calls back when the answer is there, kv_cancel()
 * takes a question back. What stands between "adapter" and "end of the adapter" is all that such a library needs, and it is plain C.
 */
#include <brio.h>
#include <errno.h>
#include <ev.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the library: knows nothing of tasks ---- */

struct kv_request {
    ev_timer timer; /* stands for the network */
    struct ev_loop *loop;
    const char *key;
    void (*done)(void *arg, int status, int value);
    void *arg;
};

static void answer_arrives(struct ev_loop *loop, ev_timer *timer, int events)
{
    struct kv_request request = *(struct kv_request *)timer->data;

    (void)loop, (void)events;
    free(timer->data);
    if (strcmp(request.key, "missing") == 0)
        request.done(request.arg, -1, 0);
    else
        request.done(request.arg, 0, (int)strlen(request.key));
}

static struct kv_request *kv_get(struct ev_loop *loop, const char *key, double latency, void (*done)(void *arg, int status, int value),
                                 void *arg)
{
    struct kv_request *request = calloc(1, sizeof *request);

    if (!request)
        return NULL;
    *request = (struct kv_request){.loop = loop, .key = key, .done = done, .arg = arg};
    ev_timer_init(&request->timer, answer_arrives, latency, 0);
    request->timer.data = request;
    ev_timer_start(loop, &request->timer);
    return request;
}

static void kv_cancel(struct kv_request *request)
{
    ev_timer_stop(request->loop, &request->timer);
    free(request);
}

/* ---- adapter ---- */

static ASYNC_LEAF int get(struct ev_loop *loop, const char *key, double latency);

static void got(void *arg, int status, int value)
{
    struct brio_task *task = arg;

    if (status < 0)
        brio_unpark_error(task, ENOENT, "there is no such key");
    else
        brio_unpark_value(task, &value, sizeof value);
}

static enum brio_abort_result take_back(struct brio_task *task, void *arg)
{
    (void)task;
    kv_cancel(arg);
    puts("a question was taken back");
    return BRIO_ABORTED;
}

static int get(struct ev_loop *loop, const char *key, double latency)
{
    if (brio_checkpoint_fails()) /* cancelled already: nothing is asked */
        return 0;

    struct kv_request *request = kv_get(loop, key, latency, got, brio_task_current());
    if (request)
        brio_park(take_back, request);
    else
        brio_leaf_fail(ENOMEM, "get %s", key);
    return 0; /* the value comes with brio_unpark_value */
}

/* ---- end of the adapter ---- */

static ASYNC void ask(struct ev_loop *loop)
{
    printf("the answer is %d\n", AWAIT(get(loop, "forty-two", 0.01)));

    int a = 0, b = 0;
    NURSERY(n) {
        SPAWN_INTO(n, &a, get(loop, "both", 0.02));
        SPAWN_INTO(n, &b, get(loop, "at once", 0.01));
    }
    printf("two answers: %d %d\n", a, b);

    TRY {
        AWAIT(get(loop, "missing", 0.01));
    } CATCH (e, ENOENT) {
        printf("error: %s\n", e->message);
    }

    MOVE_ON_AFTER(0.01, hurry) {
        AWAIT(get(loop, "slow", 10));
    }
    printf("gave up: %d\n", hurry->cancelled_caught);
}

int main(void)
{
    struct ev_loop *loop = ev_loop_new(EVFLAG_AUTO);
    struct brio_options options = {.loop = loop};
    int code = RUN(&options, ask(loop));

    ev_loop_destroy(loop);
    return code != 0;
}
