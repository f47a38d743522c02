# serving.sh - for test scripts over servers, with tap.sh: a folder $work for their files, servers that are ended with the script, waiting.
# Needs $support, the folder of this file.

work=$(mktemp -d) || exit 1
running=
trap 'kill -KILL $running 2>/dev/null; rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

# TOOL …: ends the script unless all of them are there.
need_tools()
{
    for tool; do
        command -v "$tool" >/dev/null || { echo "1..0 # SKIP no $tool"; exit 0; }
    done
}

# COMMAND …: until it succeeds, for 20 seconds.
eventually()
{
    tries=0
    until "$@" >/dev/null 2>&1; do
        [ $tries -lt 400 ] || return 1
        tries=$((tries + 1))
        sleep 0.05
    done
}

# NAME COMMAND …: starts what prints a line when it is ready, the port for instance: $line. Its process is $process, its output in
# $work/NAME.out and .err.
start()
{
    name=$1
    shift
    : >"$work/$name.out"
    "$@" >"$work/$name.out" 2>"$work/$name.err" &
    process=$!
    running="$running $process"
    eventually test -s "$work/$name.out"
    line=$(head -n 1 "$work/$name.out")
}

# PROCESS …: ends it, if it has not ended by itself.
stop()
{
    for ended; do
        kill "$ended" 2>/dev/null
        wait "$ended" 2>/dev/null
    done
}

# PROCESS: how many descriptors it has open.
descriptors()
{
    find "/proc/$1/fd" -mindepth 1 2>/dev/null | wc -l
}

has_descriptors()
{
    [ "$(descriptors "$1")" -eq "$2" ]
}

# Speaks to a server as no well-behaved program would; see there.
peer()
{
    timeout 60 python3 "$support/peer.py" "$@"
}
