# tap.sh - for test scripts: check NAME COMMAND… runs a command and prints a TAP line; tap_done closes the file.

tap_number=0
tap_failed=0

tap_ok()
{
    tap_number=$((tap_number + 1))
    echo "ok $tap_number - $1"
}

tap_not_ok()
{
    tap_number=$((tap_number + 1))
    tap_failed=$((tap_failed + 1))
    echo "not ok $tap_number - $1"
    if [ -n "${2-}" ] && [ -f "$2" ]; then
        sed 's/^/# /' "$2" | head -n 40
    fi
}

tap_skip()
{
    tap_number=$((tap_number + 1))
    echo "ok $tap_number - $1 # SKIP $2"
}

# The command's output is shown when it fails.
check()
{
    tap_name=$1
    shift
    tap_log=${TMPDIR:-/tmp}/tap.$$.log
    if "$@" >"$tap_log" 2>&1; then
        tap_ok "$tap_name"
    else
        tap_not_ok "$tap_name" "$tap_log"
    fi
    rm -f "$tap_log"
}

tap_done()
{
    echo "1..$tap_number"
    [ "$tap_failed" -eq 0 ]
    exit
}
