/* channel_tasks.h - a channel of numbers, and tasks that note what happens to them. */
#ifndef CHANNEL_TASKS_H
#define CHANNEL_TASKS_H

#include "async_test.h"

BRIO_CHANNEL(numbers, int)

static inline __attribute__((unused)) ASYNC void send_numbers(struct brio_sender *sender, int first, int count)
{
    DEFER brio_sender_close(sender);
    for (int i = first; i < first + count; i++)
        AWAIT(numbers_send(sender, i));
}

static inline __attribute__((unused)) ASYNC void note_numbers(struct brio_receiver *receiver, const char *name)
{
    DEFER brio_receiver_close(receiver);
    for (int number; AWAIT(numbers_receive(receiver, &number));)
        note("%s%d", name, number);
    note("%send", name);
}

/* Sends one, and notes how that went: "a", "aECLOSED". */
static inline __attribute__((unused)) ASYNC void send_one(struct brio_sender *sender, int number, const char *name)
{
    TRY {
        AWAIT(numbers_send(sender, number));
        note("%s", name);
    } CATCH (e) {
        note("%s%s", name, brio_error_name(e->code));
    }
}

/* Receives one, and notes it: "a1", "aend", "aBRIO_ECLOSED". */
static inline __attribute__((unused)) ASYNC void receive_one(struct brio_receiver *receiver, const char *name)
{
    TRY {
        int number = 0;
        if (AWAIT(numbers_receive(receiver, &number)))
            note("%s%d", name, number);
        else
            note("%send", name);
    } CATCH (e) {
        note("%s%s", name, brio_error_name(e->code));
    }
}

#endif
