/* core/local.h - what the making and ending of tasks and loops does about their locals. */
#ifndef CORE_LOCAL_H
#define CORE_LOCAL_H

#include "core/task.h"

/* What a child of this SPAWN begins with; borrowed, NULL: nothing. */
struct brio__binding *brio__locals_inherited(const struct brio__spawn *spawn);
/* Both take NULL; ref returns its argument. */
struct brio__binding *brio__locals_ref(struct brio__binding *list);
void brio__locals_unref(struct brio__scheduler *scheduler, struct brio__binding *list);

#endif
