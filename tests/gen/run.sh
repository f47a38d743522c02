#!/bin/sh
# Runs the programs of tests/gen/run: each is compiled as plain C, whose output is the truth, and through briocc, whose output must be the same.
#
# usage: run.sh [--bless] [name …]
#   BRIOCC  the launcher with its compiler (default: build/briocc gcc, from the top folder)
#   BRIO_FLAGS  what an ASYNC program needs to compile and link (default: -Iinclude -Lbuild -Wl,-rpath,build -lbrio -lev)
#   CFLAGS  for both (default: -O1 -g)
#   RUNNER  put in front of the program that went through briocc, e.g. valgrind -q --error-exitcode=9
#   --bless writes the .expected files from plain C; they are compared with it otherwise
# Prints TAP.
set -u
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
: "${BRIOCC:=$top/build/briocc gcc}" "${CC:=gcc}" "${CFLAGS:=-O1 -g}" "${RUNNER:=}"
: "${BRIO_FLAGS:=-I$top/include -L$top/build -Wl,-rpath,$top/build -lbrio -lev}"
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
bless=false
[ "${1-}" = --bless ] && bless=true && shift
[ $# -gt 0 ] || set -- $(cd "$here/run" && ls ./*.c | sed 's|^\./||; s|\.c$||')

number=0 failed=0
result() { # ok|not ok, name, file with details or nothing
    number=$((number + 1))
    echo "$1 $number - $2"
    [ "$1" = ok ] && return
    failed=$((failed + 1))
    [ -n "${3-}" ] && head -n 20 "$3" | sed 's/^/# /'
}

# Plain C against the expected output, unless the file says that its order is ours.
check_plain() {
    grep -q 'expected: by hand' "$here/run/$1.c" && return
    # shellcheck disable=SC2086
    if ! $CC -std=gnu11 -w $CFLAGS -DPLAIN "$here/run/$1.c" -o "$work/$1.plain" -lm 2> "$work/log" || ! "$work/$1.plain" > "$work/$1.truth"; then
        result 'not ok' "$1 as plain C" "$work/log"
    elif $bless; then
        cp "$work/$1.truth" "$here/run/$1.expected"
    elif ! diff -u "$here/run/$1.expected" "$work/$1.truth" > "$work/log"; then
        result 'not ok' "$1 as plain C" "$work/log"
    else
        result ok "$1 as plain C"
    fi
}

check_generated() {
    # shellcheck disable=SC2086
    if ! $BRIOCC -std=gnu11 -Wno-implicit-fallthrough $CFLAGS "$here/run/$1.c" -o "$work/$1" $BRIO_FLAGS -lm > "$work/log" 2>&1; then
        result 'not ok' "$1 compiles" "$work/log"
        return
    fi
    $RUNNER "$work/$1" > "$work/$1.out" 2> "$work/errors"
    code=$?
    if [ $code -ne 0 ]; then
        echo "exit code $code" >> "$work/errors"
        diff -u "$here/run/$1.expected" "$work/$1.out" | head -n 8 >> "$work/errors"
        result 'not ok' "$1" "$work/errors"
    elif ! diff -u "$here/run/$1.expected" "$work/$1.out" > "$work/log"; then
        result 'not ok' "$1" "$work/log"
    else
        result ok "$1"
    fi
}

for name; do
    check_plain "$name"
    $bless || check_generated "$name"
done
echo "1..$number"
[ $failed -eq 0 ]
