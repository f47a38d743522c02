#!/bin/sh
# echo.sh SERVER CLIENT EXPECTED - starts the echo server on a free port, lets the client talk to it and compares what the client says.
server=$1 client=$2 expected=$3
work=$(mktemp -d) || exit 1
trap 'kill "$running" 2>/dev/null; rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

"$server" 0 >"$work/port" &
running=$!
tries=0
while [ ! -s "$work/port" ] && [ $tries -lt 100 ] && kill -0 "$running" 2>/dev/null; do
    sleep 0.1
    tries=$((tries + 1))
done
"$client" "$(cat "$work/port")" >"$work/out" || exit 1
cat "$work/out"
diff -u "$expected" "$work/out"
