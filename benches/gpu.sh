#!/usr/bin/env bash
# Tests and timings on a GPU. Builds nothing: it runs what benches/cuda/build.sh put into FOLDER, from the root of the repository.
#
#   benches/gpu.sh [FOLDER] [options of gpu.py]        [FOLDER: target/gpu]
#
# DEVICE is where it runs [cuda:0; cpu tries this script out where there is no GPU], PYTHON a Python 3, whose PyTorch, if it has
# one, is what declass is measured against. cuBLAS 13 is looked for where the loader looks, in that PyTorch, and in
# /usr/local/cuda.
set -euo pipefail
cd "$(dirname "$0")/.."

folder=target/gpu
if [[ ${1:-} && $1 != -* ]]; then
    folder=$1
    shift
fi
device=${DEVICE:-cuda:0}
python=${PYTHON:-python3}

torch=$("$python" -c 'import importlib.util, pathlib
found = importlib.util.find_spec("torch")
if found: print(*sorted(pathlib.Path(found.origin).parents[1].glob("nvidia/*/lib")), sep=":")')
export LD_LIBRARY_PATH=${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}${torch:+$torch:}/usr/local/cuda/lib64

failed=0
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
echo "== the program on $device, and its release on the CPU"
"$folder/declass" unlearn fixtures/models/fmnist-resnet --forget Sandal --device "$device" -o "$out/release"
"$folder/declass" verify "$out/release" --original fixtures/models/fmnist-resnet || failed=1
echo "== tests on $device"
DECLASS_TEST_DEVICE=$device "$folder/device" --test-threads 1 || failed=1
echo "== timings"
"$python" benches/gpu.py "$folder/stages" --device "$device" "$@"
exit $failed
