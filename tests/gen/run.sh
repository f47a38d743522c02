#!/bin/sh
# Runs the programs of tests/gen/run: each is compiled as plain C, whose output is the truth, and through briocc, whose output must be the same.
#
# usage: run.sh [--bless] [name …]
#   BRIOCC      the launcher with its compiler (default: build/gen/briocc gcc, from the top folder)
#   BRIO_FLAGS  what an ASYNC program needs to compile and link (default: those of build/)
#   CFLAGS      for both (default: -O1 -g)
#   RUNNER      put in front of the program that went through briocc, e.g. valgrind -q --error-exitcode=9
#   --bless     writes the .expected files from plain C; they are compared with it otherwise
# Prints TAP.
. "$(dirname "$0")/setup.sh"
: "${BRIOCC:=$top/build/gen/briocc gcc}" "${CFLAGS:=-O1 -g}" "${RUNNER:=}"
: "${BRIO_FLAGS:=-I$top/include -L$top/build/src -Wl,-rpath,$top/build/src -lbrio -lev}"
bless=false
[ "${1-}" = --bless ] && bless=true && shift
# shellcheck disable=SC2046
[ $# -gt 0 ] || set -- $(cd "$here/run" && ls ./*.c | sed 's|^\./||; s|\.c$||')

# Plain C, unless the file says that its order is ours.
is_plain()
{
    ! grep -q 'expected: by hand' "$here/run/$1.c"
}

# A file's first line may say "std: …".
standard_of()
{
    standard=$(sed -n '1s/.*std: \([a-z0-9]*\).*/\1/p' "$here/run/$1.c")
    echo "-std=${standard:-gnu11}"
}

run_plain()
{
    # shellcheck disable=SC2086
    $CC $(standard_of "$1") -w $CFLAGS -DPLAIN "$here/run/$1.c" -o "$work/plain" -lm && "$work/plain" >"$work/truth" || return 1
    if $bless; then
        cp "$work/truth" "$here/run/$1.expected"
    else
        diff -u "$here/run/$1.expected" "$work/truth"
    fi
}

run_generated()
{
    # shellcheck disable=SC2086
    $BRIOCC $(standard_of "$1") -w $CFLAGS "$here/run/$1.c" -o "$work/generated" $BRIO_FLAGS -lm || return 1
    $RUNNER "$work/generated" >"$work/actual" || { echo "exit status $?"; diff -u "$here/run/$1.expected" "$work/actual" | head -n 10; return 1; }
    diff -u "$here/run/$1.expected" "$work/actual"
}

# Versions of C that the compiler does not have are no case.
is_known()
{
    case $(standard_of "$1") in
    -std=gnu11) return 0 ;;
    esac
    # shellcheck disable=SC2086
    $CC $(standard_of "$1") -w $CFLAGS -DPLAIN -fsyntax-only "$here/run/$1.c" 2>/dev/null
}

for name; do
    is_known "$name" || { tap_skip "$name" "$CC does not know its version of C"; continue; }
    ! is_plain "$name" || check "$name as plain C" run_plain "$name"
    $bless || check "$name" run_generated "$name"
done
tap_done
