#include "support.h"

static ASYNC int app(void)
{
    AWAIT(brio_sleep(1));
    return 0;
}

int main(void)
{
    return RUN(NULL, app());
}
