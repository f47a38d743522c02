/* source.h - the original files that line markers name. */
#ifndef GEN_SOURCE_H
#define GEN_SOURCE_H

#include "lex.h"

/* Line `line` (from 1) of the file, without its newline; NULL if the file cannot be read or has no such line. */
const char *source_line(struct unit *unit, uint32_t file, uint32_t line, size_t *length);
/* The column at which `offset` bytes of a line end, from 1: tabs go to the next multiple of 8, a UTF-8 character counts one. */
uint32_t source_column(const char *line, size_t offset);

#endif
