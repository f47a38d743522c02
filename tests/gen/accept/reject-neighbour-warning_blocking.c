#include "support.h"

#include <unistd.h>
#include <poll.h>
#include <sys/wait.h>

static void plain(void)
{
    sleep(1);
}

static ASYNC void app(struct pollfd *p)
{
    poll(p, 1, 0);
    waitpid(0, NULL, WNOHANG);
    AWAIT(brio_sleep(1));
}
