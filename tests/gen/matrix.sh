#!/bin/sh
# matrix.sh [--quick] [NAME …] - the programs of run/ with the compilers, levels of optimization and versions of C that users have: each must
# print what it has to, and its generated text must bring no warning that the same source as plain C does not bring.
#   --quick      three of these instead of all
#   COMPILERS    gcc and clang, as far as they are there
#   STANDARDS    c11 gnu11 gnu17 gnu2x
#   BRIOCC       the launcher, of which the first word counts (default: build/gen/briocc); BRIO_FLAGS as for run.sh
# Prints TAP.
. "$(dirname "$0")/setup.sh"
: "${BRIOCC:=$top/build/gen/briocc}" "${COMPILERS:=gcc clang}" "${STANDARDS:=c11 gnu11 gnu17 gnu2x}"
launcher=${BRIOCC%% *}
: "${BRIO_FLAGS:=-I$top/include -L$top/build/src -Wl,-rpath,$top/build/src -lbrio -lev}"
quick=false
[ "${1-}" = --quick ] && quick=true && shift
cd "$here/run" || exit 1
# shellcheck disable=SC2046
[ $# -gt 0 ] || set -- $(ls ./*.c | sed 's|^\./||; s|\.c$||')

strict="-Wall -Wextra -Wshadow -Wconversion -Wno-brio-never-suspends"

# Which warnings stand in which lines.
warnings()
{
    sed -nE 's/^([^ :]+\.[ch]:[0-9]+):[0-9]+: (warning|error): .*(\[-W[a-z0-9=+-]*\])$/\1 \3/p' "$1" | sort -u
}

# COMPILER FLAGS NAME: the warnings about it as plain C; none where it has no form as plain C. Preprocessed first, since in macros they stand
# elsewhere.
warn_plain()
{
    : >"$work/plain.warnings"
    grep -q 'plain C has none' "$3.c" && return
    flags=$(echo "$2" | sed 's/-Wno-brio-[a-z-]*//g')
    # shellcheck disable=SC2086
    $1 $flags -DPLAIN -E "$3.c" -o "$work/plain.i" && $1 $flags -c "$work/plain.i" -o "$work/plain.o" 2>"$work/plain.log" || return 1
    warnings "$work/plain.log" >"$work/plain.warnings"
}

compiles_and_runs()
{
    # What is no C of this version is no case.
    warn_plain "$@" || { echo "plain C does not compile" >"$work/skip"; return 0; }
    # shellcheck disable=SC2086
    "$launcher" $1 $2 "$3.c" -o "$work/generated" $BRIO_FLAGS -lm 2>"$work/generated.log" || { cat "$work/generated.log"; return 1; }
    warnings "$work/generated.log" | comm -23 - "$work/plain.warnings" >"$work/new.warnings"
    if [ -s "$work/new.warnings" ]; then
        cat "$work/new.warnings" "$work/generated.log"
        return 1
    fi
    "$work/generated" >"$work/actual" || { echo "exit status $?"; return 1; }
    diff "$3.expected" "$work/actual"
}

check_case()
{
    rm -f "$work/skip"
    if compiles_and_runs "$@" >"$work/log" 2>&1; then
        if [ -f "$work/skip" ]; then tap_skip "$3: $1 $label" "$(cat "$work/skip")"; else tap_ok "$3: $1 $label"; fi
    else
        tap_not_ok "$3: $1 $label" "$work/log"
    fi
}

for compiler in $COMPILERS; do
    command -v "$compiler" >/dev/null || continue
    extra=
    [ "$compiler" = gcc ] && extra=-Wjump-misses-init
    for standard in $STANDARDS; do
        for level in -O0 -O2 "-O3 -flto"; do
            if $quick; then
                case $compiler-$standard$level in
                gcc-c11-O2 | gcc-gnu2x-O0 | clang-gnu2x-O2) ;;
                *) continue ;;
                esac
            fi
            label="-std=$standard $level"
            for name; do
                check_case "$compiler" "-std=$standard $level $strict $extra" "$name"
            done
        done
    done
done
tap_done
