#!/bin/sh
# valgrind.sh PROGRAM [ARGS…] - what Meson puts in front of tests: any report is a failure.
CK_TIMEOUT_MULTIPLIER=10
export CK_TIMEOUT_MULTIPLIER
exec valgrind -q --error-exitcode=9 --leak-check=full --show-leak-kinds=definite,indirect "$@"
