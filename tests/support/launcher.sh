#!/bin/sh
# launcher.sh BRIOCC [CC…] - briocc against the bare compiler: names of outputs, dependencies, linking, exit status, temporary files.
# The generator is a stand-in that only strikes the word __brio_async out, so that this tests the launcher alone.
set -u
briocc=$(realpath "$1")
shift
. "$(dirname "$0")/tap.sh"
include=$(realpath "$(dirname "$0")/../../include")

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/tmp" "$work/bin"
export TMPDIR="$work/tmp"
cd "$work" || exit 1

cat >bin/briogen <<'END'
#!/bin/sh
out=-
while [ $# -gt 0 ]; do
    case $1 in
    -o) out=$2; shift ;;
    -*) echo "flag $1" >&2 ;;
    *) in=$1 ;;
    esac
    shift
done
if grep -q REFUSED "$in"; then
    echo "refused" >&2
    exit 1
fi
[ -n "${STAND_IN_SLEEP-}" ] && sleep "$STAND_IN_SLEEP"
if [ "$out" = - ]; then
    sed 's/__brio_async//g' "$in"
else
    sed 's/__brio_async//g' "$in" >"$out"
fi
END
chmod +x bin/briogen
export BRIOGEN="$work/bin/briogen"

mkdir src "src/sub dir" inc
cat >inc/words.h <<'END'
#ifdef BRIO_GENERATOR
#define ASYNC __brio_async
#elif defined BARE
#define ASYNC
#else
#define ASYNC not_generated
#endif
END
cat >src/brio.c <<'END'
#include "words.h"
ASYNC int answer(void);
ASYNC int answer(void) { return VALUE; }
END
cat >src/other.c <<'END'
#include "words.h"
ASYNC int other(void);
ASYNC int other(void) { return 1; }
END
cat >src/plain.c <<'END'
#include <stdio.h>
#warning plain warns
int answer(void);
int main(void) { printf("%d\n", answer()); return 0; }
END
cat >"src/sub dir/two words.c" <<'END'
#include "words.h"
ASYNC int answer(void);
ASYNC int answer(void) { return 7; }
END
printf '#include "words.h"\nASYNC int f(void) { return }\n' >src/syntax.c
printf '#include "words.h"\nASYNC int f(void); /* REFUSED */ int REFUSED;\n' >src/refused.c
printf '#include "nosuch.h"\n#include "words.h"\nASYNC int f(void);\n' >src/missing.c

clean() { rm -rf out; mkdir out; }
temporary_files_are_gone() { [ -z "$(ls -A "$TMPDIR" | grep -v '^tap\.')" ]; }
prints() { expected=$1; shift; actual=$("$@" 2>&1); [ "$actual" = "$expected" ] || { echo "got: $actual"; return 1; }; }
fails() { ! "$@"; }
status_is() { expected=$1; shift; "$@"; actual=$?; [ "$actual" -eq "$expected" ] || { echo "status $actual"; return 1; }; }

# What the bare compiler does with a plain source, briocc does with a Brio source: the same files appear, the same dependencies are named.
same_files()
{
    rm -rf bare generated
    for way in bare generated; do
        mkdir -p $way/o
        cp src/brio.c $way/unit.c
        cp src/other.c $way/unit2.c
    done
    flags="-I../inc -DVALUE=1"
    (cd bare && $cc -DBARE -w $flags "$@") || return 1
    (cd generated && "$briocc" $cc $flags "$@") || return 1
    (cd bare && find . | sort) >bare.list
    (cd generated && find . | sort) >generated.list
    diff bare.list generated.list || return 1
    for depfile in $(cd bare && find . -name '*.d'); do
        diff "bare/$depfile" "generated/$depfile" || return 1
    done
}

identical_object()
{
    $cc -w -g -O2 -c src/plain.c -o out/bare.o && "$briocc" $cc -w -g -O2 -c src/plain.c -o out/launched.o && cmp out/bare.o out/launched.o
}

plain_messages_once()
{
    "$briocc" $cc -c src/plain.c -o out/plain.o 2>out/messages && [ "$(grep -c 'warning: .*plain warns' out/messages)" -eq 1 ]
}

no_output_after_refusal()
{
    fails "$briocc" $cc -Iinc -c src/refused.c -o out/refused.o && [ ! -e out/refused.o ]
}

from_stdin()
{
    "$briocc" $cc -Iinc -DVALUE=42 -x c - -c -o out/stdin.o <src/brio.c && "$briocc" $cc -w -x c - -c -o out/main.o <src/plain.c &&
        $cc out/stdin.o out/main.o -o out/program && prints 42 out/program
}

keeps_generated()
{
    (cd out && "$briocc" $cc -I../inc -DVALUE=3 -save-temps -c ../src/brio.c) && grep -q 'return 3' out/brio.brio.c
}

debug_names()
{
    "$briocc" $cc -g -Iinc -DVALUE=3 -c src/brio.c -o out/debug.o &&
        readelf --debug-dump=info out/debug.o >out/debug.txt && grep -q 'DW_AT_name.*src/brio\.c' out/debug.txt &&
        grep -q "DW_AT_comp_dir.*$work" out/debug.txt && ! grep -q briocc- out/debug.txt
}

step()
{
    "$briocc" --generate -o out/step.c --depfile out/step.d $cc -Iinc -DVALUE=4 src/brio.c && grep -q 'return 4' out/step.c &&
        grep -q '^out/step.c: ' out/step.d && grep -q 'inc/words.h' out/step.d && $cc -c out/step.c -o out/step.o
}

failed_step()
{
    fails "$briocc" --generate -o out/step.c --depfile out/step.d $cc -Iinc src/refused.c && [ -z "$(ls out)" ]
}

killed_by()
{
    STAND_IN_SLEEP=5 env --default-signal=HUP,INT setsid "$briocc" $cc -Iinc -DVALUE=1 -c src/brio.c -o out/killed.o &
    launched=$!
    tries=0
    while [ -z "$(find "$TMPDIR" -name 'brio.in.i' -size +0)" ] && [ $tries -lt 100 ]; do
        sleep 0.05
        tries=$((tries + 1))
    done
    sleep 0.2
    kill -"$1" "$launched"
    wait "$launched"
    actual=$?
    [ "$actual" -eq "$2" ] || { echo "status $actual"; return 1; }
    temporary_files_are_gone
}

brio_flags()
{
    "$briocc" $cc -Wno-brio-blocking -Werror=brio-escape --brio-blocking=f -w -Iinc -DVALUE=1 -c src/brio.c -o out/flags.o 2>out/messages &&
        prints "flag -Wno-brio-blocking
flag -Werror=brio-escape
flag --brio-blocking=f
flag -w" cat out/messages &&
        "$briocc" $cc -Wbrio-blocking -w -c src/plain.c -o out/plain.o
}

response_file()
{
    printf '%s\n' -Iinc "'-DVALUE=\"a b\"[0]'" '"src/brio.c"' -c >out/words
    "$briocc" $cc @out/words -o out/response.o
}

# The first run fills the cache, the second one is answered from it.
with_ccache()
{
    export CCACHE_DIR="$work/ccache"
    ccache -C >/dev/null
    "$briocc" $cc -Iinc -DVALUE=5 -c src/brio.c -o out/bare.o || return 1
    for run in first second; do
        rm -f out/cached.o
        "$@" $cc -Iinc -DVALUE=5 -c src/brio.c -o out/cached.o && cmp out/bare.o out/cached.o || return 1
    done
}

# What editors make of a database in which the launcher stands: no error in a source of the language.
clangd_is_content()
{
    cat >out/glance.c <<'END'
#include <brio.h>
static ASYNC int half(int number) { AWAIT(brio_sleep(0.1)); return number / 2; }
ASYNC void app(int *result);
ASYNC void app(int *result)
{
    NURSERY(n) { SPAWN_INTO(n, result, half(8)); }
    MOVE_ON_AFTER(1, s) { *result += AWAIT(half(3)); }
    TRY { RAISE(s->cancelled_caught ? ETIMEDOUT : EINVAL, "no"); } CATCH (e, ETIMEDOUT) { *result = e->code; }
}
END
    printf '[{"directory": "%s/out", "file": "glance.c", "command": "%s %s -Wall -Wextra -I%s -c glance.c"}]' "$work" "$briocc" "$1" \
        "$include" >out/compile_commands.json
    (cd out && clangd --check=glance.c >clangd.log 2>&1; grep -q 'All checks completed, 0 errors' clangd.log || { cat clangd.log; return 1; })
}

run_all_for()
{
    cc=$1
    clean
    check "$1: a plain unit gives the identical object" identical_object
    check "$1: messages of a plain unit appear once" plain_messages_once
    for flags in "-c unit.c" "-c unit.c -o o/x.o" "-S unit.c" "-S unit.c -o o/q.s" "-c unit.c unit2.c" "-MD -c unit.c" \
        "-MMD -c unit.c -o o/x.o" "-MD -MP -MF o/y.dep -c unit.c" "-MD -MT a -MQ b\$ -c unit.c -o o/x.o" "-MD -shared -fPIC unit.c -o o/p.so" \
        "-MD -shared -fPIC unit.c unit2.c -o o/p.so" "-shared -fPIC unit.c" "-fsyntax-only unit.c" "-c unit.c -o o/x.o -O2 --coverage" \
        "-M unit.c" "-MM unit.c -MF o/only.d" "-c -xc unit.c -o o/x.o" "-Wp,-MD,o/wp.d -c unit.c"; do
        check "$1 $flags" same_files $flags
    done
    check "$1 --coverage in one step" same_files -shared -fPIC --coverage unit.c unit2.c -o o/p.so
    check "$1 -gsplit-dwarf in one step" same_files -shared -fPIC -g -gsplit-dwarf unit.c unit2.c -o o/p.so
    clean
    check "$1: compiles and links in one call" "$briocc" $cc -w -Iinc -DVALUE=5 src/plain.c src/brio.c src/other.c -o out/program
    check "$1: the program runs" prints 5 out/program
    check "$1: objects and -x in between" "$briocc" $cc -w -Iinc -DVALUE=6 -x c src/brio.c -x none out/../src/plain.c -lm -o out/program
    check "$1: that program runs" prints 6 out/program
    check "$1: names with blanks" "$briocc" $cc -w -Iinc "src/sub dir/two words.c" src/plain.c -o "out/a program"
    check "$1: standard input" from_stdin
    check "$1: -E shows what the compiler sees" sh -c "'$briocc' $cc -Iinc -DVALUE=9 -E src/brio.c | grep 'int answer(void) { return 9; }'"
    check "$1: -dM -E as without" sh -c "'$briocc' $cc -dM -E - </dev/null | grep __STDC__"
    check "$1: --version is the compiler's" prints "$($cc --version)" "$briocc" $cc --version
    check "$1: an unknown option fails alike" status_is 1 "$briocc" $cc --nosuchoption -c src/plain.c
    check "$1: syntax error, status 1" status_is 1 "$briocc" $cc -Iinc -c src/syntax.c -o out/s.o
    check "$1: missing header, status 1" status_is 1 "$briocc" $cc -Iinc -c src/missing.c -o out/s.o
    check "$1: refused by the generator" no_output_after_refusal
    check "$1: one failure of several" status_is 1 "$briocc" $cc -Iinc -DVALUE=1 src/brio.c src/syntax.c -o out/s
    check "$1: options of briogen" brio_flags
    check "$1: response file" response_file
    check "$1: -save-temps" keeps_generated
    check "$1: debug information names the source" debug_names
    clean
    check "$1: --generate with a depfile" step
    clean
    check "$1: --generate leaves nothing after a failure" failed_step
    check "$1: no temporary files are left" temporary_files_are_gone
    check "$1: SIGTERM" killed_by TERM 143
    check "$1: SIGHUP" killed_by HUP 129
    check "$1: SIGINT" killed_by INT 130
    if command -v ccache >/dev/null; then
        check "$1: ccache behind" with_ccache "$briocc" ccache
        check "$1: ccache in front" with_ccache ccache "$briocc"
        check "$1: ccache with a prefix" with_ccache env "CCACHE_PREFIX=$briocc" ccache
    else
        tap_skip "$1: ccache" "not installed"
    fi
}

for compiler in "${@:-gcc}"; do
    run_all_for "$compiler"
done
if command -v clangd >/dev/null; then
    check "clangd with a database of such commands" clangd_is_content "${1:-gcc}"
else
    tap_skip "clangd" "not installed"
fi
check "a compiler that is not there" status_is 127 "$briocc" no-such-compiler -c src/plain.c
check "--version" prints "briocc $("$briocc" --version | cut -d' ' -f2)" "$briocc" --version
check "no arguments" status_is 1 "$briocc"
tap_done
