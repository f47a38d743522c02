#!/bin/sh
# debugger.sh - what gdb and gcov see of a program in the language: the user's lines, names and locals. Prints TAP.
#   BRIOCC, BRIO_FLAGS   as for run.sh; gcc alone
set -u
. "$(dirname "$0")/../support/tap.sh"
: "${BRIOCC:=briocc gcc}" "${BRIO_FLAGS:=$(pkg-config --cflags --libs brio)}"
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
cd "$work" || exit 1

cat >program.c <<'END'
#include <brio.h>
#include <stdio.h>

static ASYNC int half(int number)
{
    int before = number + 1;
    double ratio = 0.5;
    AWAIT(brio_sleep(0.001));
    int after = before * 2;
    return after + (int)ratio;
}

static ASYNC void app(void)
{
    int total = 0;
    for (int i = 0; i < 2; i++) {
        int value = AWAIT(half(i));
        total += value;
    }
    if (total < 0)
        puts("never");
    printf("%d\n", total);
}

int main(void)
{
    return RUN(NULL, app());
}
END

debug()
{
    out=$1
    shift
    gdb -q -batch -nx "$@" ./program >"$out" 2>&1
}

has()
{
    grep -qE "$2" "$1" || { cat "$1"; return 1; }
}

if command -v gdb >/dev/null; then
    # shellcheck disable=SC2086
    check "compiles with -g -O0" $BRIOCC -g -O0 program.c -o program $BRIO_FLAGS
    debug stop -ex 'break program.c:9' -ex run -ex 'info locals' -ex 'print number' -ex backtrace
    check "a breakpoint behind an AWAIT stops there" has stop 'half \(number=.*\) at program\.c:9'
    check "locals that lived across it have their values" has stop '^before = 1$'
    check "and those of other types" has stop '^ratio = 0\.5$'
    debug step -ex 'break program.c:17' -ex run -ex next -ex next -ex next
    check "next over an AWAIT that suspends leaves the function by its line" has step '^17'
    debug name -ex 'break half' -ex run -ex 'info args'
    check "a breakpoint on the name shows the arguments" has name '^number = 0$'
    # shellcheck disable=SC2086
    check "compiles with -g -O2" $BRIOCC -g -O2 program.c -o program $BRIO_FLAGS
    debug optimized -ex 'break program.c:18' -ex run -ex backtrace
    check "a breakpoint works at -O2" has optimized 'app \(.*\) at program\.c:1[78]'
else
    tap_skip "gdb" "not installed"
fi

# What a profiler shows beside the instructions: the sources' lines, and none of what stands in temporary files.
user_lines()
{
    objdump -dl --no-show-raw-insn "$1" | awk '/^[0-9a-f]+ </ { ours = /<(half|app)(\.[a-z0-9.]*)?>/ } ours && /^\/.*:[0-9]+/ { print $1 }' | sort -u >lines
    grep -q 'program\.c:8$' lines && grep -q 'program\.c:17$' lines && ! grep -q briocc lines || { cat lines; return 1; }
}
# shellcheck disable=SC2086
check "compiles with -g -O2 -c" $BRIOCC -g -O2 -c program.c -o program.o $BRIO_FLAGS
check "instructions belong to the user's lines at -O2" user_lines program.o

case $BRIOCC in
*gcc|*cc)
    # shellcheck disable=SC2086
    check "compiles with --coverage" $BRIOCC --coverage -O0 -c program.c -o program.o $BRIO_FLAGS
    # shellcheck disable=SC2086
    check "links with --coverage" $BRIOCC --coverage program.o -o program $BRIO_FLAGS
    check "runs" ./program
    gcov program.o >gcov.log 2>&1
    check "gcov counts the user's lines" has program.c.gcov '^ +2\*?: +18: +total \+= value;'
    check "and knows which were not run" has program.c.gcov '#####: +21:'
    ;;
esac
tap_done
