#!/bin/sh
# adopt.sh BUILD ADOPT CC - the programs of samples/adopt, each built in its own way against the installed build, and run.
build=$1 adopt=$2
top=$(realpath "$adopt/../..")
export CC=$3
. "$(dirname "$0")/tap.sh"
. "$(dirname "$0")/installed.sh"
check "meson install" install_brio "$build"
cp -r "$adopt" "$work/adopt"
cp "$adopt"/*.[ch] "$work/adopt/meson"
cp "$adopt"/*.[ch] "$work/adopt/autotools"
cd "$work/adopt" || exit 1

prints_greetings() { "$1" >"$work/out" && diff -u expected "$work/out"; }

by_make() { make -C make CC="briocc $CC" COMPILER="$CC" "$1" && prints_greetings "make/$1"; }
again_by_make() { touch greet.h && make -C make CC="briocc $CC" COMPILER="$CC" -n "$1" | grep greet; }
by_cmake()
{
    folder=$1
    shift
    cmake -S cmake -B "$folder" -DCMAKE_PREFIX_PATH="$prefix" "$@" && cmake --build "$folder" && prints_greetings "$folder/hello"
}
by_meson()
{
    folder=$1 compiler=$2
    shift 2
    CC=$compiler meson setup "$folder" meson "$@" && ninja -C "$folder" -j2 && prints_greetings "$folder/hello"
}
as_subproject()
{
    cp -r meson meson-sub && rm -rf meson-sub/launcher meson-sub/step && mkdir meson-sub/subprojects && ln -s "$top" meson-sub/subprojects/brio &&
        meson setup meson-sub/build meson-sub -Dexplicit=true --wrap-mode=forcefallback && ninja -C meson-sub/build -j2 &&
        prints_greetings meson-sub/build/hello
}
by_autotools()
{
    (cd autotools && autoreconf -i && ./configure CC="briocc $CC" && make) && prints_greetings autotools/hello
}

check "make, launcher" by_make hello
check "make, launcher: a changed header rebuilds" again_by_make hello
check "make, generator step" by_make explicit
check "make, generator step: a changed header rebuilds" again_by_make explicit
if command -v cmake >/dev/null; then
    check "cmake, launcher" by_cmake cmake/launcher -DCMAKE_C_COMPILER_LAUNCHER=briocc
    check "cmake, generator step" by_cmake cmake/step -DEXPLICIT=ON -DCMAKE_BUILD_TYPE=Release
    check "cmake, generator step: the flags of the build type" grep -rqe '--generate.*-DNDEBUG' cmake/step --include='build.*'
else
    tap_skip "cmake" "not installed"
fi
check "meson, launcher" by_meson meson/launcher "briocc $CC"
check "meson, generator step" by_meson meson/step "$CC" -Dexplicit=true
check "meson, subproject" as_subproject
if command -v autoreconf >/dev/null; then
    check "autotools" by_autotools
else
    tap_skip "autotools" "not installed"
fi
tap_done
