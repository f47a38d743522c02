#!/bin/sh
# downloader.sh DOWNLOADER SERVER - the downloader with the HTTP server, python3's, and one that breaks off. Prints TAP.
set -u
support=$(dirname "$0")
. "$support/tap.sh"
. "$support/serving.sh"
case $1 in /*) downloader=$1 ;; *) downloader=$PWD/$1 ;; esac
need_tools python3 script

files=$work/files to=$work/to
mkdir -p "$files/folder" "$to"
echo 'hello, world' >"$files/hello.txt"
echo '<p>index</p>' >"$files/folder/index.html"
head -c 20000000 /dev/urandom >"$files/large"
touch -d '2020-02-02 02:02:02 UTC' "$files/large"
for i in 1 2 3 4 5 6 7 8 9; do head -c 100000 /dev/urandom >"$files/$i"; done

# The downloader's arguments: with what it says in $work/said, and its status.
download()
{
    timeout 60 "$downloader" -d "$to" "$@" >"$work/said" 2>&1
    status=$?
    cat "$work/said"
    return $status
}

# TEXT: a line of what it has said, from its beginning.
said()
{
    grep -q "^$1" "$work/said" || { cat "$work/said"; return 1; }
}

got_large()
{
    cmp "$to/large" "$files/large" && [ ! -e "$to/large.part" ]
}

# COUNT: connections that the stalled server has had, which it says when it has answered.
has_asked()
{
    [ "$(wc -l <"$work/stalled.out")" -eq "$1" ]
}

got_all()
{
    for i in 1 2 3 4 5 6 7 8 9; do
        cmp "$to/$i" "$files/$i" || return 1
    done
}

start server "$2" "$files"
url=http://127.0.0.1:$line
check "several files come" download -j 3 "$url/large" "$url/1" "$url/2" "$url/3" "$url/4" "$url/5" "$url/6" "$url/7" "$url/8" "$url/9"
check "whole" got_large
check "each of them" got_all
check "and are summed up" said '10 of 10 files, 20900000 bytes in '
check "nobody shows progress but on a terminal" sh -c "! grep -q 'MB/s' '$work/said'"
check "on a terminal it is shown" sh -c "
    timeout 20 script -qec '$downloader -d $to $url/large' /dev/null </dev/null | grep -q '0 of 1 complete'"
check "a redirection is followed" download "$url/folder"
check "to its end" cmp "$to/folder" "$files/folder/index.html"
download "$url/hello.txt" "$url/missing" "$url/1" >"$work/log"
check "a file that is not there fails" test $? -eq 1
check "for its reason" said "missing: failed, 0 bytes: $url/missing: 404 Not Found"
check "and alone" said '2 of 3 files'
check "other URLs are refused" sh -c "! '$downloader' https://127.0.0.1/"
check "and two of one name" sh -c "! '$downloader' '$url/a/x' '$url/b/x'"

rm "$to/large"
head -c 15000000 "$files/large" >"$to/large.part"
printf X | dd of="$to/large.part" conv=notrunc 2>/dev/null
touch -r "$files/large" "$to/large.part"
download "$url/large" >"$work/log"
check "what is there is not fetched again" sh -c "[ \"\$(head -c 1 '$to/large')\" = X ] && [ \$(wc -c <'$to/large') = 20000000 ]"
printf X >"$to/large.part"
touch -d '2019-01-01' "$to/large.part"
check "unless it is of another date" sh -c "'$downloader' -d '$to' '$url/large' && cmp '$to/large' '$files/large'"
cp -p "$files/large" "$to/large.part"
check "what is all there is taken" download "$url/large"
check "as it is" got_large

python3 -c '
import functools, http.server, sys
class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments): pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=sys.argv[1]))
print(server.server_port, flush=True)
server.serve_forever()' "$files" >"$work/python.out" 2>&1 &
running="$running $!"
eventually test -s "$work/python.out"
python=http://127.0.0.1:$(cat "$work/python.out")
rm "$to/large"
check "from a server that has no ranges" download "$python/large" "$python/1" "$python/folder"
check "it comes whole too" got_large
printf X >"$to/large.part"
touch -r "$files/large" "$to/large.part"
check "from the beginning" sh -c "'$downloader' -d '$to' '$python/large' && cmp '$to/large' '$files/large'"

rm "$to/large"
start flaky python3 "$support/peer.py" flaky "$files/large" 6000000
check "an answer that breaks off is gone on with" download "http://127.0.0.1:$line/large"
check "until it is whole" got_large
check "and the attempts are counted" said 'large: complete, 20000000 bytes, 4 attempts$'
check "nothing has come twice" eventually sh -c "[ \$(awk '{ sum += \$1 } END { print sum }' '$work/flaky.err') -eq 20000000 ]"

rm "$to/1"
download --deadline 0.5 "http://127.0.0.1:1/x" "$url/1" >"$work/log"
check "who cannot be reached is given up when the deadline is over" \
    said 'x: failed, 0 bytes, [2-9] attempts: connect to 127.0.0.1:1: Connection refused'
check "and disturbs nobody" cmp "$to/1" "$files/1"
start stalled python3 -c '
import socket, time
server = socket.create_server(("127.0.0.1", 0))
print(server.getsockname()[1], flush=True)
kept = []
while True:
    client, _ = server.accept()
    client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")
    kept.append(client)
    print(len(kept), flush=True)'
stalled=http://127.0.0.1:$line
download --patience 0.2 --deadline 1 "$stalled/s" >"$work/log"
check "who falls silent is asked again" said 's: failed, 3 bytes, [2-9] attempts'
check "and what has come is kept" test -s "$to/s.part"

rm "$to/s.part"
asked=$(wc -l <"$work/stalled.out")
download -j 2 --patience 5 --deadline 1 "$stalled/1" "$stalled/2" "$stalled/3" "$stalled/4" "$stalled/5" >"$work/log" &
eventually test -s "$to/2.part"
check "-j says how many at a time" eventually has_asked $((asked + 2))
wait $!
check "and all have their turn" eventually has_asked $((asked + 5))
check "and their time" said '0 of 5 files, 15 bytes in \(2.9\|[3-9].[0-9]\) s'
rm "$to"/?.part

download --fail-fast "$stalled/t" "$url/missing" >"$work/log"
check "with --fail-fast the first failure ends it all" said 't: not complete'
check "and nothing incomplete stays" test ! -e "$to/t.part"

rm "$to/2"
"$downloader" -d "$to" "$stalled/u" "$url/2" >"$work/said" 2>&1 &
interrupted=$!
eventually test -s "$to/u.part"
eventually test -e "$to/2"
kill -INT "$interrupted"
wait "$interrupted"
check "Ctrl-C ends it" test $? -eq 130
check "with a sum" said '1 of 2 files'
check "and nothing incomplete stays" test ! -e "$to/u.part"
tap_done
