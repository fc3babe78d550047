#!/usr/bin/env bash
# Builds llama.cpp's own server into .bench/, from the sources that node-llama-cpp carries and against the very libraries
# that it loads, so that quern and the server compute with the same code. Some minutes; needs git, g++ and cmake; nothing
# is downloaded. The tests and benchmarks that need it say so loudly while it is absent.
set -euo pipefail
cd "$(dirname "$0")/../.."
out=.bench
mkdir -p "$out"
[ -d "$out/src" ] || git clone -q node_modules/node-llama-cpp/llama/gitRelease.bundle "$out/src"
libraries=$(find node_modules/@node-llama-cpp/linux-x64/bins -mindepth 1 -maxdepth 1 -type d | head -1)
cp "$libraries"/*.so "$out"/
cd "$out"
mkdir -p server-objects
# The server's own page is left out: it would be fetched.
[ -f server-objects/ui.h ] || cmake -DUI_SOURCE_DIR="$PWD/src/tools/ui" -DUI_BINARY_DIR="$PWD/server-objects" \
  -DLLAMA_SOURCE_DIR="$PWD/src" -DHF_ENABLED=OFF -DBUILD_UI=OFF -P src/scripts/ui-assets.cmake >/dev/null 2>&1
compile() {
  object=server-objects/$(echo "$1" | tr / _).o
  compiler="g++ -std=c++17"
  case $1 in */sha1.c) compiler="$compiler -x c++" ;; *.c) compiler=gcc ;; esac
  [ "$object" -nt "$1" ] || nice $compiler -O2 -w -c "$1" -o "$object" -Iserver-objects -Isrc/tools/mtmd -Isrc/tools/server \
    -Isrc -Isrc/include -Isrc/common -Isrc/ggml/include -Isrc/vendor -Isrc/vendor/hash
}
export -f compile
{
  ls src/tools/server/*.cpp src/tools/mtmd/{mtmd,mtmd-audio,mtmd-image,mtmd-helper,mtmd-helper-gen,clip}.cpp
  ls src/tools/mtmd/models/*.cpp src/vendor/hash/*.cpp src/vendor/hash/*/*.c server-objects/ui.cpp
} | xargs -P "${JOBS:-$(nproc)}" -I{} bash -c 'compile {}'
g++ -o llama-server server-objects/*.o -L. -l:libllama-common.so -l:"$(basename libllama.v*.so)" \
  -l:"$(basename libggml.v*.so)" -l:libggml-base.so -Wl,-rpath,'$ORIGIN' -lpthread -ldl
./llama-server --version 2>&1 | tail -2
echo "built .bench/llama-server"
