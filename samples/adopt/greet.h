#ifndef GREET_H
#define GREET_H

#include <brio.h>

/* Greets `name` after `seconds`. Returns how many have been greeted. */
ASYNC int greet(const char *name, double seconds);

#endif
