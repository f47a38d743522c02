#!/bin/sh
# run.sh - builds the project in several ways and runs its tests.
#
# usage: run.sh [--quick] [--bless] [suite …]
#   --quick   one build (gcc, debug) instead of all
#   --bless   writes the expected outputs anew: read the difference before you keep it
#   suite     unit, api, sweep, scaling, bench, gen, random, launcher, install, headers, layers, samples, peers, threads; all when none is named
#
# Installs what is missing on a Debian system. The last line is "N passed, N failed"; the exit status is 0 when none failed.
set -u
cd "$(dirname "$0")/.." || exit 1
. tests/support/packages.sh

quick=false bless=false suites=
for word; do
    case $word in
    --quick) quick=true ;;
    --bless) bless=true ;;
    -*) echo "usage: run.sh [--quick] [--bless] [suite …]" >&2; exit 2 ;;
    *) suites="$suites $word" ;;
    esac
done

need_packages gcc g++ libc6-dev libev-dev check libsubunit-dev meson ninja-build pkg-config python3 cmake make autoconf automake || exit 1
$quick || need_packages clang clangd libclang-rt-14-dev valgrind gdb strace ccache curl csmith libcsmith-dev \
    libhttp-parser-dev socat netcat-openbsd wrk apache2-utils bsdutils \
    zlib1g-dev libsqlite3-dev libuv1-dev libssl-dev libcurl4-openssl-dev libglib2.0-dev || exit 1

passed=0 failed=0
began=$(date +%s)
jobs=2
wrapper=
targets=
builds=build/tests
failures=$builds/failures
mkdir -p $builds
: >$failures

# What follows, and how long the run has taken so far.
say()
{
    echo "== $* ($((($(date +%s) - began) / 60)) min)"
}

count()
{
    passed=$((passed + $1))
    failed=$((failed + $2))
}

# WHAT, then its output on standard input: kept, to be told again at the end, where nobody overlooks it.
remember()
{
    { echo "-- $1"; head -n 60; } >>"$failures"
}

# Adds up a test log of Meson's: the lines of TAP where a test prints them, else the test as one.
count_log()
{
    sums=$(awk '
        {
            bad = gsub(/(\\n|")not ok /, "&")
            skipped = gsub(/(\\n|")ok [0-9]+[^\\]*# SKIP/, "&")
            good = gsub(/(\\n|")ok [0-9]/, "&") - skipped
            ended_well = /"result": "(OK|EXPECTEDFAIL|SKIP)"/
            if (good + bad + skipped == 0)
                good = ended_well && !/"result": "SKIP"/
            if (!ended_well && bad == 0)
                bad = 1
            passed += good
            failed += bad
        }
        END { print passed + 0, failed + 0 }' "$1")
    # shellcheck disable=SC2086
    count $sums
}

# LOG: each test in it that failed, with the lines of its failed cases, or with its last lines when no case says so.
remember_log()
{
    awk '
        function tell(    k, from) {
            if (!bad)
                return
            print head
            if (cases == 0)
                for (from = count > 40 ? count - 39 : 1; from <= count; from++)
                    print line[from]
            for (k = 1; k <= cases; k++)
                print said[k]
        }
        /^=+ [0-9]+\/[0-9]+ =+$/ { tell(); bad = count = cases = inside = 0; head = ""; next }
        /^test: / { head = $0 }
        /^result: / { bad = $0 !~ /exit status 0|SKIP|skipped|timed out/ || /timed out/; head = head " " $0; }
        /^not ok / { inside = 1 }
        /^(ok |1\.\.|=== )/ { inside = 0 }
        inside { said[++cases] = $0 }
        { line[++count] = $0 }
        END { tell() }' "$1.txt" >"$builds/log"
    [ ! -s "$builds/log" ] || remember "$1.txt" <"$builds/log"
}

# NAME CC, then options for meson setup. Sets $build. Makes $targets; all when it is empty.
build()
{
    build=$builds/$1
    say "build $1"
    compiler=$2
    shift 2
    # Again, for tests that came since.
    again=
    [ ! -f "$build/build.ninja" ] || again=--reconfigure
    CC=$compiler meson setup $again "$build" . -Dtests=enabled -Dsamples=enabled "$@" >"$builds/log" 2>&1 || {
        cat "$builds/log"
        tail -n 40 "$builds/log" | remember "meson setup $build"
        count 0 1
        return 1
    }
    # shellcheck disable=SC2086
    ninja -C "$build" -j$jobs -k 0 $targets >"$builds/log" 2>&1 || {
        grep -v '^\[' "$builds/log" | head -n 80
        grep -v '^\[' "$builds/log" | remember "ninja -C $build"
        count 0 1
        return 1
    }
}

wanted()
{
    [ -z "$suites" ] && return 0
    case " $suites " in *" $1 "*) return 0 ;; esac
    return 1
}

# LOG, options for meson test, "--", suites: those of them that are wanted. Variables of the environment reach the tests; the programs run
# under $wrapper, if it is set.
run_suites()
{
    log=$1
    shift
    options=
    while [ "$1" != -- ]; do
        options="$options $1"
        shift
    done
    shift
    chosen=
    for suite; do
        wanted "$suite" && chosen="$chosen --suite $suite"
    done
    [ -n "$chosen" ] || return 0
    say "$build: $log"
    base=$log
    # Meson names the log after the wrapper too.
    [ -z "$wrapper" ] || log=$log-$(basename "$wrapper")
    rm -f "$build/meson-logs/$log.json"
    # shellcheck disable=SC2086
    meson test -C "$build" --no-rebuild --num-processes $jobs --print-errorlogs --logbase "$base" ${wrapper:+"--wrapper=$wrapper"} \
        $options $chosen
    [ -f "$build/meson-logs/$log.json" ] || {
        remember "meson test in $build wrote no $log.json" </dev/null
        count 0 1
        return
    }
    # Meson does not show what a TAP test says about its failures.
    awk '/^not ok /, /^(ok |1\.\.|===)/' "$build/meson-logs/$log.txt" | grep -vE '^(ok |1\.\.|===)'
    remember_log "$build/meson-logs/$log"
    count_log "$build/meson-logs/$log.json"
}

if $bless; then
    build debug gcc --buildtype=debug || exit 1
    BLESS=1 meson test -C "$build" --no-rebuild --suite samples
    [ ! -f tests/gen/run.sh ] || CC=gcc sh tests/gen/run.sh --bless
    CC=gcc BRIOGEN=$build/gen/briogen sh tests/gen/golden.sh --bless
    exit
fi

# Sweeps see more under the sanitizers; once is enough.
$quick && sweep=sweep || sweep=
if build debug gcc --buildtype=debug --werror; then
    run_suites all -- unit api $sweep scaling gen random launcher install headers layers samples peers
fi
if ! $quick; then
    if build release gcc --buildtype=release --werror; then
        run_suites all -- unit api gen samples bench
        wrapper="$PWD/tests/support/valgrind.sh"
        run_suites valgrind --timeout-multiplier=10 -- unit api
        wrapper=
    fi
    if build clang clang --buildtype=debugoptimized --werror -Dbenchmarks=disabled; then
        run_suites all -- unit api gen launcher install headers samples
    fi
    if build sanitize gcc --buildtype=debugoptimized -Db_sanitize=address,undefined -Dbenchmarks=disabled; then
        run_suites all --timeout-multiplier=3 -- unit api sweep gen samples peers
        # Each with tasks in another order.
        for backend in 1 2 4; do
            LIBEV_FLAGS=$backend BRIO_TEST_SEED=$backend
            export LIBEV_FLAGS BRIO_TEST_SEED
            run_suites "libev-$backend" --timeout-multiplier=3 -- api
        done
        unset LIBEV_FLAGS BRIO_TEST_SEED
    fi
    targets="tests/unit-pool tests/api-portal tests/api-resolve tests/api-thread"
    if wanted threads && build sanitize-thread gcc --buildtype=debugoptimized -Db_sanitize=thread -Dbenchmarks=disabled; then
        run_suites all --timeout-multiplier=3 -- threads
    fi
    targets=
    if build sanitize-clang clang --buildtype=debugoptimized -Db_sanitize=address,undefined -Db_lundef=false -Dbenchmarks=disabled; then
        run_suites all --timeout-multiplier=3 -- unit api samples
    fi
fi

cat "$failures"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
