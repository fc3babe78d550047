#!/usr/bin/env bash
# Installs Kiln's own library, that tests hold projects on disk against, into .venv-kiln, which git ignores. Of what it
# depends on only that which its data model needs: the rest is for running models.
set -euo pipefail
cd "$(dirname "$0")/../.."
venv=.venv-kiln
imports="import kiln_ai.datamodel, kiln_ai.datamodel.strict_mode"
[ -x $venv/bin/python ] || python3 -m venv $venv
if ! $venv/bin/python -c "$imports" 2>/dev/null; then
  pip="$venv/bin/pip install --quiet --disable-pip-version-check"
  $pip -r test/python/requirements-kiln.txt
  $pip --no-deps kiln-ai==1.1.0 || $pip --no-deps kiln-ai
fi
$venv/bin/python -c "$imports
from importlib.metadata import version
print('kiln-ai', version('kiln-ai'), 'pydantic', version('pydantic'))"
