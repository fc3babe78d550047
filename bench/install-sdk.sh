#!/usr/bin/env bash
# Installs synthetic-data-kit, as it stands on PyPI, with what its parsers import, into .venv-sdk, which git ignores.
# Takes: the folder to install into (default: the repository's).
set -euo pipefail
cd "${1:-$(dirname "$0")/..}"
[ -x .venv-sdk/bin/python ] || python3 -m venv .venv-sdk
# It imports pytubefix and youtube_transcript_api, which it does not declare.
.venv-sdk/bin/pip install --quiet --disable-pip-version-check synthetic-data-kit==0.0.5 pytubefix youtube-transcript-api
.venv-sdk/bin/pip list --disable-pip-version-check 2>/dev/null | grep -i -E '^(synthetic|pylance|pymupdf|python-docx|python-pptx|pdfminer)'
