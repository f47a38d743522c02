#!/bin/sh
# plot.sh SCALING BENCH [PNG] - what each task costs when there are N, 10 N and 100 N of them: a table, and with gnuplot a picture of it.
#
# In instructions, less those of the start (Valgrind counts them), for the cases of scaling.c, which speak of tasks, of nested scopes and nurseries; in bytes
# for a task asleep; and in nanoseconds of processor time for a request to the echo server over so many connections. A minute or two.
set -eu
[ $# -ge 2 ] || { echo "usage: plot.sh SCALING BENCH [PNG]" >&2; exit 2; }
scaling=$1 bench=$2 picture=${3:-}
command -v valgrind >/dev/null || { echo "plot.sh needs valgrind" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

instructions() { valgrind --tool=callgrind --callgrind-out-file=/dev/null "$scaling" "$1" "$2" 2>&1 | awk '/Collected/ { print $NF }'; }

# NAME N …: "NAME N COST" for each.
count()
{
    name=$1
    shift
    base=$(instructions "$name" 1)
    for n; do
        echo "$name $n $((($(instructions "$name" "$n") - base) / n))"
    done
}

# What the table of the benchmark says in that line and field. NAME LINE FIELD OPTION
measured() { "$bench" "$4" "$1" | awk -v line="$2" -v field="$3" 'NR == line { print $field }'; }

{
    for name in ends_in_order ends_in_reverse cancels_tasks fails_with_siblings gathers_errors passes_along_a_chain; do
        count $name 1000 10000 100000
    done
    for name in nests_nurseries nests_scopes; do
        count $name 100 1000 10000
    done
    for n in 10000 100000 1000000; do
        echo "bytes_asleep $n $(measured start-sleeping 3 1 --size=$n)"
    done
    for n in 10 100 1000; do
        echo "echo_connections $n $(measured echo 2 2 --connections=$n)"
    done
    for n in 10 100 1000; do
        echo "echo_with_libev_alone $n $(measured echo 2 5 --connections=$n)"
    done
} >"$work/costs"

awk '
    !($1 in seen) { seen[$1] = 1; name[++names] = $1; first[$1] = $2 }
    { cost[$1, ++count[$1]] = $3 }
    END {
        printf "%-24s%10s%12s%12s%12s%8s\n", "", "N", "at N", "at 10 N", "at 100 N", "ratio"
        for (i = 1; i <= names; i++)
            printf "%-24s%10d%12s%12s%12s%8.2f\n", name[i], first[name[i]], cost[name[i], 1], cost[name[i], 2], cost[name[i], 3],
                cost[name[i], 3] / cost[name[i], 1]
    }' "$work/costs"

[ -n "$picture" ] || exit 0
command -v gnuplot >/dev/null || { echo "no gnuplot: no picture" >&2; exit 0; }
{
    echo "set terminal png size 1000,700; set output '$picture'"
    echo "set logscale x; set yrange [0:]; set key outside below; set xlabel 'tasks, scopes or connections'; set ylabel 'cost of each, against that at N'"
    printf 'plot '
    cut -d' ' -f1 "$work/costs" | uniq | while read -r name; do
        awk -v name="$name" '$1 == name { if (!base) base = $3; print $2, $3 / base }' "$work/costs" >"$work/$name.xy"
        printf "'%s' with linespoints title '%s', " "$work/$name.xy" "$(echo "$name" | tr _ ' ')"
    done
    echo
} >"$work/plot"
gnuplot "$work/plot"
