#!/bin/sh
# golden.sh [--bless] [NAME …] - accept/NAME.c against the text that briogen --no-line makes of it, accept/NAME.expected.
#   BRIOGEN, CC   the generator (default: build/gen/briogen), and the compiler that preprocesses (gcc)
#   --bless       writes the expected files anew: read the difference before you keep it
# The generated text must also compile, without a warning, unless the source says "not compiled". Prints TAP.
. "$(dirname "$0")/setup.sh"
bless=false
[ "${1-}" = --bless ] && bless=true && shift
cd "$here/accept" || exit 1
# shellcheck disable=SC2046
[ $# -gt 0 ] || set -- $(ls ./*.c | sed 's|^\./||; s|\.c$||' | grep -v '^reject-neighbour-')

preprocess()
{
    $CC -std=gnu11 -I"$top/include" -E -DBRIO_GENERATOR "$1.c" -o "$work/$1.i"
}

has_expected_text()
{
    preprocess "$1" && "$BRIOGEN" --no-line -Werror "$work/$1.i" -o "$work/$1.text" || return 1
    if $bless; then
        cp "$work/$1.text" "$1.expected"
    else
        diff -u "$1.expected" "$work/$1.text"
    fi
}

compiles()
{
    "$BRIOGEN" "$work/$1.i" -o "$work/$1.out.c" && $CC -std=gnu11 -Wall -Wextra -Werror -x cpp-output -c "$work/$1.out.c" -o "$work/$1.o"
}

for name; do
    check "$name" has_expected_text "$name"
    grep -q 'not compiled' "$name.c" || check "$name compiles" compiles "$name"
done
tap_done
