#!/usr/bin/env bash
# Installs the Python library that near-duplicates.mjs measures against, into .venv-bench, which git ignores.
set -euo pipefail
cd "$(dirname "$0")/.."
[ -x .venv-bench/bin/python ] || python3 -m venv .venv-bench
.venv-bench/bin/pip install --quiet --disable-pip-version-check "datasketch>=1.6" xxhash
.venv-bench/bin/python -c "import datasketch; print('datasketch', datasketch.__version__)"
