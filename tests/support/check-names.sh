#!/bin/sh
# check-names.sh TOP - the tests that src/README.md and tests/README.md name exist: words of three parts and more in the rules, and in the
# last column of the censuses.
cd "$1" || exit 1
. tests/support/tap.sh

named_tests()
{
    { sed -n '/^## Rules, and the tests/,$p' src/README.md; sed -n '/^## Censuses/,$p' tests/README.md | awk -F'|' 'NF > 3 { print $(NF - 1) }'; } |
        grep -oE '\b[a-z0-9]+(_[a-z0-9]+){3,}\b' | grep -v '^brio_' | sed 's/^every_stream_//' | sort -u
}

tests_exist()
{
    grep -rhoE '\b[A-Z_]+\([a-z0-9_]+|^static .*\b[a-z0-9]+(_[a-z0-9]+){3,}\(' tests/api tests/unit tests/support include/brio/test_stream.h |
        grep -oE '[a-z0-9_]+\(?$' | tr -d '(' | sort -u >"${TMPDIR:-/tmp}/names.$$"
    named_tests | comm -23 - "${TMPDIR:-/tmp}/names.$$" | grep . && { rm -f "${TMPDIR:-/tmp}/names.$$"; return 1; }
    rm -f "${TMPDIR:-/tmp}/names.$$"
}

check "tests that are named exist" tests_exist
tap_done
