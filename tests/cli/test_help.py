"""What ``--help`` prints is written down in golden files; start-up is fast; a mistyped command is told."""

from __future__ import annotations

import os
import re
import resource
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from glasswork import __version__

GOLDEN = Path(__file__).parent / "golden"
COMMANDS = [
    "",
    "run",
    "ask",
    "tournament",
    "resume",
    "approve",
    "fork",
    "replay",
    "check",
    "probe",
    "blame",
    "validate",
    "plan",
    "graph",
    "list",
    "tool",
    "ingest",
    "search",
    "calibrate",
    "judge",
    "judge gate",
    "judge answers",
    "judge run",
    "judge list",
    "init",
    "doctor",
    "models",
    "models list",
    "models pull",
    "models serve",
    "log",
    "log list",
    "log show",
    "log why",
    "log game",
    "log report",
    "log tail",
    "log diff",
    "log query",
    "log export",
    "log verify",
    "log redact",
    "schema",
]


WRITTEN_WITH = "0.29."
"""The typer that laid the golden files out; another one may break lines elsewhere, so only words are compared."""


@pytest.mark.parametrize("command", COMMANDS)
def test_help_is_as_written_down(glasswork, command, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    said = glasswork(*command.split(), "--help")
    path = GOLDEN / f"{command.replace(' ', '_') or 'glasswork'}.txt"
    if os.environ.get("GLASSWORK_UPDATE_GOLDEN"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(said.out, encoding="utf-8")
    written = path.read_text(encoding="utf-8")
    assert said.status == 0
    if version("typer").startswith(WRITTEN_WITH):
        assert said.out == written
    else:
        assert set(re.findall(r"--?[a-z][a-z-]*", said.out)) == set(re.findall(r"--?[a-z][a-z-]*", written))


def test_every_golden_file_has_its_command():
    assert {path.stem for path in GOLDEN.glob("*.txt")} == {one.replace(" ", "_") or "glasswork" for one in COMMANDS}


def cpu_seconds(*words: str) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-m", "glasswork", *words], check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def test_help_is_fast():
    assert min(cpu_seconds("--help") for _ in range(3)) < 0.25


def test_help_imports_nothing_heavy():
    heavy = "{'openai', 'xllamacpp', 'docker', 'rich', 'pydantic', 'autogen_agentchat', 'yaml'}"
    program = f"import sys, glasswork.cli.main; print(sorted({heavy} & set(sys.modules)))"
    printed = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout
    assert printed.strip() == "[]"


def test_version(glasswork):
    assert glasswork("--version").out == f"glasswork {__version__}\n"


@pytest.mark.parametrize(("typed", "meant"), [("rnu", "run"), ("validte", "validate"), ("grpah", "graph")])
def test_a_mistyped_command_is_told(glasswork, typed, meant):
    said = glasswork(typed)
    assert said.status == 2
    assert meant in said.err
    assert "Traceback" not in said.err


def test_nothing_typed_shows_help(glasswork):
    said = glasswork()
    assert "Usage: glasswork" in said.out + said.err
