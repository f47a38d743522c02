# installed.sh - for test scripts: install_brio BUILD puts the build into a temporary prefix and sets PATH, PKG_CONFIG_PATH and the like.
# Sets $prefix and $work; $work is removed on exit.

work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

install_brio()
{
    DESTDIR=$work/root meson install -C "$1" --no-rebuild --quiet >"$work/install.log" 2>&1 || {
        cat "$work/install.log"
        return 1
    }
    pc=$(find "$work/root" -name brio.pc)
    libdir=$(dirname "$(dirname "$pc")")
    prefix=$work/prefix
    real_prefix=$(sed -n 's/^prefix=//p' "$pc")
    ln -s "$work/root$real_prefix" "$prefix"
    sed -i "s|^prefix=.*|prefix=$prefix|" "$pc"
    PKG_CONFIG_PATH=$(dirname "$pc")
    LD_LIBRARY_PATH=$libdir${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
    PATH=$prefix/bin:$PATH
    export PKG_CONFIG_PATH LD_LIBRARY_PATH PATH
    unset BRIOGEN
}
