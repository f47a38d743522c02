#!/bin/sh
# check-layers.sh TOP - the layers of the sources, by their #include lines: none includes one above it, libev is known to src/loop alone, the
# public headers and the generator stand on their own; no file is too long or forgotten.
cd "$1" || exit 1
. tests/support/tap.sh

# The layers below each layer, and itself.
allowed_for()
{
    case $1 in
    base) echo base ;;
    loop) echo base loop ;;
    core) echo base loop core ;;
    sync) echo base core sync ;;
    thread) echo base loop core sync thread ;;
    io) echo base loop core sync thread io ;;
    esac
}

# What the files of a folder include with quotes, as "file included", the second from src/ on where it has a folder.
quoted_includes()
{
    grep -H '^ *# *include *"' "$1"/*.[ch] 2>/dev/null | sed 's|^\([^:]*\):.*"\([^"]*\)".*|\1 \2|'
}

layer_holds()
{
    layer=$1
    allowed=" $(allowed_for "$layer") "
    quoted_includes "src/$layer" | {
        bad=0
        while read -r file included; do
            case $included in
            ../*) included=${included#../} ;;
            esac
            case $included in
            */*) other=${included%%/*} ;;
            *) other=$layer ;;
            esac
            case $allowed in
            *" $other "*) ;;
            *)
                echo "$file includes $included"
                bad=1
                ;;
            esac
        done
        exit $bad
    }
}

nothing_matches()
{
    pattern=$1
    shift
    ! grep -n "$pattern" "$@" /dev/null
}

files_are_short()
{
    find gen src include tests samples \( -name '*.[ch]' -o -name '*.def' -o -name '*.sh' \) -type f -exec awk '
        FNR == 1001 { print FILENAME ": more than 1000 lines"; bad = 1 }
        END { exit bad }' {} +
}

sources_are_built()
{
    for source in gen/*.c samples/*.c; do
        name=${source#*/}
        [ "${source%%/*}" = samples ] && name=${name%.c}
        grep -Eq "'$name(\.c)?'" "${source%%/*}/meson.build" || { echo "$source is not in ${source%%/*}/meson.build"; return 1; }
    done
}

no_tabs()
{
    nothing_matches "$(printf '\t')" $(find gen src include -name '*.[ch]')
}

for layer in base loop core sync thread io; do
    check "src/$layer includes nothing above it" layer_holds $layer
done
check "libev is known to src/loop alone" nothing_matches '^ *# *include *<ev\.h>' $(find src -name '*.[ch]' ! -path 'src/loop/*') $(find include -name '*.h')
check "public headers include no private one" nothing_matches '^ *# *include *"' $(find include -name '*.h')
check "the generator stands alone" nothing_matches '^ *# *include *\(<brio\|".*/\)' $(find gen -name '*.[ch]')
check "files have at most 1000 lines" files_are_short
check "every source is built" sources_are_built
check "no tabs in sources" no_tabs
tap_done
