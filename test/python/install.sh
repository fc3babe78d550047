#!/usr/bin/env bash
# Installs the Python libraries that tests hold quern's outputs against, into .venv, which git ignores.
set -euo pipefail
cd "$(dirname "$0")/../.."
[ -x .venv/bin/python ] || python3 -m venv .venv
.venv/bin/python -c "import datasets, lance, transformers, jinja2" 2>/dev/null || .venv/bin/pip install --quiet --disable-pip-version-check -r test/python/requirements.txt
.venv/bin/python -c "import datasets, lance, transformers as t; print('datasets', datasets.__version__, 'lance', lance.__version__, 'transformers', t.__version__)" 2>/dev/null
