/* brio/thread.h - blocking calls in worker threads. */
#ifndef BRIO_THREAD_H
#define BRIO_THREAD_H

#include <brio/language.h>

#ifdef __cplusplus
extern "C" {
#endif

struct brio_thread_options {
    bool abandon_on_cancel; /* return at once when cancelled; the thread goes on and its result is dropped */
    /* Called once, in any thread, if the call does not return: with the value of fn, or NULL if it did not run. May be NULL. */
    void (*discard)(void *result, void *arg);
    int brio__none;
};

/* Runs fn(arg) in a worker thread and returns its value; 40 at most run at once on a loop, further calls wait. Cancelled before it has
 * begun, it does not run. After that a cancellation waits for the result, which is returned, and arrives at the next checkpoint; or see
 * abandon_on_cancel. `options` may be NULL. Raises ENOMEM, EAGAIN when no thread can be made. */
BRIO_ASYNC_LEAF void *brio_to_thread(void *(*fn)(void *arg), void *arg, const struct brio_thread_options *options);

#ifdef __cplusplus
}
#endif

#endif
