#include "support.h"

struct brio_stream;
struct brio_error;
ASYNC_LEAF void brio_close(struct brio_stream *stream);
void free(void *memory);
int close(int fd);
void tell(const struct brio_error *error);

static ASYNC void app(struct brio_stream *stream, char *memory, int fd)
{
    TRY {
        AWAIT(brio_sleep(1));
    } CATCH (e) {
        tell(e);
        free(memory);
        close(fd);
        RERAISE();
    }
    SHIELD {
        MOVE_ON_AFTER (1, scope) {
            TRY {
                NURSERY (n) SPAWN(n, brio_sleep(1));
            } CATCH (e, 5) {
                tell(e);
            } CATCH (e) {
                (void)(tell(e), 1);
                (AWAIT((brio_close)(stream)));
                RERAISE();
            }
        }
    }
}

ASYNC void start(void);
ASYNC void start(void)
{
    AWAIT(app(NULL, NULL, 0));
}

// warning: 16:9: cancellation passes by this CATCH, and what it releases stays: do it in a DEFER or FINALLY [-Wbrio-catch-cleanup]
// warning: 28:24: cancellation passes by this CATCH, and what it releases stays: do it in a DEFER or FINALLY [-Wbrio-catch-cleanup]
