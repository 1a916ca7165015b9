"""A hostile project as the working folder, and the command line as a function."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.security.hostile import ALL, Liar, write_project

from glasswork.cli.main import main


@dataclass
class Said:
    """What a command printed, and how it ended."""

    status: int
    out: str
    err: str

    @property
    def both(self) -> str:
        return self.out + self.err

    @property
    def data(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def glasswork(capsys):
    """Run a command line: ``glasswork("run", "hostile", "a wish")``."""

    def run(*words: str) -> Said:
        with pytest.raises(SystemExit) as ended:
            main(words)
        printed = capsys.readouterr()
        return Said(int(ended.value.code or 0), printed.out, printed.err)

    return run


@pytest.fixture
def alone(tmp_path, monkeypatch) -> Path:
    """A working folder, and nothing of the user's own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GLASSWORK_CONFIG", str(tmp_path / "nobody"))
    for name in ("GLASSWORK_LOGS", "GLASSWORK_MODEL", "GLASSWORK_DEBUG", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
def liar(monkeypatch) -> Liar:
    """A sandbox that says hostile things, in place of every backend."""
    sandbox = Liar(ALL)

    async def opened(*_: object, **__: object) -> Liar:
        return sandbox

    monkeypatch.setattr("glasswork.sandbox.choose.open_sandbox", opened)
    return sandbox


@pytest.fixture
def project(alone, liar) -> Path:
    """A project whose model and sandbox say hostile things."""
    return write_project(alone)
