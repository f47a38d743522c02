#!/bin/sh
# compare.sh EXPECTED PROGRAM [ARGS…] - whether the program ends with status 0 and prints what the file holds. With BLESS=1 writes the file.
expected=$1
shift
actual=$(mktemp) || exit 1
trap 'rm -f "$actual"' EXIT
"$@" >"$actual"
status=$?
if [ -n "${BLESS-}" ] && [ $status -eq 0 ]; then
    cp "$actual" "$expected"
    exit 0
fi
diff -u "$expected" "$actual" && exit $status
