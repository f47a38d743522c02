#!/bin/sh
# peers.sh [--long] SAMPLES - the servers among the samples, in that folder, against socat, nc, curl, wrk, ab, and peers that reset, stall,
# trickle or vanish: all are served, and nothing stays open. --long has ten times as many of them. Prints TAP.
set -u
support=$(dirname "$0")
. "$support/tap.sh"
. "$support/serving.sh"
times=1
[ "$1" != --long ] || { times=10; shift; }
samples=$1
need_tools socat nc curl wrk ab python3
# For a thousand connections and more, on both sides.
ulimit -n 4096 2>/dev/null || ulimit -n "$(ulimit -H -n)"
crowd=$(($(ulimit -n) - 200))
[ $crowd -le 1000 ] || crowd=1000

resident() # PROCESS: kilobytes
{
    awk '/^VmRSS/ { print $2 }' "/proc/$1/status"
}

# Half-close as ssh does it: sends, ends its half, then reads everything.
comes_back()
{
    timeout 60 socat -t 10 - "TCP:127.0.0.1:$1,shut-down" <"$work/large" | cmp - "$work/large"
}

nc_line()
{
    [ "$(echo 'a line' | timeout 10 nc -N 127.0.0.1 "$1")" = 'a line' ]
}

half()
{
    [ "$(peer half "$@")" = "$2" ]
}

# Runs wrk or ab: no connection may fail, nor any request.
without_error()
{
    timeout 120 "$@" >"$work/load" 2>&1 || { cat "$work/load"; return 1; }
    ! grep -E 'Socket errors|Non-2xx|Failed requests: *[1-9]|Write errors: *[1-9]' "$work/load"
}

grows_less_than() # KILOBYTES PROCESS COMMAND …
{
    limit=$1 watched=$2
    shift 2
    before=$(resident "$watched")
    "$@" || return 1
    after=$(resident "$watched")
    [ $((after - before)) -lt "$limit" ] || { echo "$before kB have become $after kB"; return 1; }
}

# Sends without reading: what the server has taken is what sockets hold.
pushes_back()
{
    taken=$(peer flood "$1" 200000000)
    [ "$taken" -lt 100000000 ] || { echo "$taken bytes were taken"; return 1; }
}

head -c 10000000 /dev/urandom >"$work/large"
mkdir "$work/files"
cp "$work/large" "$work/files/large"
echo 'hello, world' >"$work/files/hello.txt"

# ---- echo ----

start echo "$samples/echo_server" 0
echo=$process port=$line
at_rest=$(descriptors "$echo")
check "echo: nc has its line back" nc_line "$port"
check "echo: socat has 10 MB back after it has ended its half" comes_back "$port"
check "echo: bytes one by one" half "$port" 'one by one' 0.005
check "echo: half-close with everything sent before" half "$port" "$(printf '%050000d' 7)"
check "echo: who sends without reading is slowed down" grows_less_than 2000 "$echo" pushes_back "$port"
check "echo: connections that are reset" peer reset "$port" 'some text' 4 $((50 * times))
check "echo: connections that vanish" peer vanish "$port" $((200 * times))
start crowd timeout 100 python3 "$support/peer.py" stall "$port" '' "$crowd"
check "echo: beside $crowd idle connections" nc_line "$port"
check "echo: which are all there" eventually has_descriptors "$echo" $((at_rest + crowd))
stop "$process"
check "echo: nothing stays open" eventually has_descriptors "$echo" "$at_rest"
check "echo: and nobody else was disturbed" nc_line "$port"

# ---- proxy, to the echo server ----

start proxy "$samples/proxy" 0 127.0.0.1 "$port" 60
proxy=$process entry=$line
at_rest=$(descriptors "$proxy")
check "proxy: socat has 10 MB back after it has ended its half" comes_back "$entry"
check "proxy: bytes one by one" half "$entry" 'one by one' 0.005
check "proxy: who sends without reading is slowed down" grows_less_than 2000 "$proxy" pushes_back "$entry"
check "proxy: connections that are reset" peer reset "$entry" 'some text' 4 $((50 * times))
check "proxy: connections that vanish" peer vanish "$entry" $((200 * times))
check "proxy: nothing stays open" eventually has_descriptors "$proxy" "$at_rest"
kill -INT "$proxy"
wait "$proxy"
check "proxy: it ends well" test $? -eq 0
check "proxy: and says so" grep -q 'still open: 0 connections, 0 descriptors' "$work/proxy.out"

# ---- chat ----

guest() # NAME: nc, which reads what is written to descriptor 8 or 9
{
    mkfifo "$work/$1.in"
    timeout 100 nc -N 127.0.0.1 "$port" <"$work/$1.in" >"$work/$1.said" &
    running="$running $!"
}

start chat "$samples/chat" 0
chat=$process port=$line
at_rest=$(descriptors "$chat")
guest Ann
exec 8>"$work/Ann.in"
echo Ann >&8
check "chat: a guest is welcome" eventually grep -q welcome "$work/Ann.said"
guest Bob
exec 9>"$work/Bob.in"
echo Bob >&9
check "chat: others see him" eventually grep -q '^\* Bob has come' "$work/Ann.said"
echo 'hello, Bob' >&8
check "chat: and hear him" eventually grep -q '^Ann: hello, Bob' "$work/Bob.said"
check "chat: guests that are reset" peer reset "$port" 'Eve\nI am\n' 13 $((20 * times))
check "chat: or vanish" peer vanish "$port" $((50 * times))
start sleeper timeout 100 python3 "$support/peer.py" stall "$port" 'Sleepy\n' 1 2048
check "chat: who does not read is shown out, who does hears everything" peer chatter "$port" Sleepy
check "chat: and sees him go" eventually grep -q '^\* Sleepy has gone' "$work/Ann.said"
stop "$process"
exec 8>&- 9>&-
check "chat: nothing stays open" eventually has_descriptors "$chat" "$at_rest"

# ---- http ----

if [ -x "$samples/http_server" ]; then
    start http "$samples/http_server" --connections 2000 "$work/files"
    http=$process port=$line url=http://127.0.0.1:$line
    at_rest=$(descriptors "$http")
    start crowd timeout 100 python3 "$support/peer.py" stall "$port" '' "$crowd"
    crowd_process=$process
    check "http: wrk, 256 connections beside $crowd idle ones" without_error wrk -t2 -c256 -d$((1 * times)) "$url/hello.txt"
    check "http: wrk with files that do not fit into sockets" without_error wrk -t1 -c8 -d$((1 * times)) "$url/large"
    check "http: ab, 10,000 connections of one request, 256 at a time" without_error ab -q -n $((10000 * times)) -c 256 "$url/hello.txt"
    check "http: ab, 10,000 requests on 256 connections" without_error ab -q -k -n $((10000 * times)) -c 256 "$url/hello.txt"
    stop "$crowd_process"
    check "http: socat ends its half with the request" sh -c "printf 'GET /large HTTP/1.0\r\n\r\n' |
        timeout 60 socat -t 10 - TCP:127.0.0.1:$port,shut-down | tail -c 10000000 | cmp - '$work/large'"
    check "http: curl fetches in parallel" curl -s -Z --max-time 60 -o "$work/got#1" "$url/large?[1-10]"
    check "http: whole" sh -c "for i in 1 2 3 4 5 6 7 8 9 10; do cmp '$work/got'\$i '$work/large' || exit 1; done"
    check "http: connections that are reset" peer reset "$port" 'GET /large HTTP/1.1\r\nHost: a\r\n\r\n' 100000 $((50 * times))
    check "http: connections that vanish" peer vanish "$port" $((200 * times))
    check "http: nothing stays open" eventually has_descriptors "$http" "$at_rest"
    kill -TERM "$http"
    wait "$http"
    check "http: it ends well" test $? -eq 0
fi

for name in echo proxy chat http; do
    [ ! -f "$work/$name.err" ] || grep -n 'ERROR\|runtime error\|Assertion' "$work/$name.err"
done >"$work/complaints"
check "no sanitizer has complained" test ! -s "$work/complaints"
tap_done
