#include "buffer.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"

static void make_room(struct buffer *buffer, size_t more)
{
    size_t need = buffer->length + more + 1;
    if (need <= buffer->room)
        return;
    size_t room = buffer->room ? buffer->room : 256;
    while (room < need)
        room *= 2;
    buffer->text = checked_realloc(buffer->text, room);
    buffer->room = room;
}

void buffer_add(struct buffer *buffer, const char *text, size_t length)
{
    make_room(buffer, length);
    if (length)
        memcpy(buffer->text + buffer->length, text, length);
    buffer->length += length;
    buffer->text[buffer->length] = '\0';
}

void buffer_puts(struct buffer *buffer, const char *text)
{
    buffer_add(buffer, text, strlen(text));
}

void buffer_printf(struct buffer *buffer, const char *format, ...)
{
    make_room(buffer, 128);
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(buffer->text + buffer->length, buffer->room - buffer->length, format, arguments);
    va_end(arguments);
    assert(length >= 0);
    if ((size_t)length >= buffer->room - buffer->length) {
        make_room(buffer, (size_t)length);
        va_start(arguments, format);
        vsnprintf(buffer->text + buffer->length, buffer->room - buffer->length, format, arguments);
        va_end(arguments);
    }
    buffer->length += (size_t)length;
}

void buffer_free(struct buffer *buffer)
{
    free(buffer->text);
    *buffer = (struct buffer){0};
}
