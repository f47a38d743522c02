/* shutdown.c - workers that share the partitions of a stream, and let go of them whatever ends them.
 *
 * Each worker leases a partition, reads from it and gives it back in a DEFER. When the time is over, or when one of them fails, all the
 * others are cancelled and give back theirs; the program goes on when the last one has done so. Giving back takes time itself (a message
 * to whoever keeps the leases), so it is shielded from the cancellation that caused it, but not for ever: it has a deadline of its own.
 */
#include <brio.h>
#include <errno.h>
#include <stdio.h>

enum { PARTITIONS = 3 };

static const char *owner[PARTITIONS];

static ASYNC void lease(int partition, const char *worker)
{
    AWAIT(brio_sleep(0.05));
    owner[partition] = worker;
}

static ASYNC void give_back(int partition)
{
    MOVE_ON_AFTER(1, patience) {
        brio_scope_set_shield(patience, true);
        AWAIT(brio_sleep(0.05));
    }
    printf("      %s gives back partition %d%s\n", owner[partition], partition, patience->cancelled_caught ? " in vain" : "");
    owner[partition] = NULL;
}

static ASYNC void work(int partition, const char *name, int bad_record)
{
    AWAIT(lease(partition, name));
    DEFER AWAIT(give_back(partition));

    for (int record = 1;; record++) {
        AWAIT(brio_sleep(0.3));
        if (record == bad_record)
            RAISE(EINVAL, "record %d of partition %d is damaged", record, partition);
    }
}

/* bad_record: where the second worker fails, or 0. */
static ASYNC void consume(int bad_record)
{
    static const char *const names[PARTITIONS] = {"Ann", "Bob", "Eve"};
    double start = brio_now();

    TRY {
        MOVE_ON_AFTER(1, shift) {
            NURSERY(n) {
                for (int i = 0; i < PARTITIONS; i++)
                    SPAWN(n, work(i, names[i], i == 1 ? bad_record : 0), .name = names[i]);
            }
        }
        printf("%.2f  the time was over: %d\n", brio_now() - start, shift->cancelled_caught);
    } CATCH (e) {
        printf("%.2f  %s\n", brio_now() - start, brio_error_only(e)->message);
    }
    for (int i = 0; i < PARTITIONS; i++)
        if (owner[i])
            printf("partition %d still belongs to %s\n", i, owner[i]);
}

static ASYNC void app(void)
{
    puts("-- until the time is over");
    AWAIT(consume(0));
    puts("-- until one fails");
    AWAIT(consume(2));
}

int main(void)
{
    struct brio_options options = {.clock = BRIO_CLOCK_VIRTUAL}; /* so that it runs at once, and always the same */

    return RUN(&options, app()) != 0;
}
