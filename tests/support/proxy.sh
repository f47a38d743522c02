#!/bin/sh
# proxy.sh PROXY - the proxy between curl and python3's web server: a large file arrives whole while other connections idle; it goes on when either
# end is killed in the middle; nothing stays open. Prints TAP.
set -u
. "$(dirname "$0")/tap.sh"
proxy=$1
for tool in curl python3; do
    command -v $tool >/dev/null || { echo "1..0 # SKIP no $tool"; exit 0; }
done
work=$(mktemp -d) || exit 1
server= running= idlers=
trap 'kill $server $running $idlers 2>/dev/null; rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

# Waits until the file has a line, and prints the first.
first_line()
{
    tries=0
    while [ ! -s "$1" ] && [ $tries -lt 100 ]; do
        sleep 0.1
        tries=$((tries + 1))
    done
    head -n 1 "$1"
}

# Serves $work/files on the port, 0 for any, and says which.
serve()
{
    : >"$work/port"
    python3 -c '
import functools, http.server, sys
class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments): pass
http.server.ThreadingHTTPServer.allow_reuse_address = True
server = http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), functools.partial(Quiet, directory=sys.argv[2]))
print(server.server_port, flush=True)
server.serve_forever()' "$1" "$work/files" >"$work/port" 2>"$work/server.log" &
    server=$!
    port=$(first_line "$work/port")
}

# Which descriptors of the proxy are sockets.
sockets()
{
    find "/proc/$running/fd" -lname 'socket:*' 2>/dev/null | wc -l
}

until_sockets()
{
    tries=0
    while [ "$(sockets)" -ne "$1" ] && [ $tries -lt 100 ]; do
        sleep 0.1
        tries=$((tries + 1))
    done
    [ "$(sockets)" -eq "$1" ]
}

fetch()
{
    curl -s --max-time 60 -o "$work/got" "http://127.0.0.1:$entry/large" && cmp -s "$work/got" "$work/files/large"
}

# A client that ends its half at once still gets all of the answer, which ends when the server's half does.
half_close()
{
    python3 -c '
import socket, sys
client = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
client.sendall(b"GET /large HTTP/1.0\r\n\r\n")
client.shutdown(socket.SHUT_WR)
size = 0
while data := client.recv(1 << 16):
    size += len(data)
sys.exit(size < 100000000)' "$entry"
}

# Returns when the proxy has closed a connection that carries nothing.
idle_timeout()
{
    python3 -c '
import socket, sys
client = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
client.settimeout(20)
sys.exit(client.recv(1) != b"")' "$1"
}

mkdir "$work/files"
head -c 100000000 /dev/urandom >"$work/files/large"
serve 0
origin=$port
entry=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
"$proxy" "$entry" 127.0.0.1 "$origin" 30 >"$work/proxy.log" 2>&1 &
running=$!
tries=0
until [ "$(sockets)" -gt 0 ] || [ $tries -gt 100 ]; do sleep 0.1; tries=$((tries + 1)); done
listening=$(sockets)

python3 -c '
import socket, sys, time
idle = [socket.create_connection(("127.0.0.1", int(sys.argv[1]))) for _ in range(50)]
print("connected", flush=True)
time.sleep(60)' "$entry" >"$work/idle" 2>&1 &
idlers=$!
first_line "$work/idle" >/dev/null
check "100 MB arrive whole while 50 connections idle" fetch
kill "$idlers" 2>/dev/null
idlers=

curl -s --max-time 1 --limit-rate 1M -o /dev/null "http://127.0.0.1:$entry/large"
check "a client that goes away in the middle leaves the proxy serving" fetch

curl -s --max-time 20 --limit-rate 10M -o /dev/null "http://127.0.0.1:$entry/large" &
client=$!
sleep 0.5
kill -9 "$server"
wait "$client"
check "a server that dies in the middle ends the connection" test $? -ne 0
serve "$origin"
check "and leaves the proxy serving" fetch

check "half-close is passed on" half_close

second=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
"$proxy" "$second" 127.0.0.1 "$origin" 0.2 >"$work/second.log" 2>&1 &
idlers=$!
tries=0
until curl -s --max-time 5 -o /dev/null "http://127.0.0.1:$second/" || [ $tries -gt 100 ]; do sleep 0.1; tries=$((tries + 1)); done
check "a connection that carries nothing is closed" idle_timeout "$second"
kill -INT "$idlers"
wait "$idlers"
idlers=
check "and counted" grep -q ' [1-9][0-9]* timed out' "$work/second.log"

check "no descriptor is left" until_sockets "$listening"
kill -USR1 "$running"
kill -INT "$running"
wait "$running"
check "SIGINT ends it cleanly" test $? -eq 0
cp "$work/proxy.log" "$work/log"
running=
check "it says that nothing is open" grep -q 'still open: 0 connections, 0 descriptors' "$work/log"
check "the tasks were printed" grep -q 'awaits brio_accept' "$work/log"
tap_done
