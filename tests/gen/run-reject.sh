#!/bin/sh
# run-reject.sh BRIOGEN|BRIOCC [CC] - what the generator must refuse, and the nearest that it must accept.
#
# A source in reject/ ends with the diagnostics that it has to give, in order and no others (notes aside):
#   // error: LINE:COLUMN: TEXT
#   // warning: LINE:COLUMN: TEXT [-Wbrio-…]
# Those in accept/ named reject-neighbour-*.c have to pass in silence. Each warning can be switched off and made an error. Prints a TAP line
# for each.
tool=$1
cc=${2:-${CC:-cc}}
here=$(cd "$(dirname "$0")" && pwd)
case $tool in
/*) ;;
*/*) tool=$(pwd)/$tool ;;
esac
scratch=$(mktemp -d) || exit 99
trap 'rm -rf "$scratch"' EXIT
trap 'exit 1' HUP INT TERM
flags="-std=gnu11 -I$here/../../include -I$here/reject"
option=
passed=0
failed=0

# Leaves the tool's stderr in messages and its exit status in $status.
generate() {
    case $(basename "$tool") in
    briocc*) "$tool" $cc $flags $option -w -c "$1" -o "$scratch/out.o" 2>"$scratch/messages" ;;
    *)
        $cc $flags -E -DBRIO_GENERATOR "$1" -o "$scratch/in.i" || return
        "$tool" $option "$scratch/in.i" -o "$scratch/out.c" 2>"$scratch/messages"
        ;;
    esac
    status=$?
}

report() {
    number=$((passed + failed + 1))
    if [ "$1" = ok ]; then
        passed=$((passed + 1))
        echo "ok $number - $2"
    else
        failed=$((failed + 1))
        echo "not ok $number - $2"
        sed 's/^/# /' "$3"
    fi
}

cd "$here/reject" || exit 99
for source in *.c; do
    sed -n 's,^// \(error\|warning\): ,\1: ,p' "$source" >"$scratch/expected"
    generate "$source"
    sed -n 's/^[^ :]*:\([0-9]*:[0-9]*\): \(error\|warning\): \(.*\)$/\2: \1: \3/p' "$scratch/messages" >"$scratch/got"
    want=0
    grep -q '^error' "$scratch/expected" && want=1
    if diff "$scratch/expected" "$scratch/got" >"$scratch/difference" && [ -s "$scratch/expected" ] && [ "$status" = "$want" ]; then
        report ok "reject ${source%.c}"
    else
        echo "exit status $status, expected $want" >>"$scratch/difference"
        report failed "reject ${source%.c}" "$scratch/difference"
    fi
done

for source in warning_*.c; do
    name=$(sed -n 's,^// warning: .*\[-W\(brio-[a-z-]*\)\]$,\1,p' "$source" | sort -u)
    option=-Wno-$name
    generate "$source"
    if [ "$status" = 0 ] && [ ! -s "$scratch/messages" ]; then
        report ok "$option"
    else
        report failed "$option" "$scratch/messages"
    fi
    option=-Werror=$name
    generate "$source"
    if [ "$status" = 1 ] && grep -q "error: .*\[-Werror=$name\]\$" "$scratch/messages"; then
        report ok "$option"
    else
        report failed "$option" "$scratch/messages"
    fi
done
option=

cd "$here/accept" || exit 99
for source in reject-neighbour-*.c; do
    generate "$source"
    if [ "$status" = 0 ] && [ ! -s "$scratch/messages" ]; then
        report ok "accept ${source%.c}"
    else
        report failed "accept ${source%.c}" "$scratch/messages"
    fi
done

echo "1..$((passed + failed))"
echo "# $passed passed, $failed failed"
[ "$failed" = 0 ]
