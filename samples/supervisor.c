/* supervisor.c - services that are started again when they fail, later each time, until that has been too often.
 *
 * A service tells with brio_started() that it is up. Before, its failure is START's; after, it is the nursery's, in a group with whatever
 * else failed at the same time. The supervisor catches both, tells what happened, and waits. When it gives up, the failure that it could
 * not mend is the cause of its own error. In the end a soft stop lets the services finish what they have begun.
 */
#include <brio.h>
#include <errno.h>
#include <stdio.h>

struct service {
    const char *name;
    ASYNC void (*run)(struct service *self);
    int starts;
};

enum { RESTARTS = 3 };

static double zero;

static void tell(const struct service *service, const char *what)
{
    printf("%5.2f  %s %s\n", brio_now() - zero, service->name, what);
}

/* brio_error_string() has all this and the places, for people who have the source at hand. */
static void print_error(const struct brio_error *error, int indent)
{
    printf("%*s%s: %s\n", indent, "", brio_error_name(error->code), error->message);
    for (size_t i = 0; i < error->child_count; i++)
        print_error(error->children[i], indent + 4);
    if (error->cause) {
        printf("%*sbecause of\n", indent, "");
        print_error(error->cause, indent + 4);
    }
}

/* ---- services ---- */

static ASYNC void database(struct service *self)
{
    AWAIT(brio_sleep(0.2));
    if (self->starts < 3)
        RAISE(ECONNREFUSED, "the disk is not there yet");
    brio_started();
    AWAIT(brio_sleep_forever());
}

static ASYNC void index_part(struct service *self, int part)
{
    DEFER {
        if (part == 2 && self->starts == 1)
            RAISE(EIO, "part 2 cannot be closed");
    }
    AWAIT(brio_sleep(part));
    if (self->starts == 1)
        RAISE(EBADMSG, "part %d is damaged", part);
}

static ASYNC void indexer(struct service *self)
{
    brio_started();
    NURSERY(parts) {
        for (int part = 1; part <= 3; part++)
            SPAWN(parts, index_part(self, part));
    }
}

static ASYNC void web(struct service *self)
{
    brio_started();
    for (;;) {
        INTERRUPTIBLE {
            AWAIT(brio_sleep(0.5)); /* until somebody asks */
        }
        if (brio_stopping())
            break;
        AWAIT(brio_sleep(1));
        tell(self, "has answered");
    }
}

static ASYNC void mail(struct service *self)
{
    AWAIT(brio_sleep(0.1));
    RAISE(EADDRINUSE, "start %d: the port is taken", self->starts);
}

/* ---- the supervisor ---- */

static ASYNC void run_once(struct service *service)
{
    service->starts++;
    NURSERY(life) {
        START(life, service->run(service), .name = service->name);
        tell(service, "is up");
    }
}

static ASYNC void supervise(struct service *service)
{
    for (double pause = 0.25;; pause *= 2) {
        TRY {
            AWAIT(run_once(service));
            tell(service, "is through");
            return;
        } CATCH (e) {
            tell(service, "has failed:");
            print_error(e, 11);
            if (service->starts > RESTARTS)
                RAISE(ECHILD, "%s failed %d times", service->name, service->starts);
        }
        INTERRUPTIBLE {
            AWAIT(brio_sleep(pause));
        }
        if (brio_stopping())
            return;
    }
}

/* Until `seconds` have passed, and what has been begun by then. */
static ASYNC void run_services(struct service *services, int count, double seconds)
{
    zero = brio_now();
    CANCEL_SCOPE(all) {
        NURSERY(n) {
            for (int i = 0; i < count; i++)
                SPAWN(n, supervise(&services[i]), .name = services[i].name);
            AWAIT(brio_sleep(seconds));
            printf("%5.2f  stop\n", brio_now() - zero);
            brio_scope_shutdown(all, 1.5);
        }
    }
    printf("%5.2f  all have ended%s\n", brio_now() - zero, all->cancelled_caught ? ", some by force" : "");
}

static ASYNC void app(void)
{
    struct service good[] = {{"database", database, 0}, {"indexer", indexer, 0}, {"web", web, 0}};
    struct service bad[] = {{"web", web, 0}, {"mail", mail, 0}};

    puts("-- services that come back");
    AWAIT(run_services(good, 3, 5.4));
    puts("-- one that does not");
    TRY {
        AWAIT(run_services(bad, 2, 100));
    } CATCH (e, ECHILD) {
        printf("%5.2f  given up:\n", brio_now() - zero);
        print_error(e, 11);
    }
}

int main(void)
{
    struct brio_options options = {.clock = BRIO_CLOCK_VIRTUAL}; /* so that it runs at once, and always the same */

    return RUN(&options, app()) != 0;
}
