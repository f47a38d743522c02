#!/bin/sh
# run.sh - builds the project and runs its samples: the tour of the language, then an echo server and its clients over the loopback.
# Installs what is missing on a Debian system.
set -eu
cd "$(dirname "$0")/.."
. tests/support/packages.sh
need_packages gcc libc6-dev libev-dev meson ninja-build pkg-config

if [ ! -f build/build.ninja ]; then
    meson setup build
fi
ninja -C build -j2 samples/tour samples/echo_server samples/echo_client

echo "== the tour"
build/samples/tour
echo "== echo server and client"
sh tests/support/echo.sh build/samples/echo_server build/samples/echo_client samples/echo_client.expected
