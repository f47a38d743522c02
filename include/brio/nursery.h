/* brio/nursery.h - nurseries, the options of SPAWN and START, handles of children. */
#ifndef BRIO_NURSERY_H
#define BRIO_NURSERY_H

#include <brio/language.h>
#include <brio/scope.h>

#ifdef __cplusplus
extern "C" {
#endif

struct brio__loop;
struct brio__waiter;
struct brio__portal_link;

struct brio_nursery {
    /* Public: the scope that the children live in; `n->scope` is a pointer to it. */
    struct brio_scope scope[1];

    /* Private. */
    struct brio_task *task_; /* whose block it is; NULL: the one that holds the root task */
    struct brio__loop *loop_;
    struct brio_task *first_, *last_; /* children, oldest first */
    struct brio_error *errors_;       /* the group, while it grows */
    uint32_t living_;                 /* children that keep the block open */
    uint32_t daemons_;
    uint32_t starting_; /* calls of START that will put a child here */
    uint32_t visiting_; /* of the living: those that came through a portal */
    uint32_t flags_;
    struct brio__portal_link *portals_; /* the open ones */
};

/* Waiting tasks, first come, first served. Private. */
struct brio__queue {
    struct brio__waiter *first, *last;
};

enum brio_handle_status {
    BRIO_HANDLE_PENDING,    /* not ended yet */
    BRIO_HANDLE_CANCELLING, /* brio_handle_cancel was called, not ended yet */
    BRIO_HANDLE_FINISHED,
    BRIO_HANDLE_FAILED,
    BRIO_HANDLE_CANCELLED
};

/* One child. Storage of the caller, filled by SPAWN or START with `.handle`; it must live until the child has ended. */
struct brio_handle {
    enum brio_handle_status status;
    /* Of a child that failed. Valid until the task whose nursery it is ends, or the handle is used again. */
    const struct brio_error *error;

    /* Private. */
    struct brio_scope scope_;
    struct brio__queue waiters_;
};

/* Options of SPAWN, SPAWN_INTO and START; `.name` and `.handle` are borrowed until the child has ended. */
struct brio_spawn_options {
    const char *name;           /* in dumps and errors; by default the function's */
    struct brio_handle *handle; /* filled in */
    bool daemon;                /* does not keep the nursery open; cancelled when all else in it has ended */
    int brio__none;
};

/* Cancels the nursery's own scope: the body and all children. */
void brio_nursery_cancel(struct brio_nursery *nursery, const char *reason);

/* Cancels that child alone; nothing when it has ended. */
void brio_handle_cancel(struct brio_handle *handle, const char *reason);
/* Waits until the child has ended, however. A checkpoint, also when it has. */
BRIO_ASYNC_LEAF void brio_handle_wait(struct brio_handle *handle);

/* Called by a child: START's caller goes on, and the child moves into the nursery. 0 (also in a child that was not STARTed); -EALREADY
 * the second time. Not a checkpoint. */
int brio_started(void);

/* Private: START, in the frame of its caller. */
struct brio__start {
    struct brio_nursery nursery; /* holds the child until it has started */
    struct brio_nursery *target;
    const struct brio_error *error;
    uint32_t signal; /* how the child ended */
    bool started, moved, ended;
};

#ifdef __cplusplus
}
#endif

#endif
