#!/bin/sh
# csmith.sh [COUNT [SEED]] - random programs, run as plain C and again with every function made ASYNC, every call an AWAIT and a checkpoint
# after each statement: both must print the same. Needs csmith and its headers; COUNT programs (20) from SEED (1) on.
#   BRIOCC, CC, CFLAGS, BRIO_FLAGS   as for run.sh
#   KEEP                             a folder where programs that fail are kept
# Prints TAP.
set -u
. "$(dirname "$0")/../support/tap.sh"
count=${1:-20} seed=${2:-1}
: "${BRIOCC:=briocc gcc}" "${CC:=gcc}" "${CFLAGS:=-O1}" "${BRIO_FLAGS:=$(pkg-config --cflags --libs brio)}"
headers=$(dirname "$(find /usr/include /usr/local/include -name csmith.h 2>/dev/null | head -n 1)")
if ! command -v csmith >/dev/null || [ ! -f "$headers/csmith.h" ]; then
    echo "1..0 # SKIP no csmith"
    exit 0
fi
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
cd "$work" || exit 1

# Statements stand on lines of their own, those without braces are jumps; macros turn the calls into AWAITs.
make_async()
{
    sed -E '
        1i #include <brio.h>\
static ASYNC void step(void) { static unsigned steps; if (++steps % 3 == 0) AWAIT(brio_checkpoint()); }
        s/^(static .*[ *])func_([0-9]+)(\(.*\);?)$/ASYNC \1async_\2\3/
        /--- FUNCTIONS ---/,/^int main/ {
            /^ .*;$/ { /^ *(return|break|continue|goto)/! s/$/ AWAIT(step());/ }
        }
        /^int main/,$ s/func_([0-9]+)\(\);/RUN(NULL, async_\1());/
        /--- FUNCTIONS ---/ r calls' "$1"
}

# 0: the same; 1: not; 2: the program is of no use, since it runs too long.
differs_not()
{
    csmith --seed "$1" --max-funcs 5 --max-block-depth 4 --no-packed-struct -o plain.c || return 2
    sed -nE 's/^static .*[ *]func_([0-9]+)\(.*\);$/#define func_\1(...) AWAIT(async_\1(__VA_ARGS__))/p' plain.c >calls
    make_async plain.c >async.c
    # shellcheck disable=SC2086
    $CC -std=gnu11 -w $CFLAGS -I"$headers" plain.c -o plain || return 1
    timeout 1 ./plain >expected || return 2
    # shellcheck disable=SC2086
    timeout 300 $BRIOCC -std=gnu11 -w $CFLAGS -I"$headers" async.c -o async $BRIO_FLAGS || return 1
    timeout 120 ./async >actual || { echo "status $?"; return 1; }
    diff expected actual
}

last=$((seed + count))
while [ "$seed" -lt "$last" ]; do
    differs_not "$seed" >log 2>&1
    case $? in
    0) tap_ok "seed $seed" ;;
    2) tap_skip "seed $seed" "runs too long" ;;
    *)
        tap_not_ok "seed $seed" log
        [ -z "${KEEP-}" ] || { mkdir -p "$KEEP" && cp plain.c "$KEEP/$seed.plain.c" && cp async.c "$KEEP/$seed.async.c"; }
        ;;
    esac
    seed=$((seed + 1))
done
tap_done
