#include "support.h"

static ASYNC void child(void) { AWAIT(brio_sleep(1)); }

void plain(struct brio_nursery *given)
{
    NURSERY (n) {
        SPAWN(n, child());
    }
    MOVE_ON_AFTER (1, s)
        ;
    TRY {
        RAISE(1, "text");
    } CATCH (e) {
        RERAISE();
    }
    DEFER child();
    START(given, child());
}

// error: 7:5: NURSERY outside an ASYNC function
// error: 10:5: MOVE_ON_AFTER outside an ASYNC function
// error: 12:5: TRY outside an ASYNC function
// error: 13:9: RAISE outside an ASYNC function
// error: 15:9: RERAISE outside an ASYNC function
// error: 17:5: DEFER outside an ASYNC function
// error: 17:11: 'child' is an ASYNC function: in a plain function it can be called with SPAWN, RUN or GUEST
// error: 18:5: START outside an ASYNC function
