#!/usr/bin/env bash
# Makes .venv: a virtual environment with Glasswork installed from this checkout. Needs Python 3.11 or newer and no
# compiler. A second call returns at once unless pyproject.toml has changed.
#
#   scripts/bootstrap.sh [FOLDER]        FOLDER defaults to .venv
#   PYTHON=python3.12 scripts/bootstrap.sh    to choose the Python
set -euo pipefail
cd "$(dirname "$0")/.."

venv=${1:-.venv}
stamp=$venv/.glasswork-ready
wanted=$(cat pyproject.toml scripts/bootstrap.sh | sha256sum)

die() {
    printf 'error: %s\n' "$1" >&2
    shift
    printf '  %s\n' "$@" >&2
    exit 2
}

new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

find_python() {
    local candidate
    for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11 python3.14}; do
        if new_enough "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    die "no Python 3.11 or newer found (looked for: ${PYTHON:-python3, python3.11 to python3.14})" \
        "install one, or name it: make PYTHON=/path/to/python3.12"
}

check_venv_module() {
    "$1" -c 'import venv, ensurepip' 2>/dev/null && return
    local version
    version=$("$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    die "$1 lacks the module venv or ensurepip, which Debian and Ubuntu package apart" \
        "install it: apt install python$version-venv"
}

if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ] && [ -x "$venv/bin/glasswork" ]; then
    exit 0
fi

python=$(find_python)
check_venv_module "$python"
started=$SECONDS
echo "Setting up $venv with $("$python" --version): about a minute, most of it downloads."
if ! new_enough "$venv/bin/python"; then
    "$python" -m venv --clear "$venv"
fi
"$venv/bin/python" -m pip install -qq --disable-pip-version-check --editable '.[embedded,dev]'
echo "$wanted" >"$stamp"
echo "$venv is ready after $((SECONDS - started)) s."
