#!/bin/sh
# speed.sh [RUNS] - what the generator costs next to the compiler: briogen against `$CC -O0 -c` on the same unit, both already preprocessed, and briocc
# against the compiler alone. A benchmark and no test: prints a table. Times are of user and system together, the best of RUNS (5).
#   BRIOGEN, BRIOCC, CC   as for golden.sh and run.sh; a release build's, or the numbers mean nothing
set -eu
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
: "${BRIOGEN:=$top/build/gen/briogen}" "${BRIOCC:=$top/build/gen/briocc}" "${CC:=gcc}"
runs=${1:-5}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

# What programs are made of: of each five functions one is ASYNC. About 38 lines for each number.
write_unit()
{
    cat <<'EOF'
#include <brio.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
EOF
    awk -v count="$1" -v q='"' 'BEGIN {
        for (i = 0; i < count; i++) {
            text = template()
            gsub(/@/, i, text)
            print text
        }
    }
    function template() {
        return "\nstruct record_@ {\n    int kind;\n    char name[32];\n    struct record_@ *next;\n    double weight;\n};\n" \
            "\n/* The record of that name, or NULL. */\nstatic struct record_@ *find_@(struct record_@ *list, const char *name)\n{\n" \
            "    for (; list; list = list->next)\n        if (strcmp(list->name, name) == 0)\n            return list;\n    return NULL;\n}\n" \
            "\nstatic int count_@(const struct record_@ *list, int kind)\n{\n    int count = 0;\n    while (list) {\n" \
            "        count += list->kind == kind && list->weight > 0.5 * @;\n        list = list->next;\n    }\n    return count;\n}\n" \
            "\nstatic int add_@(struct record_@ **list, const char *name, int kind)\n{\n" \
            "    struct record_@ *record = calloc(1, sizeof *record);\n    if (record == NULL)\n        return -ENOMEM;\n" \
            "    snprintf(record->name, sizeof record->name, " q "%s-%d" q ", name, @);\n    record->kind = kind;\n" \
            "    record->next = *list;\n    *list = record;\n    return 0;\n}\n" \
            "\nstatic void free_@(struct record_@ *list)\n{\n    for (struct record_@ *next; list; list = next) {\n" \
            "        next = list->next;\n        free(list);\n    }\n}\n" \
            "\nASYNC int serve_@(struct brio_stream *stream, int limit)\n{\n    struct record_@ *list = NULL;\n    char line[128];\n    int total = 0;\n" \
            "    DEFER free_@(list);\n    for (int i = 0; i < limit; i++) {\n" \
            "        size_t length = AWAIT(brio_receive(stream, line, sizeof line - 1));\n        if (length == 0)\n            break;\n" \
            "        line[length] = 0;\n        if (add_@(&list, line, i % 3) < 0)\n            RAISE(ENOMEM, " q "record %d" q ", i);\n" \
            "        MOVE_ON_AFTER(0.5) {\n            AWAIT(brio_send(stream, line, length));\n        }\n" \
            "        total += find_@(list, line) != NULL;\n    }\n    return total + count_@(list, 1);\n}"
    }'
}

# All of libc's public headers, and the smallest of functions.
write_headers_unit()
{
    for header in $(sed -n "/^libc='/,/^'/p" "$here/headers.sh" | grep '\.h'); do
        printf '#if __has_include(<%s>)\n#include <%s>\n#endif\n' "$header" "$header"
    done
    printf '#include <brio.h>\nASYNC int entry(int count)\n{\n    AWAIT(brio_sleep(count));\n    return count;\n}\n'
}

cd "$work"
write_unit 16 >small.c
write_unit 1600 >large.c
write_headers_unit >headers.c
flags="-std=gnu11 -w -D_GNU_SOURCE -I$top/include"
for name in small large headers; do
    # shellcheck disable=SC2086
    $CC $flags -E $name.c -o $name.plain.i
    # shellcheck disable=SC2086
    $CC $flags -E -DBRIO_GENERATOR $name.c -o $name.i
done
BRIOGEN=$BRIOGEN BRIOCC=$BRIOCC CC=$CC FLAGS=$flags python3 - "$runs" <<'END_OF_PYTHON'
import os, sys
runs = int(sys.argv[1])
generator, launcher, compiler, flags = (os.environ[name] for name in ("BRIOGEN", "BRIOCC", "CC", "FLAGS"))

def best(command, runs=runs):
    """Milliseconds and MiB."""
    time = memory = None
    for _ in range(runs):
        words = command.split()
        _, status, usage = os.wait4(os.spawnvp(os.P_NOWAIT, words[0], words), 0)
        assert status == 0, command
        spent = (usage.ru_utime + usage.ru_stime) * 1000
        time = spent if time is None else min(time, spent)
        memory = usage.ru_maxrss / 1024
    return time, memory

print("%-8s %8s %9s | %9s %7s | %9s %6s | %9s %9s" % ("unit", "lines", "expanded", "briogen", "MiB", "cc -O0", "ratio", "cc", "briocc"))
for name in "small", "large", "headers":
    lines = sum(1 for _ in open(name + ".c"))
    expanded = sum(1 for _ in open(name + ".i"))
    ours, memory = best(f"{generator} -w {name}.i -o {name}.out.c")
    few = 1 if name == "large" else runs
    theirs, _ = best(f"{compiler} -std=gnu11 -w -O0 -c {name}.plain.i -o {name}.o", few)
    alone, _ = best(f"{compiler} {flags} -O0 -c {name}.c -o {name}.o", few)
    launched, _ = best(f"{launcher} {compiler} {flags} -O0 -c {name}.c -o {name}.o", few)
    print("%-8s %8d %9d | %6.1f ms %7.1f | %6.1f ms %5.1f%% | %6.0f ms %6.0f ms" %
        (name, lines, expanded, ours, memory, theirs, 100 * ours / theirs, alone, launched))
END_OF_PYTHON
