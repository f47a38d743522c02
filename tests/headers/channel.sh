#!/bin/sh
# channel.sh INCLUDE BRIOCC COMPILER… - BRIO_CHANNEL: items of the right type compile, in a source, through the generator and in C++; those of
# a wrong type do not.
include=$1 briocc=$2
shift 2
. "$(dirname "$0")/../support/tap.sh"

file=$(mktemp --suffix=.c) object=$(mktemp --suffix=.o)
trap 'rm -f "$file" "$object"' EXIT

cat >"$file" <<'END'
#include <brio/channel.h>
struct point { int x, y; };
struct other { int x, y; };
BRIO_CHANNEL(numbers, int)
BRIO_CHANNEL(points, struct point)
BRIO_CHANNEL(pointers, struct point *);
BRIO_CHANNEL(callbacks, void (*)(struct point *))
#define USE(call) \
    static inline __attribute__((unused)) int use(struct brio_sender *sender, struct brio_receiver *receiver, struct point point, \
                                                    struct other other, int number) \
    { \
        (void)sender, (void)receiver, (void)point, (void)other, (void)number; \
        return call; \
    }
USE(CALL)
END

# A call, then compiler and flags.
compiles()
{
    call=$1
    shift
    "$@" -Wall -Wextra -Werror -I "$include" "-DCALL=$call" -c "$file" -o "$object" || return 1
}

is_refused()
{
    call=$1
    shift
    ! "$@" -I "$include" "-DCALL=$call" -c "$file" -o "$object" 2>/dev/null
}

right='numbers_try_send(sender,number)
numbers_try_send(sender,point.x+1)
numbers_try_receive(receiver,&number)
points_try_send(sender,point)
points_try_receive(receiver,&point)
pointers_try_send(sender,&point)
callbacks_try_send(sender,0)'
wrong='numbers_try_send(sender,point)
numbers_try_send(sender,&number)
numbers_try_receive(receiver,&point)
points_try_send(sender,other)
points_try_send(sender,&point)
points_try_send(sender,number)
points_try_receive(receiver,&other)
pointers_try_send(sender,&other)
pointers_try_send(sender,number)
pointers_try_send(sender,point)
callbacks_try_send(sender,number)'

for compiler; do
    case $compiler in
    *clang) plus=$compiler++ ;;
    *) plus=$(echo "$compiler" | sed 's/gcc/g++/') ;;
    esac
    for call in $right; do
        check "$compiler takes $call" compiles "$call" "$compiler"
        check "$compiler takes $call, generated" compiles "$call" "$briocc" "$compiler"
        ! command -v "$plus" >/dev/null || check "$plus takes $call" compiles "$call" "$plus" -x c++ -std=c++17
    done
    for call in $wrong; do
        check "$compiler refuses $call" is_refused "$call" "$compiler"
        check "$compiler refuses $call, generated" is_refused "$call" "$briocc" "$compiler"
    done
done
tap_done
