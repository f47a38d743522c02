#!/bin/sh
# proxy.sh PROXY - the proxy between curl and python3's web server: a large file arrives whole while other connections idle; it goes on when
# either end is killed in the middle; nothing stays open. Prints TAP.
set -u
support=$(dirname "$0")
. "$support/tap.sh"
. "$support/serving.sh"
proxy=$1
need_tools curl python3

# Serves $work/files on the port, 0 for any, and says which.
serve()
{
    start server python3 -c '
import functools, http.server, sys
class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments): pass
http.server.ThreadingHTTPServer.allow_reuse_address = True
server = http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), functools.partial(Quiet, directory=sys.argv[2]))
print(server.server_port, flush=True)
server.serve_forever()' "$1" "$work/files"
    server=$process port=$line
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
start proxy "$proxy" 0 127.0.0.1 "$origin" 30
main=$process entry=$line
listening=$(descriptors "$main")

start idlers python3 "$support/peer.py" stall "$entry" '' 50
check "100 MB arrive whole while 50 connections idle" fetch
stop "$process"

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

start second "$proxy" 0 127.0.0.1 "$origin" 0.2
check "a connection that carries nothing is closed" idle_timeout "$line"
kill -INT "$process"
wait "$process"
check "and counted" grep -q ' [1-9][0-9]* timed out' "$work/second.out"

check "no descriptor is left" eventually has_descriptors "$main" "$listening"
kill -USR1 "$main"
check "SIGUSR1 prints the tasks" eventually grep -q 'awaits brio_accept' "$work/proxy.err"
kill -INT "$main"
wait "$main"
check "SIGINT ends it cleanly" test $? -eq 0
check "it says that nothing is open" grep -q 'still open: 0 connections, 0 descriptors' "$work/proxy.out"
tap_done
