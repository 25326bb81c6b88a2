"""Writes what benches/cuda/build.sh compiles instead of CUDA's libraries.

    stubs.py CUDARC CANDLE_KERNELS FOLDER

FOLDER/functions.h   every function that the crate cudarc (sources in CUDARC) declares, for stubs.c
FOLDER/left_out.c    functions of candle-kernels (sources in CANDLE_KERNELS) that nothing here calls, as ones that say so and abort
"""

import re
import sys
from pathlib import Path

# Library as stubs.c calls it, and the folder of cudarc's bindings to it.
BINDINGS = {"cuda": "driver", "cublas": "cublas", "cublasLt": "cublaslt", "curand": "curand", "nvrtc": "nvrtc"}
# What stubs.c itself defines, and functions that are no mere statuses there.
OWN = {"cuInit"}
KINDS = {
    "cuGetErrorName": "MESSAGE",
    "cuGetErrorString": "MESSAGE",
    "curandCreateGenerator": "GENERATOR",
    "curandDestroyGenerator": "IDLE",
    "curandSetPseudoRandomGeneratorSeed": "IDLE",
    "curandSetStream": "IDLE",
}


def main():
    cudarc, kernels, folder = map(Path, sys.argv[1:])
    lines = [line for library, part in BINDINGS.items() for line in stubs(library, cudarc / "src" / part / "sys/mod.rs")]
    (folder / "functions.h").write_text("\n".join(lines) + "\n")
    names = sorted(set(re.findall(r"\bfn (\w+)\s*\(", (kernels / "src/ffi.rs").read_text())))
    body = "".join(f'void {name}(void) {{ left_out("{name}"); }}\n' for name in names)
    (folder / "left_out.c").write_text(LEFT_OUT + body)


def stubs(library, bindings):
    """One line per function in the blocks `extern "C" { ... }`: what the linker will ask for."""
    blocks = re.findall(r'extern "C" \{(.*?)\n\s*\}', bindings.read_text(), re.DOTALL)
    declared = re.findall(r"\bfn (\w+)\s*\([^;]*?\)\s*(->[^;]*)?;", "\n".join(blocks))
    if len(declared) < 10:
        sys.exit(f"{bindings}: this is not what cudarc 0.19 looks like")
    for name, result in sorted(set(declared)):
        if name not in OWN:
            kind = KINDS.get(name, "TEXT" if "c_char" in result else "STATUS")
            yield f"{kind}({library}, {name})"


LEFT_OUT = """#include <stdio.h>
#include <stdlib.h>
static void left_out(const char *name) {
    fprintf(stderr, "%s: kernels for quantised models were left out of this build\\n", name);
    abort();
}
"""

if __name__ == "__main__":
    main()
