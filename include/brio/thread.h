/* brio/thread.h - blocking calls in worker threads: what stands behind AWAIT_THREAD, and its untyped form.
 *
 * Each loop has a pool of workers of its own: the one that was idle last is used first, and one that has been idle for ten seconds ends. A
 * call needs a token of a limiter before it begins; without `.limiter` it is the loop's own, of 40 tokens. The token is given back when
 * the thread has done with the call, also when nobody waits for it any more.
 */
#ifndef BRIO_THREAD_H
#define BRIO_THREAD_H

#include <brio/language.h>

#ifdef __cplusplus
extern "C" {
#endif

struct brio_limiter;

/* Of AWAIT_THREAD(call, …) and brio_to_thread.
 *
 * A call that is cancelled before it has begun does not run. After that a cancellation waits for its result, which is returned, and
 * arrives at the next checkpoint; or, with `.abandon_on_cancel`, it arrives at once: then the thread goes on alone, also beyond the end
 * of the loop, and what the call's pointers name must stay for as long. */
struct brio_thread_options {
    /* NULL: the loop's own. It must be there until the threads of its calls have ended, or the loop has. */
    struct brio_limiter *limiter;
    bool abandon_on_cancel;
    /* Called once, in any thread, if the call does not return to its task: brio_to_thread gives the value of fn (NULL if it did not run)
     * and arg; AWAIT_THREAD a pointer to the value (NULL if it did not run, or nobody uses its value), and NULL. May be NULL. */
    void (*discard)(void *result, void *arg);
    int brio__none;
};

/* Runs fn(arg) in a worker thread and returns its value. `options` may be NULL. A checkpoint. Raises ENOMEM, EAGAIN when no thread can be
 * made; EMFILE, ENFILE when the loop's first call finds no descriptor to be woken by. */
BRIO_ASYNC_LEAF void *brio_to_thread(void *(*fn)(void *arg), void *arg, const struct brio_thread_options *options);

/* For the function that runs in a worker: 0; -ECANCELED when the task that made the call has been cancelled meanwhile, whether or not it
 * waits; -BRIO_ENOTRUNNING in threads that are no workers. */
int brio_thread_check_cancelled(void);

#ifdef __cplusplus
}
#endif

#endif
