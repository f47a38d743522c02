#include "support.h"

struct brio_value {
    int brio_task, brio_code;
};

static ASYNC int locals(int brio_frames)
{
    int brio_1st = brio_frames, brio_tasks = 1;
    struct brio_value values = {.brio_task = brio_1st};
    AWAIT(brio_sleep(0));
    goto brio_failed;
brio_failed:
    return values.brio_task + brio_tasks;
}

static void plain(struct brio_nursery *n)
{
    int code = 1;
    (void)SPAWN(n, brio_sleep(code));
}

int main(void)
{
    plain(NULL);
    return RUN(NULL, locals(1));
}
