/* brio/scope.h - cancel scopes: the objects behind CANCEL_SCOPE, MOVE_ON_AFTER, FAIL_AFTER, SHIELD, INTERRUPTIBLE.
 *
 * Nothing here is a checkpoint, and nothing switches tasks. All of it may be called from any task and from plain code on the loop's thread.
 */
#ifndef BRIO_SCOPE_H
#define BRIO_SCOPE_H

#include <brio/abi.h>
#include <math.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Who cancelled. */
enum brio_cancel_source {
    BRIO_CANCEL_NONE = 0,
    BRIO_CANCEL_EXPLICIT, /* brio_scope_cancel, brio_nursery_cancel, brio_handle_cancel */
    BRIO_CANCEL_DEADLINE,
    BRIO_CANCEL_ERROR,   /* the nursery's body or a child of it failed */
    BRIO_CANCEL_RACE,    /* another child of a RACE was first */
    BRIO_CANCEL_SHUTDOWN, /* brio_scope_shutdown; a daemon whose nursery is through */
    BRIO_CANCEL_DEADLOCK  /* see brio_options.detect_deadlock */
};

/* Private: an entry of the loop's timer heap. */
struct brio__timer {
    uint32_t index;    /* its place in the heap plus 1; 0: not in it */
    uint32_t sequence; /* keeps the order of equal times */
};

struct brio_scope {
    /* To read; changed by the functions below. */
    double deadline;           /* INFINITY: none */
    const char *cancel_reason; /* set once it is cancelled, or effectively cancelled by a scope around it; NULL before */
    const char *cancelled_by;  /* with it: the function of the task that called, or in which the error was raised; NULL: no task did */
    bool shield;
    bool cancel_called;
    bool cancelled_caught;       /* a cancellation ended at this scope */
    unsigned char cancel_source; /* enum brio_cancel_source */

    /* Private. */
    unsigned char kind_; /* enum brio__scope_kind, or one of the runtime's own */
    bool effective_;     /* cancelled, or not shielded from a parent that is */
    bool stopping_;      /* in a scope that was shut down */
    unsigned char flags_;
    struct brio__timer timer_; /* of the deadline or the end of the grace, whichever comes first */
    double grace_;             /* the end of a soft stop; INFINITY: none */
    struct brio_task *task_;
    struct brio_scope *parent_;
    struct brio_scope *first_child_;
    struct brio_scope *next_, *previous_; /* children of one parent */
};

/* Of CANCEL_SCOPE(s, .deadline = …, .shield = …). */
struct brio_scope_options {
    double deadline; /* absolute, on the clock of brio_now(); 0: none */
    bool shield;
    int brio__none;
};

/* Cancels what is in the block: waits inside end at once, later ones at their first checkpoint. The first call counts, later ones do
 * nothing, and nothing happens once the block has been left. `reason` (or NULL) is borrowed for as long as the scope is read. */
void brio_scope_cancel(struct brio_scope *scope, const char *reason);
/* A time that has passed cancels at once. 0, -EINVAL for a NaN, -ENOMEM. */
int brio_scope_set_deadline(struct brio_scope *scope, double deadline);
/* A shield that is lifted below a cancelled scope lets that cancellation in at once. */
void brio_scope_set_shield(struct brio_scope *scope, bool shield);
/* Soft stop: cancels every INTERRUPTIBLE block inside the scope, now open or opened later, and the scope itself `grace` seconds from now
 * (INFINITY: never). It passes shields, as a block that asks to be interrupted does so wherever it stands; what comes after the grace does
 * not. The end of the grace is a second deadline: it is neither in `deadline` nor in brio_effective_deadline(), moving the deadline does
 * not move it, and FAIL_AFTER does not raise when it comes. Of several calls, for this scope or one around it, the nearest end counts.
 * 0, -EINVAL for a NaN, -ENOMEM (the INTERRUPTIBLE blocks have been cancelled then). */
int brio_scope_shutdown(struct brio_scope *scope, double grace);
/* Whether the current task is inside a scope that was shut down; false outside of any task. */
bool brio_stopping(void);
/* The nearest deadline of the scopes around the current task, up to and with the first shield. INFINITY if none, -INFINITY when cancelled
 * already. */
double brio_effective_deadline(void);

#ifdef __cplusplus
}
#endif

#endif
