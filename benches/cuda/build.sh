#!/usr/bin/env bash
# Builds declass with the feature `cuda` where there is neither a GPU nor CUDA: on x86-64 Linux with cargo, g++, python3 and pip.
#
#   benches/cuda/build.sh          programs for benches/gpu.sh, stripped, in target/gpu/: declass, its device tests, timings
#   benches/cuda/build.sh --env    only prints the environment: eval "$(benches/cuda/build.sh --env)", then any cargo command
#
# NVIDIA's compiler comes from PyPI (105 MB, into target/cuda-kit/), its libraries are replaced by stubs that load the real
# ones at run time (stubs.c): the same program starts with and without a driver. CUDA_COMPUTE_CAP names the GPU [90: H100 and
# H200, and no other generation]. On a machine with CUDA installed none of this is needed; see CONTRIBUTING.md.
set -euo pipefail
cd "$(dirname "$0")/../.."

target=${CARGO_TARGET_DIR:-target}
mkdir -p "$target/cuda-kit"
target=$(cd "$target" && pwd)
kit=$target/cuda-kit

# One consistent set of wheels, that of CUDA 13.0.2: code of a newer compiler is refused by the drivers that came with 13.0.
wheels="nvidia-cuda-nvcc==13.0.88 nvidia-nvvm==13.0.88 nvidia-cuda-crt==13.0.88 nvidia-cuda-runtime==13.0.96 nvidia-cuda-cccl==13.0.85"
cuda=$kit/wheels/nvidia/cu13
if [[ $(cat "$kit/wheels.txt" 2>/dev/null) != "$wheels" ]]; then
    rm -rf "$kit/wheels"
    # shellcheck disable=SC2086
    python3 -m pip install --quiet --no-deps --no-compile --only-binary=:all: --target "$kit/wheels" $wheels >&2
    echo "$wheels" >"$kit/wheels.txt"
fi

sources() {
    cargo metadata --format-version 1 --features cuda | python3 -c '
import json, os, sys
packages = {package["name"]: package for package in json.load(sys.stdin)["packages"]}
print(os.path.dirname(packages[sys.argv[1]]["manifest_path"]))' "$1"
}

# Every function of all libraries is in libcuda.a; the others, and the CUDA runtime that only left-out kernels call, are empty.
# The folder is named after what is in it: cargo links again when it is told of another one.
make_stubs() {
    local fresh=$kit/fresh
    rm -rf "$fresh" && mkdir -p "$fresh/lib"
    cp benches/cuda/stubs.c "$fresh"
    python3 benches/cuda/stubs.py "$(sources cudarc)" "$(sources candle-kernels)" "$fresh"
    stubs=$kit/stubs-$(cat "$fresh"/*.[ch] | sha256sum | cut -c 1-12)
    if [[ ! -e $stubs ]]; then
        gcc -c -O2 -fPIC -Wall -Wextra -Werror "$fresh/stubs.c" -o "$fresh/stubs.o"
        ar rcs "$fresh/lib/libcuda.a" "$fresh/stubs.o"
        for name in cublas cublasLt curand nvrtc cudart; do ar rcs "$fresh/lib/lib$name.a"; done
        mv "$fresh" "$stubs"
    fi
    rm -rf "$fresh"
}

# The compiler as candle's build script wants to find it. Kernels for quantised models take most of the time and of the program's
# size, and nothing here calls them: for their sources this compiler gives functions that say so and abort.
make_compiler() {
    mkdir -p "$kit/compiler/bin"
    ln -sfn "$cuda/include" "$kit/compiler/include"
    ln -sfn "$cuda/lib" "$kit/compiler/lib64"
    ln -sfn "$cuda/nvvm" "$kit/compiler/nvvm"
    cat >"$kit/compiler/bin/nvcc" <<NVCC
#!/usr/bin/env bash
source= output= previous=
for word in "\$@"; do
    [[ \$previous == -o ]] && output=\$word
    case \${word##*/} in
        mmq_quantize.cu) source=$stubs/left_out.c ;;
        mmq_instance_*.cu | mmvq_gguf.cu | moe_*.cu) source=/dev/null ;;
    esac
    previous=\$word
done
[[ -z \$source ]] && exec "$cuda/bin/nvcc" "\$@"
exec gcc -c -O1 -fPIC -ffunction-sections -x c "\$source" -o "\$output"
NVCC
    chmod +x "$kit/compiler/bin/nvcc"
}

make_stubs
make_compiler
[[ -e $cuda/lib64 ]] || ln -s lib "$cuda/lib64"
# cudarc links from all folders that any of these names; only the stubs shall be among them.
unset CUDA_PATH CUDA_ROOT CUDA_TOOLKIT_ROOT_DIR CUDNN_LIB
export CUDA_HOME=$stubs NVCC=$kit/compiler/bin/nvcc CUDARC_CUDA_VERSION=13000 PATH=$kit/compiler/bin:$PATH
export CUDA_COMPUTE_CAP=${CUDA_COMPUTE_CAP:-90}
if [[ ${1:-} == --env ]]; then
    for name in CUDA_HOME NVCC CUDARC_CUDA_VERSION PATH CUDA_COMPUTE_CAP; do printf 'export %s=%q\n' "$name" "${!name}"; done
    echo "unset CUDA_PATH CUDA_ROOT CUDA_TOOLKIT_ROOT_DIR CUDNN_LIB"
    exit
fi

built=$(cargo build --release --features cuda --bin declass --test device --bench stages --message-format json-render-diagnostics "$@")
mkdir -p "$target/gpu"
python3 -c '
import json, sys
for line in sys.stdin:
    made = json.loads(line)
    if made.get("executable"):
        print(made["target"]["name"], made["executable"])' <<<"$built" |
    while read -r name program; do strip -o "$target/gpu/$name" "$program"; done
ls -l "$target/gpu"
