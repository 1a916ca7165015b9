from __future__ import annotations

import os
from pathlib import Path

import pytest

from glasswork.log.about import RunAbout
from glasswork.log.writer import LogWriter
from glasswork.records import Event, ModelFailed, RunFinished, RunStarted


def failed(number: int, message: str = "no answer") -> ModelFailed:
    return ModelFailed(
        place=f"build#{number}/plan",
        digest="d" * 64,
        attempt=1,
        code="timeout",
        message=message,
        will_retry=True,
        seconds=1.5,
    )


@pytest.fixture
def about() -> RunAbout:
    return RunAbout(run="r1", workflow="software_team", created="2026-11-22T19:45:01.123Z")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "r1"


@pytest.fixture
def no_sync(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do not wait for the disk: for tests of what is written, not of when."""
    monkeypatch.setattr(os, "fsync", lambda fd: None)
    monkeypatch.setattr(os, "fdatasync", lambda fd: None)


@pytest.fixture(autouse=True)
def no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GLASSWORK_LOG_KEY", raising=False)


@pytest.fixture
def log(folder: Path, about: RunAbout) -> Path:
    """A finished run of eight events."""
    events: list[Event] = [RunStarted(run="r1", workflow="software_team", inputs={"idea": "a clöck"})]
    events += [failed(n, "long " * 900 if n == 3 else "café") for n in range(1, 7)]
    with LogWriter.create(folder, about, definitions={"agents/engineer.yaml": "role: engineer\n"}) as writer:
        for event in events:
            writer.record(event)
        writer.record(RunFinished(state="done", events=0, calls=6, seconds=9.0))
    return folder
