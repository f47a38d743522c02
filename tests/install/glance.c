#include <brio.h>
#include <stdio.h>

static ASYNC void worker(int i)
{
    AWAIT(brio_sleep(0.1));
    printf("worker %d\n", i);
}

static ASYNC int fetch(const char *host, char *buf, size_t size)
{
    struct brio_stream *s = AWAIT(brio_connect_tcp(host, "7", NULL));
    DEFER AWAIT(brio_close(s));                       /* runs on every way out of the block */
    AWAIT(brio_send(s, "hello\n", 6));
    return (int)AWAIT(brio_receive(s, buf, size));
}

static ASYNC int app(void)
{
    NURSERY(n) {
        for (int i = 0; i < 3; i++)
            SPAWN(n, worker(i));
    }                                                 /* here all three have ended, whatever happened */
    puts("all done");

    MOVE_ON_AFTER(0.5, slow) {
        AWAIT(brio_sleep(10));
    }
    printf("gave up: %d\n", slow->cancelled_caught);

    char buf[64];
    TRY {
        FAIL_AFTER(0.5) { printf("%d bytes\n", AWAIT(fetch("localhost", buf, sizeof buf))); }
    } CATCH (e) {
        fprintf(stderr, "%s\n", brio_error_string(e));
    }
    return 0;
}

int main(void) { return RUN(NULL, app()); }
