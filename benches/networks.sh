#!/usr/bin/env bash
# Measures how fast whole networks run, against onnxruntime, with the table of networks.py as output.
#   benches/networks.sh [FOLDER] [options of networks.py]
# FOLDER keeps the models for the next time (1.2 GB); without it a temporary one is used and removed. PYTHON is a Python 3 with
# torch, torchvision, onnx, onnxruntime and safetensors [python3].
set -euo pipefail
cd "$(dirname "$0")/.."

program=$(cargo bench --bench networks --no-run --message-format json --quiet |
    sed -n 's/.*"executable":"\([^"]*networks-[^"]*\)".*/\1/p')
folder=
if [[ ${1:-} && $1 != -* ]]; then
    folder=$1
    shift
else
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
fi
RAYON_NUM_THREADS=1 "${PYTHON:-python3}" benches/networks.py "$program" "$folder" "$@"
