#!/usr/bin/env bash
# Accuracy on real test inputs after every method removed every class of the trained fixtures; see fixtures.py.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo build --release --quiet
target=${CARGO_TARGET_DIR:-target}
venv=$target/bench-venv
[[ -x $venv/bin/python ]] || python3 -m venv "$venv"
"$venv/bin/pip" install --quiet numpy safetensors
"$venv/bin/python" benches/fixtures.py "$target/release/declass" "$@"
