#!/usr/bin/env bash
# Measures declass on models of about 2 GB, with the table of large.py as output.
#   benches/large.sh [FOLDER] [options of large.py]
# FOLDER keeps the models for the next time; without it a temporary one is used and removed. It needs 9 GB.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo build --release --quiet
folder=${1:-}
if [[ -z $folder ]]; then
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
else
    shift
fi
python3 benches/large.py "${CARGO_TARGET_DIR:-target}/release/declass" "$folder" "$@"
