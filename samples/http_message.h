/* http_message.h - a message of HTTP/1.1, a request for a file or a response, taken in as its bytes come. Plain C, over http-parser.
 *
 * Nothing here waits, so the generator has nothing to do with it: http_server.c and downloader.c call it like any other library.
 */
#ifndef HTTP_MESSAGE_H
#define HTTP_MESSAGE_H

#include <http_parser.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

enum { HTTP_LONGEST_TARGET = 2048, HTTP_LONGEST_VALUE = 512 };

/* The header fields that somebody asks for. */
enum http_field { HTTP_RANGE, HTTP_IF_RANGE, HTTP_IF_MODIFIED_SINCE, HTTP_LOCATION, HTTP_LAST_MODIFIED, HTTP_CONTENT_RANGE, HTTP_FIELDS };

struct http_message {
    http_parser parser; /* method, status_code and the like are read here */
    char target[HTTP_LONGEST_TARGET];
    char fields[HTTP_FIELDS][HTTP_LONGEST_VALUE]; /* "": not there */
    bool head_complete, complete;
    enum http_status refused; /* why it is not taken in any further; 0: it is */
    intmax_t body_length;     /* as the head tells it; -1: it does not */
    const char *body;         /* of a response: what the last call has found of it, in the caller's bytes */
    size_t body_size;

    /* Private. */
    char name[32];
    bool in_value;
    int hosts;
};

void http_message_init(struct http_message *message, enum http_parser_type type);
/* Takes in some bytes and returns how many. Stops behind the message, behind each piece of a body, and where the message is refused. A
 * size of 0 says that nothing follows. */
size_t http_message_parse(struct http_message *message, const char *data, size_t size);

/* Decodes the path of a target, which is never longer than that. 200, or 400. */
enum http_status http_decode_path(const char *target, char *path);
/* "bytes=100-199", "bytes=100-" or "bytes=-100" of so many bytes. 206 with the first and their number, 416, or 200 for whatever else. */
enum http_status http_parse_range(const char *text, intmax_t size, intmax_t *first, intmax_t *length);
/* "Sun, 06 Nov 1994 08:49:37 GMT". */
enum { HTTP_DATE_ROOM = 64 };
const char *http_date_text(time_t time, char text[HTTP_DATE_ROOM]);
bool http_parse_date(const char *text, time_t *time);

#endif
