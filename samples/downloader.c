/* downloader.c - fetches files over HTTP/1.1, several at a time.
 *
 * usage: downloader [-j AT-ONCE] [-d FOLDER] [--patience SECONDS] [--deadline SECONDS] [--fail-fast] URL …
 *
 * A file that is under way is called NAME.part. Where a connection breaks, or nothing comes for `patience` seconds, it is tried again after
 * a while, from where it broke off, until the deadline for that file has passed. What is there of it then stays, and the next run goes on
 * from there. One that fails does not disturb the others, unless --fail-fast is given. Ctrl-C ends the program and removes what is not
 * complete.
 */
#include "http_message.h"

#include <brio.h>
#include <errno.h>
#include <ev.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST_REDIRECTS = 5 };

struct job {
    const char *url;
    char name[256], part[264];
    intmax_t got, total; /* bytes that are there, and will be; total -1: not known */
    int attempts;
    enum { WAITING, UNDER_WAY, COMPLETE, FAILED } state;
    char why[256]; /* the last attempt failed */
};

struct downloads {
    struct job *jobs;
    int count;
    double patience, deadline;
    bool fail_fast;
    struct brio_limiter limiter;
    struct ev_loop *loop;
};

/* ---- URLs ---- */

struct place {
    char host[256], service[8], authority[264];
    const char *target; /* within the URL */
};

static void copy_part(char *to, size_t room, const char *url, const struct http_parser_url *parts, enum http_parser_url_fields which)
{
    snprintf(to, room, "%.*s", parts->field_data[which].len, url + parts->field_data[which].off);
}

static bool split_url(const char *url, struct place *place)
{
    struct http_parser_url parts;

    http_parser_url_init(&parts);
    if (strncasecmp(url, "http://", 7) != 0 || http_parser_parse_url(url, strlen(url), 0, &parts) != 0)
        return false;
    copy_part(place->host, sizeof place->host, url, &parts, UF_HOST);
    copy_part(place->service, sizeof place->service, url, &parts, UF_PORT);
    if (place->service[0] == '\0')
        strcpy(place->service, "80");
    place->target = url + 7 + strcspn(url + 7, "/?#");
    snprintf(place->authority, sizeof place->authority, "%.*s", (int)(place->target - url - 7), url + 7);
    return true;
}

/* What the file will be called. */
static bool choose_name(struct job *job)
{
    struct place place;

    if (!split_url(job->url, &place))
        return false;
    const char *end = place.target + strcspn(place.target, "?#"), *slash = end;
    while (slash > place.target && slash[-1] != '/')
        slash--;
    snprintf(job->name, sizeof job->name, "%.*s", (int)(end - slash), slash);
    if (job->name[0] == '\0' || strcmp(job->name, ".") == 0 || strcmp(job->name, "..") == 0)
        strcpy(job->name, "index.html");
    snprintf(job->part, sizeof job->part, "%s.part", job->name);
    return true;
}

/* Where a Location leads, seen from `url`, which it replaces: another URL, or a path on the same server. */
static bool follow(char url[HTTP_LONGEST_TARGET], const char *location)
{
    struct place place;
    char next[HTTP_LONGEST_TARGET];

    split_url(url, &place);
    int size = location[0] == '/' ? snprintf(next, sizeof next, "http://%s%s", place.authority, location)
                                  : snprintf(next, sizeof next, "%s", location);
    strcpy(url, next);
    return size > 0 && size < HTTP_LONGEST_TARGET;
}

/* ---- one attempt ---- */

struct response {
    struct brio_stream *server, *file;
    struct http_message message;
    char input[65536];
};

/* How much of the file is there, and of what date. */
static bool look_at_part(const char *part, intmax_t *size, time_t *modified)
{
    struct stat stat;

    if (lstat(part, &stat) < 0)
        return false;
    *size = stat.st_size;
    *modified = stat.st_mtime;
    return true;
}

/* The server's date, by which the next attempt can tell whether what is there is still good. */
static int set_date(const char *part, time_t modified)
{
    return utimensat(AT_FDCWD, part, (struct timespec[]){{.tv_nsec = UTIME_OMIT}, {.tv_sec = modified}}, 0);
}

static ASYNC void send_request(struct job *job, struct brio_stream *server, const struct place *place)
{
    char request[HTTP_LONGEST_TARGET + 1024], date[HTTP_DATE_ROOM];
    time_t modified;

    job->got = 0;
    bool resumes = AWAIT_THREAD(look_at_part(job->part, &job->got, &modified)) && job->got > 0;
    const char *slash = *place->target == '/' ? "" : "/";
    int size = snprintf(request, sizeof request, "GET %s%.*s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n", slash,
                        (int)strcspn(place->target, "#"), place->target, place->authority);
    if (resumes)
        size += snprintf(request + size, sizeof request - (size_t)size, "Range: bytes=%jd-\r\nIf-Range: %s\r\n", job->got,
                         http_date_text(modified, date));
    size += snprintf(request + size, sizeof request - (size_t)size, "\r\n");
    AWAIT(brio_send(server, request, (size_t)size));
}

/* The head is complete: opens the file if one comes. */
static ASYNC void begin_body(struct job *job, struct response *response)
{
    const struct http_message *message = &response->message;
    intmax_t first = 0;
    bool resumed = message->parser.status_code == HTTP_STATUS_PARTIAL_CONTENT;

    if (message->parser.status_code != HTTP_STATUS_OK && !resumed)
        return;
    if (resumed && (sscanf(message->fields[HTTP_CONTENT_RANGE], "bytes %jd-", &first) != 1 || first != job->got))
        RAISE(EPROTO, "%s: another part than the one that was asked for", job->url);
    job->got = first;
    job->total = message->body_length < 0 ? -1 : first + message->body_length;
    response->file = AWAIT(brio_file_stream_open(job->part, O_WRONLY | O_CREAT | (resumed ? O_APPEND : O_TRUNC), 0666));
}

static ASYNC void write_body(struct job *job, struct response *response)
{
    TRY {
        AWAIT(brio_send(response->file, response->message.body, response->message.body_size));
        job->got += (intmax_t)response->message.body_size;
    } CATCH (e, BRIO_EBROKEN) { /* no connection is broken, so it is no use to try again */
        RAISE(EIO, "%s cannot be written", job->part);
    }
}

static ASYNC void receive_response(struct job *job, struct response *response, double patience)
{
    struct http_message *message = &response->message;
    size_t begin = 0, end = 0;
    bool has_begun = false;

    while (!message->complete) {
        if (begin == end) {
            begin = 0;
            FAIL_AFTER(patience)
                end = AWAIT(brio_receive(response->server, response->input, sizeof response->input));
        }
        bool is_end = end == 0;
        begin += http_message_parse(message, response->input + begin, end - begin);
        if (is_end && !message->complete)
            RAISE(BRIO_EINCOMPLETE, "%s: the server ended the connection", job->url);
        if (message->refused)
            RAISE(EPROTO, "%s: that is no HTTP/1.1", job->url);
        if (message->head_complete && !has_begun) {
            AWAIT(begin_body(job, response));
            has_begun = true;
        }
        if (response->file && message->body_size > 0)
            AWAIT(write_body(job, response));
    }
}

/* Asks one server. 200, also when what is there was all already; or where it redirects to, in `url`. */
static ASYNC int ask(struct job *job, char *url, double patience)
{
    struct place place;
    struct response response = {.server = NULL};
    intmax_t total;
    time_t modified;

    if (!split_url(url, &place))
        RAISE(EINVAL, "%s: no http URL", url);
    http_message_init(&response.message, HTTP_RESPONSE);
    FAIL_AFTER(patience)
        response.server = AWAIT(brio_connect_tcp(place.host, place.service, NULL));
    DEFER AWAIT(brio_close(response.server));
    AWAIT(send_request(job, response.server, &place));
    DEFER {
        AWAIT(brio_close(response.file));
        if (response.file && http_parse_date(response.message.fields[HTTP_LAST_MODIFIED], &modified))
            AWAIT_THREAD(set_date(job->part, modified));
    }
    AWAIT(receive_response(job, &response, patience));

    int status = response.message.parser.status_code;
    switch (status) {
    case HTTP_STATUS_OK: case HTTP_STATUS_PARTIAL_CONTENT: return HTTP_STATUS_OK;
    case HTTP_STATUS_MOVED_PERMANENTLY: case HTTP_STATUS_FOUND: case HTTP_STATUS_SEE_OTHER: case HTTP_STATUS_TEMPORARY_REDIRECT:
    case HTTP_STATUS_PERMANENT_REDIRECT:
        if (!follow(url, response.message.fields[HTTP_LOCATION]))
            RAISE(EPROTO, "%s: redirected to nowhere", job->url);
        return status;
    case HTTP_STATUS_RANGE_NOT_SATISFIABLE:
        if (sscanf(response.message.fields[HTTP_CONTENT_RANGE], "bytes */%jd", &total) == 1 && total == job->got)
            return HTTP_STATUS_OK;
        AWAIT_THREAD(unlink(job->part));
        RAISE(EAGAIN, "%s: what is there does not fit", job->url);
    default: RAISE(status >= 500 ? EAGAIN : ENOENT, "%s: %d %s", job->url, status, http_status_str((enum http_status)status));
    }
}

static ASYNC void attempt(struct job *job, double patience)
{
    char url[HTTP_LONGEST_TARGET];

    if (snprintf(url, sizeof url, "%s", job->url) >= HTTP_LONGEST_TARGET)
        RAISE(EINVAL, "the URL is too long");
    for (int redirects = 0; AWAIT(ask(job, url, patience)) != HTTP_STATUS_OK; redirects++)
        if (redirects == MOST_REDIRECTS)
            RAISE(ELOOP, "%s: too many redirects", job->url);
    if (AWAIT_THREAD(rename(job->part, job->name)) < 0)
        RAISE(EIO, "%s cannot be renamed", job->part);
}

/* ---- a file ---- */

static void note_failure(struct job *job, const struct brio_error *error)
{
    while (error->cause)
        error = error->cause; /* where it began says most */
    snprintf(job->why, sizeof job->why, "%s", error->message);
}

/* Tries until it is there, or something has happened that is no use to try again, or the deadline has passed. */
static ASYNC void insist(struct downloads *downloads, struct job *job)
{
    FAIL_AFTER(downloads->deadline) {
        for (double pause = 0.1;; pause = pause < 5 ? pause * 2 : pause) {
            job->attempts++;
            TRY {
                AWAIT(attempt(job, downloads->patience));
                return;
            } CATCH (e, BRIO_EBROKEN, BRIO_EINCOMPLETE, BRIO_ERESOLVE, ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, ETIMEDOUT, EAGAIN) {
                note_failure(job, e);
            }
            AWAIT(brio_sleep(pause));
        }
    }
}

static ASYNC void download(struct downloads *downloads, struct job *job)
{
    HOLD(&downloads->limiter) {
        job->state = UNDER_WAY;
        DEFER {
            if (job->state == UNDER_WAY) /* cancelled */
                unlink(job->part);
        }
        TRY {
            AWAIT(insist(downloads, job));
            job->state = COMPLETE;
        } CATCH (e) {
            job->state = FAILED;
            if (e->code != ETIMEDOUT || job->why[0] == '\0')
                note_failure(job, e);
            if (downloads->fail_fast)
                RERAISE();
        }
    }
}

/* ---- all of them ---- */

static ASYNC void show_progress(const struct downloads *downloads)
{
    double start = brio_now();

    DEFER fputs("\r\033[K", stderr);
    for (;;) {
        intmax_t got = 0;
        int complete = 0;

        for (int i = 0; i < downloads->count; i++) {
            got += downloads->jobs[i].got;
            complete += downloads->jobs[i].state == COMPLETE;
        }
        double seconds = brio_now() - start, megabytes = (double)got / 1e6;
        fprintf(stderr, "\r\033[K%d of %d complete, %.1f MB, %.1f MB/s", complete, downloads->count, megabytes,
                seconds > 0 ? megabytes / seconds : 0);
        AWAIT(brio_sleep(0.2));
    }
}

static void on_interrupt(struct ev_loop *loop, ev_signal *watcher, int events)
{
    (void)loop, (void)events;
    brio_scope_cancel(watcher->data, "interrupted");
}

/* True: interrupted. */
static ASYNC bool download_all(struct downloads *downloads)
{
    ev_signal interrupt;

    CANCEL_SCOPE(everything) {
        ev_signal_init(&interrupt, on_interrupt, SIGINT);
        interrupt.data = everything;
        ev_signal_start(downloads->loop, &interrupt);
        DEFER ev_signal_stop(downloads->loop, &interrupt);
        TRY {
            NURSERY(n) {
                if (isatty(STDERR_FILENO))
                    SPAWN(n, show_progress(downloads), .daemon = true);
                for (int i = 0; i < downloads->count; i++)
                    SPAWN(n, download(downloads, &downloads->jobs[i]), .name = downloads->jobs[i].url);
            }
        } CATCH (e) {
            if (!downloads->fail_fast)
                RERAISE();
        }
    }
    return everything->cancelled_caught;
}

/* Returns how many are complete. */
static int sum_up(const struct downloads *downloads, double seconds)
{
    static const char *const states[] = {"not begun", "not complete", "complete", "failed"};
    intmax_t bytes = 0;
    int complete = 0;

    for (int i = 0; i < downloads->count; i++) {
        const struct job *job = &downloads->jobs[i];
        printf("%s: %s, %jd bytes", job->name, states[job->state], job->got);
        if (job->attempts > 1)
            printf(", %d attempts", job->attempts);
        if (job->state == FAILED)
            printf(": %s", job->why);
        putchar('\n');
        bytes += job->got;
        complete += job->state == COMPLETE;
    }
    printf("%d of %d files, %jd bytes in %.1f s\n", complete, downloads->count, bytes, seconds);
    return complete;
}

static ASYNC int run_downloads(struct downloads *downloads)
{
    double start = brio_now();
    bool interrupted = AWAIT(download_all(downloads));
    int complete = sum_up(downloads, brio_now() - start);

    return interrupted ? 130 : complete < downloads->count;
}

/* The jobs, which the caller frees, or NULL. */
static struct job *make_jobs(char **urls, int count)
{
    struct job *jobs = calloc((size_t)count, sizeof *jobs);

    for (int i = 0; jobs && i < count; i++) {
        jobs[i].url = urls[i];
        jobs[i].total = -1;
        bool taken = !choose_name(&jobs[i]);
        if (taken)
            fprintf(stderr, "%s: no http URL\n", urls[i]);
        for (int j = 0; j < i && !taken; j++) {
            taken = strcmp(jobs[j].name, jobs[i].name) == 0;
            if (taken)
                fprintf(stderr, "%s would be written to twice\n", jobs[i].name);
        }
        if (taken) {
            free(jobs);
            return NULL;
        }
    }
    return jobs;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"patience", 1, NULL, 'p'}, {"deadline", 1, NULL, 't'}, {"fail-fast", 0, NULL, 'f'}, {NULL, 0, NULL, 0},
    };
    struct downloads downloads = {.patience = 20, .deadline = 600};
    const char *folder = ".";
    long at_once = 4;
    bool usable = true;

    for (int option; (option = getopt_long(argc, argv, "j:d:", options, NULL)) != -1;) {
        switch (option) {
        case 'j': at_once = atol(optarg); break;
        case 'd': folder = optarg; break;
        case 'p': downloads.patience = atof(optarg); break;
        case 't': downloads.deadline = atof(optarg); break;
        case 'f': downloads.fail_fast = true; break;
        default: usable = false;
        }
    }
    downloads.count = argc - optind;
    if (!usable || downloads.count == 0 || at_once < 1) {
        fprintf(stderr, "usage: %s [-j AT-ONCE] [-d FOLDER] [--patience SECONDS] [--deadline SECONDS] [--fail-fast] URL …\n", argv[0]);
        return 2;
    }
    if (chdir(folder) < 0) {
        perror(folder);
        return 1;
    }
    brio_limiter_init(&downloads.limiter, (size_t)at_once);
    downloads.jobs = make_jobs(argv + optind, downloads.count);
    downloads.loop = ev_loop_new(EVFLAG_AUTO);
    if (!downloads.jobs || !downloads.loop)
        return 2;

    int result = 1;
    struct brio_options run_options = {.loop = downloads.loop};
    if (RUN_INTO(&run_options, &result, run_downloads(&downloads)) != 0)
        result = 1;
    ev_loop_destroy(downloads.loop);
    free(downloads.jobs);
    return result;
}
