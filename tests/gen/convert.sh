#!/bin/sh
# convert.sh [NAME …] - the programs of run/ as plain C, and the same with all of their functions made ASYNC and all calls AWAITs by a program that
# knows nothing of what they are about (support/make_async.py): both must print what is expected.
#   BRIOGEN, CC, CFLAGS, BRIO_FLAGS   as for run.sh and golden.sh
# Prints TAP.
. "$(dirname "$0")/setup.sh"
: "${CFLAGS:=-O1}"
: "${BRIO_FLAGS:=-I$top/include -L$top/build/src -Wl,-rpath,$top/build/src -lbrio -lev}"
cd "$here/run" || exit 1
# shellcheck disable=SC2046
[ $# -gt 0 ] || set -- $(ls ./*.c | sed 's|^\./||; s|\.c$||')

cat >"$work/step.h" <<'END_OF_STEP'
#include <brio.h>
static ASYNC void convert_step(void) { static unsigned steps; if (++steps % 2 == 0) AWAIT(brio_checkpoint()); }
#undef ASYNC
#undef AWAIT
#undef AWAIT_THREAD
#undef SPAWN
#undef RUN
END_OF_STEP

runs_alike()
{
    # shellcheck disable=SC2086
    $CC -std=gnu11 $CFLAGS $BRIO_FLAGS -w -E -DPLAIN -DBRIO_GENERATOR -include "$work/step.h" "$1.c" -o "$work/plain.i" 2>/dev/null || return 1
    python3 "$here/../support/make_async.py" "$1.c" run.h <"$work/plain.i" >"$work/async.i" || return 1
    "$BRIOGEN" -w "$work/async.i" -o "$work/async.c" || return 1
    # shellcheck disable=SC2086
    $CC -std=gnu11 -w $CFLAGS -x cpp-output "$work/async.c" -x none -o "$work/async" $BRIO_FLAGS -lm || return 1
    timeout 60 "$work/async" >"$work/actual" || { echo "exit status $?"; return 1; }
    diff "$1.expected" "$work/actual"
}

for name; do
    if grep -qE '^/\* std:|expected: by hand|plain C has none' "$name.c"; then
        tap_skip "$name" "has no form as plain gnu11"
        continue
    fi
    check "$name" runs_alike "$name"
done
tap_done
