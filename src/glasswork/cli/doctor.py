"""``glasswork doctor``: what this machine can run, and what to do about the rest."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from glasswork.cli import say
from glasswork.cli.load import open_models
from glasswork.view.clean import clean

ENOUGH_DISK = 3 * 1024**3
"""Bytes: the default weights, an image, and room for logs."""

_SANDBOX = "sandbox "


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    about: str
    ok: bool
    found: str
    fix: str = ""
    """What to do where it is not ok."""
    runs: bool = False
    """True for what a run can be made with: a model that is ready."""
    not_contained: tuple[str, ...] = ()
    """What a sandbox is known not to hold back."""


def doctor(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """See what this machine can run.

    Looks at Python, packages, models, sandboxes, GPU, disk and terminal, and says how to get what is missing. Exits
    with 1 where no model can be run.
    """
    findings = list(examine())
    able = any(finding.runs and finding.ok for finding in findings)
    if as_json:
        say.json_object({"able": able, "findings": [vars(finding) for finding in findings]})
    else:
        _tell(findings)
        say.out()
        boxes = [finding.ok for finding in findings if finding.about.startswith(_SANDBOX)]
        boxless = ", but none of its programs: there is no sandbox. See above what to do"
        limited = boxless if boxes and not any(boxes) else ""
        say.out(f"A workflow can be run{limited}." if able else "No model can be run yet: see above what to do.")
    if not able:
        raise typer.Exit(1)


def examine() -> Iterator[Finding]:
    """Look at everything, one after the other."""
    yield Finding("Python", True, f"{sys.version.split()[0]} at {sys.executable}")
    yield _package("xllamacpp", "llama.cpp, prebuilt", "embedded")
    yield from _models()
    yield _weights()
    yield from _sandboxes()
    yield _gpu()
    yield _disk()
    yield _terminal()


def _tell(findings: list[Finding]) -> None:
    signs = {True: say.paint("✓", "green"), False: say.paint("✗", "red")}
    width = max(len(finding.about) for finding in findings)
    for finding in findings:
        say.out(f"{signs[finding.ok]} {finding.about:<{width}}  {clean(finding.found)}")
        if not finding.ok and finding.fix:
            say.out(f"  {'':<{width}}  {say.paint(finding.fix, 'yellow')}")
        for number, gap in enumerate(finding.not_contained):
            say.out(f"  {'':<{width}}  {'               ' if number else 'not contained: '}{gap}")


def _package(name: str, what: str, extra: str) -> Finding:
    try:
        return Finding(name, True, f"{version(name)}: {what}")
    except PackageNotFoundError:
        return Finding(name, False, f"not installed: {what}", f"pip install 'glasswork[{extra}]'")


def _models() -> Iterator[Finding]:
    """Say of what 'default' means, and of every model of models.yaml, whether a run could use it now."""
    from glasswork.definitions import EmbeddedModel, VllmModel
    from glasswork.library import Library

    library = Library.discover()
    models = open_models(library)
    own = library.models()
    for name in dict.fromkeys(["default", *(own.definition.models if own else ())]):
        definition, words = models.resolve(name), models.describe(name)
        ready, fix = True, ""
        if isinstance(definition, EmbeddedModel):
            ready, fix = _embedded_ready(definition.weights)
        elif isinstance(definition, VllmModel):
            ready, fix = _vllm_ready()
        yield Finding(f"model {name}", ready, words, fix, runs=True)


def _embedded_ready(weights: str) -> tuple[bool, str]:
    from glasswork.models.catalogue import CATALOGUE, weights_path

    if find_spec("xllamacpp") is None:
        return False, "pip install 'glasswork[embedded]'"
    if weights in CATALOGUE and weights_path(weights) is None:
        return False, f"glasswork models pull {weights}"
    return True, ""


def _weights() -> Finding:
    from glasswork.models.catalogue import CATALOGUE, weights_folder, weights_path

    here = [name for name in CATALOGUE if weights_path(name)]
    return Finding("weights", True, f"{', '.join(here) or 'none'} in {weights_folder()}")


def _vllm_ready() -> tuple[bool, str]:
    from glasswork.models.vllm import PYTHON_VARIABLE

    ready = find_spec("vllm") is not None or bool(os.environ.get(PYTHON_VARIABLE))
    return ready, f"pip install 'glasswork[vllm]', or set {PYTHON_VARIABLE} to a Python that has vLLM"


def _sandboxes() -> Iterator[Finding]:
    from glasswork.sandbox.choose import survey

    backends = survey()
    first = next((backend.name for backend in backends if backend.ok), None)
    for backend in backends:
        found = f"{backend.why}; it is what 'default' takes here" if backend.name == first else backend.why
        yield Finding(_SANDBOX + backend.name, backend.ok, found, backend.hint, not_contained=backend.not_contained)


def _gpu() -> Finding:
    import subprocess

    tool = shutil.which("nvidia-smi")
    if tool is None:
        return Finding("GPU", True, "none found; models run on the processor")
    query = [tool, "--query-gpu=name,memory.total", "--format=csv,noheader"]
    asked = subprocess.run(query, capture_output=True, text=True, timeout=20, check=False)  # noqa: S603 - a fixed question
    if asked.returncode:
        return Finding(
            "GPU", False, "nvidia-smi fails", "see what 'nvidia-smi' says; models run on the processor till then"
        )
    return Finding("GPU", True, "; ".join(asked.stdout.split("\n")).strip("; "))


def _disk() -> Finding:
    from glasswork.models.catalogue import weights_folder

    folder = _first_there(weights_folder())
    free = shutil.disk_usage(folder).free
    words = f"{free / 1024**3:.1f} GiB free at {folder}"
    return Finding("disk", free >= ENOUGH_DISK, words, "make room: weights take about 1.1 GB, an image half of that")


def _first_there(path: Path) -> Path:
    return next(folder for folder in (path, *path.parents) if folder.exists())


def _terminal() -> Finding:
    size = shutil.get_terminal_size()
    kind = f"{size.columns} x {size.lines}" if sys.stdout.isatty() else "output is no terminal; plain text"
    encoding = (sys.stdout.encoding or "unknown").lower()
    return Finding("terminal", "utf" in encoding, f"{kind}, {encoding}", "set a UTF-8 locale, such as LANG=C.UTF-8")
