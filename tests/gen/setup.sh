# setup.sh - what the scripts here begin with: TAP, $here, $top, the tools of an ordinary build unless others are named, and $work, a folder that goes
# away in the end.
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../support/tap.sh"
top=$(cd "$here/../.." && pwd)
: "${BRIOGEN:=$top/build/gen/briogen}" "${CC:=gcc}"
case $BRIOGEN in /*) ;; *) BRIOGEN=$(pwd)/$BRIOGEN ;; esac
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
