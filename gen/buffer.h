/* buffer.h - text that grows. */
#ifndef GEN_BUFFER_H
#define GEN_BUFFER_H

#include <stdarg.h>
#include <stddef.h>

struct buffer {
    char *text; /* NUL-terminated once something was added */
    size_t length, room;
};

void buffer_add(struct buffer *buffer, const char *text, size_t length);
void buffer_puts(struct buffer *buffer, const char *text);
void buffer_printf(struct buffer *buffer, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buffer_free(struct buffer *buffer);

#endif
