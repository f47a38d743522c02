#!/bin/sh
# input.sh - what is no C, is cut off, huge or deeply nested: briogen ends soon, with a text (status 0), or with located errors (status 1), and never
# otherwise. The times are far above what is needed, and far below what anything quadratic would take. Prints TAP.
#   BRIOGEN, CC   as for golden.sh
. "$(dirname "$0")/setup.sh"
cd "$work" || exit 1

# WHAT FILE: status 0 and a text, 1 and a message that begins with the file's name.
ends_well()
{
    timeout 60 "$BRIOGEN" "$2" -o out.c 2>messages
    status=$?
    case $1$status in
    any0 | taken0) return 0 ;;
    any1 | refused1) grep -qE "^$2:([0-9]+:[0-9]+:)? error: " messages || { head -n 3 messages; return 1; } ;;
    *) echo "exit status $status"; head -n 3 messages; return 1 ;;
    esac
}

# repeat COUNT TEXT, @ for the number
repeat()
{
    awk -v count="$1" -v text="$2" 'BEGIN {
        parts = split(text, part, "@")
        for (i = 0; i < count; i++) {
            printf "%s", part[1]
            for (j = 2; j <= parts; j++)
                printf "%d%s", i, part[j]
        }
    }'
}

# A unit with a function around what is read.
unit()
{
    echo '__brio_async int f(int);'
    echo "${1-}"
    echo '__brio_async int x(int a) {'
    cat
    echo '; return __brio_await(f(a)); }'
}

# NAME WHAT: the unit in $1.i
try()
{
    check "$1" ends_well "$2" "$1.i"
    rm -f "$1.i"
}

# ---- cut off, binary ----

$CC -std=gnu11 -I"$top/include" -E -DBRIO_GENERATOR "$here/run/positions.c" | awk '/^# [0-9]+ "/ { own = /positions.c"/; next } own' >whole.c
size=$(wc -c <whole.c)
cut_anywhere()
{
    for part in $(seq 1 97); do
        head -c $((size * part / 97)) whole.c >cut.i
        ends_well any cut.i || { echo "cut behind $((size * part / 97)) bytes"; return 1; }
    done
}
check "cut off anywhere" cut_anywhere
: >empty.i
try empty taken
head -c 300000 "$(command -v "${CC%% *}")" >binary.i
try binary refused
printf 'int a;\0int b;\n' >nul.i
try nul refused
printf 'int \377\376;\n' >not_utf8.i
try not_utf8 refused
repeat 100000 '"
' >quotes.i
try quotes refused
repeat 200000 '/*' >comment.i
try comment refused
printf '__brio_async int f(void) { return 1;' >unclosed.i
try unclosed refused

# ---- large ----

repeat 20000 ' a += __brio_await(f(a));
' | unit >many_awaits.i
try many_awaits taken
repeat 5000 ' a += __brio_await(f(a));' | unit >many_awaits_in_a_line.i
try many_awaits_in_a_line taken
repeat 1000 ' int v@ = __brio_await(f(@));' | unit >many_locals.i
try many_locals taken
repeat 2000 ' { int v = __brio_await(f(@)); a += v; }' | unit >many_blocks.i
try many_blocks taken
{ printf 'switch (a) {'; repeat 5000 'case @: a = __brio_await(f(a)); break;'; printf '}'; } | unit >many_cases.i
try many_cases taken
{ repeat 2000 'l@: a = __brio_await(f(a)); if (a == @) goto l1999;'; } | unit >many_labels.i
try many_labels taken
{ printf 'a = __brio_await(f(a))'; repeat 100000 '+a'; } | unit >long_sum.i
try long_sum any
{ printf 'int b[] = {__brio_await(f(a))'; repeat 100000 ',@'; printf '}'; } | unit >long_list.i
try long_list taken
{ repeat 5000 'if (a == @) a = __brio_await(f(a)); else '; printf 'a = 1'; } | unit >long_else_if.i
try long_else_if any
{
    echo 'typedef int t0;'
    awk 'BEGIN { for (i = 0; i < 50000; i++) printf "typedef t%d t%d;\n", i, i + 1 }'
    echo 't50000 b;' | unit
} >chain_of_typedefs.i
try chain_of_typedefs taken
repeat 50000 '# @ "x@.c"
int a;
' >many_files.i
try many_files taken
repeat 50000 'int f(void) { (; }
' >many_errors_in_plain_functions.i
try many_errors_in_plain_functions taken
{ echo '__brio_async void g(void);'; repeat 20000 'int x=(; g();
'; } >many_errors.i
try many_errors refused
{ printf 'char *s = "'; repeat 300000 'abcdefgh'; printf '"'; } | unit >long_string.i
try long_string taken
{ printf 'int '; repeat 300000 'abcdefgh'; } | unit >long_name.i
try long_name taken

# ---- deep ----

# NAME OPEN CLOSE: refused at 50,000, taken at 200; about 2,000 tokens deep anything goes but a crash
deep()
{
    for depth in 200 50000; do
        { printf '%s' 'a = __brio_await(f(a)); '; repeat $depth "$2"; printf a; repeat $depth "$3"; } | unit >deep.i
        ends_well "$([ $depth = 200 ] && echo taken || echo "${4-refused}")" deep.i || { echo "depth $depth"; return 1; }
    done
}
check "deep parentheses" deep parentheses '(' ')'
check "deep blocks" deep blocks '{' ';}'
check "deep statement expressions" deep statements '({' ';})'
check "deep if" deep if 'if (a) ' ''
check "deep loops" deep loops 'while (a) ' ''
check "deep conditions" deep conditions 'a ? ' ': a'
check "deep assignments" deep assignments 'a = ' ''
check "deep calls" deep calls 'abs(' ')'
check "deep AWAIT" deep awaits '__brio_await(f(' '))'
check "deep casts" deep casts '(int)' ''
check "deep unary" deep unary '!' ''
check "deep nurseries" deep nurseries '__brio_nursery(n) ' ''
check "deep TRY" deep tries '__brio_try {' ';} __brio_finally {}'
check "deep initializers" deep initializers '(int[]){' '}[0]'
check "deep labels" deep labels 'l@: ' ''
for depth in 200 50000; do
    what=$([ $depth = 200 ] && echo taken || echo refused)
    echo ';' | unit "int $(repeat $depth '(')a$(repeat $depth ')');" >declarator_$depth.i
    try declarator_$depth "$what"
    { repeat $depth 'struct {'; printf 'int a;'; repeat $depth '} s;'; } | unit >structs_$depth.i
    try structs_$depth "$what"
done
tap_done
