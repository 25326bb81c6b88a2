#!/usr/bin/env bash
# Measures how many pictures and texts go through a model in a second, against a pipeline of transformers, with the table of examples.py.
#   benches/examples.sh [FOLDER] [options of examples.py]
# FOLDER keeps models and examples for the next time (1 GB); without it a temporary one is used and removed. PYTHON is a Python 3 with
# torch, torchvision and transformers [python3].
set -euo pipefail
cd "$(dirname "$0")/.."

cargo build --release --quiet
folder=
if [[ ${1:-} && $1 != -* ]]; then
    folder=$1
    shift
else
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
fi
"${PYTHON:-python3}" benches/examples.py "${CARGO_TARGET_DIR:-target}/release/declass" "$folder" "$@"
