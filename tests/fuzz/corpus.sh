#!/bin/sh
# corpus.sh FOLDER - what the fuzzer begins with: the sources of tests/gen as briogen sees them, without what their headers bring. Every one that
# the generator takes, or refuses, is a way through it.
#   CC   the compiler that preprocesses (gcc)
set -u
: "${CC:=gcc}"
top=$(cd "$(dirname "$0")/../.." && pwd)
mkdir -p "$1" || exit 1

# Only the lines that come from the file itself, with a marker at the head.
own_lines()
{
    awk -v name="$1" '
        /^# [0-9]+ "/ { own = index($0, "\"" name "\"") > 0; next }
        own && NF { print }'
}

for folder in accept reject run; do
    cd "$top/tests/gen/$folder" || exit 1
    for source in *.c; do
        $CC -std=gnu11 -w -I"$top/include" -I. -E -DBRIO_GENERATOR "$source" 2>/dev/null | own_lines "$source" >"$1/$folder-$source"
    done
done
