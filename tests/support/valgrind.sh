#!/bin/sh
# valgrind.sh PROGRAM [ARGS…] - what Meson puts in front of tests: any report is a failure. Blocks that are possibly lost are no reports: libc's own
# of a thread that is still running at the end are.
CK_TIMEOUT_MULTIPLIER=10
BRIO_TEST_BACKENDS=4 # one is enough at this speed
BRIO_TEST_CALLS=few
export CK_TIMEOUT_MULTIPLIER BRIO_TEST_BACKENDS BRIO_TEST_CALLS
exec valgrind -q --error-exitcode=9 --leak-check=full --show-leak-kinds=definite,indirect \
    --errors-for-leak-kinds=definite,indirect "$@"
