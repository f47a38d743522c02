#include "support.h"

#include <unistd.h>
#include <poll.h>
#include <sys/wait.h>

static ASYNC void app(struct pollfd *p)
{
    sleep(1);
    poll(p, 1, -1);
    waitpid(0, NULL, 0);
    AWAIT(brio_sleep(1));
}

// warning: 9:5: 'sleep' blocks the whole loop; AWAIT(brio_sleep(…)) does not [-Wbrio-blocking]
// warning: 10:5: 'poll' blocks the whole loop; AWAIT(brio_wait_readable(…)) does not [-Wbrio-blocking]
// warning: 11:5: 'waitpid' blocks the whole loop; WNOHANG or AWAIT_THREAD does not [-Wbrio-blocking]
