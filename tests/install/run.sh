#!/bin/sh
# run.sh BUILD CC… - installs the build into a temporary prefix; the program that README shows compiles there in one line and prints what it should.
build=$1
shift
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../support/tap.sh"
. "$here/../support/installed.sh"
check "meson install" install_brio "$build"
# check runs its command in this shell, so that PATH and the like are set now.

# Sets the exit status; the program's output without what depends on the machine.
compile() { "$prefix/bin/briocc" "$@" $(pkg-config --cflags --libs brio); }

prints_what_it_should()
{
    "$work/glance" >"$work/out" 2>"$work/errors" || { cat "$work/errors"; return 1; }
    # Port 7 may be anything here; workers end in any order.
    grep '^worker' "$work/out" | sort >"$work/seen"
    grep -v '^worker' "$work/out" | grep -v '^[0-9]* bytes$' >>"$work/seen"
    diff -u "$here/glance.expected" "$work/seen" || return 1
    grep -q '^[0-9]* bytes$' "$work/out" || [ -s "$work/errors" ]
}

for compiler; do
    for standard in gnu11 gnu17 c11; do
        check "glance.c, $compiler -std=$standard" compile "$compiler" "-std=$standard" -Wall -Wextra -Werror "$here/glance.c" -o "$work/glance"
        check "glance.c, $compiler -std=$standard: output" prints_what_it_should
    done
    check "glance.c in strict C11 without warnings, -O3 -flto" compile "$compiler" -std=c11 -Wall -Wextra -Wshadow -Werror -O3 -flto \
        "$here/glance.c" -o "$work/glance"
    check "glance.c, -O3 -flto: output" prints_what_it_should
done
check "pkg-config knows the tools" test -x "$(pkg-config --variable=briogen brio)" -a -x "$(pkg-config --variable=briocc brio)"
not_through_briogen() { ! "$1" -std=gnu11 "$here/glance.c" -o "$work/not" $(pkg-config --cflags --libs brio) 2>"$work/log" && grep brio_source_was_not_run_through_briogen "$work/log"; }
check "without briocc it does not link, and says why" not_through_briogen "$1"
tap_done
