#!/bin/sh
# soak.sh SAMPLES [SECONDS] - the echo server and the HTTP server, in that folder, under load for so long (600, and some time for each of
# ten rounds), with clients that are killed, stopped and continued, reset and cut off at random. After each round all clients are ended; then
# a row of a table says what each server holds: memory, descriptors, tasks. In the end it may not hold more than in the first half. Prints
# TAP, with the table as comments. A build with AddressSanitizer keeps what is freed, so its memory grows.
set -u
support=$(dirname "$0")
. "$support/tap.sh"
. "$support/serving.sh"
samples=$1
seconds=${2:-600}
need_tools socat nc curl wrk python3
ulimit -n 4096 2>/dev/null || ulimit -n "$(ulimit -H -n)"
rounds=10

# A number below the argument.
random_below()
{
    od -An -N4 -tu4 /dev/urandom | awk -v below="$1" '{ print $1 % below }'
}

# Clients of every kind, one after the other, until the time (in seconds since 1970) has come. Each has a random number of seconds.
harass()
{
    kind=$1
    while [ "$(date +%s)" -lt "$2" ]; do
        patience=$(($(random_below 30) + 5))e-1
        case $kind in
        wrk) timeout -s KILL "$patience" wrk -t1 -c"$(($(random_below 200) + 1))" -d60 "$url/hello.txt" ;;
        close) timeout -s KILL "$patience" wrk -t1 -c"$(($(random_below 100) + 1))" -d60 -H 'Connection: close' "$url/hello.txt" ;;
        large) timeout -s KILL "$patience" curl -s -o /dev/null "$url/large" "$url/large" "$url/large" ;;
        slow) timeout -s KILL "$patience" curl -s --limit-rate 1M -o /dev/null "$url/large" ;;
        echo) timeout -s KILL "$patience" socat -u - "TCP:127.0.0.1:$echo_port" <"$work/files/large" ;;
        both) timeout -s KILL "$patience" socat - "TCP:127.0.0.1:$echo_port" <"$work/files/large" >/dev/null ;;
        reset) peer reset "$http_port" 'GET /large HTTP/1.1\r\nHost: a\r\n\r\n' "$(random_below 1000000)" 20
            peer reset "$echo_port" 'some text' 9 50 ;;
        vanish) peer vanish "$http_port" 100
            peer vanish "$echo_port" 100 ;;
        stop)
            wrk -t1 -c50 -d2 "$url/large" &
            stopped=$!
            sleep "$(random_below 10)"e-1
            kill -STOP "$stopped"
            sleep "$(random_below 20)"e-1
            kill -CONT "$stopped"
            wait "$stopped" ;;
        silent) timeout -s KILL "$patience" python3 "$support/peer.py" stall "$http_port" 'GET / HTTP/1.1\r\n' 50 ;;
        esac
    done >/dev/null 2>&1
}

# NAME PROCESS: kilobytes, descriptors and tasks; of the tasks it says so itself, a line for each.
holds()
{
    said=$(wc -c <"$work/$1.err")
    kill -USR1 "$2"
    sleep 1
    echo "$(awk '/^VmRSS/ { print $2 }' "/proc/$2/status") $(descriptors "$2") \
        $(tail -c +$((said + 1)) "$work/$1.err" | grep -c '^ *task [0-9]')"
}

at_rest()
{
    has_descriptors "$http" "$http_rest" && has_descriptors "$echo" "$echo_rest"
}

row()
{
    # shellcheck disable=SC2046
    set -- "$1" $(holds http "$http") $(holds echo "$echo") "$(cat "$work"/http.err "$work"/echo.err | grep -c 'connection')"
    printf '# %5s | %8s %6s %6s | %8s %6s %6s | %s\n' "$@"
    echo "$@" >>"$work/table"
}

mkdir "$work/files"
echo 'hello, world' >"$work/files/hello.txt"
head -c 20000000 /dev/urandom >"$work/files/large"
start http "$samples/http_server" --patience 4 --connections 600 "$work/files"
http=$process http_port=$line url=http://127.0.0.1:$line
start echo "$samples/echo_server" 0
echo=$process echo_port=$line
sleep 1
http_rest=$(descriptors "$http") echo_rest=$(descriptors "$echo")

echo '#     s | http: kB    fds  tasks | echo: kB    fds  tasks | connections that ended badly so far'
begin=$(date +%s)
row 0
round=1
stuck=0
while [ $round -le $rounds ]; do
    until=$(($(date +%s) + seconds / rounds))
    clients=
    for kind in wrk close large slow echo both reset vanish stop silent; do
        harass $kind $until &
        clients="$clients $!"
    done
    # shellcheck disable=SC2086
    wait $clients
    eventually at_rest || stuck=$((stuck + 1))
    row $(($(date +%s) - begin))
    round=$((round + 1))
done

# COLUMN of the table: what it is at last is at most a tenth and half a megabyte above the most of the first half.
does_not_grow()
{
    awk -v column="$1" 'NR > 1 && NR <= 6 && $column > most { most = $column } { last = $column }
        END { print "first " most " kB, then " last; exit !(last <= most * 1.1 + 512) }' "$work/table"
}

# COLUMN: as at first in each row.
stays()
{
    awk -v column="$1" 'NR == 1 { first = $column } $column != first { exit 1 }' "$work/table"
}

check "every connection ends with its client" test $stuck -eq 0
check "http: the memory does not grow" does_not_grow 2
check "http: descriptors stay" stays 3
check "http: tasks stay" stays 4
check "echo: the memory does not grow" does_not_grow 5
check "echo: descriptors stay" stays 6
check "echo: tasks stay" stays 7
check "http: it still serves" sh -c "curl -s --max-time 10 '$url/hello.txt' | grep -q hello"
check "echo: it still serves" sh -c "echo x | timeout 10 nc -N 127.0.0.1 $echo_port | grep -q x"
tap_done
