#!/bin/sh
# http.sh SERVER - the HTTP server's answers to curl, nc and clients that misbehave. Prints TAP.
set -u
support=$(dirname "$0")
. "$support/tap.sh"
. "$support/serving.sh"
server=$1
need_tools curl nc python3

files=$work/files
mkdir -p "$files/folder" "$files/empty" "$work/outside"
echo 'hello, world' >"$files/hello.txt"
echo '<p>index</p>' >"$files/folder/index.html"
echo 'with a space' >"$files/a b.txt"
: >"$files/nothing"
head -c 100000000 /dev/urandom >"$files/large"
echo secret >"$work/outside/secret"
echo secret >"$work/secret"
ln -s ../secret "$files/link"
ln -s ../outside "$files/way"

fetch()
{
    curl -s --max-time 30 "$@"
}

# STATUS curl's arguments
answers()
{
    expected=$1
    shift
    got=$(fetch -o "$work/body" -w '%{http_code}' "$@")
    [ "$got" = "$expected" ] || { echo "$* gives $got, not $expected"; return 1; }
}

# STATUS TEXT: of what is sent as it stands.
answers_text()
{
    peer ask "$port" "$2" >"$work/answer"
    head -n 1 "$work/answer" | grep -q "^HTTP/1.1 $1 " || { echo "not $1:"; cat "$work/answer"; return 1; }
}

has()
{
    fetch "$1" | grep -qx "$2"
}

header()
{
    expected=$1
    shift
    fetch -D "$work/headers" -o /dev/null "$@"
    tr -d '\r' <"$work/headers" | grep -qix "$expected" || { cat "$work/headers"; return 1; }
}

# RANGE EXPECTED, of hello.txt
range()
{
    [ "$(fetch -r "$1" "$url/hello.txt")" = "$2" ]
}

keeps_alive()
{
    [ "$(fetch -o /dev/null -o /dev/null -w '%{num_connects} ' "$url/hello.txt" "$url/missing")" = '1 0 ' ]
}

# Three requests at once: the answers come in order.
pipelined()
{
    { printf 'GET /hello.txt HTTP/1.1\r\nHost: a\r\n\r\nHEAD /hello.txt HTTP/1.1\r\nHost: a\r\n\r\n'
        printf 'GET /a%%20b.txt HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'; } |
        timeout 20 nc 127.0.0.1 "$port" >"$work/answers"
    [ "$(grep -c '^HTTP/1.1 200 OK' "$work/answers")" -eq 3 ] &&
        [ "$(grep -v ':' "$work/answers" | tr -d '\r' | grep -v '^HTTP' | tr '\n' ' ')" = ' hello, world   with a space ' ]
}

whole()
{
    fetch -o "$work/got" "$1" && cmp "$work/got" "$files/large"
}

both_wholes()
{
    whole "$url/large" && fetch -o "$work/got" -r 40000000-59999999 "$url/large" && tail -c +40000001 "$files/large" | head -c 20000000 |
        cmp - "$work/got"
}

silent()
{
    [ "$(peer ask "$port" '' | wc -c)" -eq 0 ]
}

start server "$server" "$files"
main=$process port=$line url=http://127.0.0.1:$line
at_rest=$(descriptors "$main")

check "a file is sent with its type" header 'content-type: text/plain; charset=utf-8' "$url/hello.txt"
check "and its length" header 'content-length: 13' "$url/hello.txt"
check "whole" has "$url/hello.txt" 'hello, world'
check "an empty file too" answers 200 "$url/nothing"
check "HEAD gives the head alone" header 'content-length: 13' -I "$url/hello.txt"
check "a range from the front" range 0-4 hello
check "a range without an end" range 7- world
check "a range from the end" range -6 world
check "a range beyond the end is cut" range 7-99 world
check "a range says where it is" header 'content-range: bytes 7-11/13' -r 7-11 "$url/hello.txt"
check "a range outside is 416" answers 416 -r 13- "$url/hello.txt"
check "several ranges are the whole" answers 200 -r 0-1,3-4 "$url/hello.txt"
date=$(fetch -I "$url/hello.txt" | tr -d '\r' | sed -n 's/^Last-Modified: //p')
check "what has not changed is 304" answers 304 -H "If-Modified-Since: $date" "$url/hello.txt"
check "what has changed is sent" answers 200 -H 'If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT' "$url/hello.txt"
check "a range of what has not changed" answers 206 -r 0-1 -H "If-Range: $date" "$url/hello.txt"
check "no range of what has changed" answers 200 -r 0-1 -H 'If-Range: Sun, 06 Nov 1994 08:49:37 GMT' "$url/hello.txt"
check "a folder has an index" has "$url/folder/" '<p>index</p>'
check "and a slash at its end" header 'location: /folder/' "$url/folder?x"
check "the way there names no host" header 'location: /folder/' --path-as-is "$url//folder"
check "a folder without an index is 404" answers 404 "$url/empty/"
check "names are decoded" has "$url/a%20b.txt" 'with a space'
check "a bad escape is 400" answers_text 400 'GET /%2x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'
check "a zero byte is 400" answers 400 "$url/hello.txt%00.png"
check "what is not there is 404" answers 404 "$url/missing"
check "a file is no folder" answers 404 "$url/hello.txt/x"
check "dots do not lead out" answers 403 --path-as-is "$url/../secret"
check "nor do escaped ones" answers 403 "$url/folder/%2e%2e%2f..%2Fsecret"
check "nor does a link to a file" answers 404 "$url/link"
check "nor one to a folder" answers 404 "$url/way/secret"
check "other methods are 405" header 'allow: GET, HEAD' -X DELETE "$url/hello.txt"
check "POST too, with all its body on the way" answers 405 --data-binary "@$files/large" -H 'Expect:' "$url/hello.txt"
check "unknown methods are 501" answers 501 -X FOO "$url/hello.txt"
check "a body is 413" answers 413 -X GET -d x "$url/hello.txt"
check "a long target is 414" answers 414 "$url/$(printf '%03000d' 0)"
check "a long head is 431" answers_text 431 "GET / HTTP/1.1\r\nHost: a\r\nX: $(printf '%020000d' 0)\r\n\r\n"
check "no host is 400" answers_text 400 'GET / HTTP/1.1\r\n\r\n'
check "but not in HTTP/1.0" answers_text 200 'GET /hello.txt HTTP/1.0\r\n\r\n'
check "nonsense is 400" answers_text 400 'GET / HTTP/x\r\n\r\n'
check "HTTP/2 is 505" answers_text 505 'GET / HTTP/2.0\r\nHost: a\r\n\r\n'
check "a connection serves several requests" keeps_alive
check "requests may come in one go" pipelined
check "a request may come byte by byte" answers_text 200 'GET /hello.txt HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n' 0.002
check "100 MB arrive whole, and a part of them" both_wholes
check "clients that break off in the middle" peer reset "$port" 'GET /large HTTP/1.1\r\nHost: a\r\n\r\n' 100000 20
check "or at once" peer vanish "$port" 50
start reader timeout 60 python3 "$support/peer.py" stall "$port" 'GET /large HTTP/1.1\r\nHost: a\r\n\r\n' 5
check "or do not read do not disturb others" whole "$url/large"
stop "$process"
check "and leave nothing open" eventually has_descriptors "$main" "$at_rest"

start impatient "$server" --patience 0.5 --connections 1 "$files"
port=$line
check "half a request is 408" answers_text 408 'GET / HTTP/1.1\r\nHos'
check "silence ends a connection without a word" silent
start reader timeout 60 python3 "$support/peer.py" stall "$port" '' 1
check "who is one too many is let in later" answers 200 "http://127.0.0.1:$port/hello.txt"
stop "$process"

# ---- soft stop ----

start idler timeout 60 python3 "$support/peer.py" stall "${url##*:}" '' 3
idler=$process
fetch --limit-rate 70M -o "$work/slow" "$url/large" &
download=$!
eventually test -s "$work/slow"
kill -TERM "$main"
check "after SIGTERM nobody is let in" eventually sh -c "curl -s --max-time 5 -o /dev/null '$url/hello.txt'; [ \$? -eq 7 ]"
check "while a request is under way" kill -0 "$download"
wait "$download"
check "a request under way is finished" cmp "$work/slow" "$files/large"
wait "$main"
check "and the server ends well" test $? -eq 0
stop "$idler"

start graceful "$server" --grace 0.3 "$files"
main=$process
start reader timeout 60 python3 "$support/peer.py" stall "$line" 'GET /large HTTP/1.1\r\nHost: a\r\n\r\n' 2
reader=$process
kill -INT "$main"
wait "$main"
check "whoever takes longer than the grace is cut off" test $? -eq 0
stop "$reader"
check "nobody has complained" sh -c "! grep -vE '^a connection ended: ' '$work'/server.err '$work'/impatient.err '$work'/graceful.err"
tap_done
