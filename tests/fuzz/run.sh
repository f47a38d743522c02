#!/bin/sh
# run.sh [SECONDS] - libFuzzer on the whole generator (60 s): clang and its runtime (libclang-rt-14-dev) needed. What it finds stays in the work
# folder, crash-*; a bug that is repaired leaves its input in corpus/, under a name that says what it was.
#   WORK   where the corpus grows from one run to the next (default: build/fuzz)
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
: "${WORK:=$top/build/fuzz}"
mkdir -p "$WORK/corpus"
cd "$WORK"
# shellcheck disable=SC2046
clang -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -DBRIO_VERSION='"0"' "$top/tests/fuzz/briogen.c" \
    $(ls "$top"/gen/*.c | grep -v -e /cc_ -e /main.c) -o fuzz
sh "$top/tests/fuzz/corpus.sh" "$WORK/seeds"
sed -nE 's/^(KEYWORD|ALIAS|SOFT|PUNCTUATOR)\([A-Z_]+, ("[^"\\]+")\).*/\2/p' "$top/gen/token.def" | sort -u >words
exec ./fuzz -max_total_time="${1:-60}" -timeout=20 -rss_limit_mb=2000 -max_len=20000 -dict=words -close_fd_mask=3 -print_final_stats=1 \
    corpus seeds "$top/tests/fuzz/corpus"
