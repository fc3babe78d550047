#!/usr/bin/env bash
# Installs the independent readers that the reference tests compare with: pandoc, LibreOffice, poppler. Needs root.
set -euo pipefail
missing=()
command -v pandoc >/dev/null || missing+=(pandoc)
command -v soffice >/dev/null || missing+=(libreoffice-writer-nogui libreoffice-impress-nogui)
command -v pdftotext >/dev/null || missing+=(poppler-utils)
[ ${#missing[@]} -eq 0 ] && exit 0
[ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null || { echo "not installed: ${missing[*]}"; exit 1; }
apt-get update -qq && apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
