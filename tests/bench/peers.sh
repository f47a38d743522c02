#!/bin/sh
# peers.sh BENCH - our table, then the same measures of other libraries, from a folder of the user's: BENCH_PEERS=DIR.
#
# The folder has a program for each peer in build/, which is called with the number of a measure (below) and how many times, and prints lines "R peer measure n
# metric value" with tabs between; nanoseconds or bytes for each operation count. Its own build.sh makes them, of those whose tools are there. REPS rounds (3)
# of each, of which the best counts.
set -eu
[ $# -eq 1 ] || { echo "usage: BENCH_PEERS=DIR peers.sh BENCH" >&2; exit 2; }
"$1"
: "${BENCH_PEERS:=}"
[ -n "$BENCH_PEERS" ] || { echo "no BENCH_PEERS: no peers"; exit 0; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

programs=$BENCH_PEERS/build
if [ ! -d "$programs" ]; then
    cp -R "$BENCH_PEERS/." "$work/peers" && chmod -R u+w "$work/peers" && sh "$work/peers/build.sh"
    programs=$work/peers/build
fi

# The measures that ours have as well, and how many times.
measures='B1 1000000 B2 500000 B3 500000 B4 400000 B5 1000000 B7 100000 B8 300000 B9 1000000'
round=0
while [ "$round" -lt "${REPS:-3}" ]; do
    for program in "$programs"/*; do
        case $program in *.log | */client) continue ;; esac
        [ -x "$program" ] && [ -f "$program" ] || continue
        # shellcheck disable=SC2086
        set -- $measures
        while [ $# -gt 0 ]; do
            timeout 100 "$program" "$1" "$2" 2>/dev/null | grep '^R' || true
            shift 2
        done
    done
    round=$((round + 1))
done >"$work/results"

awk -F'\t' '
    { key = $3 "\t" $5 "\t" $2; if (!(key in best) || $6 < best[key]) best[key] = $6 }
    END { for (key in best) print key "\t" best[key] }' "$work/results" | sort | awk -F'\t' '
    $1 "\t" $2 != measure { measure = $1 "\t" $2; printf "%s %s\n", $1, $2 }
    { printf "    %-12s%12.1f\n", $3, $4 }'
