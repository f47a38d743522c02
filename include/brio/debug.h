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

#ifdef __cplusplus
}
#endif

#endif
