#!/bin/sh
# replay.sh PROGRAM - corpus/ and the sources of tests/gen through the generator, built from briogen.c with REPLAY. Prints TAP.
#   CC   the compiler that preprocesses (gcc)
set -u
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
sh "$here/corpus.sh" "$work" || exit 1
"$1" "$here"/corpus/* "$work"/*
