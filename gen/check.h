/* check.h - what the language refuses, and what it warns of. */
#ifndef GEN_CHECK_H
#define GEN_CHECK_H

#include "parse.h"

/* Of every function whose body was parsed, ASYNC or plain. */
void check_function(struct unit *unit, struct function *function);
/* Of every declaration in whose specifiers ASYNC or ASYNC_LEAF stands; the parser calls it. */
void check_async_declaration(struct unit *unit, const struct node *specs, const struct node *declarator);
/* Of every declaration at file scope that was parsed and is no function's definition. */
void check_file_declaration(struct unit *unit, const struct node *declaration);

#endif
