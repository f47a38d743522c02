/* brio/debug.h - looking inside. */
#ifndef BRIO_DEBUG_H
#define BRIO_DEBUG_H

#include <brio/abi.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Writes the tree of nurseries and tasks of this thread's loop: names, states, deadlines, and for each task its await chain. */
void brio_dump_tasks(FILE *file);
/* The same as a graph in the language of Graphviz: "dot -Tsvg". */
void brio_dump_tasks_dot(FILE *file);

/* Of one loop. */
struct brio_statistics {
    size_t tasks_living;
    size_t tasks_ready;            /* of them, in the queue; the one that asks runs, and is not */
    uint64_t tasks_spawned;        /* since the loop began */
    size_t timers;                 /* sleeps and deadlines under way */
    double seconds_to_next_timer;  /* negative when it is due; INFINITY: there is none */
    size_t waits_for_descriptors;
    size_t waits_for_threads;      /* and portals that are open */
    size_t memory_in_use;          /* bytes of tasks, frames and their records; of those that are still to run, what they will need */
    size_t memory_reserved;        /* bytes held for them, those in use included */
};
/* This thread's loop. 0, or -BRIO_ENOTRUNNING. Takes time with the number of tasks. */
int brio_statistics(struct brio_statistics *statistics);

#ifdef __cplusplus
}
#endif

#endif
