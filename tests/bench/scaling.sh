#!/bin/sh
# scaling.sh SCALING - what is to cost the same for each task does: counts the instructions of each case at two sizes, with those of the
# start taken off, and fails where twice the size costs more than 2.4 times as much (the timer heap may have its logarithm).
scaling=$1
unset MALLOC_PERTURB_ # Meson sets it, and it costs
exec 3>&1
. "$(dirname "$0")/../support/tap.sh"

instructions()
{
    valgrind --tool=callgrind --callgrind-out-file=/dev/null "$scaling" "$1" "$2" 2>&1 | awk '/Collected/ { print $NF }'
}

# NAME N
grows_evenly()
{
    base=$(instructions "$1" 1) once=$(instructions "$1" "$2") twice=$(instructions "$1" $(($2 * 2)))
    [ -n "$base" ] && [ -n "$once" ] && [ -n "$twice" ] || return 1
    once=$((once - base)) twice=$((twice - base))
    echo "# $1: $((once / $2)) instructions for each of $2, $((twice / 2 / $2)) for each of $(($2 * 2))" >&3
    [ $((twice * 10)) -le $((once * 24)) ]
}

if ! command -v valgrind >/dev/null; then
    tap_skip "scaling" "no valgrind"
    tap_done
    exit
fi
check "100,000 children that end in reverse" grows_evenly ends_in_reverse 50000
check "children that end in order" grows_evenly ends_in_order 50000
check "a scope of a million tasks is cancelled" grows_evenly cancels_tasks 500000
check "siblings of a task that fails" grows_evenly fails_with_siblings 50000
check "errors of all children" grows_evenly gathers_errors 20000
check "the text of a failure 2,000 nurseries deep" grows_evenly tells_deep_errors 1000
check "the text of 400 errors, each the cause of the next" grows_evenly tells_causes 200
check "a nursery 10,000 deep" grows_evenly nests_nurseries 5000
check "5,000 nested scopes" grows_evenly nests_scopes 2500
check "a chain through all tasks" grows_evenly passes_along_a_chain 50000
tap_done
