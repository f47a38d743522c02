#!/bin/sh
# proxy.sh ECHO_SERVER ECHO_CLIENT PROXY - a client talks to an echo server through the proxy; SIGUSR1 shows its tasks, SIGINT ends it, and nothing
# is left open. Prints TAP.
set -u
. "$(dirname "$0")/tap.sh"
server=$1 client=$2 proxy=$3
work=$(mktemp -d) || exit 1
pids=
trap 'kill $pids 2>/dev/null; rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

# The first line of a file, as soon as there is one.
first_line() {
    tries=0
    until [ -s "$1" ]; do
        tries=$((tries + 1))
        [ $tries -gt 100 ] && return 1
        sleep 0.05
    done
    head -n 1 "$1"
}

"$server" 0 > "$work/server.out" 2> "$work/server.err" &
pids=$!
port=$(first_line "$work/server.out") || { echo "Bail out! no echo server"; exit 1; }

# Starts a proxy to the echo server; sets $proxy_pid and $through.
start_proxy() {
    "$proxy" 0 127.0.0.1 "$port" "$@" > "$work/proxy.out" 2> "$work/proxy.err" &
    proxy_pid=$!
    pids="$pids $proxy_pid"
    through=$(first_line "$work/proxy.out") || { echo "Bail out! no proxy"; exit 1; }
}

end_proxy() {
    kill -INT $proxy_pid
    wait $proxy_pid
}

start_proxy
"$client" "$through" 5 20 > "$work/client.out" 2> "$work/client.err"
check 'lines come back through the proxy' grep -qx '100 of 100 lines came back on 5 connections' "$work/client.out"

# A connection that stays open while the proxy is asked and ended.
sleep 30 | "$client" "$through" 1 1000000 > "$work/long.out" 2> "$work/long.err" &
long=$!
pids="$pids $long"
sleep 0.3
kill -USR1 $proxy_pid
sleep 0.3
check 'SIGUSR1 shows the pumps' grep -q 'to the server' "$work/proxy.err"
check 'and what they wait for' grep -q 'brio_receive' "$work/proxy.err"
end_proxy
check 'SIGINT ends it well' [ $? -eq 0 ]
check 'nothing is open afterwards' grep -qx '6 accepted, 0 timed out; still open: 0 connections, 0 descriptors' "$work/proxy.out"
kill $long 2> /dev/null

# Nobody listens behind it.
"$proxy" 0 127.0.0.1 1 > "$work/proxy.out" 2> "$work/proxy.err" &
proxy_pid=$!
pids="$pids $proxy_pid"
through=$(first_line "$work/proxy.out")
"$client" "$through" 2 2 > "$work/client.out" 2> "$work/client.err"
end_proxy
check 'a server that refuses ends its connections alone' grep -qx '2 accepted, 0 timed out; still open: 0 connections, 0 descriptors' "$work/proxy.out"

tap_done
