/* core/idle.h - the half of a pass that finds nothing to do. */
#ifndef CORE_IDLE_H
#define CORE_IDLE_H

#include "core/task.h"

/* No task is ready and no timer due. `busy`: this pass has had something to do, or an event has come. */
enum brio__pass brio__idle_pass(struct brio__scheduler *scheduler, bool busy);

#endif
