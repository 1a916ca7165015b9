"""A small project to work in, and the command line as a function."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from glasswork.cli.main import main

PROJECT = Path(__file__).parent / "project"


@dataclass
class Said:
    """What a command printed, and how it ended."""

    status: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def bakery(tmp_path, monkeypatch) -> Path:
    """A copy of the small project, as the working folder; nothing of the user's own is seen."""
    folder = tmp_path / "bakery"
    shutil.copytree(PROJECT, folder)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("GLASSWORK_CONFIG", str(tmp_path / "nobody"))
    for name in ("GLASSWORK_LOGS", "GLASSWORK_MODEL", "GLASSWORK_DEBUG", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    return folder


@pytest.fixture
def glasswork(capsys):
    """Run a command line: ``glasswork("run", "bakery", "a loaf")``."""

    def run(*words: str) -> Said:
        with pytest.raises(SystemExit) as ended:
            main(words)
        printed = capsys.readouterr()
        return Said(int(ended.value.code or 0), printed.out, printed.err)

    return run
