/* loop/wakeup.h - running something on a loop's thread, asked for in another thread. */
#ifndef LOOP_WAKEUP_H
#define LOOP_WAKEUP_H

struct brio__loop;
struct brio__wakeup;

/* Storage of the caller, which gets it back when `run` is called. */
struct brio__post {
    struct brio__post *next;
    void (*run)(struct brio__post *post);
};

/* 0, or why libev cannot make the descriptor that it needs for its first ev_async or ev_signal (-EMFILE, -ENFILE, …): asked for without
 * asking, it ends the process. */
int brio__wakeup_check(void);

/* The loop's, made at the first call; borrowed. 0; -ENOMEM, or as brio__wakeup_check. Loop's thread. */
int brio__wakeup_get(struct brio__loop *loop, struct brio__wakeup **wakeup);

/* Other threads keep a reference for as long as they may post. */
struct brio__wakeup *brio__wakeup_ref(struct brio__wakeup *wakeup);
void brio__wakeup_unref(struct brio__wakeup *wakeup);

/* Any thread. 0: run(post) will be called on the loop's thread, in the order of the posts; it may only mark and unpark. -ESRCH: the loop
 * has ended, the post is still the caller's. */
int brio__wakeup_post(struct brio__wakeup *wakeup, struct brio__post *post);

/* The loop ends: runs what has been posted and refuses the rest. Nothing if there never was a wakeup. */
void brio__wakeup_end(struct brio__loop *loop);

#endif
