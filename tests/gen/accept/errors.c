/* TRY with filters, a cause, FINALLY; errors of the callee go to the nearest of them. */
#include <brio.h>

enum { NO_SUCH_PORT = 5, BUSY = 6 };

ASYNC int fetch(int number);
void report(const char *text);

ASYNC int entry(int x)
{
    TRY {
        x = AWAIT(fetch(x));
        if (x < 0)
            RAISE(BUSY, "busy: %d", x);
    } CATCH (e, NO_SUCH_PORT, BUSY) {
        report(e->message);
        return -1;
    } CATCH (e) {
        AWAIT(fetch(0));
        RERAISE();
    } FINALLY {
        report("done");
    }
    return x;
}
