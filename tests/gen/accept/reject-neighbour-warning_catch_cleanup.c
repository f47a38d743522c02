#include "support.h"

struct brio_error;
void free(void *memory);
int close(int fd);
int unlink(const char *path);
int plain(int fd);
int is_bad(const struct brio_error *error);

static ASYNC void app(char *memory, int fd)
{
    TRY {
        DEFER free(memory);
        AWAIT(brio_sleep(1));
    } CATCH (e) {
        plain(fd);
        unlink("part of a file, which goes on growing after a cancellation");
        RERAISE();
    } FINALLY {
        close(fd);
    }
    /* what goes on behind it may close it as well */
    TRY {
        AWAIT(brio_sleep(1));
    } CATCH (e) {
        close(fd);
        if (is_bad(e))
            RERAISE();
    }
    /* one error among others */
    TRY {
        AWAIT(brio_sleep(1));
    } CATCH (e, 5) {
        close(fd);
        RERAISE();
    }
    /* no cancellation comes from here, or gets in there */
    TRY {
        if (plain(fd))
            RAISE(5, "no");
    } CATCH (e) {
        close(fd);
        RERAISE();
    }
    SHIELD {
        TRY {
            AWAIT(brio_sleep(1));
        } CATCH (e) {
            close(fd);
            RERAISE();
        }
    }
}

ASYNC void start(void);
ASYNC void start(void)
{
    AWAIT(app(NULL, 0));
}
