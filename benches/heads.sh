#!/usr/bin/env bash
# What removals take at heads of many classes, on how many threads, and what starting at the minimum changes; see heads.py and
# minimum.py. `--baseline DECLASS` sets another build beside.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo build --release --quiet
target=${CARGO_TARGET_DIR:-target}
venv=$target/bench-venv
[[ -x $venv/bin/python ]] || python3 -m venv "$venv"
"$venv/bin/pip" install --quiet numpy safetensors
"$venv/bin/python" benches/heads.py "$target/release/declass" "$@"
echo
"$venv/bin/python" benches/minimum.py "$target/release/declass"
