#!/usr/bin/env bash
# Builds llama.cpp's own batched benchmark against the very libraries that node-llama-cpp loads, from the sources that
# node-llama-cpp carries, into .bench/. Takes about a minute; needs git and g++; nothing is downloaded.
set -euo pipefail
cd "$(dirname "$0")/.."
out=.bench
mkdir -p "$out"
[ -d "$out/src" ] || git clone -q node_modules/node-llama-cpp/llama/gitRelease.bundle "$out/src"
libraries=$(find node_modules/@node-llama-cpp/linux-x64/bins -mindepth 1 -maxdepth 1 -type d | head -1)
cp "$libraries"/*.so "$out"/
cd "$out"
for tool in batched-bench quantize; do
  g++ -std=c++17 -O2 -Isrc/include -Isrc/common -Isrc/ggml/include -Isrc/vendor src/tools/$tool/*.cpp -o $tool -L. \
    -l:libllama-common.so -l:"$(basename libllama.v*.so)" -l:"$(basename libggml.v*.so)" -l:libggml-base.so \
    -Wl,-rpath,'$ORIGIN' -lpthread -ldl
done
echo "built .bench/batched-bench and .bench/quantize"
