/* http_server.c - serves the files below a directory over HTTP/1.1.
 *
 * usage: http_server [--port N] [--connections N] [--patience SECONDS] [--grace SECONDS] directory
 *
 * On 127.0.0.1; port 0, the default, lets the system choose, and the port is printed. Symbolic links are not followed. A client who takes
 * longer than `patience` for a request, for a part of an answer, or between two requests, is sent away. SIGTERM and SIGINT stop the server
 * softly: nobody is let in any more, who waits between two requests is sent away, and requests under way have `grace` seconds. SIGUSR1
 * prints the tree of tasks.
 *
 * The parser is http-parser. What touches the disk is done in worker threads: the loop never waits for it.
 */
#include "http_message.h"

#include <brio.h>
#include <errno.h>
#include <ev.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SMALL_FILE = 16384, PART = 1 << 20, LONGEST_HEAD = 16384 };

struct server {
    int root; /* descriptor of the directory */
    const char *port;
    double patience, grace;
    struct ev_loop *loop;
    struct brio_serve_options options;
    struct brio_scope *everything;
};

struct client {
    struct server *server;
    struct brio_stream *stream;
    char input[4096]; /* what was received last; from `begin` on it has not been parsed */
    size_t begin, end;
    struct http_message request;
};

/* ---- files: in worker threads ---- */

struct file {
    int fd;                       /* -1: none, or all of it is in `small` */
    intmax_t size, first, length; /* of the file; of what is asked for */
    time_t modified;
    const char *type;
    char small[SMALL_FILE];
};

static const char *type_of(const char *path)
{
    static const char *const types[][2] = {
        {".html", "text/html; charset=utf-8"}, {".txt", "text/plain; charset=utf-8"}, {".css", "text/css"}, {".js", "text/javascript"},
        {".json", "application/json"}, {".pdf", "application/pdf"}, {".svg", "image/svg+xml"}, {".png", "image/png"},
        {".jpg", "image/jpeg"}, {".gif", "image/gif"}, {".mp4", "video/mp4"}, {".gz", "application/gzip"},
    };
    const char *dot = strrchr(path, '.');

    for (size_t i = 0; dot && i < sizeof types / sizeof *types; i++)
        if (strcasecmp(dot, types[i][0]) == 0)
            return types[i][1];
    return "application/octet-stream";
}

static enum http_status status_of(int error)
{
    switch (error) {
    case ENOENT: case ENOTDIR: case ELOOP: case ENAMETOOLONG: return HTTP_STATUS_NOT_FOUND;
    case EACCES: case EPERM: return HTTP_STATUS_FORBIDDEN;
    case EMFILE: case ENFILE: case ENOMEM: return HTTP_STATUS_SERVICE_UNAVAILABLE;
    default: return HTTP_STATUS_INTERNAL_SERVER_ERROR;
    }
}

/* Step by step, so that neither ".." nor a symbolic link leads out of the root. A descriptor, or -1 with errno. */
static int open_below(int root, char *path)
{
    int at = fcntl(root, F_DUPFD_CLOEXEC, 0);

    for (char *name; at >= 0 && (name = strsep(&path, "/"));) {
        if (*name == '\0' || strcmp(name, ".") == 0)
            continue;
        int folder = at;
        at = strcmp(name, "..") == 0 ? (errno = EACCES, -1) : openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        close(folder);
    }
    return at;
}

/* Opens the file, and reads it if it is small. 200, or another status. */
static enum http_status open_file(int root, const char *path, struct file *file)
{
    struct stat stat;
    char steps[HTTP_LONGEST_TARGET + sizeof "index.html"];
    bool is_folder = path[strlen(path) - 1] == '/';

    snprintf(steps, sizeof steps, "%s%s", path, is_folder ? "index.html" : "");
    file->type = type_of(steps);
    file->fd = open_below(root, steps);
    if (file->fd < 0 || fstat(file->fd, &stat) < 0)
        return status_of(errno);
    if (!S_ISREG(stat.st_mode))
        return S_ISDIR(stat.st_mode) && !is_folder ? HTTP_STATUS_MOVED_PERMANENTLY : HTTP_STATUS_NOT_FOUND;
    file->size = stat.st_size;
    file->modified = stat.st_mtime;
    if (file->size <= SMALL_FILE) {
        file->size = pread(file->fd, file->small, SMALL_FILE, 0);
        if (file->size < 0)
            return status_of(errno);
        close(file->fd);
        file->fd = -1;
    }
    return HTTP_STATUS_OK;
}

/* From the file to the socket within the kernel. The number of bytes, or a negative code. */
static ssize_t send_part(int socket, const struct file *file)
{
    off_t first = (off_t)file->first;
    ssize_t sent = sendfile(socket, file->fd, &first, file->length < PART ? (size_t)file->length : PART);

    return sent < 0 ? -errno : sent;
}

/* ---- answers ---- */

/* Which part of the file to send, if any: 200, 206, 304 or 416. */
static enum http_status choose_part(const struct http_message *request, struct file *file)
{
    time_t time;

    file->first = 0;
    file->length = file->size;
    if (http_parse_date(request->fields[HTTP_IF_MODIFIED_SINCE], &time) && file->modified <= time)
        return HTTP_STATUS_NOT_MODIFIED;
    if (request->fields[HTTP_IF_RANGE][0] && !(http_parse_date(request->fields[HTTP_IF_RANGE], &time) && file->modified == time))
        return HTTP_STATUS_OK;
    if (request->parser.method != HTTP_GET)
        return HTTP_STATUS_OK;
    return http_parse_range(request->fields[HTTP_RANGE], file->size, &file->first, &file->length);
}

struct text {
    char bytes[HTTP_LONGEST_TARGET + 1024];
    size_t size;
};

static void __attribute__((format(printf, 2, 3))) add(struct text *text, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    text->size += (size_t)vsnprintf(text->bytes + text->size, sizeof text->bytes - text->size, format, arguments);
    va_end(arguments);
}

/* All of the answer but the file. */
static void write_head(struct text *head, const struct client *client, enum http_status status, const struct file *file, bool keep)
{
    const char *reason = http_status_str(status), *target = client->request.target;
    char date[HTTP_DATE_ROOM];

    if (*target == '/')
        target += strspn(target, "/") - 1; /* two of them would be followed by a host */
    add(head, "HTTP/1.1 %d %s\r\nServer: brio\r\nConnection: %s\r\n", (int)status, reason, keep ? "keep-alive" : "close");
    add(head, "Date: %s\r\n", http_date_text(time(NULL), date));
    switch (status) {
    case HTTP_STATUS_PARTIAL_CONTENT:
        add(head, "Content-Range: bytes %jd-%jd/%jd\r\n", file->first, file->first + file->length - 1, file->size);
        /* fall through */
    case HTTP_STATUS_OK:
        add(head, "Last-Modified: %s\r\nAccept-Ranges: bytes\r\n", http_date_text(file->modified, date));
        add(head, "Content-Type: %s\r\nContent-Length: %jd\r\n\r\n", file->type, file->length);
        return;
    case HTTP_STATUS_NOT_MODIFIED:
        add(head, "Last-Modified: %s\r\n\r\n", http_date_text(file->modified, date));
        return;
    case HTTP_STATUS_MOVED_PERMANENTLY: add(head, "Location: %.*s/\r\n", (int)strcspn(target, "?#"), target); break;
    case HTTP_STATUS_METHOD_NOT_ALLOWED: add(head, "Allow: GET, HEAD\r\n"); break;
    case HTTP_STATUS_RANGE_NOT_SATISFIABLE: add(head, "Content-Range: bytes */%jd\r\n", file->size); break;
    default: break;
    }
    add(head, "Content-Type: text/plain\r\nContent-Length: %zu\r\n\r\n", strlen(reason) + 1);
    if (client->request.parser.method != HTTP_HEAD)
        add(head, "%s\n", reason);
}

static ASYNC void send_file(struct client *client, struct file *file)
{
    int socket;

    brio_stream_attribute(client->stream, BRIO_ATTR_FD, &socket);
    while (file->length > 0) {
        ssize_t sent = AWAIT_THREAD(send_part(socket, file));
        if (sent == -EAGAIN) {
            FAIL_AFTER(client->server->patience)
                AWAIT(brio_wait_writable(socket));
            continue;
        }
        if (sent <= 0) /* 0: the file has become shorter */
            RAISE(sent < 0 ? (int)-sent : EIO, "%jd bytes of %s are missing", file->length, client->request.target);
        file->first += sent;
        file->length -= sent;
    }
}

static ASYNC void send_answer(struct client *client, enum http_status status, struct file *file, bool keep)
{
    struct text head = {.size = 0};
    bool has_body = client->request.parser.method != HTTP_HEAD && (status == HTTP_STATUS_OK || status == HTTP_STATUS_PARTIAL_CONTENT);

    write_head(&head, client, status, file, keep);
    struct iovec parts[] = {{head.bytes, head.size}, {NULL, 0}};
    if (has_body && file->fd < 0)
        parts[1] = (struct iovec){file->small + file->first, (size_t)file->length};
    FAIL_AFTER(client->server->patience)
        AWAIT(brio_send_vectored(client->stream, parts, 2));
    if (has_body && file->fd >= 0)
        AWAIT(send_file(client, file));
}

/* ---- clients ---- */

static ASYNC bool receive_input(struct client *client)
{
    client->begin = client->end = 0;
    client->end = AWAIT(brio_receive(client->stream, client->input, sizeof client->input));
    return client->end > 0;
}

/* Waits for a request: it is complete, or refused. False: there is none; the client has gone, or was silent, or the server stops. */
static ASYNC bool receive_request(struct client *client)
{
    struct http_message *request = &client->request;
    bool begun = client->begin < client->end;

    http_message_init(request, HTTP_REQUEST);
    if (!begun) {
        INTERRUPTIBLE {
            MOVE_ON_AFTER(client->server->patience)
                begun = AWAIT(receive_input(client));
        }
    }
    MOVE_ON_AFTER(client->server->patience, slow) {
        while (begun && !request->complete && !request->refused) {
            if (client->begin < client->end)
                client->begin += http_message_parse(request, client->input + client->begin, client->end - client->begin);
            else
                begun = AWAIT(receive_input(client));
        }
    }
    if (slow->cancelled_caught)
        request->refused = HTTP_STATUS_REQUEST_TIMEOUT;
    return begun;
}

/* True: another request may follow. */
static ASYNC bool answer_request(struct client *client)
{
    struct http_message *request = &client->request;
    char path[HTTP_LONGEST_TARGET];
    enum http_status status = request->refused ? request->refused : http_decode_path(request->target, path);
    struct file file;

    file.fd = -1;
    DEFER {
        if (file.fd >= 0)
            close(file.fd);
    }
    if (status == HTTP_STATUS_OK)
        status = AWAIT_THREAD(open_file(client->server->root, path, &file));
    if (status == HTTP_STATUS_OK)
        status = choose_part(request, &file);
    bool keep = request->complete && http_should_keep_alive(&client->request.parser) && !brio_stopping();
    AWAIT(send_answer(client, status, &file, keep));
    return keep;
}

/* A connection that is closed while something comes in takes the answer with it that is on its way: lets the client read that first. */
static ASYNC void part_from(struct client *client)
{
    AWAIT(brio_send_eof(client->stream));
    MOVE_ON_AFTER(2) {
        while (AWAIT(receive_input(client)))
            ;
    }
}

/* A connection, from brio_serve, which closes it when this ends. */
static ASYNC void attend(struct brio_stream *stream, void *server)
{
    struct client client = {.server = server, .stream = stream};
    bool more = true;

    while (more && AWAIT(receive_request(&client)))
        more = AWAIT(answer_request(&client));
    if (client.request.refused)
        AWAIT(part_from(&client));
}

static bool on_error(const struct brio_error *error, void *server)
{
    (void)server;
    fprintf(stderr, "a connection ended: %s\n", error->message);
    return true; /* the others go on */
}

/* ---- the program ---- */

static void on_signal(struct ev_loop *loop, ev_signal *watcher, int events)
{
    struct server *server = watcher->data;

    (void)loop, (void)events;
    brio_scope_shutdown(server->everything, server->grace);
}

static ASYNC void serve(struct server *server)
{
    ev_signal signals[2];

    CANCEL_SCOPE(everything) {
        server->everything = everything;
        for (int i = 0; i < 2; i++) {
            ev_signal_init(&signals[i], on_signal, i ? SIGINT : SIGTERM);
            signals[i].data = server;
            ev_signal_start(server->loop, &signals[i]);
        }
        DEFER {
            for (int i = 0; i < 2; i++)
                ev_signal_stop(server->loop, &signals[i]);
        }
        NURSERY(n) {
            struct brio_listener *listener = AWAIT(brio_listen_tcp("127.0.0.1", server->port, NULL));
            DEFER AWAIT(brio_listener_close(listener));
            SPAWN(n, brio_serve_with(listener, attend, server, &server->options));
            printf("%d\n", brio_listener_port(listener));
            fflush(stdout);
            INTERRUPTIBLE {
                AWAIT(brio_sleep_forever());
            }
        } /* the listener is closed before the last requests have been answered */
    }
}

static bool read_options(struct server *server, int argc, char **argv)
{
    static const struct option options[] = {
        {"port", 1, NULL, 'p'}, {"connections", 1, NULL, 'c'}, {"patience", 1, NULL, 't'}, {"grace", 1, NULL, 'g'}, {NULL, 0, NULL, 0},
    };
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (option) {
        case 'p': server->port = optarg; break;
        case 'c': server->options.limit = strtoul(optarg, NULL, 10); break;
        case 't': server->patience = atof(optarg); break;
        case 'g': server->grace = atof(optarg); break;
        default: return false;
        }
    }
    return optind == argc - 1;
}

int main(int argc, char **argv)
{
    struct server server = {.port = "0", .patience = 30, .grace = 10, .options = {.limit = 1000, .on_error = on_error}};

    if (!read_options(&server, argc, argv)) {
        fprintf(stderr, "usage: %s [--port N] [--connections N] [--patience SECONDS] [--grace SECONDS] directory\n", argv[0]);
        return 2;
    }
    server.root = open(argv[optind], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    server.loop = ev_loop_new(EVFLAG_AUTO);
    if (server.root < 0 || !server.loop) {
        perror(argv[optind]);
        return 1;
    }
    http_parser_set_max_header_size(LONGEST_HEAD);
    signal(SIGPIPE, SIG_IGN); /* sendfile would end the program for a client who has gone */

    struct brio_options options = {.loop = server.loop, .dump_signal = SIGUSR1};
    int code = RUN(&options, serve(&server));
    ev_loop_destroy(server.loop);
    close(server.root);
    return code != 0;
}
