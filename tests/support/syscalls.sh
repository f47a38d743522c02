#!/bin/sh
# syscalls.sh SERVER - counts the system calls of an echo server: a request costs one wait, one receive and one send, and nothing else. Skips (77)
# where strace or python3 is missing, or tracing is forbidden.
server=$1 trace= short=10 long=310 requests=300 failed=0
command -v strace >/dev/null && command -v python3 >/dev/null || exit 77
work=$(mktemp -d) || exit 1
trap 'end_server; rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
strace -o "$work/probe" true 2>/dev/null || exit 77

# The server itself: strace, which takes no signals, ends with it.
end_server()
{
    [ -n "$trace" ] && kill "$(sed 's/ .*//;q' "$trace")" 2>/dev/null
    trace=
    wait
}

# COUNT: requests on one connection, to a server under strace.
trace()
{
    : >"$work/port"
    trace=$work/trace$1
    strace -f -o "$trace" "$server" 0 >"$work/port" 2>/dev/null &
    running=$!
    tries=0
    while [ ! -s "$work/port" ] && [ $tries -lt 100 ] && kill -0 "$running" 2>/dev/null; do
        sleep 0.1
        tries=$((tries + 1))
    done
    [ -s "$work/port" ] || { echo "the server does not start"; exit 1; }
    python3 -c '
import socket, sys
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
for i in range(int(sys.argv[2])):
    s.sendall(b"request")
    assert s.recv(100) == b"request"
' "$(cat "$work/port")" "$1" || exit 1
    end_server
}

# NAME, or a pattern: how often more in the longer trace.
more_of()
{
    few=$(grep -cE "$1" "$work/trace$short")
    many=$(grep -cE "$1" "$work/trace$long")
    echo $((many - few))
}

# NAME EXPECTED: within two.
expect()
{
    got=$(more_of "^[0-9]+ +($1)\\(")
    echo "$1: $got for $requests requests"
    [ "$got" -ge $(($2 - 2)) ] && [ "$got" -le $(($2 + 2)) ] || failed=1
}

trace $short
trace $long
expect 'epoll_wait|epoll_pwait' $requests
expect 'recvfrom|read' $requests
expect 'sendto|write' $requests
expect 'epoll_ctl' 0
expect '[a-z_0-9]+' $((3 * requests))
vain=$(more_of 'EAGAIN')
echo "EAGAIN: $vain"
[ "$vain" -le 2 ] || failed=1
exit $failed
