/* brio/portal.h - calls from other threads into a loop: RUN_ON and SPAWN_ON.
 *
 *     NURSERY(n) {
 *         struct brio_portal *portal = brio_portal_open(n);
 *         …
 *     }
 *
 * and in any other thread, in a worker or in a task of another loop: RUN_ON(portal, &result, f(x)) or SPAWN_ON(portal, f(x)). The call's
 * arguments are evaluated in the thread that calls; the call becomes a child of the nursery, in the order of the calls of each thread.
 *
 * A portal does not keep its nursery open. It closes when the nursery's body has been left and no child is there but those that came
 * through a portal, or earlier, by brio_portal_close. What was accepted before still runs, as a child of the nursery: nothing
 * accepted is lost.
 *
 * The queue of calls has no bound. RUN_ON keeps a thread from running ahead of the loop; one that calls SPAWN_ON faster than the loop can
 * run fills the memory, until it gets -ENOMEM, and does well to RUN_ON now and then.
 */
#ifndef BRIO_PORTAL_H
#define BRIO_PORTAL_H

#include <brio/language.h>

#ifdef __cplusplus
extern "C" {
#endif

struct brio_portal;

/* Of RUN_ON and SPAWN_ON, behind the call. */
struct brio_portal_options {
    const char *name; /* of the task; borrowed until it has ended. By default that of the function */
    /* RUN_ON: where the error that ended the call goes, NULL or a reference for the caller to drop; NULL: it is dropped. */
    const struct brio_error **error;
    int brio__none;
};

/* On the loop's thread. The portal belongs to the loop and ends with it, when RUN returns; a thread that may be later takes a reference.
 * NULL: no memory, no descriptor for the loop's first portal or thread, or the nursery has closed. */
struct brio_portal *brio_portal_open(struct brio_nursery *nursery);
/* On the loop's thread; a second time and NULL: no effect. No checkpoint. */
void brio_portal_close(struct brio_portal *portal);

/* Any thread. ref returns its argument; both take NULL. */
struct brio_portal *brio_portal_ref(struct brio_portal *portal);
void brio_portal_unref(struct brio_portal *portal);

/* RUN_ON(portal, into, call, options…): int. Makes the call in the loop and waits until it has ended; `into` takes its value, or is NULL.
 * 0; the positive code of the error that ended it, which stays out of the nursery; ECANCELED when the nursery was cancelled, or the task of
 * this loop that waits for the calling thread, a worker; or what SPAWN_ON gives when it is refused.
 *
 * SPAWN_ON(portal, call, options…): int. Does not wait. 0: the call will be made, and its error is the nursery's. Refused:
 * -BRIO_ECLOSED, the portal has closed, or is NULL; -EDEADLK, this is the loop's own thread; -ENOMEM; -EINVAL, `call` is none of an ASYNC
 * function: one that is ASYNC_LEAF runs in the thread that calls it, and has to be wrapped (briogen says so where the call shows it). */

/* Private: around the call, in the calling thread. */
struct brio__portal_call {
    struct brio__spawn spawn;
    struct brio__captured *captured;
    struct brio_portal *portal;
    void *into;
    struct brio_portal_options options;
};
void brio__portal_begin(struct brio__portal_call *call, struct brio_portal *portal, void *into, const struct brio_portal_options *options);
int brio__portal_run(struct brio__portal_call *call);
int brio__portal_spawn(struct brio__portal_call *call);

#ifdef __cplusplus
}
#endif

#endif
