# packages.sh - for scripts: need_packages NAME… installs the Debian packages that are missing. Does nothing where there is no apt.

need_packages()
{
    command -v dpkg-query >/dev/null && command -v apt-get >/dev/null || return 0
    missing=
    for package; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q '^install ok installed' || missing="$missing $package"
    done
    [ -z "$missing" ] && return 0
    as_root=
    if [ "$(id -u)" -ne 0 ]; then
        as_root=sudo
        command -v sudo >/dev/null || {
            echo "missing packages, and neither root nor sudo to install them:$missing" >&2
            return 1
        }
    fi
    echo "installing:$missing"
    export DEBIAN_FRONTEND=noninteractive
    # shellcheck disable=SC2086
    $as_root apt-get -q update >/dev/null && $as_root apt-get -qq install -y --no-install-recommends $missing >/dev/null
}
