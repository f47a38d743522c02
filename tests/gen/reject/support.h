/* support.h - what the sources here need, without the library. */
#include <stddef.h>

#include <brio/language.h>

ASYNC_LEAF void brio_sleep(double seconds);
