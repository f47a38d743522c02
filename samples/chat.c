/* chat.c - a chat server: what one says, all others read.
 *
 * usage: chat port      serves on 127.0.0.1; port 0 lets the system choose. Try it with several "nc 127.0.0.1 port"
 *        chat           serves three guests of its own, and prints what each of them has read
 *
 * Each guest has two tasks, and a channel between the room and the one that writes to him: nobody waits for a guest who does not read. Who
 * lags behind too far is shown out.
 */
#include <brio.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { LONGEST_NAME = 20, LONGEST_LINE = 200, BACKLOG = 50 };

struct line {
    char text[LONGEST_LINE + LONGEST_NAME + 4];
};

BRIO_CHANNEL(lines, struct line)

/* ---- the room ---- */

struct guest {
    struct guest *next;
    char name[LONGEST_NAME + 1];
    struct brio_sender *outbox;
    struct brio_nursery *tasks;
};

struct room {
    struct guest *guests;
};

/* To all but one. */
static void tell(struct room *room, const struct guest *but, const char *format, ...)
{
    struct line line;
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(line.text, sizeof line.text, format, arguments);
    va_end(arguments);
    for (struct guest *guest = room->guests; guest; guest = guest->next) {
        if (guest != but && lines_try_send(guest->outbox, line) < 0)
            brio_nursery_cancel(guest->tasks, "does not read");
    }
}

static void enter(struct room *room, struct guest *guest)
{
    struct line welcome = {"* welcome"};

    lines_try_send(guest->outbox, welcome);
    guest->next = room->guests;
    room->guests = guest;
    tell(room, guest, "* %s has come", guest->name);
}

static void leave(struct room *room, struct guest *guest)
{
    struct guest **link = &room->guests;

    while (*link != guest)
        link = &(*link)->next;
    *link = guest->next;
    tell(room, guest, "* %s has gone", guest->name);
}

/* ---- a guest ---- */

static ASYNC void read_lines(struct room *room, struct guest *guest, struct brio_stream *stream)
{
    const char *text;

    while ((text = AWAIT(brio_receive_until(stream, "\n", LONGEST_LINE, NULL))))
        tell(room, guest, "%s: %s", guest->name, text);
}

static ASYNC void write_lines(struct brio_receiver *inbox, struct brio_stream *stream)
{
    struct line line;

    while (AWAIT(lines_receive(inbox, &line))) {
        struct iovec parts[] = {{line.text, strlen(line.text)}, {"\n", 1}};
        AWAIT(brio_send_vectored(stream, parts, 2));
    }
}

/* A line of his own; false: he has gone. */
static ASYNC bool ask_name(struct guest *guest, struct brio_stream *stream)
{
    AWAIT(brio_send(stream, "Who are you?\n", 13));
    const char *name = AWAIT(brio_receive_until(stream, "\n", LONGEST_NAME, NULL));
    snprintf(guest->name, sizeof guest->name, "%s", name ? name : "");
    return name != NULL;
}

static ASYNC void be_guest(struct room *room, struct brio_stream *stream)
{
    struct guest guest = {.next = NULL};
    struct brio_receiver *inbox;

    if (!AWAIT(ask_name(&guest, stream)))
        return;
    int code = lines_open(&guest.outbox, &inbox, BACKLOG);
    if (code < 0)
        RAISE(-code, "no room for %s", guest.name);
    DEFER {
        brio_sender_close(guest.outbox);
        brio_receiver_close(inbox);
    }
    enter(room, &guest);
    DEFER leave(room, &guest);
    RACE(tasks) { /* he has gone as soon as one of the two ends */
        guest.tasks = tasks;
        SPAWN(tasks, read_lines(room, &guest, stream), .name = guest.name);
        SPAWN(tasks, write_lines(inbox, stream), .name = guest.name);
    }
}

static ASYNC void attend(struct brio_stream *client, void *room)
{
    TRY {
        struct brio_stream *stream = brio_buffered_new(client);
        if (stream == NULL)
            RAISE(ENOMEM, "a guest");
        DEFER AWAIT(brio_close(stream));
        AWAIT(be_guest(room, stream));
    } CATCH (e) {
        fprintf(stderr, "a guest is shown out: %s\n", brio_error_string(e));
    }
}

/* ---- three guests ---- */

struct visitor {
    const char *name;
    struct brio_stream *stream;
    char seen[1000];
};

static ASYNC void say(struct visitor *visitor, const char *text)
{
    struct iovec parts[] = {{(void *)text, strlen(text)}, {"\n", 1}};
    AWAIT(brio_send_vectored(visitor->stream, parts, 2));
}

static ASYNC void see(struct visitor *visitor)
{
    const char *text = AWAIT(brio_receive_until(visitor->stream, "\n", 1000, NULL));
    size_t used = strlen(visitor->seen);

    snprintf(visitor->seen + used, sizeof visitor->seen - used, "    %s\n", text ? text : "(the end)");
}

static ASYNC void come(struct visitor *visitor, const char *port)
{
    struct brio_stream *stream = AWAIT(brio_connect_tcp("127.0.0.1", port, NULL));

    visitor->stream = brio_buffered_new(stream);
    if (visitor->stream == NULL) {
        AWAIT(brio_close(stream));
        RAISE(ENOMEM, "%s", visitor->name);
    }
    AWAIT(see(visitor));
    AWAIT(say(visitor, visitor->name));
    AWAIT(see(visitor));
}

static ASYNC void hold_a_conversation(const char *port)
{
    struct visitor ann = {.name = "Ann"}, bob = {.name = "Bob"}, eve = {.name = "Eve"}, *all[] = {&ann, &bob, &eve};

    DEFER {
        for (int i = 0; i < 3; i++)
            AWAIT(brio_close(all[i]->stream));
    }
    AWAIT(come(&ann, port));
    AWAIT(come(&bob, port));
    AWAIT(see(&ann));
    AWAIT(come(&eve, port));
    AWAIT(see(&ann));
    AWAIT(see(&bob));

    AWAIT(say(&ann, "hello, both of you"));
    AWAIT(see(&bob));
    AWAIT(see(&eve));
    AWAIT(say(&eve, "I must be going"));
    AWAIT(see(&ann));
    AWAIT(see(&bob));
    AWAIT(brio_close(eve.stream));
    eve.stream = NULL;
    AWAIT(see(&ann));
    AWAIT(see(&bob));

    for (int i = 0; i < 3; i++)
        printf("%s has seen\n%s", all[i]->name, all[i]->seen);
}

/* ---- the program ---- */

static ASYNC void serve(const char *port)
{
    struct room room = {NULL};
    struct brio_listener *listener = AWAIT(brio_listen_tcp("127.0.0.1", port ? port : "0", NULL));
    DEFER AWAIT(brio_listener_close(listener));
    char text[8];

    snprintf(text, sizeof text, "%d", brio_listener_port(listener));
    if (port)
        printf("%s\n", text);
    fflush(stdout);
    NURSERY(n) {
        SPAWN(n, brio_serve(listener, attend, &room), .daemon = !port); /* a daemon ends with the conversation */
        if (!port)
            AWAIT(hold_a_conversation(text));
    }
}

int main(int argc, char **argv)
{
    return RUN(NULL, serve(argc > 1 ? argv[1] : NULL)) != 0;
}
