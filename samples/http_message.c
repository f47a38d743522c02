/* http_message.c - a message of HTTP/1.1 out of the callbacks of http-parser. */
#define _GNU_SOURCE /* strptime, timegm */
#include "http_message.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *const field_names[HTTP_FIELDS] = {
    [HTTP_RANGE] = "range", [HTTP_IF_RANGE] = "if-range", [HTTP_IF_MODIFIED_SINCE] = "if-modified-since",
    [HTTP_LOCATION] = "location", [HTTP_LAST_MODIFIED] = "last-modified", [HTTP_CONTENT_RANGE] = "content-range",
};

/* ---- callbacks ---- */

static bool append(char *text, size_t room, const char *more, size_t size)
{
    size_t used = strlen(text);

    if (size >= room - used)
        return false;
    memcpy(text + used, more, size);
    text[used + size] = '\0';
    return true;
}

/* Ends the parsing. */
static int refuse(struct http_message *message, enum http_status status)
{
    message->refused = status;
    return -1;
}

static int on_url(http_parser *parser, const char *text, size_t size)
{
    struct http_message *message = parser->data;

    return append(message->target, sizeof message->target, text, size) ? 0 : refuse(message, HTTP_STATUS_URI_TOO_LONG);
}

static int on_header_field(http_parser *parser, const char *text, size_t size)
{
    struct http_message *message = parser->data;

    if (message->in_value)
        message->name[0] = '\0';
    message->in_value = false;
    if (!append(message->name, sizeof message->name, text, size))
        strcpy(message->name, "?"); /* too long for any that matters */
    return 0;
}

static int on_header_value(http_parser *parser, const char *text, size_t size)
{
    struct http_message *message = parser->data;

    message->hosts += !message->in_value && strcasecmp(message->name, "host") == 0;
    message->in_value = true;
    for (int i = 0; i < HTTP_FIELDS; i++)
        if (strcasecmp(message->name, field_names[i]) == 0 && !append(message->fields[i], HTTP_LONGEST_VALUE, text, size))
            return refuse(message, HTTP_STATUS_REQUEST_HEADER_FIELDS_TOO_LARGE);
    return 0;
}

static int on_headers_complete(http_parser *parser)
{
    struct http_message *message = parser->data;
    bool has_body = parser->flags & F_CHUNKED || (parser->flags & F_CONTENTLENGTH && parser->content_length > 0);

    message->head_complete = true;
    if (parser->flags & F_CONTENTLENGTH)
        message->body_length = (intmax_t)parser->content_length;
    if (parser->http_major != 1)
        return refuse(message, HTTP_STATUS_HTTP_VERSION_NOT_SUPPORTED);
    if (parser->type == HTTP_RESPONSE)
        return 0;
    if (message->hosts != 1 && (message->hosts > 1 || parser->http_minor > 0))
        return refuse(message, HTTP_STATUS_BAD_REQUEST);
    if (parser->method != HTTP_GET && parser->method != HTTP_HEAD)
        return refuse(message, HTTP_STATUS_METHOD_NOT_ALLOWED);
    return has_body ? refuse(message, HTTP_STATUS_PAYLOAD_TOO_LARGE) : 0;
}

static int on_body(http_parser *parser, const char *data, size_t size)
{
    struct http_message *message = parser->data;

    message->body = data;
    message->body_size = size;
    http_parser_pause(parser, 1);
    return 0;
}

static int on_message_complete(http_parser *parser)
{
    struct http_message *message = parser->data;

    message->complete = true;
    http_parser_pause(parser, 1); /* what follows is the next one */
    return 0;
}

/* ---- the message ---- */

void http_message_init(struct http_message *message, enum http_parser_type type)
{
    memset(message, 0, sizeof *message);
    http_parser_init(&message->parser, type);
    message->parser.data = message;
    message->body_length = -1;
}

static enum http_status refusal_of(enum http_errno error)
{
    switch (error) {
    case HPE_HEADER_OVERFLOW: return HTTP_STATUS_REQUEST_HEADER_FIELDS_TOO_LARGE;
    case HPE_INVALID_METHOD: return HTTP_STATUS_NOT_IMPLEMENTED;
    default: return HTTP_STATUS_BAD_REQUEST;
    }
}

size_t http_message_parse(struct http_message *message, const char *data, size_t size)
{
    static const http_parser_settings settings = {
        .on_url = on_url, .on_header_field = on_header_field, .on_header_value = on_header_value,
        .on_headers_complete = on_headers_complete, .on_body = on_body, .on_message_complete = on_message_complete,
    };

    message->body_size = 0;
    if (HTTP_PARSER_ERRNO(&message->parser) == HPE_PAUSED)
        http_parser_pause(&message->parser, 0);
    size_t taken = http_parser_execute(&message->parser, &settings, data, size);
    enum http_errno error = HTTP_PARSER_ERRNO(&message->parser);
    if (error != HPE_OK && error != HPE_PAUSED && !message->refused)
        message->refused = refusal_of(error);
    return taken;
}

/* ---- what fields say ---- */

enum http_status http_decode_path(const char *target, char *path)
{
    struct http_parser_url url;

    http_parser_url_init(&url);
    if (http_parser_parse_url(target, strlen(target), 0, &url) != 0 || !(url.field_set & 1 << UF_PATH))
        return HTTP_STATUS_BAD_REQUEST;
    const char *from = target + url.field_data[UF_PATH].off, *end = from + url.field_data[UF_PATH].len;
    while (from < end) {
        *path = *from++;
        if (*path == '%') {
            if (end - from < 2 || !isxdigit((unsigned char)from[0]) || !isxdigit((unsigned char)from[1]))
                return HTTP_STATUS_BAD_REQUEST;
            *path = (char)strtol((char[]){from[0], from[1], '\0'}, NULL, 16);
            from += 2;
        }
        if (*path++ == '\0')
            return HTTP_STATUS_BAD_REQUEST;
    }
    *path = '\0';
    return HTTP_STATUS_OK;
}

enum http_status http_parse_range(const char *text, intmax_t size, intmax_t *first, intmax_t *length)
{
    intmax_t begin, last = INTMAX_MAX;
    int end = 0, numbers = sscanf(text, "bytes=%jd%n-%n%jd%n", &begin, &end, &end, &last, &end);

    if (numbers < 1 || text[end] != '\0' || last < begin || (numbers == 1 && begin >= 0 && text[end - 1] != '-'))
        return HTTP_STATUS_OK;
    if (begin < 0)
        begin = begin < -size ? 0 : size + begin;
    if (begin >= size)
        return HTTP_STATUS_RANGE_NOT_SATISFIABLE;
    *first = begin;
    *length = (last < size ? last + 1 : size) - begin;
    return HTTP_STATUS_PARTIAL_CONTENT;
}

static const char date_format[] = "%a, %d %b %Y %H:%M:%S GMT";

const char *http_date_text(time_t time, char text[HTTP_DATE_ROOM])
{
    struct tm parts;

    strftime(text, HTTP_DATE_ROOM, date_format, gmtime_r(&time, &parts));
    return text;
}

bool http_parse_date(const char *text, time_t *time)
{
    struct tm parts = {.tm_sec = 0};
    const char *end = strptime(text, date_format, &parts);

    *time = timegm(&parts);
    return end && *end == '\0';
}
