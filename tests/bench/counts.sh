#!/bin/sh
# counts.sh [--write] BUILT BENCH TASKS PLAIN - how many instructions things take, counted by Callgrind, which is the same each time.
#
# BUILT says what the programs were built with: when it is what counts.txt was written with, a count that is more than 3 % above the one
# there is a failure (one that is as much below is told, for counts.txt to be written anew with --write). TASKS and PLAIN are archives of
# compute.c, compiled both ways; the size of the code that its functions became is compared.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
write=false
if [ "$1" = --write ]; then
    write=true
    shift
fi
unset MALLOC_PERTURB_ # Meson sets it, and it costs
built="$1, $(getconf GNU_LIBC_VERSION 2>/dev/null || true)"
bench=$2 tasks=$3 plain=$4
reference=$here/counts.txt

command -v valgrind >/dev/null || { echo "no valgrind: skipped"; exit 77; }
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# Dumps of the program itself are named by a label "NAME COLUMN N"; of the two sizes, the difference is what the steps cost alone.
count() {
    valgrind --tool=callgrind --callgrind-out-file="$scratch/out.%p" "$bench" --count >"$scratch/log" 2>&1 || { cat "$scratch/log"; exit 1; }
    (cd "$scratch" && ls out.* | sort -t. -k3n | xargs awk '
        /^desc: Trigger: Client Request: / { label = $5 " " $6; n = $7 }
        /^(summary|totals): / && label {
            if (label in first) { printf "%s %.1f\n", label, ($2 - first[label]) / (n - size[label]); delete first[label] }
            else { first[label] = $2; size[label] = n }
            label = ""
        }')
    text() { nm -S -t d "$1" | awk '/[tT] (brio__resume_)?(block_done|count_words|hash_blocks|multiply)(\.cold)?$/ { sum += $2 } END { print sum }'; }
    echo "text brio $(text "$tasks")"
    echo "text plain $(text "$plain")"
}

# One line for each measurement: brio, plain, libev, and the ratios.
table() {
    awk '
        !($1 in known) { known[$1] = 1; names[++total] = $1 }
        { at[$1, $2] = $3 }
        function show(value) { return value == "" ? "-" : value }
        function ratio(a, b) { return b == "" ? "-" : sprintf("%.2f", a / b) }
        END {
            for (i = 1; i <= total; i++) {
                name = names[i]; a = at[name, "brio"]; b = at[name, "plain"]; c = at[name, "libev"]
                printf "%-16s%10s%10s%10s%8s%8s\n", name, show(a), show(b), show(c), ratio(a, b), ratio(a, c)
            }
        }'
}

count >"$scratch/counts"
{
    echo "# $built"
    printf '%-16s%10s%10s%10s%8s%8s\n' '#' brio plain libev /plain /libev
    table <"$scratch/counts"
} >"$scratch/table"
cat "$scratch/table"
if $write; then
    cp "$scratch/table" "$reference"
    exit
fi
if [ "$(head -n 1 "$reference" 2>/dev/null)" != "# $built" ]; then
    echo "counts.txt was written with something else: nothing to compare"
    exit 77
fi
awk '
    /^#/ { next }
    NR == FNR { before[$1] = $2; next }
    !($1 in before) { print "not in counts.txt: " $1; next }
    $2 > before[$1] * 1.03 { print $1 ": " $2 ", was " before[$1]; failed = 1 }
    $2 < before[$1] * 0.97 { print $1 ": " $2 ", was " before[$1] " (better: write counts.txt anew)" }
    END { exit failed }' "$reference" "$scratch/table"
