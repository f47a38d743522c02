#include "support.h"

static ASYNC int locals(int brio_frame)
{
    int brio_1 = brio_frame;
    NURSERY(brio_task) {
        AWAIT(brio_sleep(brio_1));
    }
    goto brio_fail;
brio_fail:
    return brio_1;
}

static int brio_value;

static void plain(struct brio_nursery *n)
{
    int brio_code = 1;
    (void)SPAWN(n, brio_sleep(brio_code));
    brio_value++;
}

int main(void)
{
    plain(NULL);
    return RUN(NULL, locals(1));
}

// error: 3:29: 'brio_frame' is a name of the generated code: take one that does not begin with brio_
// error: 5:9: 'brio_1' is a name of the generated code: take one that does not begin with brio_
// error: 6:13: 'brio_task' is a name of the generated code: take one that does not begin with brio_
// error: 10:1: 'brio_fail' is a name of the generated code: take one that does not begin with brio_
// error: 18:9: 'brio_code' is a name of the generated code: take one that does not begin with brio_
// error: 20:5: 'brio_value' is a name of the generated code: take one that does not begin with brio_
