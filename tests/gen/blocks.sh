#!/bin/sh
# blocks.sh [COUNT [SEED]] - random programs of nested blocks (blocks.c) against what they have to print: COUNT of them (50), from SEED (1) on.
#   BRIOCC, CC, CFLAGS, BRIO_FLAGS   as for run.sh
#   KEEP                             a folder where programs that fail are kept
# Prints TAP.
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../support/tap.sh"
top=$(cd "$here/../.." && pwd)
count=${1:-50} seed=${2:-1}
: "${BRIOCC:=$top/build/gen/briocc gcc}" "${CC:=gcc}" "${CFLAGS:=-O1 -g}"
: "${BRIO_FLAGS:=-I$top/include -L$top/build/src -Wl,-rpath,$top/build/src -lbrio -lev}"
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
$CC -std=gnu11 "$here/blocks.c" -o "$work/blocks" || exit 1

prints_what_it_should()
{
    "$work/blocks" "$1" program >"$work/program.c" && "$work/blocks" "$1" expected >"$work/expected" || return 1
    # shellcheck disable=SC2086
    $BRIOCC -std=gnu11 -w $CFLAGS "$work/program.c" -o "$work/program" $BRIO_FLAGS || return 1
    timeout 20 "$work/program" >"$work/actual" || { echo "exit status $?"; return 1; }
    diff "$work/expected" "$work/actual"
}

last=$((seed + count))
while [ "$seed" -lt "$last" ]; do
    prints_what_it_should "$seed" >"$work/log" 2>&1 && tap_ok "seed $seed" || {
        tap_not_ok "seed $seed" "$work/log"
        [ -z "${KEEP-}" ] || { mkdir -p "$KEEP" && cp "$work/program.c" "$KEEP/$seed.c" && cp "$work/expected" "$KEEP/$seed.expected"; }
    }
    seed=$((seed + 1))
done
tap_done
