#!/bin/sh
# columns.sh - the compiler's warnings and errors about the user's text stand in the user's lines and columns, whether the text went through the
# generator or not. Prints TAP.
#   BRIOCC, CC, BRIO_FLAGS   as for run.sh
. "$(dirname "$0")/setup.sh"
: "${BRIOCC:=$top/build/gen/briocc gcc}"
: "${BRIO_FLAGS:=-I$top/include}"
cd "$work" || exit 1

cat >warnings.c <<'END'
#ifdef PLAIN
#define ASYNC
#define AWAIT(...) __VA_ARGS__
#else
#include <brio.h>
#endif

#define TWICE(x) ((x) + (x))

ASYNC int fetch(int number);
ASYNC void flush(void);
int printf(const char *format, ...);

ASYNC int entry(int count, const char *text, long wide)
{
    unsigned limit = 3;
    int first = AWAIT(fetch(count)), second = 0;
    char narrow = 0;

    for (int i = 0; i < limit; i++) {
        narrow = count * wide + AWAIT(fetch(i));
        if (first = second)
            AWAIT(flush());
    }
	narrow	=	wide,	AWAIT(flush());
    AWAIT(fetch("one"));
    first = AWAIT(fetch("two")); second = wide + AWAIT(fetch(wide));
    if (AWAIT(fetch(1)) & 1 == count)
        narrow = wide;
    switch (AWAIT(fetch(2))) {
    case 1:
        narrow = 300;
    case 2:
        first = AWAIT(fetch(wide)) == limit;
    }
    {
        int inner = AWAIT(fetch(4)), unused;
        second += inner;
    }
    int array[4] = {AWAIT(fetch(5)), wide}, *pointer;
    pointer = &limit;
    AWAIT(fetch(array[0]));
    return narrow + *pointer + array[AWAIT(fetch(7))] == text;
}
END
cat >errors.c <<'END'
#ifdef PLAIN
#define ASYNC
#define AWAIT(...) __VA_ARGS__
#else
#include <brio.h>
#endif

ASYNC int fetch(int number);

ASYNC int entry(int count, const char *text)
{
    int first = AWAIT(fetch(count)) + unknown;
    AWAIT(fetch(1, 2));
    text->member = AWAIT(fetch(count->other));
    if (AWAIT(fetch())) return first *    text;
    *count = AWAIT(fetch(3));
    return AWAIT(fetch(&first + &first)) + 1;
}
END

flags="-Wall -Wextra -Wconversion -Wno-implicit-fallthrough -Wno-return-type"

# Each message once, with its place; notes aside.
messages()
{
    grep -E '^[a-z]+\.c:[0-9]+:[0-9]+: (warning|error): ' "$1" | sort -u
}

same_messages()
{
    # shellcheck disable=SC2086
    $CC -std=gnu11 $flags -DPLAIN -c "$1" -o /dev/null 2>plain.log
    # shellcheck disable=SC2086
    $BRIOCC -std=gnu11 $flags $BRIO_FLAGS -c "$1" -o /dev/null 2>generated.log
    messages plain.log >plain
    messages generated.log >generated
    [ -s plain ] && diff plain generated
}

check "warnings stand where they stand in plain C" same_messages warnings.c
check "errors do" same_messages errors.c
tap_done
