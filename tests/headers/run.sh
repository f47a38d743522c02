#!/bin/sh
# run.sh INCLUDE COMPILER… - every public header compiles alone, in C11 and in C++17, with and without short names, and as the generator sees
# it; there is no warning, and none defines anything that a linker sees.
include=$1
shift
. "$(dirname "$0")/../support/tap.sh"

# The header's name below INCLUDE, then compiler and flags.
compiles()
{
    header=$1
    shift
    echo "#include <$header>" | "$@" -Wall -Wextra -Werror -I "$include" -fsyntax-only -
}

# Whatever inline means in the dialect: else two sources that include it would not link.
defines_nothing()
{
    object=$(mktemp) || return 1
    (cd "$include" && find . -name '*.h' | sed 's|^\./\(.*\)|#include <\1>|') | "$@" -O0 -I "$include" -x c -c -o "$object" - &&
        names=$(nm -g --defined-only "$object")
    status=$?
    rm -f "$object"
    [ $status -eq 0 ] && [ -z "$names" ] || { echo "$names"; return 1; }
}

for compiler; do
    case $compiler in
    *clang) plus=$compiler++ ;;
    *) plus=$(echo "$compiler" | sed 's/gcc/g++/') ;;
    esac
    for standard in gnu89 gnu99 c11 gnu17; do
        check "nothing is defined by headers, $compiler, $standard" defines_nothing "$compiler" -std=$standard
    done
    for header in $(cd "$include" && find . -name '*.h' | sed 's|^\./||' | sort); do
        check "$header, $compiler, C11" compiles "$header" "$compiler" -x c -std=c11
        check "$header, $compiler, C11, long names" compiles "$header" "$compiler" -x c -std=c11 -DBRIO_NO_SHORT_NAMES
        check "$header, $compiler, for the generator" compiles "$header" "$compiler" -x c -std=gnu11 -DBRIO_GENERATOR \
            -D__brio_async= -D__brio_async_leaf=
        if command -v "$plus" >/dev/null; then
            check "$header, $plus, C++17" compiles "$header" "$plus" -x c++ -std=c++17
        else
            tap_skip "$header, $plus, C++17" "no $plus"
        fi
    done
done
tap_done
